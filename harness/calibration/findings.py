"""What a check finds: one value a replication, and the rate that it is to have.

row = Row("difficulty only", "matched drift in success", "alarms", at_most(0.06))
Finding(row, p <= ALPHA)
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from scipy import stats

from harness.stats import ALPHA


class Target(NamedTuple):
    """The rates that hold the claim, bounds included. `str()`: ``≤ 6%``, ``93.5-96.5%``."""

    low: float
    high: float

    def __str__(self) -> str:
        if self.low <= 0:
            return f"≤ {100 * self.high:g}%"
        if self.high >= 1:
            return f"≥ {100 * self.low:g}%"
        return f"{100 * self.low:g}-{100 * self.high:g}%"

    def holds(self, rate: float) -> bool:
        """Does the rate lie within?"""
        return self.low <= rate <= self.high


def at_most(rate: float) -> Target:
    """Any rate up to this one."""
    return Target(0.0, rate)


def at_least(rate: float) -> Target:
    """Any rate from this one on."""
    return Target(rate, 1.0)


NOMINAL = Target(0.935, 0.965)
"""Of the coverage of a 95% interval."""
ALARMS = at_most(0.06)
"""Of a test at 5% where there is nothing to find."""


class Row(NamedTuple):
    """What is known about a finding before it is made."""

    agent: str
    """What was simulated."""
    estimator: str
    measured: str
    target: Target | None = None
    """None: nothing was promised; so with other harnesses' estimators, and with power."""
    share: bool = True
    """False: a mean, of values that need not be 0 or 1."""


class Finding(NamedTuple):
    """A row's values."""

    row: Row
    values: npt.ArrayLike
    """One a replication, shape (replications,); NaN where it was not estimable."""


class Tally(NamedTuple):
    """The values of a row in so few numbers that chunks can be added."""

    known: int = 0
    unknown: int = 0
    total: float = 0.0
    squares: float = 0.0

    @classmethod
    def of(cls, values: npt.ArrayLike) -> Tally:
        """Of one chunk."""
        x = np.asarray(values, float)
        known = x[~np.isnan(x)]
        return cls(len(known), len(x) - len(known), float(known.sum()), float((known**2).sum()))

    def plus(self, other: Tally) -> Tally:
        """Both chunks."""
        return Tally(
            self.known + other.known,
            self.unknown + other.unknown,
            self.total + other.total,
            self.squares + other.squares,
        )

    @property
    def rate(self) -> float:
        """The mean of the known values; NaN if there is none."""
        return self.total / self.known if self.known else math.nan

    def interval(self, share: bool) -> tuple[float, float]:
        """95%: Wilson's (JASA 1927, 22:209) for a share, else mean ± z standard errors."""
        if self.known == 0:
            return math.nan, math.nan
        if share:
            test = stats.binomtest(round(self.total), self.known)
            low, high = test.proportion_ci(1 - ALPHA, method="wilson")
            return float(low), float(high)
        variance = max(self.squares / self.known - self.rate**2, 0.0)
        reach = float(stats.norm.ppf(1 - ALPHA / 2)) * math.sqrt(variance / self.known)
        return self.rate - reach, self.rate + reach
