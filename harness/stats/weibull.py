"""Weibull distribution of times to an event, from the turns at which events were seen.

    weibull([3, 9, 9, 12], [True, True, False, True], ["a", "a", "b", "b"]).shape

is the k of S(t) = exp(-(t/λ)^k); above 1 the hazard rises.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd

from harness.stats.clustered import influence, t_interval
from harness.stats.estimate import Estimate

_Floats = npt.NDArray[np.float64]

TOLERANCE = 1e-10
"""What a further step would add to the log-likelihood, at convergence."""


class Weibull(NamedTuple):
    """S(t) = exp(-(t/λ)^k)."""

    shape: Estimate
    """k, in (0, ∞); `p` is that of k = 1, a constant hazard."""
    scale: Estimate
    """λ, in turns, in (0, ∞): the time by which it has happened to 63%."""


def weibull(time: npt.ArrayLike, happened: npt.ArrayLike, block: npt.ArrayLike) -> Weibull:
    """Maximum likelihood of a Weibull distribution, interval-censored, clustered by block.

    An event seen at turn t happened in (t - 1, t]: its likelihood is S(t - 1) - S(t). Taking it as
    the exact time t biases k upwards. That of a censored unit is S(t). With α = -k log λ,

        -log S(t) = exp(α + k log t)

    so that the log-likelihood is concave in (α, k) (Pratt 1981, JASA 76:103): no start is a bad
    one. The covariance is clustered and bias-reduced (`harness.stats.clustered`); the intervals are
    k and log λ ± the t quantile with blocks - 1 degrees of freedom. On the scale of log k, what the
    interval leaves out would lie nearly all on one side: of agents whose hazard is constant, 4 to
    5% instead of 2.5% would be said to have a rising one (24 blocks of two sessions).

    Args:
        time: last turn at which each unit was seen, at least 1; happened: did it happen then (else
            the unit is censored); block: the cluster of each unit; shape (units,).

    Returns:
        Not estimable, and saying why, without an event, with fewer than two blocks, where all
        events are at the first turn (k runs to 0), or where they are so close together, with no
        unit censored later, that one instant could hold them all (k runs to ∞).
    """
    t, event = np.asarray(time, float), np.asarray(happened, bool)
    cluster, names = pd.factorize(np.asarray(block))
    n = len(names)
    if why := _obstacle(t, event, n):
        unknown = Estimate(math.nan, units=n, note=f"not estimable: {why}")
        return Weibull(unknown, unknown)
    a, k = _maximum(t, event)
    fit = _likelihood(t, event, a, k)
    scores, information = np.zeros((n, 2)), np.zeros((n, 2, 2))
    np.add.at(scores, cluster, fit.scores)
    np.add.at(information, cluster, fit.information)
    moved = influence(scores, information)
    if moved is None:
        note = "interval not estimable: one block alone determines a parameter"
        return Weibull(*(Estimate(v, units=n, note=note) for v in (k, _exp(-a / k))))
    of_k, of_log_scale = moved[:, 1], (moved[:, 1] * a / k - moved[:, 0]) / k
    error, log_error = (float(np.linalg.norm(by_block)) for by_block in (of_k, of_log_scale))
    shape = t_interval(k, error, freedom=n - 1, units=n, null=1.0)
    log_scale = t_interval(-a / k, log_error, freedom=n - 1, units=n)
    value, low, high = (_exp(x) for x in log_scale[:3])
    return Weibull(
        shape._replace(low=float(np.maximum(shape.low, 0.0))),
        Estimate(value, low, high, units=n, note=log_scale.note),
    )


def _exp(x: float) -> float:
    """∞ where it is too large: λ is that where a steeply falling hazard leaves most alone."""
    with np.errstate(over="ignore"):
        return float(np.exp(x))


def _obstacle(t: _Floats, event: npt.NDArray[np.bool_], blocks: int) -> str:
    """Why there is no maximum, or no interval; empty if there is nothing in the way."""
    if not event.any():
        return "no event" if len(t) else "no session yet"
    if blocks < 2:
        return "fewer than 2 blocks"
    first, last = t[event].min(), t[event].max()
    if last == 1:
        return "all events are at the first turn"
    if last - first <= 1 and t[~event].max(initial=0) <= first:
        return "all events lie around one turn, which no session outlives"
    return ""


class _Likelihood(NamedTuple):
    """Of each unit, at (α, k)."""

    logarithm: _Floats
    """Shape (units,)."""
    scores: _Floats
    """Gradient, shape (units, 2)."""
    information: _Floats
    """Negative Hessian, shape (units, 2, 2)."""


def _likelihood(t: _Floats, event: npt.NDArray[np.bool_], a: float, k: float) -> _Likelihood:
    """Log-likelihood -H_0 + log(1 - exp(-(H_1 - H_0))), the last term for events only.

    H = -log S at the two ends of the unit's interval; it begins at t if the unit is censored.
    """
    begin = np.where(event, t - 1, t)
    log_0, log_1 = np.log(np.where(begin > 0, begin, 1.0)), np.log(t)
    # Where S is 0 to the last bit, it does not matter how much smaller it really is.
    h_0 = np.where(begin > 0, np.exp(np.minimum(a + k * log_0, 300.0)), 0.0)
    h_1 = np.exp(np.minimum(a + k * log_1, 300.0))
    between = np.where(event, h_1 - h_0, 1.0)
    with np.errstate(over="ignore"):
        slope = event / np.expm1(between)
    bend = slope * (1 + slope)

    by_0, by_1 = -h_0 * (1 + slope), h_1 * slope  # by log H_0, log H_1
    by_00, by_01, by_11 = by_0 - bend * h_0**2, bend * h_0 * h_1, by_1 - bend * h_1**2
    by_aa = by_00 + 2 * by_01 + by_11
    by_ak = by_00 * log_0 + by_01 * (log_0 + log_1) + by_11 * log_1
    by_kk = by_00 * log_0**2 + 2 * by_01 * log_0 * log_1 + by_11 * log_1**2
    return _Likelihood(
        event * np.log(-np.expm1(-between)) - h_0,
        np.stack((by_0 + by_1, by_0 * log_0 + by_1 * log_1), axis=1),
        -np.stack((by_aa, by_ak, by_ak, by_kk), axis=1).reshape(-1, 2, 2),
    )


def _maximum(t: _Floats, event: npt.NDArray[np.bool_]) -> tuple[float, float]:
    """(α, k), by Newton's method with backtracking, from the constant hazard."""
    at = np.array((math.log(event.sum() / t.sum()), 1.0))
    here = _likelihood(t, event, *at)
    while True:
        gradient = here.scores.sum(axis=0)
        step = np.linalg.solve(here.information.sum(axis=0), gradient)
        if gradient @ step < TOLERANCE:
            a, k = at + step
            return float(a), float(k)
        size = 1.0 if at[1] + step[1] > 0 else -0.5 * at[1] / step[1]  # k stays positive
        while (
            there := _likelihood(t, event, *(at + size * step))
        ).logarithm.sum() < here.logarithm.sum():
            size /= 2
        at, here = at + size * step, there
