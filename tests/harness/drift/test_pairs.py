"""The same task in two arms, and what a crash of the machinery makes of it."""

import math
from functools import cache
from typing import NamedTuple

import numpy as np
import pandas as pd
import pytest

from harness.drift import (
    Measure,
    Quantity,
    Side,
    against_reference,
    causes,
    failures,
    matched_drift,
)
from harness.drift.pairs import complete, difference_by_block, estimate, lost, lost_pairs
from harness.drift.success import UNKNOWN
from harness.keyed import generator
from harness.records import Arm, End
from harness.stats import difference
from tests.harness.tables import Ends, Tables, ended, with_arm

PAIR: tuple[Arm, Arm] = ("chained", "fresh")
ONE: Ends = {("0", 0, 1): ("won", "lost"), ("0", 0, 2): ("won", "lost")}


def test_a_pair_is_a_place_from_position_two_on_that_has_all_the_arms() -> None:
    results = ended({**ONE, ("0", 0, 3): ("won", None), ("1", 0, 2): (None, "won")}).results
    rows = complete(results, "success", PAIR)
    assert rows[["block", "position", "arm"]].to_numpy().tolist() == [
        ["0", 2, "fresh"],
        ["0", 2, "chained"],
    ]
    assert complete(results, "success", ("chained", "fresh", "padded")).empty


def test_a_place_where_the_measure_is_unknown_in_one_arm_is_no_pair() -> None:
    results = ended({**ONE, ("0", 0, 3): ("won", "won")}).results
    results.loc[results["play"] == "0/0/2/chained", "progress"] = np.nan
    assert complete(results, "progress", PAIR)["position"].tolist() == [3, 3]
    assert complete(results, "success", PAIR)["position"].tolist() == [2, 2, 3, 3]


def test_differences_are_of_losses_so_that_above_zero_is_worse() -> None:
    rows = complete(ended(ONE).results, "success", PAIR)
    measures: tuple[Measure, ...] = ("success", "progress", "progress_last", "error_rate", "regret")
    worse = {m: difference_by_block(rows, m, "chained", "fresh")["0"] for m in measures}
    assert worse == {
        "success": 1.0,
        "progress": 1.0,
        "progress_last": 1.0,
        "error_rate": 1.0,
        "regret": 1.0,
    }
    assert difference_by_block(rows, "success", "fresh", "chained")["0"] == -1.0


def test_the_estimate_is_the_sign_flip_over_blocks() -> None:
    blocks = pd.Series([0.5, 0.25, 0.75, 0.25, -0.5, 0.5, 0.0, 1.0])
    assert estimate(blocks, "success", "key") == difference(blocks, "key", "success")


def test_pairs_of_which_the_measure_is_known_of_none_are_unknown_not_zero() -> None:
    found = estimate(pd.Series([np.nan, np.nan]), "adherence", "key")
    assert math.isnan(found.value)
    assert found.note == UNKNOWN
    for measure in ("regret", "progress"):  # no expert: no distance; or no progress told
        results = ended(ONE).results.assign(regret=np.nan, progress=np.nan)
        whole = matched_drift(results, measure).estimate
        assert math.isnan(whole.value)
        assert whole.note == UNKNOWN


def test_lost_pairs_speak_most_for_the_difference() -> None:
    ends: Ends = {**ONE, ("0", 0, 3): ("won", "won"), ("1", 0, 1): ("failed", "won")}
    failed = failures(ended(ends).tasks)
    assert lost_pairs(failed) == 2  # position 1 is no pair
    for measure in ("success", "progress", "error_rate", "adherence"):
        rows = lost(failed, measure, "padded", "fresh")
        assert rows["position"].tolist() == [2, 2, 3, 3]
        assert difference_by_block(rows, measure, "padded", "fresh").to_dict() == {"1": 1.0}
    assert lost(failed, "regret", *PAIR).empty
    assert lost([], "success", *PAIR).empty


# A crash can never improve a number.


class Case(NamedTuple):
    """An entry, and the same with one crash."""

    whole: Side
    broken: Side


def drawn(*key: str | int) -> Tables:
    """Four arms that go at random, with errors at random, in two blocks of two sessions."""
    draws = generator(*key)
    ends: tuple[End, ...] = ("won", "lost", "capped")
    places = [(str(b), o, p) for b in range(2) for o in range(2) for p in range(1, 4)]
    tables = ended({place: tuple(draws.choice(ends, 4, p=(0.5, 0.3, 0.2))) for place in places})
    errors = draws.random(len(tables.turns)) < 0.4
    return tables._replace(turns=tables.turns.assign(error=errors))


def crashed(tables: Tables, row: int) -> Tables:
    """The same, had the machinery broken there: nothing of the session was played after it."""
    task = tables.tasks.loc[row]
    session = (tables.tasks["block"] == task["block"]) & (tables.tasks["order"] == task["order"])
    later = session & (tables.tasks["position"] > task["position"])
    tasks = tables.tasks[~later].copy()
    tasks.loc[row, "end"] = "failed"
    return tables._replace(tasks=tasks)


def side(tables: Tables) -> Side:
    return Side(tables.results, tuple(failures(tables.tasks)))


@cache
def cases() -> tuple[Case, ...]:
    """Entries at random, with a crash at each position in some session and arm."""
    found = []
    for replication in range(4):
        tables = drawn("entry", replication)
        whole = side(tables)
        rows = generator("crash", replication).permutation(tables.tasks.index.to_numpy())
        here = tables.tasks.loc[rows].drop_duplicates("position").index
        found += [Case(whole, side(crashed(tables, int(row)))) for row in here]
    assert len(found) == 4 * 3
    return tuple(found)


@pytest.mark.parametrize("measure", ["success", "error_rate", "progress"])
def test_no_crash_makes_matched_drift_better_at_its_worst(measure: Measure) -> None:
    for whole, broken in cases():
        before = matched_drift(whole.results, measure).estimate
        after = matched_drift(broken.results, measure, failed=broken.failed).worst
        assert after is not None
        assert after.value >= before.value - 1e-12


@pytest.mark.parametrize("measure", ["success", "error_rate"])
def test_no_crash_makes_a_cause_smaller_at_its_worst(measure: Measure) -> None:
    for whole, broken in cases():
        before = causes(whole.results, measure)
        after = causes(broken.results, measure, failed=broken.failed)
        assert before is not None
        assert after is not None
        assert after.worst.keys() == before.parts.keys()
        for cause, part in before.parts.items():
            assert after.worst[cause].value >= part.value - 1e-12


@pytest.mark.parametrize("quantity", ["drift", "success", "error_rate"])
def test_no_crash_makes_an_entry_better_beside_another_at_its_worst(quantity: Quantity) -> None:
    tables = drawn("other")
    other = side(tables)
    half = side(crashed(tables, tables.tasks.index[-8]))  # in a last session, from position 2 on
    for whole, broken in cases():
        before = against_reference(whole, other, quantity).estimate
        after = against_reference(broken, other, quantity).worst
        other_way = against_reference(other, broken, quantity).worst
        assert after is not None
        assert other_way is not None
        assert after.value >= before.value - 1e-12
        assert other_way.value == pytest.approx(-after.value)
        # Where both break, what both lost is at its worst in both.
        one = against_reference(whole, half, quantity).worst
        both = against_reference(broken, half, quantity).worst
        assert one is not None
        assert both is not None
        assert both.value >= one.value - 1e-12


def test_no_crash_gets_an_entry_out_of_the_test() -> None:
    """Of eight blocks two win everything fresh, .25 and just assessable: until one breaks."""
    ends: dict[tuple[str, int, int], tuple[End, End]] = {
        (str(b), 0, p): ("won", "lost") if b < 2 else ("lost", "lost")
        for b in range(8)
        for p in (1, 2, 3)
    }
    whole = matched_drift(ended(ends).results)
    assert whole.estimate.value == 0.25
    tables = ended(ends | {("0", 0, 1): ("failed", "won")})
    broken = matched_drift(tables.results, failed=failures(tables.tasks))
    assert broken.estimate.note.startswith("not assessable: fresh success 0.14 is below 0.25")
    assert broken.worst is not None
    assert broken.worst.value == whole.estimate.value
    split = causes(with_arm(tables.results, "padded"), "success", failed=failures(tables.tasks))
    assert split is not None
    assert split.worst["content"].value == 0.25


def test_what_could_not_be_assessed_without_a_crash_either_has_no_worst_case() -> None:
    ends: Ends = {(str(b), 0, p): ("lost", "lost") for b in range(8) for p in (1, 2, 3)}
    tables = ended({**ends, ("0", 0, 3): ("failed", "lost")})
    assert matched_drift(tables.results, failed=failures(tables.tasks)).worst is None
