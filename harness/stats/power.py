"""What a panel can show, and how large it has to be.

`blocks_needed(0.1, 0.2)` is ``34``: so many show a difference of 0.1 where the blocks' differences
have a standard deviation of 0.2. `detectable` is the inverse, from the differences of a panel.
"""

from __future__ import annotations

import math
from functools import lru_cache
from itertools import count

import numpy as np
import numpy.typing as npt
from scipy import optimize, stats

from harness.keyed import generator
from harness.stats.estimate import ALPHA
from harness.stats.paired import EXACT_BLOCKS, sign_flip_p, smallest_p

PANELS = 4000
"""Simulated panels; the standard error of a power of 0.8 is 0.006."""


def detectable(differences: npt.ArrayLike, comparisons: int = 1, power: float = 0.8) -> float:
    """The smallest true difference that such a panel would show with this power.

    Shown: the two-sided sign-flip test has p ≤ 0.05 / comparisons, the first and hardest step of
    Holm's correction. The blocks' differences are taken as normal with the spread that they have
    here (which eight blocks know to about ± 25%).

    Args:
        differences: one difference a block, shape (blocks,); NaN: that block has none.
        comparisons: how many differences are tested together.
        power: chance of showing it.

    Returns:
        In the unit of `differences`, > 0. Infinite where no outcome could reach significance; NaN
        where the spread is not estimable: under two blocks, or all blocks agree.
    """
    d = np.asarray(differences, float)
    d = d[~np.isnan(d)]
    n = len(d)
    if n < 2 or np.ptp(d) < 1e-12:
        return math.nan
    if smallest_p(n) > ALPHA / comparisons:
        return math.inf
    return float(d.std(ddof=1)) * _effect(n, ALPHA / comparisons, power)


def blocks_needed(
    difference: float, spread: float, comparisons: int = 1, power: float = 0.8
) -> int:
    """The fewest blocks that show a true difference with this power, as in `detectable`.

    Args:
        difference: the true mean difference.
        spread: standard deviation of the blocks' differences, in the same unit.
        comparisons: how many differences are tested together.
        power: chance of showing it.

    Raises:
        ValueError: the difference is not above zero, or the spread is below it.
    """
    if not 0 < difference < math.inf:
        raise ValueError(f"blocks_needed expects a difference above zero, not {difference}.")
    if not 0 <= spread < math.inf:
        raise ValueError(f"blocks_needed expects a spread of zero or more, not {spread}.")
    effect = difference / max(spread, difference / 100)  # blocks that agree: large, not infinite
    alpha = ALPHA / comparisons
    # So many were enough if the spread were known; one that is estimated needs more.
    known = (stats.norm.ppf(1 - alpha / 2) + stats.norm.ppf(power)) / effect
    start = max(fewest_blocks(comparisons), math.ceil(known**2))
    return next(n for n in count(start) if _power(effect, n, alpha) >= power)


def fewest_blocks(comparisons: int = 1) -> int:
    """The fewest blocks on which anything can become significant: 6, or 8 for six comparisons."""
    return next(n for n in count(1) if smallest_p(n) <= ALPHA / comparisons)


@lru_cache
def _effect(n: int, alpha: float, power: float) -> float:
    """The mean difference, in standard deviations, that n blocks show with this power."""
    root = math.sqrt(n)
    t = optimize.brentq(lambda t: _power(t / root, n, alpha) - power, 0, 20, xtol=1e-3)
    return float(t) / root


def _power(effect: float, n: int, alpha: float) -> float:
    """Chance that n normal differences with this mean, in standard deviations, have p ≤ alpha.

    By the noncentral t distribution, which is the power of the t test. On 15 and more blocks the
    sign-flip test's is the same within a point (40,000 panels, up to six comparisons). On fewer,
    its few patterns of signs cost power: where t says 0.80 it has 0.78 on 8 blocks, 0.62 on 6, and
    0.67 on 8 for six comparisons. Taking t at the largest p that can be reached, in place of alpha,
    does not mend it (0.79, 0.72, 0.68). So wherever the test looks at every pattern, the test
    itself is applied to simulated panels.
    """
    if n <= EXACT_BLOCKS:
        panels = generator("power", n).normal(effect, size=(PANELS, n))
        return float(np.mean(sign_flip_p(panels) <= alpha))
    critical = stats.t.ppf(1 - alpha / 2, n - 1)
    return float(stats.nct.sf(critical, n - 1, effect * math.sqrt(n)))
