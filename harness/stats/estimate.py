"""A number with what is known about it."""

from __future__ import annotations

import math
from typing import NamedTuple

ALPHA = 0.05
"""Level of every test; every interval covers 1 - ALPHA."""


class Estimate(NamedTuple):
    """A value, its 95% interval, and the p of the hypothesis that it is zero.

    `str()` prints it as a report does: ``0.31 [0.12, 0.48] p=.008``.
    """

    value: float
    low: float = math.nan
    """NaN: not estimable, and `note` says why."""
    high: float = math.nan
    p: float = math.nan
    """NaN: nothing was tested."""
    units: int = 0
    """Independent units (blocks) that it rests on."""
    note: str = ""

    def __str__(self) -> str:
        text = number(self.value)
        if not math.isnan(self.low):
            text += f" [{number(self.low)}, {number(self.high)}]"
        if not math.isnan(self.p):
            text += f" p={p_value(self.p)}"
        return f"{text} ({self.note})" if self.note else text


def number(value: float, digits: int = 2) -> str:
    """A number for the eye: ``0.31``, ``∞``, ``-`` where there is none, never ``-0.00``."""
    if math.isnan(value):
        return "-"
    if math.isinf(value):
        return "∞" if value > 0 else "-∞"
    return f"{round(value, digits) + 0.0:.{digits}f}"


def p_value(p: float) -> str:
    """A p for the eye: ``.125``, ``<.001``."""
    return "<.001" if p < 0.001 else f"{p:.3f}".removeprefix("0")


def notes(*parts: str) -> str:
    """The parts that say something, as one note."""
    return "; ".join(part for part in parts if part)
