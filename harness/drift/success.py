"""Levels: how well the agent does, by arm and position, and over all positions.

`overall(results)["chained"]` prints as ``0.50 [0.15, 0.63]``.
"""

from __future__ import annotations

import pandas as pd

from harness.drift.outcomes import BOUNDS, Measure, arms_in
from harness.records import Arm
from harness.stats import Estimate, level

UNKNOWN = "not estimable: it is known of no task"
"""The note where tasks were played, but the environment does not tell the measure, or no rule ever
bound."""


def by_position(results: pd.DataFrame, measure: Measure = "success") -> pd.DataFrame:
    """A measure by arm and position, with all sessions in the denominator.

        value = mean over blocks of (mean over the block's sessions at this position)

    With two mirrored orders a curve by position still mixes tasks: only the difference between
    the arms at one position compares like with like. Secondary measure.

    Returns:
        Columns `arm` (in the order of `ARM_ORDER`), `position`, `value`, `low`, `high` (bootstrap-t
        over blocks), `blocks`, `sessions` (in which the measure is known), `note`.
    """
    known = results.dropna(subset=[measure])
    rows = []
    for arm in arms_in(known):
        for position, group in known[known["arm"] == arm].groupby("position"):
            e = _level(group, measure)
            rows.append((arm, position, e.value, e.low, e.high, e.units, len(group), e.note))
    columns = ["arm", "position", "value", "low", "high", "blocks", "sessions", "note"]
    return pd.DataFrame(rows, columns=columns)


def overall(results: pd.DataFrame, measure: Measure = "success") -> dict[Arm, Estimate]:
    """A measure over all positions, arm by arm: `{"chained": …, "fresh": …}` and what else occurs.

        value = mean over blocks of (mean over the block's sessions and positions)

    Fresh is over every position, so that each task of the panel counts; the others over the
    positions ≥ 2, because at position 1 they have no history and equal fresh. Their difference is
    therefore *not* matched drift, which pairs the arms position by position. Secondary measure.
    """
    aged = results[(results["arm"] == "fresh") | (results["position"] >= 2)]
    always: tuple[Arm, ...] = ("chained", "fresh")
    return {
        arm: _level(aged[aged["arm"] == arm], measure)
        for arm in dict.fromkeys((*always, *arms_in(results)))
    }


def block_means(results: pd.DataFrame, measure: Measure) -> pd.Series:
    """A measure by block: the mean over the rows in which it is known.

    Adherence is kept ÷ opportunities, pooled over the block: a task with one opportunity says less
    than a task with ten. NaN: the block has none.
    """
    blocks = results.groupby("block", sort=False)
    if measure == "adherence":
        pooled = blocks[["kept", "opportunities"]].sum()
        return pooled["kept"] / pooled["opportunities"]
    return blocks[measure].mean()


def _level(group: pd.DataFrame, measure: Measure) -> Estimate:
    # One key for all arms and positions: equal numbers get equal intervals.
    blocks = block_means(group, measure)
    estimate = level(blocks.to_numpy(float), measure, bounds=BOUNDS[measure])
    if len(blocks) and not estimate.units:
        return estimate._replace(note=UNKNOWN)
    return estimate
