"""The same task in two arms: what every difference of this gauge is made of.

    rows = complete(results, "success", ("chained", "fresh"))
    difference_by_block(rows, "success", "chained", "fresh")     # a value a block

A pair is a (session, position ≥ 2) that has all the arms in question; at position 1 no arm has a
history.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from harness.drift.outcomes import BOUNDS, HIGHER_IS_BETTER, PLACE, Failure, Measure
from harness.drift.success import UNKNOWN, block_means
from harness.records import Arm
from harness.stats import Estimate, difference


def complete(results: pd.DataFrame, measure: Measure, arms: Sequence[Arm]) -> pd.DataFrame:
    """The rows whose place has all `arms`, in all of which the measure is known.

    In adherence, which is pooled over the pairs of a block and arm, a place also counts of which
    only one arm was ever constrained by a rule.
    """
    rows = results[(results["position"] >= 2) & results["arm"].isin(arms)]
    if measure != "adherence":
        rows = rows.dropna(subset=[measure])
    rows = rows[rows.groupby(PLACE)["arm"].transform("size") == len(arms)]
    return rows.sort_values(PLACE, kind="stable")


def difference_by_block(rows: pd.DataFrame, measure: Measure, arm: Arm, base: Arm) -> pd.Series:
    """loss(arm) - loss(base), a value a block, over the block's pairs.

    Args:
        rows: as `complete` gives them.
    """
    above, below = (block_means(rows[rows["arm"] == name], measure) for name in (arm, base))
    return below - above if measure in HIGHER_IS_BETTER else above - below


def estimate(blocks: pd.Series, measure: Measure, *key: str) -> Estimate:
    """Mean over blocks of a difference of losses, with its sign-flip p and interval.

    Args:
        blocks: one difference a block.
        key: what it is for; equal keys, equal draws.
    """
    low, high = BOUNDS[measure]
    found = difference(blocks.to_numpy(float), *key, measure, bounds=(low - high, high - low))
    if len(blocks) and not found.units:
        return found._replace(note=UNKNOWN)
    return found


def lost(failed: Sequence[Failure], measure: Measure, arm: Arm, base: Arm) -> pd.DataFrame:
    """The pairs that failures took away, as results that speak most for arm - base.

    Empty where the measure has no bound.
    """
    low, high = BOUNDS[measure]
    if not np.isfinite((low, high)).all():
        return pd.DataFrame()
    worst, best = (low, high) if measure in HIGHER_IS_BETTER else (high, low)
    rows = [
        {
            "block": failure.block,
            "order": failure.order,
            "position": position,
            "arm": name,
            measure: value,
            # In a pool they weigh most if a rule constrained every turn that they could have had.
            "opportunities": failure.cap,
            "kept": failure.cap * value,
        }
        for failure in failed
        for position in range(max(2, failure.position), failure.last + 1)
        for name, value in ((arm, worst), (base, best))
    ]
    return pd.DataFrame(rows)


def lost_pairs(failed: Sequence[Failure]) -> int:
    """How many pairs failures took away."""
    return sum(max(0, failure.last + 1 - max(2, failure.position)) for failure in failed)
