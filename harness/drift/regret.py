"""Regret: how many actions the agent loses at a turn, relative to the environment's plan.

regret(results).query("arm == 'chained'")[["position", "value", "low", "high"]]
"""

from __future__ import annotations

import pandas as pd

from harness.drift.success import by_position


def regret(results: pd.DataFrame) -> pd.DataFrame:
    """Mean regret per turn by arm and position.

        regret of a turn = 1 + distance after - distance before      (0 where a rule required it)

    averaged over the turns of a task where both distances are known, then over tasks and blocks as
    in `by_position`. Range: any; 0 for the expert; negative where a turn did better than the plan,
    which need not be the shortest. It is blind to what an early loss cost: the turn that lost the
    task has no distance after it, and the turns never played have none at all. Secondary measure.

    Returns:
        Columns as of `by_position`; `value` in actions a turn.
    """
    return by_position(results, "regret")
