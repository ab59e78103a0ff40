"""Geometry of forest plots: differences with their intervals on one axis, zero in its middle.

forest(Estimate(0.4, 0.2, 0.6), reach=1.0)     # Forest(at=138.4, low=119.2, high=157.6)
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from harness.report.why import Why
from harness.stats import Estimate

MIDDLE, HALF = 100, 96
"""Where zero is in a drawing 200 wide, and how far its axis goes on each side."""
REACHES = (0.25, 0.5, 1.0, 2.0)
LINE_HEIGHT = 24


class Forest(NamedTuple):
    """An estimate and its interval, in units of a drawing 200 wide."""

    at: float
    low: float | None
    high: float | None


class Branch(NamedTuple):
    """One cause in the picture of an entry's drift."""

    label: str
    value: str
    forest: Forest | None
    named: bool
    y: float


class Picture(NamedTuple):
    """An entry's drift and its causes under each other."""

    entry: str
    summary: str
    finding: str
    branches: tuple[Branch, ...]
    reach: str
    """What the axis ends at."""
    height: int


def forest(e: Estimate, reach: float) -> Forest | None:
    """Place a difference and its interval on an axis from `-reach` to `reach`; None: no value."""

    def place(difference: float) -> float:
        return round(MIDDLE + HALF * min(max(difference / reach, -1), 1), 1)

    if math.isnan(e.value):
        return None
    if math.isnan(e.low) or math.isnan(e.high):
        return Forest(place(e.value), None, None)
    return Forest(place(e.value), place(e.low), place(e.high))


def reach(estimates: Iterable[Estimate]) -> float:
    """Where an axis for all of them ends: the nearest round number that holds them."""
    ends = [abs(end) for e in estimates for end in e[:3] if not math.isnan(end)]
    largest = max(ends, default=0.0)
    return next((r for r in REACHES if r >= largest), REACHES[-1])


def pictures(whys: Sequence[Why]) -> list[Picture]:
    """The causes of every entry whose drift is known, all on the same axis."""
    whys = [why for why in whys if not math.isnan(why.sum)]
    far = reach(e for why in whys for e in (Estimate(why.sum), *(p.estimate for p in why.parts)))
    return [_picture(why, far) for why in whys]


def _picture(why: Why, far: float) -> Picture:
    shown = [(part.cause, part.shown.value, part.estimate, part.named) for part in why.parts]
    lines = [("drift", why.total, Estimate(why.sum), False), *shown]
    parts = ", ".join(f"{part.cause} {part.estimate}" for part in why.parts)
    return Picture(
        entry=why.entry,
        summary=f"Drift in success {why.total}; {parts}; named: {why.finding}.",
        finding=why.finding,
        branches=tuple(
            Branch(label, value, forest(e, far), named, LINE_HEIGHT * (i + 0.5))
            for i, (label, value, e, named) in enumerate(lines)
        ),
        reach=f"{far:g}",
        height=LINE_HEIGHT * len(lines) + 22,
    )
