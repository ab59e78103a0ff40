"""Matched drift: the declared endpoint."""

import math

import pytest

from harness.drift import (
    ArmsDoNotMatch,
    by_position,
    matched_drift,
    matched_drift_by_position,
    outcomes,
)
from tests.harness.tables import End, Ends, ended, frames, play, task_row


def panel(*chained: End, blocks: int = 8, fresh: End = "won") -> dict[tuple[str, int, int], tuple]:
    """Blocks of one session each that go alike."""
    return {
        (str(b), 0, position): (fresh, end)
        for b in range(blocks)
        for position, end in enumerate(chained, start=1)
    }


def test_it_is_loss_chained_minus_loss_fresh_over_pairs_then_blocks() -> None:
    tables = ended(
        {
            ("0", 0, 1): ("won", "won"),
            ("0", 0, 2): ("won", "lost"),
            ("0", 0, 3): ("won", "lost"),
            ("0", 1, 1): ("won", "won"),
            ("0", 1, 2): ("won", "won"),
            ("0", 1, 3): ("lost", "won"),  # it learned: a negative difference counts
            ("1", 0, 1): ("won", "won"),
            ("1", 0, 2): ("won", "won"),
        }
    )
    found = matched_drift(*tables)
    assert found.estimate.value == ((1 + 1 + 0 - 1) / 4 + 0) / 2
    assert found.pairs == 5
    assert found.estimate.units == 2


def test_position_one_is_left_out() -> None:
    assert matched_drift(*ended(panel("capped", "won"))).estimate.value == 0.0


def test_hard_tasks_are_not_drift() -> None:
    """Tasks get harder along the session in both arms: raw curves fall, matched drift is zero."""
    ends: Ends = {
        (str(b), 0, position): (end, end)
        for b in range(8)
        for position, end in enumerate(("won", "won", "lost", "lost"), start=1)
    }
    tables = ended(ends)
    assert by_position(*tables)["value"].tolist()[:4] == [1, 1, 0, 0]
    assert matched_drift(*tables).estimate.value == 0.0


def test_losing_early_is_worse_not_better_in_the_error_rate() -> None:
    """The trap: fresh goes to the cap with three errors, chained is lost at once."""
    turns = [*play("f", [3, 3, 3, 3, 2], "capped"), *play("c", [3, None], "lost")]
    tasks = [
        task_row(position=2, arm="fresh", play="f", end="capped", turns=4, cap=4),
        task_row(position=2, arm="chained", play="c", end="lost", turns=1, cap=4),
    ]
    tables = frames(turns, [task_row(task="won", play="w"), *tasks])
    rates = outcomes(*tables).set_index("play")["error_rate"]
    assert (rates["f"], rates["c"]) == (3 / 4, 4 / 4)


def test_in_error_rate_and_regret() -> None:
    tables = ended(panel("won", "capped"))
    assert matched_drift(*tables, "error_rate").estimate.value == 1.0
    assert matched_drift(*tables, "regret").estimate.value == 1.0


def test_eight_blocks_that_agree_have_a_p_but_no_interval() -> None:
    estimate = matched_drift(*ended(panel("won", "lost"))).estimate
    assert estimate.value == 1.0
    assert estimate.p == 2 / 2**8
    assert math.isnan(estimate.low)
    assert "interval not estimable" in estimate.note


def test_four_blocks_are_descriptive() -> None:
    ends = panel("won", "lost", "lost", blocks=4) | {("3", 0, 3): ("won", "won")}
    estimate = matched_drift(*ended(ends)).estimate
    assert estimate.p == 0.125
    assert estimate.note == "descriptive: the smallest p of 4 blocks is .125"


def test_it_is_never_restricted_to_tasks_that_were_won_fresh() -> None:
    """Fresh and chained win half of the tasks each, unrelated: no drift."""
    ends: Ends = {
        ("0", 0, 1): ("won", "won"),
        ("0", 0, 2): ("won", "lost"),
        ("0", 0, 3): ("lost", "won"),
    }
    assert matched_drift(*ended(ends)).estimate.value == 0.0


def test_by_position() -> None:
    table = matched_drift_by_position(*ended(panel("won", "won", "lost")))
    assert table["position"].tolist() == [2, 3]
    assert table["value"].tolist() == [0.0, 1.0]
    assert table["pairs"].tolist() == [8, 8]


# Agents about which there is nothing to test.


def test_an_agent_that_sees_no_history_has_no_drift_by_construction() -> None:
    found = matched_drift(*ended(panel("won", "won")), sees_history=False)
    assert found.estimate[:3] == (0.0, 0.0, 0.0)
    assert math.isnan(found.estimate.p)  # said, not tested
    assert found.estimate.note == "zero by construction: it sees no history"


def test_what_cannot_fall_cannot_drift() -> None:
    found = matched_drift(*ended(panel("lost", "lost", fresh="lost")))
    assert math.isnan(found.estimate.value)
    assert found.estimate.note == "not assessable: fresh success 0.00 is below 0.25"


# Failures.

FAILED = panel("won", "won", "lost") | {
    ("0", 0, 2): ("won", "failed"),
    ("0", 0, 3): ("won", None),
}


def test_a_failure_makes_the_rest_of_its_session_missing_in_every_arm() -> None:
    results = outcomes(*ended(FAILED))
    left = results.loc[results["block"] == "0", ["position", "arm"]].to_numpy().tolist()
    assert left == [[1, "fresh"], [1, "chained"]]


def test_also_where_it_was_the_fresh_arm_that_failed() -> None:
    ends = panel("won", "won", "lost") | {("0", 0, 2): ("failed", "won")}
    results = outcomes(*ended(ends))
    assert results.loc[results["block"] == "0", "position"].tolist() == [1, 1]


def test_failures_are_named_and_the_comparison_given_twice() -> None:
    found = matched_drift(*ended(FAILED))
    assert found.failed == ("0/0/2 (block 0, order 0, position 2, chained): the worker died",)
    assert found.pairs == 14
    assert found.estimate.value == 0.5  # seven blocks of 0 and 1
    assert found.estimate.note.endswith("pairs missing after a failure: 2")
    assert found.worst is not None
    assert found.worst.value == (7 * 0.5 + 1.0) / 8
    assert found.worst.units == 8


def test_a_measure_without_a_bound_has_no_worst_case() -> None:
    assert matched_drift(*ended(FAILED), "regret").worst is None


def test_without_failures_there_is_no_second_answer() -> None:
    assert matched_drift(*ended(panel("won", "lost"))).worst is None


# Arms that are not the same tasks.


def test_a_missing_fresh_task_is_refused_by_name() -> None:
    ends = panel("won", "won") | {("3", 0, 2): (None, "won")}
    with pytest.raises(ArmsDoNotMatch, match=r"fresh arm has no play of 3/0/2 \(block 3, order 0"):
        matched_drift(*ended(ends))


def test_in_an_unfinished_run_it_was_just_not_played_yet() -> None:
    ends = panel("won", "lost") | {("3", 0, 2): (None, "won")}
    assert matched_drift(*ended(ends), finished=False).pairs == 7


def test_arms_of_different_panels_are_refused_by_name() -> None:
    turns, tasks = ended(panel("won", "won"))
    other = (tasks["block"] == "2") & (tasks["arm"] == "fresh") & (tasks["position"] == 2)
    tasks.loc[other, "task"] = "another"
    with pytest.raises(ArmsDoNotMatch, match="different tasks at 2/0/2"):
        matched_drift(turns, tasks)


def test_a_task_that_was_played_twice_in_one_arm_is_refused() -> None:
    turns, tasks = ended(panel("won", "won"))
    with pytest.raises(ArmsDoNotMatch, match="more than once"):
        matched_drift(turns, tasks.loc[[*tasks.index, 3]])


def test_nothing_played_yet() -> None:
    found = matched_drift(*ended({}), finished=False)
    assert math.isnan(found.estimate.value)
    assert found.estimate.note == "no pair yet"
