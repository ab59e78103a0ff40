"""Round in circles."""

from collections.abc import Sequence

import pytest

from harness.drift import lock_in
from tests.harness.tables import Tables, ended, frames, task_row, turn_row

Step = tuple[str, str | None]


def walked(*tasks: Sequence[Step], distance: Sequence[int] = ()) -> Tables:
    """One chained session whose tasks are these (state, command) steps, all at one distance."""
    turns, rows, age = [], [], 0
    for position, steps in enumerate(tasks, start=1):
        away = list(distance) or [5] * (len(steps) + 1)
        for i, (state, command) in enumerate(steps, start=1):
            turns.append(
                turn_row(
                    play=str(position),
                    turn=i,
                    state_before=state,
                    command=command,
                    distance_before=away[i - 1],
                    distance_after=away[i],
                )
            )
        rows.append(
            task_row(
                arm="chained",
                position=position,
                play=str(position),
                end="capped",
                turns=len(steps),
                cap=len(steps),
                age=age,
            )
        )
        age += len(steps)
    return frames(turns, rows)


def onset(tables: Tables) -> list[int]:
    return lock_in(tables.lived).onset["turn"].tolist()


CYCLE = [("a", "1"), ("b", "2"), ("c", "3"), ("d", "4"), ("e", "5")]


@pytest.mark.parametrize("period", [1, 2, 3, 4])
def test_three_full_repetitions_lock(period: int) -> None:
    before: list[Step] = [("x", "go"), ("y", "go")]
    assert onset(walked(before + CYCLE[:period] * 3)) == [3]
    assert onset(walked(before + (CYCLE[:period] * 3)[:-1])) == []


def test_a_longer_cycle_is_not_lock_in() -> None:
    assert onset(walked(CYCLE * 4)) == []


def test_one_command_through_many_states_is_not_a_cycle() -> None:
    assert onset(walked([(str(i), "go east") for i in range(9)])) == []


def test_pacing_without_looping_is_not_a_cycle() -> None:
    """To and fro, but every time with something new learned: the states differ."""
    assert onset(walked([(str(i), ("east", "west")[i % 2]) for i in range(12)])) == []


def test_a_cycle_does_not_reach_over_the_end_of_a_task() -> None:
    assert onset(walked([("a", "1")] * 2, [("a", "1")] * 2)) == []


def test_the_onset_is_counted_in_turns_of_the_session() -> None:
    assert onset(walked([("a", "1"), ("b", "1")], [("x", "0")] + [("a", "1")] * 3)) == [4]


def test_who_gets_closer_is_not_locked() -> None:
    assert onset(walked([("a", "1")] * 3, distance=[5, 5, 4, 4])) == []
    assert onset(walked([("a", "1")] * 3, distance=[5, 6, 5, 5])) == [1]  # 5 is no new minimum


def test_silence_over_and_over_is_a_circle_too() -> None:
    assert onset(walked([("a", None)] * 3)) == [1]


def test_the_share_of_turns_ends_where_the_agent_gets_out() -> None:
    steps: list[Step] = [("x", "0"), *[("a", "1")] * 4, ("b", "2"), ("c", "3"), ("d", "4")]
    found = lock_in(walked(steps).lived)
    assert found.turns.value == 4 / 8
    assert found.sessions.value == 1.0


def test_nothing_played_yet() -> None:
    assert lock_in(ended({}).lived).onset.empty
