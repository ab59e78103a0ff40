"""The hazard of an uncorrected error: does it rise with age, and how long is the half-life?

`weibull_shape(lived)` prints as ``1.31 [1.02, 1.60] p=.036``: the hazard rises.
"""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
from scipy.special import expit

from harness.drift.horizon import first_errors
from harness.stats import ALPHA, Estimate
from harness.stats.clustered import t_interval
from harness.stats.logistic import logistic
from harness.stats.weibull import weibull


def weibull_shape(lived: pd.DataFrame) -> Estimate:
    """Weibull shape k of the time to a session's first uncorrected error. Secondary measure.

        S(t) = exp(-(t/λ)^k), the share of chained sessions without one up to and with turn t

    by interval-censored maximum likelihood, clustered by block (see `harness.stats.weibull`).
    Range: (0, ∞). k > 1: the hazard rises with the session's age, k < 1: it falls, as it also does
    where sessions differ, because the better ones are left; `p` is that of k = 1.

    Args:
        lived: the turns of whole tasks, as `harness.drift.played` gives them.
    """
    ends = first_errors(lived)
    return weibull(ends["turn"], ends["happened"], ends["block"]).shape


def half_life(lived: pd.DataFrame) -> Estimate:
    """Half-life T50 under a constant hazard, in turns of the session. Secondary measure.

        T50 = ln .5 / ln(1 - h),  h = uncorrected first errors / turns at risk

    over the chained sessions, a turn being at risk up to and with the one of that error
    (tobyord.com/writing/half-life, in discrete time). Range: [0, ∞]; ∞: no session had one. It
    describes sessions only where the hazard is constant: look at `weibull_shape`.

    The interval is that of h as the log odds of a logistic regression without covariates, clustered
    by block and with blocks - 1 degrees of freedom, because an exact one would take turns as
    independent where sessions share their games. Without any error nothing tells how blocks differ,
    and the lower bound is exact for equal hazards: (1 - h)^turns = .025.

    Args:
        lived: the turns of whole tasks, as `harness.drift.played` gives them.
    """
    ends = first_errors(lived)
    last, blocks = ends["turn"].to_numpy(int), ends["block"].nunique()
    events, turns = int(ends["happened"].sum()), int(last.sum())
    if turns == 0:
        return Estimate(math.nan, note="no session yet")
    value = _t50(events / turns)
    if events == 0:
        low = _t50(1 - (ALPHA / 2) ** (1 / turns))
        note = "no error: the bound takes turns as independent"
        return Estimate(value, low, math.inf, units=blocks, note=note)

    erred = np.zeros(turns)
    erred[np.cumsum(last)[ends["happened"]] - 1] = 1
    fit = logistic(erred, np.ones((turns, 1)), np.repeat(ends["block"].to_numpy(), last))
    if fit.note:
        why = "one block" if blocks == 1 else "all sessions erred at their first turn"
        return Estimate(value, units=blocks, note=f"interval not estimable: {why}")
    error = math.sqrt(fit.covariance[0, 0])
    log_odds = t_interval(float(fit.coefficients[0]), error, freedom=blocks - 1, units=blocks)
    low, high = (_t50(float(expit(x))) for x in (log_odds.high, log_odds.low))
    return Estimate(value, low, high, units=blocks, note=log_odds.note)


def _t50(hazard: float) -> float:
    """Turns until the survival is one half under a constant hazard a turn, in [0, 1]."""
    if hazard in (0, 1):
        return 0.0 if hazard else math.inf
    return math.log(0.5) / math.log1p(-hazard)
