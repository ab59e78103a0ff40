"""An entry against the reference: the same tasks at the same places, paired by block.

    against_reference(lora, in_context, "success").estimate      # of chained success, as a loss
    against_reference(lora, in_context, "drift").estimate        # of matched drift in success

Losses, so that above zero is worse than the reference.
"""

from __future__ import annotations

from typing import Literal, NamedTuple

import pandas as pd

from harness.drift.matched import PAIR
from harness.drift.outcomes import HIGHER_IS_BETTER, PLACE, Failure, Measure
from harness.drift.pairs import complete, difference_by_block, lost
from harness.drift.success import block_means
from harness.stats import Estimate, difference

Quantity = Literal["drift", "success", "error_rate"]
"""Matched drift in success, the endpoint; or a loss in the chained arm from position 2 on."""


class Side(NamedTuple):
    """One of the two entries: its results and what failed in it."""

    results: pd.DataFrame
    failed: tuple[Failure, ...]


class Against(NamedTuple):
    """An entry against the reference."""

    estimate: Estimate
    """entry - reference: above zero, the entry is worse."""
    worst: Estimate | None
    """With what failed in an entry set against that entry, and what failed in both against both;
    None where nothing failed. Where both runs are whole, no failure makes an entry better here than
    it is without it."""
    blocks: pd.Series
    """The difference of each block, which the estimate is the mean of."""
    pairs: int
    """Places (session, position ≥ 2) that both entries have."""


def against_reference(entry: Side, reference: Side, quantity: Quantity) -> Against:
    """Mean over blocks of entry - reference, its paired sign-flip p and interval.

    Only places count that both entries played, and at which both met the same task. A block that
    only one of them has is left out: panels are told apart by the names of their blocks. Range:
    [-1, 1]; [-2, 2] for drift.
    """
    sides = [_rows(side.results, quantity) for side in (entry, reference)]
    shared = _shared(*sides)
    own, other = (_at(rows, shared) for rows in sides)
    blocks = _by_block(own, quantity) - _by_block(other, quantity)
    worst = None
    if entry.failed or reference.failed:
        own = pd.concat([sides[0], _lost(entry.failed, quantity, sides[1])])
        other = pd.concat([sides[1], _lost(reference.failed, quantity, sides[0])])
        places = _shared(own, other)
        at_worst = _by_block(_at(own, places), quantity) - _by_block(_at(other, places), quantity)
        worst = _estimate(at_worst, quantity)
    return Against(_estimate(blocks, quantity), worst, blocks, len(shared))


def _rows(results: pd.DataFrame, quantity: Quantity) -> pd.DataFrame:
    if quantity == "drift":
        return complete(results, "success", PAIR)
    rows = results[(results["arm"] == "chained") & (results["position"] >= 2)]
    return rows.dropna(subset=[quantity])


def _shared(own: pd.DataFrame, other: pd.DataFrame) -> pd.MultiIndex:
    both = [rows.drop_duplicates(PLACE).set_index(PLACE)["task"] for rows in (own, other)]
    places = both[0].index.intersection(both[1].index)
    same = both[0].loc[places] == both[1].loc[places]
    return pd.MultiIndex.from_tuples(list(places[same.to_numpy(bool)]), names=PLACE)


def _at(rows: pd.DataFrame, places: pd.MultiIndex) -> pd.DataFrame:
    return rows[pd.MultiIndex.from_frame(rows[PLACE]).isin(places)]


def _by_block(rows: pd.DataFrame, quantity: Quantity) -> pd.Series:
    if quantity == "drift":
        return difference_by_block(rows, "success", *PAIR)
    means = block_means(rows, quantity)
    return 1 - means if quantity in HIGHER_IS_BETTER else means


def _estimate(blocks: pd.Series, quantity: Quantity) -> Estimate:
    reach = 2.0 if quantity == "drift" else 1.0  # a drift lies in [-1, 1] itself
    return difference(blocks.to_numpy(float), "reference", quantity, bounds=(-reach, reach))


def _lost(failed: tuple[Failure, ...], quantity: Quantity, other: pd.DataFrame) -> pd.DataFrame:
    """What failures took from one entry where the other was played, at its worst."""
    measure: Measure = "success" if quantity == "drift" else quantity
    rows = lost(failed, measure, *PAIR)
    if rows.empty:
        return rows
    if quantity != "drift":
        rows = rows[rows["arm"] == "chained"]
    tasks = other.drop_duplicates(PLACE).set_index(PLACE)["task"]
    # What both lost has no task in either, and is at its worst in both.
    return rows.join(tasks, on=PLACE).fillna({"task": ""})
