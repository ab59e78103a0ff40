"""What an agent has done to its world, apart from what its history does to it.

    damage(results, "success")          # loss(fresh) - loss(undamaged)

Both arms have no history. In one the agent's own earlier tasks have made the world what it is, in
the other the expert's.
"""

from __future__ import annotations

import pandas as pd

from harness.drift.outcomes import Measure
from harness.drift.pairs import complete, difference_by_block, estimate
from harness.records import Arm
from harness.stats import Estimate

WORLDS: tuple[Arm, Arm] = ("fresh", "undamaged")


def damage(results: pd.DataFrame, measure: Measure = "success") -> Estimate | None:
    """loss(fresh) - loss(undamaged) over positions from 2; above zero: it made its tasks harder.

    Mean over blocks of the mean over a block's pairs, with its sign-flip p and interval. Range:
    [-1, 1]; regret has none. Secondary measure.

    Args:
        results: as `harness.drift.outcomes` gives them.
        measure: in which losses.

    Returns:
        None if the arm was not played.
    """
    if not (results["arm"] == "undamaged").any():
        return None
    pairs = complete(results, measure, WORLDS)
    return estimate(difference_by_block(pairs, measure, *WORLDS), measure, "damage")
