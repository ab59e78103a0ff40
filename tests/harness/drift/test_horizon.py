"""How far until an error that was not made good."""

import math

import pytest

from harness.drift import first_errors, horizon, survival
from harness.drift.horizon import uncorrected
from tests.harness.tables import Tables, ended, frames, play, task_row, turn_row


def one(distances: list[int | None], end: str = "won", cap: int = 8) -> Tables:
    """One chained session of one task."""
    turns = play("p", distances, end)
    return frames(turns, [task_row(arm="chained", end=end, turns=len(turns), cap=cap)])


@pytest.mark.parametrize(
    ("distances", "end", "bad"),
    [
        ([3, 2, 1, 0], "won", []),
        ([3, 3, 2, 1, 0], "won", []),  # stalled, and made good
        ([3, 4, 3, 2, 1, 0], "won", []),  # a detour, and made good
        ([3, 4, 3, 4, 4], "capped", [1, 3, 4]),  # never closer than before
        ([3, 4, 3, 2, 2], "capped", [4]),  # the detour was made good, the cap was not
        ([3, 2, 1, 1], "capped", [3]),
        ([3, 3, 2, None], "lost", [3]),  # the first was made good before the loss
        ([3, 3, None], "lost", [1, 2]),
        ([None, None, None], "lost", [2]),
    ],
)
def test_an_error_is_corrected_if_the_distance_falls_below_what_it_was(
    distances: list[int | None], end: str, bad: list[int]
) -> None:
    lived = one(distances, end, cap=len(distances) - 1).lived
    assert lived.loc[uncorrected(lived), "turn"].tolist() == bad


def test_a_violation_is_never_made_good() -> None:
    turns = [
        turn_row(turn=1, violations=("rule",), opportunity=True, state_before="a"),
        turn_row(turn=2, distance_before=2, distance_after=0, won=True, state_before="b"),
    ]
    lived = frames(turns, [task_row(arm="chained", turns=2)]).lived
    assert uncorrected(lived).tolist() == [True, False]


def test_an_error_is_not_made_good_in_a_later_task() -> None:
    turns = [*play("a", [3, 4], "capped"), *play("b", [3, 2, 1, 0], "won", 1)]
    tables = frames(
        turns,
        [
            task_row(arm="chained", play="a", end="capped", turns=1, cap=1),
            task_row(arm="chained", play="b", position=2, turns=3, age=1),
        ],
    )
    lived = tables.lived
    assert lived.loc[uncorrected(lived), "session_turn"].tolist() == [1]


def test_h50_is_where_less_than_half_are_left() -> None:
    """Four sessions of two tasks of two turns; three are lost in the second."""
    ends = {(str(b), 0, 1): ("won", "won") for b in range(4)}
    ends |= {(str(b), 0, 2): ("won", "lost" if b else "won") for b in range(4)}
    lived = ended(ends).lived
    assert horizon(lived).value == 3  # stalled at turn 3, lost at turn 4
    assert horizon(lived).units == 4
    assert horizon(lived, share=0.2).value == math.inf


def test_who_errs_nowhere_has_an_infinite_horizon() -> None:
    lived = ended({(str(b), 0, p): ("won", "won") for b in range(4) for p in (1, 2)}).lived
    assert horizon(lived).value == math.inf


def test_the_first_errors_of_the_chained_sessions_or_their_last_turns() -> None:
    ends = {("0", o, 1): ("lost", "won") for o in (0, 1)}
    ends |= {("0", 0, 2): ("won", "lost"), ("0", 1, 2): ("won", "won")}
    found = first_errors(ended(ends).lived)
    assert found.to_dict("records") == [
        {
            "block": "0",
            "order": 0,
            "turn": 3.0,
            "happened": True,
        },  # of the second task's first turn
        {"block": "0", "order": 1, "turn": 4.0, "happened": False},
    ]


def test_a_failure_censors_and_is_no_error() -> None:
    ends = {(str(b), 0, 1): ("won", "won") for b in range(2)}
    ends |= {("0", 0, 2): ("won", "failed"), ("1", 0, 2): ("won", "lost")}
    curve = survival(ended(ends).lived)
    assert curve.time.tolist() == [2, 3]
    assert curve.survival.tolist() == [1, 0]  # at 3 only the other session was at risk


def test_nothing_played_yet() -> None:
    assert math.isnan(horizon(ended({}).lived).value)
