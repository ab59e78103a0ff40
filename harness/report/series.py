"""What the figures draw: one small multiple an entry, its lines, their points.

The README's figures and the page's charts draw the same series, so that they cannot disagree.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from itertools import groupby
from typing import Literal, NamedTuple

import pandas as pd

from harness.comparison import Comparison, Entry
from harness.drift import Measure, arms_in, by_position, error_curve, probe_accuracy
from harness.probes import probed
from harness.records import Arm
from harness.stats import number

Style = Arm | Literal["risk"]
"""An arm, or the error curve of the turns at risk."""


class Point(NamedTuple):
    """A share in [0, 1] at a position or turn, with its interval; NaN bounds: not estimable."""

    x: int
    value: float
    low: float
    high: float

    @property
    def has_interval(self) -> bool:
        """Whether an interval could be estimated."""
        return not (math.isnan(self.low) or math.isnan(self.high))

    def __str__(self) -> str:
        interval = f"[{number(self.low)}, {number(self.high)}]"
        return f"{number(self.value)} {interval if self.has_interval else '(no interval)'}"


class Line(NamedTuple):
    """One line: how it is drawn, what it is called, where it goes."""

    style: Style
    label: str
    points: tuple[Point, ...]

    def stretches(self) -> Iterator[list[Point]]:
        """Neighbouring points that have an interval: where a band can be drawn."""
        for has_interval, points in groupby(self.points, key=lambda point: point.has_interval):
            if has_interval:
                yield list(points)


class Multiple(NamedTuple):
    """One entry's chart."""

    title: str
    """The entry's name, and what else tells the chart from the entry's others."""
    lines: tuple[Line, ...]
    """Without the lines that have no point yet."""


class Curves(NamedTuple):
    """What a report draws of a comparison."""

    success: list[Multiple]
    """Share of tasks won at each position, a line an arm."""
    adherence: list[Multiple]
    """Share of the rules' opportunities that were kept, likewise; empty if no rule ever bound."""
    errors: list[Multiple]
    """`errors_by_turn`."""
    probes: list[Multiple]
    """`probes_by_turn`."""


def curves(comparison: Comparison) -> Curves:
    """All of them."""
    ruled = any(entry.results["adherence"].notna().any() for entry in comparison.entries)
    return Curves(
        success_by_position(comparison),
        measure_by_position(comparison, "adherence") if ruled else [],
        errors_by_turn(comparison),
        probes_by_turn(comparison),
    )


def success_by_position(comparison: Comparison) -> list[Multiple]:
    """Share of tasks won at each position, a line an arm."""
    return measure_by_position(comparison, "success")


def measure_by_position(comparison: Comparison, measure: Measure) -> list[Multiple]:
    """A measure in [0, 1] at each position, a line an arm."""
    return [
        _multiple(entry.name, _by_arm(by_position(entry.results, measure), "position"))
        for entry in comparison.entries
    ]


def errors_by_turn(comparison: Comparison) -> list[Multiple]:
    """Share of the chained sessions' turns in error: of those at risk, and carried to the cap.

    A line ends where fewer than half of the sessions still go on: what is left there are the
    slow ones, and a few sessions more or less make any shape.
    """

    def lines(entry: Entry) -> Iterator[Line]:
        curve = error_curve(entry.lived).reset_index()
        styles: tuple[tuple[Style, str, str], ...] = (
            ("chained", "carried", "carried_"),
            ("risk", "at risk", ""),
        )
        names = ["value", "low", "high", "sessions"]
        for style, label, prefix in styles:
            columns = [prefix + name for name in names]
            frame = curve[["turn", *columns]].set_axis(["turn", *names], axis="columns")
            many = frame["sessions"] >= frame["sessions"].max() / 2
            yield Line(style, label, _points(frame[many], "turn"))

    return [_multiple(entry.name, lines(entry)) for entry in comparison.entries]


def probes_by_turn(comparison: Comparison) -> list[Multiple]:
    """Share of a probe's questions that were answered correctly along the session, a line an arm.

    Empty if nothing was asked.
    """
    asked = [entry for entry in comparison.entries if len(entry.probes)]
    return [
        _multiple(f"{entry.name}: {name}", _by_arm(of_probe, "session_turn"))
        for entry in asked
        for name, of_probe in probe_accuracy(probed(entry.probes, entry.tasks)).groupby("name")
    ]


def last_x(multiples: Iterable[Multiple]) -> int:
    """Where the axis of charts that stand beside each other ends."""
    return max((p.x for m in multiples for line in m.lines for p in line.points), default=1)


def _multiple(title: str, lines: Iterable[Line]) -> Multiple:
    return Multiple(title, tuple(line for line in lines if line.points))


def _by_arm(frame: pd.DataFrame, x: str) -> Iterator[Line]:
    for arm in arms_in(frame):
        yield Line(arm, arm, _points(frame[frame["arm"] == arm], x))


def _points(frame: pd.DataFrame, x: str) -> tuple[Point, ...]:
    known = frame.dropna(subset=["value"]).sort_values(x)
    columns = (known[name] for name in (x, "value", "low", "high"))
    return tuple(
        Point(int(at), float(value), float(low), float(high))
        for at, value, low, high in zip(*columns, strict=True)
    )
