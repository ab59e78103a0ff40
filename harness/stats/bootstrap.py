"""Interval of a level: bootstrap-t over blocks.

`level([0.25, 0.75, 1.0, 0.5], "success")` prints as ``0.62 [0.12, 1.00]``.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from harness.keyed import generator
from harness.stats.estimate import ALPHA, Estimate

DRAWS = 1999
CHUNK = 256
"""Points that are resampled together: it bounds the memory."""

_Floats = npt.NDArray[np.float64]


class Levels(NamedTuple):
    """The levels of a curve; all arrays have shape (points,)."""

    value: _Floats
    """NaN where no block has a value."""
    low: _Floats
    high: _Floats
    """Pointwise 95% band; NaN where it is not estimable: under two blocks, or all agree."""
    units: npt.NDArray[np.int64]
    """Independent units (blocks) that a point rests on."""


def level(
    values: npt.ArrayLike,
    *key: str | int,
    bounds: tuple[float, float] = (0.0, 1.0),
) -> Estimate:
    """Mean over blocks with its bootstrap-t interval (Efron 1979; Hall 1988).

    The percentile bootstrap is too narrow at the sizes that people run.

    Args:
        values: one value a block, shape (blocks,); NaN: that block has none.
        key: what the draws are for; equal keys, equal intervals.
        bounds: the measure's range; the interval is clipped to it.
    """
    column = levels(np.asarray(values, float)[:, None], *key, bounds=bounds)
    value, low, high = float(column.value[0]), float(column.low[0]), float(column.high[0])
    units = int(column.units[0])
    if units == 0:
        note = "no block yet"
    elif math.isnan(low):
        note = "interval not estimable: " + ("one block" if units == 1 else "all blocks agree")
    else:
        note = ""
    return Estimate(value, low, high, units=units, note=note)


def levels(
    values: npt.ArrayLike,
    *key: str | int,
    bounds: tuple[float, float] = (0.0, 1.0),
) -> Levels:
    """`level` at every point of a curve; the points share their draws, the band is pointwise.

    Args:
        values: one value a block and point, shape (blocks, points); NaN: that block has none there,
            and the point's resamples are drawn from the other blocks.
        key: what the draws are for; equal keys, equal bands.
        bounds: the measure's range; the band is clipped to it.
    """
    x = np.asarray(values, float).T
    absent = np.isnan(x)
    present = np.take_along_axis(x, np.argsort(absent, axis=1, kind="stable"), axis=1)
    units = np.count_nonzero(~absent, axis=1)
    value, low, high = np.full((3, len(x)), np.nan)
    # How many blocks there are decides the draws, not which: so points with equally many go
    # together, each with its own blocks moved to the front.
    for n in np.unique(units[units > 0]):
        here = np.flatnonzero(units == n)
        value[here] = present[here, :n].mean(axis=1)
        estimable = here[np.ptp(present[here, :n], axis=1) >= 1e-12]
        if len(estimable) == 0:
            continue
        counts = _counts(int(n), key)
        for points in np.split(estimable, range(CHUNK, len(estimable), CHUNK)):
            low[points], high[points] = _bounds(present[points, :n], counts)
    return Levels(value, np.clip(low, *bounds), np.clip(high, *bounds), units)


def _counts(n: int, key: tuple[str | int, ...]) -> _Floats:
    """How often each resample holds each block, shape (DRAWS, n)."""
    drawn = generator("bootstrap", *key).integers(n, size=(DRAWS, n))
    cells = drawn + n * np.arange(DRAWS)[:, None]
    return np.bincount(cells.ravel(), minlength=DRAWS * n).reshape(DRAWS, n).astype(float)


def _bounds(x: _Floats, counts: _Floats) -> tuple[_Floats, _Floats]:
    """Lower and upper bounds, each of shape (points,); x: (points, n), counts: (DRAWS, n)."""
    n = x.shape[1]
    mean, width = x.mean(axis=1), x.std(axis=1, ddof=1)
    residual = x - mean[:, None]
    shift = residual @ counts.T / n
    variance = (residual**2 @ counts.T - n * shift**2) / (n - 1)
    # Near the ceiling most blocks are equal, and so are those of many a resample, whose t would be
    # infinite. Leaving these out takes coverage down to 70%; a floor under the spread keeps it.
    spread = np.sqrt(np.maximum(variance, (width**2 / n)[:, None]))
    lower, upper = np.quantile(shift / spread, (ALPHA / 2, 1 - ALPHA / 2), axis=1)
    return mean - upper * width, mean - lower * width
