"""The negative control at position 1."""

import math

from harness.drift import position_one
from tests.harness.tables import Ends, ended

SAME: Ends = {(str(b), 0, p): ("won", "won") for b in range(8) for p in (1, 2)}


def test_where_no_arm_has_a_history_the_difference_is_chained_minus_fresh() -> None:
    odd: Ends = {(str(b), 0, 1): ("won", "lost") for b in (0, 1)}
    found = position_one(ended({**SAME, **odd}).results)
    assert found.value == 2 / 8
    assert found.p == 0.5
    assert found.units == 8


def test_positions_with_a_history_are_left_out() -> None:
    aged: Ends = {(str(b), 0, 2): ("won", "lost") for b in range(8)}
    assert position_one(ended({**SAME, **aged}).results).value == 0.0


def test_one_play_for_both_arms_is_zero_by_construction_and_not_tested() -> None:
    results = ended(SAME).results
    shared = results["position"] == 1
    results.loc[shared, "play"] = results.loc[shared, "task"]
    found = position_one(results)
    assert found[:3] == (0.0, 0.0, 0.0)
    assert math.isnan(found.p)
    assert found.units == 8
    assert found.note == "zero by construction: one play"


def test_a_single_play_of_its_own_makes_it_a_test() -> None:
    results = ended(SAME).results
    shared = (results["position"] == 1) & (results["block"] != "0")
    results.loc[shared, "play"] = results.loc[shared, "task"]
    found = position_one(results)
    assert found.value == 0.0
    assert found.p == 1.0
    assert found.note == "interval not estimable: all blocks agree"


def test_a_position_that_only_one_arm_has_is_no_control() -> None:
    found = position_one(ended({("0", 0, 1): ("won", None), ("1", 0, 1): (None, "won")}).results)
    assert math.isnan(found.value)
    assert found.note == "no pair yet"


def test_other_arms_change_nothing() -> None:
    four: Ends = {place: (*ends, "lost", "lost") for place, ends in SAME.items()}
    assert position_one(ended(four).results) == position_one(ended(SAME).results)


def test_nothing_played_yet() -> None:
    assert position_one(ended({}).results).note == "no pair yet"
