"""How far an agent gets: turns until the first error that it does not make good.

`horizon(lived)` prints as ``41.00 [22.00, 77.00]``.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from harness.stats import Estimate, Survival, kaplan_meier, time_to

_TASK = ["block", "order", "arm", "position"]


def horizon(lived: pd.DataFrame, share: float = 0.5) -> Estimate:
    """Horizon H50 (or H80 with `share` .8), in turns of the session. Secondary measure.

        first turn t at which S(t), the share of chained sessions that have had no uncorrected
        error up to and with turn t, falls below `share`

    (arXiv 2509.09677, 2510.02712). Bounds: inversion of the pointwise Kaplan-Meier band, clustered
    by block. Range: 1 … ∞; ∞: it never fell so far in the sessions that were played.
    """
    return time_to(share, survival(lived))


def survival(lived: pd.DataFrame) -> Survival:
    """Kaplan-Meier curve of the chained sessions without an uncorrected error, by session turn.

    A session is censored only where it ends, or at the last turn before a failure.
    """
    ends = first_errors(lived)
    return kaplan_meier(ends["turn"], ends["happened"], ends["block"])


def first_errors(lived: pd.DataFrame) -> pd.DataFrame:
    """When each chained session first made an error that it did not make good.

    Returns:
        Columns `block`, `order`, `turn` (the session turn of that error, else of the session's last
        turn; float), `happened` (bool: False where the session ended without one).
    """
    chained = lived[lived["arm"] == "chained"].reset_index(drop=True)
    turn = chained["session_turn"].astype(float)
    sessions = chained[["block", "order"]].assign(erred=turn.where(uncorrected(chained)), last=turn)
    ends = sessions.groupby(["block", "order"], as_index=False).agg(
        erred=("erred", "min"), last=("last", "max")
    )
    ends["happened"] = ends["erred"].notna()
    ends["turn"] = ends["erred"].fillna(ends["last"])
    return ends[["block", "order", "turn", "happened"]]


def uncorrected(lived: pd.DataFrame) -> pd.Series:
    """Which turns hold an error that was not made good.

    An error at t is corrected if within the same task the distance later falls below its value
    before t. Fatal turns, violations, and the turn at which a task is capped never are; nor is an
    error where the distance is unknown, for nothing shows that it was.

    Args:
        lived: the turns of whole tasks, as `harness.drift.played` gives them.

    Returns:
        A boolean column with the index of `lived`.
    """
    task = lived.groupby(_TASK, sort=False).ngroup()
    after = lived["distance_after"].astype(float).where(~lived["won"], 0.0).fillna(np.inf)
    reached = after.iloc[::-1].groupby(task).cummin().iloc[::-1]
    reached_later = reached.groupby(task).shift(-1, fill_value=np.inf)
    corrected = reached_later < lived["distance_before"].astype(float)
    last = lived["turn"] == lived["turn"].groupby(task).transform("max")
    final = lived["fatal"].astype(bool) | lived["violation"].astype(bool)
    capped = last & (lived["end"] == "capped")
    return (lived["error"].astype(bool) & ~corrected) | final | capped
