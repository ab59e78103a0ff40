"""An entry against the reference: the same tasks at the same places."""

import math

import numpy as np
import pandas as pd
import pytest

from harness.drift import Against, Quantity, Side, against_reference, failures
from harness.records import End
from harness.stats import difference
from tests.harness.tables import Ends, Tables, ended

QUANTITIES: tuple[Quantity, ...] = ("drift", "success", "error_rate")


def session(*chained: End | None, blocks: int = 8, fresh: End = "won") -> Ends:
    """Blocks of one session each that go alike, from position 2 on as given."""
    return {
        (str(b), 0, position): ("won" if position == 1 else fresh, end)
        for b in range(blocks)
        for position, end in enumerate(("won", *chained), start=1)
    }


STEADY = session("won", "won")
DRIFTS = session("lost", "won")


def side(tables: Tables) -> Side:
    return Side(tables.results, tuple(failures(tables.tasks)))


def compared(entry: Ends, reference: Ends, quantity: Quantity = "drift") -> Against:
    return against_reference(side(ended(entry)), side(ended(reference)), quantity)


@pytest.mark.parametrize("quantity", QUANTITIES)
def test_above_zero_is_worse_than_the_reference(quantity: Quantity) -> None:
    assert compared(DRIFTS, STEADY, quantity).estimate.value == 0.5
    assert compared(STEADY, DRIFTS, quantity).estimate.value == -0.5


def test_drift_is_against_the_own_fresh_arm_success_is_not() -> None:
    """Both lose the same chained tasks, which the entry cannot do fresh either."""
    weak: Ends = {place: ("lost", chained) for place, (_, chained) in DRIFTS.items()}
    assert compared(weak, DRIFTS, "success").estimate.value == 0.0
    assert compared(weak, DRIFTS, "drift").estimate.value == -1.0


def test_it_is_paired_by_block() -> None:
    """How hard the blocks are does not matter: half of them are lost by both."""
    hard: Ends = {(str(b), 0, p): ("won", "lost") for b in range(4) for p in (2, 3)}
    found = compared({**DRIFTS, **hard}, {**STEADY, **hard})
    assert found.blocks.tolist() == [0.0] * 4 + [0.5] * 4
    expected = difference(found.blocks.to_numpy(), "reference", "drift", bounds=(-2, 2))
    assert found.estimate == expected
    assert found.estimate.units == 8


def test_its_interval_can_go_up_to_two() -> None:
    """Drift lies in [-1, 1], so a difference of two drifts in [-2, 2]."""
    learns = session("won", "won", fresh="lost")
    one: Ends = {("0", 0, 2): ("won", "won"), ("0", 0, 3): ("won", "won")}
    found = compared({**session("lost", "lost"), **one}, learns)
    assert found.estimate.value == (7 * 2 + 1) / 8
    assert found.estimate.high == 2.0


@pytest.mark.parametrize("quantity", QUANTITIES)
def test_only_places_count_that_both_played(quantity: Quantity) -> None:
    short: Ends = {place: ends for place, ends in DRIFTS.items() if place[2] < 3}
    assert compared(short, STEADY, quantity).estimate.value == 1.0
    assert compared(short, STEADY, quantity).pairs == 8
    few = compared({p: e for p, e in DRIFTS.items() if p[0] < "4"}, STEADY, quantity)
    assert (few.estimate.units, few.pairs) == (4, 8)


@pytest.mark.parametrize("quantity", QUANTITIES)
def test_places_where_they_met_different_tasks_do_not_count(quantity: Quantity) -> None:
    results = ended(STEADY).results
    results.loc[results["position"] == 3, "task"] = "another"
    found = against_reference(side(ended(DRIFTS)), Side(results, ()), quantity)
    assert found.estimate.value == 1.0
    assert found.pairs == 8


@pytest.mark.parametrize("quantity", QUANTITIES)
def test_nothing_in_common_is_no_pair(quantity: Quantity) -> None:
    elsewhere: Ends = {(f"b/{b}", o, p): ends for (b, o, p), ends in STEADY.items()}
    for other in (elsewhere, {}):
        found = compared(DRIFTS, other, quantity)
        assert math.isnan(found.estimate.value)
        assert found.estimate.note == "no pair yet"
        assert found.pairs == 0
        assert found.worst is None


def test_an_error_rate_that_one_of_them_does_not_know_takes_the_place_from_both() -> None:
    results = ended(STEADY).results
    results.loc[results["position"] == 2, "error_rate"] = np.nan
    found = against_reference(side(ended(DRIFTS)), Side(results, ()), "error_rate")
    assert found.estimate.value == 0.0
    assert found.pairs == 8


# Failures.


def broken(ends: Ends, position: int, arm: str = "chained", block: str = "0") -> Ends:
    """The machinery broke in one session."""
    at = ends[block, 0, position]
    failed: tuple[End | None, ...] = (at[0], "failed") if arm == "chained" else ("failed", at[1])
    after: Ends = {place: (None, None) for place in ends if place[0] == block}
    later = {place: none for place, none in after.items() if place[2] > position}
    return {**ends, (block, 0, position): failed, **(later if arm == "chained" else {})}


@pytest.mark.parametrize("quantity", QUANTITIES)
@pytest.mark.parametrize("arm", ["chained", "fresh"])
def test_a_failed_task_takes_the_pair_away_from_both(quantity: Quantity, arm: str) -> None:
    for found in (
        compared(broken(DRIFTS, 3, arm), STEADY, quantity),
        compared(DRIFTS, broken(STEADY, 3, arm), quantity),
    ):
        assert found.pairs == 15
        assert found.estimate.value == (1 + 7 * 0.5) / 8


@pytest.mark.parametrize("quantity", QUANTITIES)
def test_at_worst_each_entry_has_its_failures_against_itself(quantity: Quantity) -> None:
    entry = compared(broken(DRIFTS, 3), STEADY, quantity).worst
    assert entry is not None
    assert entry.value == (1 + 7 * 0.5) / 8  # lost at position 3, where the reference won
    reference = compared(DRIFTS, broken(STEADY, 3), quantity).worst
    assert reference is not None
    assert reference.value == (0 + 7 * 0.5) / 8  # and the other way round
    first = compared(broken(DRIFTS, 1), STEADY, quantity).worst
    assert first is not None
    assert first.value == (1 + 7 * 0.5) / 8  # a whole session is missing
    assert first.units == 8


@pytest.mark.parametrize("quantity", QUANTITIES)
def test_what_both_lost_is_at_its_worst_in_both(quantity: Quantity) -> None:
    found = compared(broken(DRIFTS, 2), broken(STEADY, 2), quantity)
    assert found.pairs == 14
    assert found.worst is not None
    assert found.worst.value == (0 + 7 * 0.5) / 8
    assert found.worst.units == 8


def test_a_failure_where_the_reference_never_was_changes_nothing() -> None:
    few = {p: e for p, e in STEADY.items() if p[0] != "0"}
    found = compared(broken(DRIFTS, 2), few)
    assert found.worst == found.estimate
    assert found.pairs == 14


def test_without_failures_there_is_no_second_answer() -> None:
    assert compared(DRIFTS, STEADY).worst is None


def test_equal_tables_do_not_differ() -> None:
    found = compared(DRIFTS, DRIFTS)
    assert found.estimate.value == 0.0
    assert found.estimate.p == 1.0
    pd.testing.assert_series_equal(found.blocks, found.blocks * 0)
