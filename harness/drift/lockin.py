"""Lock-in: the agent goes round in a circle and nothing comes of it.

`lock_in(lived).sessions` prints as ``0.25 [0.08, 0.46]``.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd

from harness.stats import Estimate, level

LONGEST_CYCLE = 4
REPETITIONS = 3


class LockIn(NamedTuple):
    """Lock-in of the chained sessions."""

    sessions: Estimate
    """Share of sessions that lock, in [0, 1]."""
    turns: Estimate
    """Share of turns that lie within a locked cycle, in [0, 1]."""
    onset: pd.DataFrame
    """`block`, `order`, `turn`: the session turn at which each session that locks does so first."""


def lock_in(lived: pd.DataFrame) -> LockIn:
    """Lock-in (this project). Secondary measure.

        earliest turn at which three full repetitions of a cycle of (state, command), of period
        1 to 4, begin inside one task, with no new minimum of the distance meanwhile

    A turn is locked if it lies within such repetitions, so that an agent that gets out of its
    circle is free again. Both shares: mean over blocks, bootstrap-t interval.
    """
    chained = lived[lived["arm"] == "chained"].reset_index(drop=True)
    begins, within = locked(chained)
    first = chained[begins].groupby(["block", "order"], as_index=False)
    onset = first.agg(turn=("session_turn", "min"))
    by_session = pd.Series(within).groupby([chained["block"], chained["order"]])
    sessions = by_session.any().astype(float).groupby("block", sort=False).mean()
    shares = pd.Series(within, dtype=float).groupby(chained["block"], sort=False).mean()
    return LockIn(
        level(sessions.to_numpy(float), "locked sessions"),
        level(shares.to_numpy(float), "locked turns"),
        onset,
    )


class Locked(NamedTuple):
    """Two masks over turns, shape (turns,)."""

    begins: npt.NDArray[np.bool_]
    """Three repetitions begin here."""
    within: npt.NDArray[np.bool_]
    """The turn lies within three repetitions."""


def locked(lived: pd.DataFrame) -> Locked:
    """Where cycles run, in the turns of whole tasks as `harness.drift.played` sorts them.

    An unreadable output counts as a command of its own: saying nothing that can be read, over and
    over in one state, is a circle too. An unknown distance is no new minimum.
    """
    task = lived.groupby(["block", "order", "arm", "position"], sort=False).ngroup().to_numpy()
    pair = lived.groupby(["state_before", "command"], sort=False, dropna=False).ngroup().to_numpy()
    before, after = lived["distance_before"].astype(float), lived["distance_after"].astype(float)
    best = before.fillna(np.inf).groupby(task).cummin()  # after a turn is before the next
    gains = np.cumsum(np.r_[0, after < best])  # new minima before each turn

    n = len(lived)
    begins, within = np.zeros(n, bool), np.zeros(n, bool)
    for period in range(1, LONGEST_CYCLE + 1):
        length = REPETITIONS * period
        if n < length:
            break
        starts = np.arange(n - length + 1)
        ends = starts + length - 1
        differs = np.cumsum(np.r_[0, pair[period:] != pair[:-period]])
        cycle = differs[starts + length - period] == differs[starts]
        idle = gains[starts + length] == gains[starts]
        found = starts[cycle & idle & (task[starts] == task[ends])]
        begins[found] = True
        for step in range(length):
            within[found + step] = True
    return Locked(begins, within)
