"""What the gauge's estimators read of a simulation: the numbers that real tables would give.

differences(simulated, "success")       # matched drift's, a value a replication and block
first_errors(simulated).turn            # what the horizon and the Weibull shape are fitted to
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pandas as pd

from harness.calibration.known import Floats
from harness.calibration.simulation import Bools, Measured, Simulated
from harness.errors import error_rate
from harness.records import Arm


def losses(simulated: Simulated, arm: Arm, measure: Measured) -> Floats:
    """1 - success, or the error rate, of each task; shape (…, positions), in [0, 1]."""
    plays = simulated.plays[arm]
    if measure == "success":
        return 1.0 - plays.won.astype(float)
    rate: Floats = error_rate(plays.errors, plays.turns, simulated.world.cap, plays.won)
    return rate


def differences(
    simulated: Simulated, measure: Measured, arm: Arm = "chained", against: Arm = "fresh"
) -> Floats:
    """loss(arm) - loss(against) over positions ≥ 2, shape (replications, blocks), in [-1, 1]."""
    pairs = losses(simulated, arm, measure) - losses(simulated, against, measure)
    return np.asarray(pairs[..., 1:].mean(axis=(-2, -1)))


def turns(simulated: Simulated, replication: int) -> pd.DataFrame:
    """The chained turns of one replication: the columns that `drift_slope` reads."""
    plays = simulated.plays["chained"]
    turn = np.arange(1, simulated.world.cap + 1)
    played = turn <= plays.turns[replication][..., None]
    block, order, position, i = np.nonzero(played)
    age = np.asarray(plays.history.length)[replication][block, order, position]
    return pd.DataFrame(
        {
            "block": block,
            "arm": "chained",
            "family": simulated.family[replication][block, order, position],
            "turn": turn[i],
            "session_turn": age + turn[i],
            "error": plays.erred[replication][played],
        }
    )


class FirstErrors(NamedTuple):
    """When the chained sessions first made a fatal error; shape (replications, sessions)."""

    turn: Floats
    """Of the session; where it made none, its last."""
    happened: Bools


def first_errors(simulated: Simulated) -> FirstErrors:
    """Of an agent whose errors are fatal; sessions of a block stand next to each other."""
    plays = simulated.plays["chained"]
    shape = (len(plays.turns), -1)
    happened = plays.erred.any(axis=-1)
    at = np.asarray(plays.history.length) + plays.erred.argmax(axis=-1) + 1
    first = np.where(happened, at, np.inf).min(axis=-1)
    return FirstErrors(
        np.minimum(first, plays.turns.sum(axis=-1)).reshape(shape).astype(float),
        np.isfinite(first).reshape(shape),
    )
