"""Geometry of the page's charts: from values to SVG paths, so that the template only draws.

The page draws its own SVG because text then stays text and colours follow the reader's light or
dark mode, which a matplotlib file cannot do.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import NamedTuple

from scipy.optimize import isotonic_regression

from harness.report.series import Line, Point

WIDTH, HEIGHT = 340, 190
LEFT, RIGHT, TOP, BOTTOM = 28, 66, 8, 40
LINE_HEIGHT = 14.0
MOST_DOTS = 12


class Tick(NamedTuple):
    """A labelled place on an axis, in pixels."""

    at: float
    label: str


class Dot(NamedTuple):
    """A point with what it says when one rests on it."""

    x: float
    y: float
    title: str


class Drawn(NamedTuple):
    """One line of a chart, ready to draw."""

    style: str
    label: str
    line: str
    band: str
    dots: tuple[Dot, ...]
    label_y: float


class Chart(NamedTuple):
    """One small multiple."""

    summary: str
    lines: tuple[Drawn, ...]
    x_ticks: tuple[Tick, ...]
    y_ticks: tuple[Tick, ...]
    x_label: str
    label_x: float
    """Where the lines' names stand, behind the last point."""
    width: int = WIDTH
    height: int = HEIGHT
    left: int = LEFT
    right: int = WIDTH - RIGHT
    top: int = TOP
    bottom: int = HEIGHT - BOTTOM


def chart(lines: Sequence[Line], x_label: str, measure: str, last: int) -> Chart:
    """Lay out shares in [0, 1] against whole numbers, with bands and direct labels.

    Args:
        lines: what to draw.
        x_label: what the whole numbers count.
        measure: what the shares are of, for those who hear the chart.
        last: where the axis ends, the same for charts that stand beside each other.
    """

    def across(x: float) -> float:
        return round(LEFT + (WIDTH - RIGHT - LEFT) * (x - 1) / max(1, last - 1), 1)

    def up(share: float) -> float:
        return round(HEIGHT - BOTTOM - (HEIGHT - BOTTOM - TOP) * share, 1)

    ends = [up(line.points[-1].value) for line in lines]
    labels = spread(ends, LINE_HEIGHT, TOP, HEIGHT - BOTTOM - LINE_HEIGHT / 2)
    return Chart(
        summary=_summary(lines, measure, x_label),
        lines=tuple(
            _draw(line, across, up, label) for line, label in zip(lines, labels, strict=True)
        ),
        x_ticks=tuple(Tick(across(x), str(x)) for x in whole_ticks(last)),
        y_ticks=tuple(Tick(up(share), f"{share:g}") for share in (0.0, 0.5, 1.0)),
        x_label=x_label,
        label_x=max((across(line.points[-1].x) for line in lines), default=0.0) + 8,
    )


def whole_ticks(last: int) -> list[int]:
    """1 and round whole numbers up to `last`, at most eight of them."""
    if last <= 7:
        return list(range(1, last + 1))
    step = next(s for k in range(9) for s in (10**k, 2 * 10**k, 5 * 10**k) if last / s <= 7)
    return [1, *range(step, last + 1, step)]


def _draw(
    line: Line, across: Callable[[float], float], up: Callable[[float], float], label_y: float
) -> Drawn:
    places = [(across(p.x), up(p.value)) for p in line.points]
    dots = tuple(
        Dot(x, y, f"{line.label}, {p.x}: {p}")
        for (x, y), p in zip(places, line.points, strict=True)
    )
    return Drawn(
        style=line.style,
        label=line.label,
        line=_path(places),
        band="".join(_band(stretch, across, up) for stretch in line.stretches()),
        # On every turn of a long session dots would be a thick line.
        dots=dots if len(dots) <= MOST_DOTS else (),
        label_y=label_y,
    )


def _band(
    points: Sequence[Point], across: Callable[[float], float], up: Callable[[float], float]
) -> str:
    sides = (-1.5, 1.5) if len(points) == 1 else (0.0,)  # a point alone: its band is a bar
    top = [(across(p.x) + side, up(p.high)) for p in points for side in sides]
    bottom = [(across(p.x) + side, up(p.low)) for p in points for side in sides]
    return _path([*top, *reversed(bottom)]) + "Z"


def _path(places: Sequence[tuple[float, float]]) -> str:
    return "M" + "L".join(f"{x:g},{y:g}" for x, y in places)


def spread(
    wanted: Sequence[float], gap: float, low: float = -math.inf, high: float = math.inf
) -> list[float]:
    """Move labels as little as possible so that all are `gap` apart, keeping their order.

    Args:
        wanted: where each would stand.
        gap: least distance of two.
        low, high: where the outermost may stand; there must be room for all.
    """
    order = sorted(range(len(wanted)), key=lambda i: wanted[i])
    # With the gaps taken out, labels may meet but not pass each other: an isotonic regression.
    closed = [wanted[i] - gap * k for k, i in enumerate(order)]
    met = isotonic_regression(closed).x if closed else ()
    placed = [0.0] * len(wanted)
    for k, (i, at) in enumerate(zip(order, met, strict=True)):
        placed[i] = float(min(max(at, low), high - gap * (len(wanted) - 1))) + gap * k
    return placed


def _summary(lines: Sequence[Line], measure: str, x_label: str) -> str:
    ends = [
        f"{line.label} from {line.points[0].value:.0%} to {line.points[-1].value:.0%}"
        for line in lines
    ]
    return f"{measure} by {x_label}: {', '.join(ends) or 'nothing played yet'}."
