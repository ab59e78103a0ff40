"""Levels by arm and position, on tables whose answer is known."""

import math

import pytest

from harness.drift import by_position, outcomes, overall, regret
from harness.drift.success import UNKNOWN
from tests.harness.tables import ended, frames, play, task_row, turn_row, with_arm

MIRRORED = ended(
    {
        ("0", 0, 1): ("won", "won"),
        ("0", 0, 2): ("won", "capped"),
        ("0", 1, 1): ("won", "won"),
        ("0", 1, 2): ("won", "won"),
        ("1", 0, 1): ("won", "won"),
        ("1", 0, 2): ("lost", "lost"),
        ("1", 1, 1): ("capped", "capped"),
        ("1", 1, 2): ("won", "lost"),
    }
)


def test_success_by_arm_and_position_is_a_mean_over_blocks() -> None:
    table = by_position(MIRRORED.results).set_index(["arm", "position"])
    assert table["value"].to_dict() == {
        ("chained", 1): 0.75,
        ("chained", 2): 0.25,
        ("fresh", 1): 0.75,
        ("fresh", 2): 0.75,
    }
    assert (table["blocks"] == 2).all()
    assert (table["sessions"] == 4).all()


def test_blocks_count_alike_however_many_sessions_they_have() -> None:
    tables = ended(
        {
            ("0", 0, 1): ("won", "won"),
            ("0", 1, 1): ("won", "won"),
            ("0", 2, 1): ("won", "won"),
            ("1", 0, 1): ("capped", "capped"),
        }
    )
    assert by_position(tables.results)["value"].tolist() == [0.5, 0.5]


def test_overall_is_fresh_over_all_positions_and_chained_from_the_second() -> None:
    found = overall(MIRRORED.results)
    assert found["fresh"].value == (1.0 + 0.5) / 2
    assert found["chained"].value == (0.5 + 0.0) / 2


def test_arms_come_in_a_fixed_order_whatever_arms_there_are() -> None:
    results = with_arm(with_arm(MIRRORED.results, "expert"), "padded", like="chained")
    arms = ["chained", "fresh", "padded", "expert"]
    assert by_position(results)["arm"].unique().tolist() == arms
    found = overall(results)
    assert list(found) == arms
    assert found["padded"] == found["chained"]
    assert found["expert"].value == (1.0 + 0.5) / 2  # positions from the second


def test_equal_numbers_get_equal_intervals() -> None:
    table = by_position(MIRRORED.results).set_index(["arm", "position"])
    first = table.loc[[("chained", 1), ("fresh", 1)], ["value", "low", "high", "note"]]
    assert first.iloc[0].equals(first.iloc[1])


def test_progress_as_maximum_hides_what_progress_as_last_value_shows() -> None:
    turns, tasks = frames(play("p", [3, 2, 1, 2], "capped"), [task_row(end="capped", turns=3)])
    turns["progress"] = [1 / 3, 2 / 3, 1 / 3]
    result = outcomes(turns, tasks).iloc[0]
    assert result["progress"] == pytest.approx(2 / 3)
    assert result["progress_last"] == pytest.approx(1 / 3)


def test_progress_that_an_environment_cannot_know() -> None:
    turns, tasks = frames(play("p", [1, 0]), [task_row()])
    turns["progress"] = None
    assert math.isnan(outcomes(turns, tasks)["progress"].item())
    assert by_position(outcomes(turns, tasks), "progress").empty


def test_a_play_that_both_arms_share_counts_in_both() -> None:
    """Mirrored orders: the fresh play of a task stands at position 1 of one, 2 of the other."""
    tasks = [
        task_row(order=0, position=1, arm="fresh", play="f", end="won", turns=2),
        task_row(order=0, position=1, arm="chained", play="f", end="won", turns=2),
        task_row(order=1, position=2, arm="fresh", play="f", end="won", turns=2),
        task_row(order=1, position=2, arm="chained", play="c", end="capped", turns=8, age=3),
    ]
    tables = frames([*play("f", [2, 1, 0]), *play("c", [2] * 9, "capped")], tasks)
    error_rate = by_position(tables.results, "error_rate").set_index(["arm", "position"])["value"]
    assert error_rate.to_dict() == {
        ("chained", 1): 0.0,
        ("chained", 2): 1.0,
        ("fresh", 1): 0.0,
        ("fresh", 2): 0.0,
    }


def test_regret_is_actions_lost_a_turn() -> None:
    tables = frames(
        [*play("detour", [2, 3, 2, 1, 0]), *play("blind", [None, None], "capped")],
        [
            task_row(play="detour", turns=4),
            task_row(play="blind", arm="chained", end="capped", turns=1, cap=1),
        ],
    )
    table = regret(tables.results)  # regrets 2, 0, 0, 0; the blind task has none
    assert table[["arm", "value"]].to_numpy().tolist() == [["fresh", 0.5]]


def test_adherence_of_a_task_is_kept_by_opportunities() -> None:
    turns = [
        turn_row(play="p", turn=1, opportunity=True),
        turn_row(play="p", turn=2, opportunity=True, violations=("rule",)),
        turn_row(play="p", turn=3),
        turn_row(play="free", turn=1),
    ]
    results = frames(turns, [task_row(turns=3), task_row(play="free", position=2)]).results
    assert results[["opportunities", "kept"]].to_numpy().tolist() == [[2, 1], [0, 0]]
    assert results["adherence"][0] == 0.5
    assert math.isnan(results["adherence"][1])  # no rule bound


def test_adherence_is_pooled_over_the_tasks_of_a_block() -> None:
    """Chained kept 1 of 1 and 0 of 9: 1 of 10, not one half."""
    results = ended({("0", o, p): ("won", "won") for o in (0, 1) for p in (1, 2)}).results
    chained = results["arm"] == "chained"
    results.loc[chained, "kept"] = [0, 1, 0, 0]
    results.loc[chained, "opportunities"] = [0, 1, 0, 9]
    results["adherence"] = results["kept"] / results["opportunities"]
    found = overall(results, "adherence")
    assert found["chained"].value == 1 / 10
    assert math.isnan(found["fresh"].value)
    assert found["fresh"].note == UNKNOWN
    (row,) = by_position(results, "adherence").to_dict("records")
    assert (row["arm"], row["position"], row["value"], row["sessions"]) == ("chained", 2, 0.1, 2)
