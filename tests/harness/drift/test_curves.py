"""Errors along the session, and by kind."""

import numpy as np

from harness.drift import error_curve, errors_by_kind
from tests.harness.tables import ended, frames, play, task_row, with_arm


def session(block: str, first: list[int | None], end: str, cap: int = 4) -> tuple[list, list]:
    """A chained session of a first task that ends so, and a second that is won in two turns."""
    played = len(first) - 1
    turns = [*play(f"{block}a", first, end), *play(f"{block}b", [2, 1, 0], "won", played)]
    tasks = [
        task_row(
            block=block, arm="chained", play=f"{block}a", end=end, turns=played, cap=cap, age=0
        ),
        task_row(
            block=block,
            arm="chained",
            position=2,
            play=f"{block}b",
            end="won",
            turns=2,
            cap=cap,
            age=played,
        ),
    ]
    return turns, tasks


def test_a_lost_task_goes_on_erring_on_the_carried_clock() -> None:
    """Lost at turn 1 of 4: at risk for 1 + 2 turns; carried, four errors and then two turns."""
    turns, tasks = session("0", [2, None], "lost")
    curve = error_curve(frames(turns, tasks).lived)
    assert curve["value"].dropna().tolist() == [1, 0, 0]
    assert curve["carried_value"].tolist() == [1, 1, 1, 1, 0, 0]
    assert curve.index.tolist() == [1, 2, 3, 4, 5, 6]


def test_a_won_task_ends_where_it_was_won_on_both_clocks() -> None:
    curve = error_curve(frames(*session("0", [1, 0], "won")).lived)
    assert curve["value"].tolist() == curve["carried_value"].tolist() == [0, 0, 0]


def test_the_share_is_over_the_sessions_at_risk() -> None:
    short, long = session("0", [1, 0], "won"), session("1", [2, 2, 2, 2, 2], "capped")
    curve = error_curve(frames(short[0] + long[0], short[1] + long[1]).lived)
    assert curve["value"].tolist() == [0.5, 0.5, 0.5, 1, 0, 0]
    assert curve["sessions"].tolist() == [2, 2, 2, 1, 1, 1]
    assert curve["blocks"].tolist() == [2, 2, 2, 1, 1, 1]


def test_the_band_is_over_blocks() -> None:
    sessions = [session(str(b), [2, 2 - b % 2, 0], "won") for b in range(8)]
    turns = [row for s in sessions for row in s[0]]
    tasks = [row for s in sessions for row in s[1]]
    curve = error_curve(frames(turns, tasks).lived)
    assert curve.loc[1, "value"] == 0.5
    assert curve.loc[1, "low"] < 0.5 < curve.loc[1, "high"]


def test_errors_by_kind_are_over_the_same_tasks_in_both_arms() -> None:
    tables = ended(
        {
            ("0", 0, 1): ("won", "capped"),  # position 1 is left out
            ("0", 0, 2): ("won", "lost"),
            ("1", 0, 1): ("won", "won"),
            ("1", 0, 2): ("won", "won"),
        }
    )
    table = errors_by_kind(tables.lived).set_index(["arm", "kind"])
    chained, fresh = table.loc["chained"], table.loc["fresh"]
    assert (fresh["value"].dropna() == 0).all()
    assert chained.loc["fatal", "value"] == (1 / 2 + 0) / 2
    assert chained.loc["stalled", "value"] == (1 + 0) / 2  # of the one turn with known distance
    assert chained.loc["stalled", "turns"] == 1 + 2
    assert chained.loc["error", "value"] == (2 / 2 + 0) / 2


def test_errors_by_kind_are_given_for_every_arm_in_a_fixed_order() -> None:
    lived = ended({("0", 0, 2): ("won", "lost")}).lived
    table = errors_by_kind(with_arm(lived, "expert"))
    assert table["arm"].unique().tolist() == ["chained", "fresh", "expert"]
    expert, fresh = (table[table["arm"] == arm].drop(columns="arm") for arm in ("expert", "fresh"))
    assert expert.to_numpy(str).tolist() == fresh.to_numpy(str).tolist()


def test_a_kind_that_is_never_known_is_unknown_not_zero() -> None:
    table = errors_by_kind(ended({("0", 0, 2): ("won", "won")}).lived).set_index(["arm", "kind"])
    assert np.isnan(table.loc[("fresh", "premature"), "value"])
    assert table.loc[("fresh", "premature"), "note"] == "unknown"


def test_nothing_played_yet() -> None:
    assert error_curve(ended({}).lived).empty
    assert errors_by_kind(ended({}).lived).empty


def test_failed_tasks_are_no_turns() -> None:
    curve = error_curve(ended({("0", 0, 1): ("won", "won"), ("0", 0, 2): ("won", "failed")}).lived)
    assert len(curve) == 2
