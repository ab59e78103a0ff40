"""Matched drift: the declared endpoint."""

import math
from collections.abc import Mapping

import pandas as pd
import pytest

from harness.drift import (
    ArmsDoNotMatch,
    Failure,
    MatchedDrift,
    Measure,
    by_position,
    drift_by_block,
    failures,
    matched_drift,
    matched_drift_by_position,
)
from harness.drift.success import UNKNOWN
from tests.harness.tables import End, Ends, Tables, ended, frames, play, task_row, with_arm


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
    found = matched_drift(tables.results)
    assert found.estimate.value == ((1 + 1 + 0 - 1) / 4 + 0) / 2
    assert found.pairs == 5
    assert found.estimate.units == 2


def test_position_one_is_left_out() -> None:
    assert matched_drift(ended(panel("capped", "won")).results).estimate.value == 0.0


def test_hard_tasks_are_not_drift() -> None:
    """Tasks get harder along the session in both arms: raw curves fall, matched drift is zero."""
    ends: Ends = {
        (str(b), 0, position): (end, end)
        for b in range(8)
        for position, end in enumerate(("won", "won", "lost", "lost"), start=1)
    }
    tables = ended(ends)
    assert by_position(tables.results)["value"].tolist()[:4] == [1, 1, 0, 0]
    assert matched_drift(tables.results).estimate.value == 0.0


def test_losing_early_is_worse_not_better_in_the_error_rate() -> None:
    """The trap: fresh goes to the cap with three errors, chained is lost at once."""
    turns = [*play("f", [3, 3, 3, 3, 2], "capped"), *play("c", [3, None], "lost")]
    tasks = [
        task_row(position=2, arm="fresh", play="f", end="capped", turns=4, cap=4),
        task_row(position=2, arm="chained", play="c", end="lost", turns=1, cap=4),
    ]
    tables = frames(turns, [task_row(task="won", play="w"), *tasks])
    rates = tables.results.set_index("play")["error_rate"]
    assert (rates["f"], rates["c"]) == (3 / 4, 4 / 4)


def test_in_error_rate_and_regret() -> None:
    tables = ended(panel("won", "capped"))
    assert matched_drift(tables.results, "error_rate").estimate.value == 1.0
    assert matched_drift(tables.results, "regret").estimate.value == 1.0


def test_eight_blocks_that_agree_have_a_p_but_no_interval() -> None:
    estimate = matched_drift(ended(panel("won", "lost")).results).estimate
    assert estimate.value == 1.0
    assert estimate.p == 2 / 2**8
    assert math.isnan(estimate.low)
    assert "interval not estimable" in estimate.note


def test_four_blocks_are_descriptive() -> None:
    ends = panel("won", "lost", "lost", blocks=4) | {("3", 0, 3): ("won", "won")}
    estimate = matched_drift(ended(ends).results).estimate
    assert estimate.p == 0.125
    assert estimate.note == "descriptive: the smallest p of 4 blocks is .125"


def test_it_is_never_restricted_to_tasks_that_were_won_fresh() -> None:
    """Fresh and chained win half of the tasks each, unrelated: no drift."""
    ends: Ends = {
        ("0", 0, 1): ("won", "won"),
        ("0", 0, 2): ("won", "lost"),
        ("0", 0, 3): ("lost", "won"),
    }
    assert matched_drift(ended(ends).results).estimate.value == 0.0


def test_other_arms_change_nothing() -> None:
    results = ended(panel("won", "won", "lost")).results
    assert matched_drift(with_arm(results, "padded")) == matched_drift(results)


def test_by_position() -> None:
    table = matched_drift_by_position(ended(panel("won", "won", "lost")).results)
    assert table["position"].tolist() == [2, 3]
    assert table["value"].tolist() == [0.0, 1.0]
    assert table["pairs"].tolist() == [8, 8]


# Agents about which there is nothing to test.


def test_an_agent_that_sees_no_history_has_no_drift_by_construction() -> None:
    found = matched_drift(ended(panel("won", "won")).results, sees_history=False)
    assert found.estimate[:3] == (0.0, 0.0, 0.0)
    assert math.isnan(found.estimate.p)  # said, not tested
    assert found.estimate.note == "zero by construction: it sees no history"


def test_what_cannot_fall_cannot_drift() -> None:
    found = matched_drift(ended(panel("lost", "lost", fresh="lost")).results)
    assert math.isnan(found.estimate.value)
    assert found.estimate.note == "not assessable: fresh success 0.00 is below 0.25"


# Failures.


def drift_with_failures(tables: Tables, measure: Measure = "success") -> MatchedDrift:
    return matched_drift(tables.results, measure, failed=failures(tables.tasks))


FAILED = panel("won", "won", "lost") | {
    ("0", 0, 2): ("won", "failed"),
    ("0", 0, 3): ("won", None),
}


def test_a_failure_makes_the_rest_of_its_session_missing_in_every_arm() -> None:
    results = ended(FAILED).results
    left = results.loc[results["block"] == "0", ["position", "arm"]].to_numpy().tolist()
    assert left == [[1, "fresh"], [1, "chained"]]


def test_also_where_it_was_the_fresh_arm_that_failed() -> None:
    ends = panel("won", "won", "lost") | {("0", 0, 2): ("failed", "won")}
    results = ended(ends).results
    assert results.loc[results["block"] == "0", "position"].tolist() == [1, 1]


def test_failures_are_named_and_the_comparison_given_twice() -> None:
    found = drift_with_failures(ended(FAILED))
    assert found.failed == ("0/0/2 (block 0, order 0, position 2, chained): the worker died",)
    assert found.pairs == 14
    assert found.estimate.value == 0.5  # seven blocks of 0 and 1
    assert found.estimate.note.endswith("pairs missing after a failure: 2")
    assert found.worst is not None
    assert found.worst.value == (7 * 0.5 + 1.0) / 8
    assert found.worst.units == 8


def test_pairs_are_lost_up_to_the_last_position_that_any_session_reached() -> None:
    """Only the session that failed goes beyond position 2; its fresh arm says how far."""
    ends = panel("won", "won") | {("0", 0, 2): ("won", "failed"), ("0", 0, 4): ("won", None)}
    (failure,) = failures(ended(ends).tasks)
    assert (failure.position, failure.last, failure.cap) == (2, 4, 4)
    found = drift_with_failures(ended(ends))
    assert found.estimate.note.endswith("pairs missing after a failure: 3")
    assert found.worst is not None
    assert found.worst.value == 1 / 8


def test_a_measure_without_a_bound_has_no_worst_case() -> None:
    assert drift_with_failures(ended(FAILED), "regret").worst is None


def test_without_failures_there_is_no_second_answer() -> None:
    assert drift_with_failures(ended(panel("won", "lost"))).worst is None


# Adherence.


Kept = Mapping[tuple[str, int, int], tuple[tuple[int, int], tuple[int, int]]]
"""(block, order, position) → (kept, opportunities) fresh and chained."""


def obeyed(kept: Kept) -> pd.DataFrame:
    """Results of tasks that were all won, in which rules were kept so."""
    results = ended(dict.fromkeys(kept, ("won", "won"))).results
    results[["kept", "opportunities"]] = [pair for arms in kept.values() for pair in arms]
    return results.assign(adherence=results["kept"] / results["opportunities"])


def test_adherence_is_pooled_over_the_pairs_of_a_block_and_arm() -> None:
    """Chained 1 of 1 and 0 of 9 is 1 of 10, not one half."""
    results = obeyed(
        {
            ("0", 0, 1): ((0, 5), (0, 5)),  # position 1 is left out
            ("0", 0, 2): ((2, 2), (1, 1)),
            ("0", 0, 3): ((1, 2), (0, 9)),
            ("1", 0, 2): ((4, 4), (3, 3)),
        }
    )
    assert drift_by_block(results, "adherence").to_dict() == {"0": 3 / 4 - 1 / 10, "1": 0}
    assert matched_drift(results, "adherence").estimate.value == (3 / 4 - 1 / 10) / 2


def test_a_task_in_which_no_rule_bound_takes_no_pair_away_in_adherence() -> None:
    results = obeyed({("0", 0, 2): ((1, 1), (0, 0)), ("0", 0, 3): ((1, 3), (1, 2))})
    found = matched_drift(results, "adherence")
    assert found.pairs == 2
    assert found.estimate.value == 2 / 4 - 1 / 2


def test_adherence_where_no_rule_ever_bound_is_unknown() -> None:
    estimate = matched_drift(ended(panel("won", "won")).results, "adherence").estimate
    assert math.isnan(estimate.value)
    assert estimate.note == UNKNOWN


def test_a_lost_pair_weighs_as_much_as_its_cap_in_a_pool() -> None:
    """Of block 0 one pair is left, 2 of 2 kept in both arms; the other has at most 4 turns."""
    results = obeyed({("0", 0, 2): ((2, 2), (2, 2)), ("1", 0, 2): ((1, 1), (1, 1))})
    failed = [Failure("0", 0, position=3, last=3, cap=4, name="3")]
    found = matched_drift(results, "adherence", failed=failed)
    assert found.worst is not None
    assert found.worst.value == ((6 / 6 - 2 / 6) + 0) / 2


# Arms that are not the same tasks: see also test_arms.


def test_arms_that_do_not_match_are_refused() -> None:
    ends = panel("won", "won") | {("3", 0, 2): (None, "won")}
    with pytest.raises(ArmsDoNotMatch):
        matched_drift(ended(ends).results)
    with pytest.raises(ArmsDoNotMatch):
        matched_drift_by_position(ended(ends).results)
    with pytest.raises(ArmsDoNotMatch, match="padded"):
        matched_drift(ended(panel("won", "won")).results, arms=["chained", "fresh", "padded"])


def test_in_an_unfinished_run_it_was_just_not_played_yet() -> None:
    ends = panel("won", "lost") | {("3", 0, 2): (None, "won")}
    assert matched_drift(ended(ends).results, finished=False).pairs == 7


def test_nothing_played_yet() -> None:
    found = matched_drift(ended({}).results, finished=False)
    assert math.isnan(found.estimate.value)
    assert found.estimate.note == "no pair yet"
