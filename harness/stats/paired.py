"""Is a paired difference zero? Sign flips over blocks, and their inversion as the interval.

`difference([0.5, 0.25, 0.75, 0.25, 0.5, 0.5], "drift")` prints as ``0.46 [0.25, 0.75] p=.031``.
"""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from harness.keyed import generator
from harness.stats.estimate import ALPHA, Estimate, notes, p_value

EXACT_BLOCKS = 14
"""Up to here every pattern of signs is looked at; above, FLIPS are drawn."""
FLIPS = 9999
CHUNK = 256
"""Replications that are tested together: it bounds the memory."""

_Floats = npt.NDArray[np.float64]


def smallest_p(blocks: int) -> float:
    """The smallest two-sided p that any outcome of so many blocks can have."""
    return float(2.0 ** (1 - blocks)) if blocks else 1.0


def difference(
    values: npt.ArrayLike,
    *key: str | int,
    bounds: tuple[float, float] = (-1.0, 1.0),
) -> Estimate:
    """Mean difference over blocks, its two-sided sign-flip p, and the test's inversion.

    If there is no difference, a block's difference is as likely to have the other sign. Flipping
    the signs of a set A of blocks gives a sum as far from zero as the one observed just where the
    mean over A, or over the blocks outside A, lies on the other side of zero. So p as a function of
    the supposed difference is a step function with its steps at the means of sets of blocks, and
    the interval's bounds are two of these means (typical values: Hartigan 1969, JASA 64:1303).
    The interval, before it is clipped, holds a difference θ exactly where the test of
    `values - θ` has p > 0.05; so p is at most 0.05 exactly where it leaves out zero.

    Args:
        values: one difference a block, shape (blocks,); NaN: that block has none.
        key: what the draws are for, above `EXACT_BLOCKS` blocks; equal keys, equal results.
        bounds: the measure's range; the interval is clipped to it.
    """
    d = np.asarray(values, float)
    d = d[~np.isnan(d)]
    n = len(d)
    if n == 0:
        return Estimate(math.nan, note="no pair yet")
    mean = float(d.mean())
    p = float(sign_flip_p(d[None], *key)[0])
    reachable = smallest_p(n)
    descriptive = (
        f"descriptive: the smallest p of {n} block{'s' if n > 1 else ''} is {p_value(reachable)}"
        if reachable > ALPHA
        else ""
    )
    if n == 1 or np.ptp(d) < 1e-12:
        why = "interval not estimable: " + ("one block" if n == 1 else "all blocks agree")
        return Estimate(mean, p=p, units=n, note=notes(descriptive, why))
    low, high = _invert(d, _flips(n, key))
    low, high = np.clip((low, high), *bounds)
    return Estimate(mean, float(low), float(high), p, n, descriptive)


def sign_flip_p(values: npt.ArrayLike, *key: str | int) -> _Floats:
    """Two-sided sign-flip p of a mean difference of zero, for many replications at once.

        p = share of the patterns of signs whose sum is as far from zero as the one observed

    Above `EXACT_BLOCKS` blocks the patterns are the observed one and FLIPS drawn ones, the same for
    all replications. Range: (0, 1].

    Args:
        values: one difference a replication and block, shape (replications, blocks); NaN: that
            block has none. It counts as a difference of zero, whose sign decides nothing.
        key: what the draws are for; equal keys, equal p.

    Returns:
        Shape (replications,); NaN where no block has a difference.
    """
    x = np.asarray(values, float)
    unknown = np.isnan(x)
    d = np.where(unknown, 0.0, x)
    flipped = _flips(d.shape[1], key)
    observed, tie = np.abs(d.sum(axis=1)), 1e-9 * np.abs(d).sum(axis=1)
    as_far = np.ones(len(d))  # the pattern that flips nothing is one of them
    for start in range(0, len(d), CHUNK):
        rows = slice(start, start + CHUNK)
        sums = np.abs((1 - 2 * flipped) @ d[rows].T)
        as_far[rows] += np.count_nonzero(sums >= observed[rows] - tie[rows], axis=0)
    return np.where(unknown.all(axis=1), np.nan, as_far / (len(flipped) + 1))


def _flips(n: int, key: tuple[str | int, ...]) -> _Floats:
    """Sets of blocks to flip, shape (sets, n), 1 where flipped, without the empty set.

    A set and its complement flip to sums of equal size, so that the first block never flips.
    """
    if n > EXACT_BLOCKS:
        return generator("flips", *key).integers(2, size=(FLIPS, n)).astype(float)
    patterns = np.arange(1, 2 ** max(n - 1, 0))
    return ((patterns[:, None] >> np.arange(n)[::-1]) & 1).astype(float)


def _invert(d: _Floats, flipped: _Floats) -> tuple[float, float]:
    """The smallest and the largest difference that the test does not reject at ALPHA."""
    inside = flipped.sum(axis=1)
    proper = (inside > 0) & (inside < len(d))  # a drawn set can be none or all: never further in
    sets, inside = flipped[proper], inside[proper]
    part = sets @ d
    means = np.stack((part / inside, (d.sum() - part) / (len(d) - inside)))
    always = np.full(np.count_nonzero(~proper), np.inf)
    lower = np.sort(np.concatenate((means.min(axis=0), -always)))
    upper = np.sort(np.concatenate((means.max(axis=0), always)))
    # p(θ) = (1 + how many steps lie at or below θ) / (sets + 1), and has to exceed ALPHA.
    step = math.floor(ALPHA * (len(flipped) + 1) + 1e-9)
    if step == 0:
        return -math.inf, math.inf
    return float(lower[step - 1]), float(upper[-step])
