"""Levels: how well the agent does, by arm and position, and over all positions."""

from __future__ import annotations

import pandas as pd

from harness.drift.outcomes import BOUNDS, Measure, outcomes
from harness.stats import Estimate, level


def by_position(
    turns: pd.DataFrame, tasks: pd.DataFrame, measure: Measure = "success"
) -> pd.DataFrame:
    """A measure by arm and position, with all sessions in the denominator.

        value = mean over blocks of (mean over the block's sessions at this position)

    With two mirrored orders a curve by position still mixes tasks: only the difference between
    the arms at one position compares like with like. Secondary measure.

    Returns:
        Columns `arm`, `position`, `value`, `low`, `high` (bootstrap-t over blocks), `blocks`,
        `sessions`, `note`.
    """
    results = outcomes(turns, tasks).dropna(subset=[measure])
    rows = []
    for _, group in results.groupby(["arm", "position"]):
        arm, position = str(group["arm"].iloc[0]), int(group["position"].iloc[0])
        e = _level(group, measure)
        rows.append((arm, position, e.value, e.low, e.high, e.units, len(group), e.note))
    columns = ["arm", "position", "value", "low", "high", "blocks", "sessions", "note"]
    return pd.DataFrame(rows, columns=columns)


def overall(
    turns: pd.DataFrame, tasks: pd.DataFrame, measure: Measure = "success"
) -> dict[str, Estimate]:
    """A measure over all positions, arm by arm: `{"fresh": …, "chained": …}`.

        value = mean over blocks of (mean over the block's sessions and positions)

    Fresh is over every position, so that each task of the panel counts; chained over the
    positions ≥ 2, because at position 1 it has no history and equals fresh. Their difference is
    therefore *not* matched drift, which pairs the arms position by position. Secondary measure.
    """
    results = outcomes(turns, tasks)
    aged = results[(results["arm"] == "fresh") | (results["position"] >= 2)]
    return {arm: _level(aged[aged["arm"] == arm], measure) for arm in ("fresh", "chained")}


def _level(group: pd.DataFrame, measure: Measure) -> Estimate:
    # One key for all arms and positions: equal numbers get equal intervals.
    blocks = group.groupby("block", sort=False)[measure].mean()
    return level(blocks.to_numpy(float), measure, bounds=BOUNDS[measure])
