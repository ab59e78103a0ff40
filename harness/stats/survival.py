"""Time until something happens, where some sessions end before it does."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from scipy import stats

from harness.stats.estimate import ALPHA, Estimate

_Floats = npt.NDArray[np.float64]


class Survival(NamedTuple):
    """A Kaplan-Meier curve; all arrays have shape (times,), the times at which something ended."""

    time: _Floats
    survival: _Floats
    """Share of units to which it has not happened up to and with `time`."""
    low: _Floats
    high: _Floats
    """Pointwise 95% band; NaN where it is not estimable."""
    at_risk: _Floats
    """Units that were still there when `time` came."""
    blocks: int


def kaplan_meier(time: npt.ArrayLike, happened: npt.ArrayLike, block: npt.ArrayLike) -> Survival:
    """Kaplan-Meier estimate with a pointwise log-log band, clustered by block.

    The curve is `scipy.stats.ecdf`'s. Sessions of a block share their games, so that Greenwood's
    variance, which takes them as independent, is too small. Here each session's contribution to
    -log S(t),

        ψ_i(t) = Σ_{u ≤ t} [dN_i(u) - Y_i(u) dN(u) / Y(u)] / [Y(u) - dN(u)]

    (dN: how often it happened at u, Y: units at risk, both with i: for unit i alone), is summed
    within blocks before it is squared (Ying & Wei 1994, J. Multivariate Analysis 50:17); the band
    takes the t quantile with blocks - 1 degrees of freedom. Where every block has one session the
    variance is Greenwood's.

    Args:
        time: last time at which each unit was seen, happened: did it happen then (else the unit is
            censored), block: the cluster of each unit; shape (units,).
    """
    times, event = np.asarray(time, float), np.asarray(happened, bool)
    names, cluster = np.unique(np.asarray(block), return_inverse=True)
    curve = stats.ecdf(stats.CensoredData(uncensored=times[event], right=times[~event])).sf
    at, survival = np.asarray(curve.quantiles, float), np.asarray(curve.probabilities, float)

    present = times[:, None] >= at
    here = (times[:, None] == at) & event[:, None]
    at_risk, events = present.sum(axis=0).astype(float), here.sum(axis=0)
    left = np.where(at_risk > events, at_risk - events, np.inf)  # where none is left, S is 0
    influence = np.cumsum((here - present * (events / at_risk)) / left, axis=1)
    sums = np.zeros((len(names), len(at)))
    np.add.at(sums, cluster, influence)

    n = len(names)
    low = high = np.full(len(at), np.nan)
    if n > 1:
        error = np.sqrt(n / (n - 1) * (sums**2).sum(axis=0))  # of log S
        inner = (survival > 1e-12) & (survival < 1 - 1e-12)
        log = np.log(survival, where=inner, out=np.full(len(at), -1.0))
        reach = stats.t.ppf(1 - ALPHA / 2, n - 1) * error / -log
        low = np.where(inner, survival ** np.exp(reach), survival)
        high = np.where(inner, survival ** np.exp(-reach), survival)
    return Survival(at, survival, low, high, at_risk, n)


def time_to(share: float, curve: Survival) -> Estimate:
    """First time at which survival falls below `share`; inf if it never does while it was watched.

    The bounds invert the band (Brookmeyer & Crowley 1982): all times at which the band holds
    `share`.
    """
    if len(curve.time) == 0:
        return Estimate(math.nan, note="no session yet")
    value = _first_below(share, curve.time, curve.survival)
    if np.isnan(curve.low).any():
        return Estimate(value, units=curve.blocks, note="interval not estimable: one block")
    if np.all(curve.high - curve.low < 1e-12):
        return Estimate(value, units=curve.blocks, note="interval not estimable: all blocks agree")
    return Estimate(
        value,
        _first_below(share, curve.time, curve.low),
        _first_below(share, curve.time, curve.high),
        units=curve.blocks,
    )


def _first_below(share: float, time: _Floats, survival: _Floats) -> float:
    below = time[survival < share - 1e-9]
    return float(below[0]) if len(below) else math.inf
