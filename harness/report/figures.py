"""The figures of a README or a paper: small multiples, one function each.

    figure = success_figure(success_by_position(comparison))
    figure.savefig("success.svg")

Colours tell apart for the colour-blind (after Okabe and Ito), and line style and markers tell the
arms apart without colour. Text in an SVG stays text.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib import rc_context
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.ticker import FormatStrFormatter

from harness.report.chart import MOST_DOTS, spread, whole_ticks
from harness.report.series import Line, Multiple, Style, last_x

# No run has both: expert is for tasks with a world of their own, undamaged for one world.
COLOURS: dict[Style, str] = {
    "chained": "#D55E00",
    "fresh": "#0072B2",
    "padded": "#007A59",
    "expert": "#A6478A",
    "undamaged": "#A6478A",
    "risk": "#666666",
}
DASHES: dict[Style, str] = {
    "chained": "-",
    "fresh": "--",
    "padded": "-.",
    "expert": ":",
    "undamaged": ":",
    "risk": ":",
}
MARKERS: dict[Style, str] = {
    "chained": "o",
    "fresh": "o",
    "padded": "s",
    "expert": "^",
    "undamaged": "^",
    "risk": "o",
}
BANDS: dict[Style, float] = {
    "chained": 0.16,
    "fresh": 0.16,
    "padded": 0.1,
    "expert": 0.1,
    "undamaged": 0.1,
    "risk": 0.1,
}
"""How opaque each band is: of four that overlap, two stand back."""
INK, SOFT, FAINT = "#222222", "#666666", "#dddddd"
STYLE: dict[Any, Any] = {
    "svg.fonttype": "none",
    "svg.hashsalt": "driftgauge",  # equal data, equal bytes
    "font.family": "sans-serif",
    "font.size": 9,
    "text.parse_math": False,  # a name is no formula
    "text.color": INK,
    "axes.edgecolor": SOFT,
    "axes.labelcolor": SOFT,
    "xtick.color": SOFT,
    "ytick.color": SOFT,
}
PANEL = (2.7, 2.1)
"""Width and height of one small multiple, in inches."""
COLUMNS = 4
LONGEST_NAME = 32
"""Characters of a name that fit above a small multiple."""


def success_figure(multiples: Sequence[Multiple]) -> Figure:
    """Success against the task's position, by arm, with bands: `success_by_position` drawn."""
    return _multiples(multiples, "position in the session", "tasks won")


def adherence_figure(multiples: Sequence[Multiple]) -> Figure:
    """Adherence to the rules against the task's position, by arm, with bands."""
    return _multiples(multiples, "position in the session", "rules kept")


def errors_figure(multiples: Sequence[Multiple]) -> Figure:
    """Share of turns in error against the session's turn, with bands: `errors_by_turn` drawn."""
    return _multiples(multiples, "turn of the session", "turns in error")


def file_bytes(figure: Figure, suffix: str) -> bytes:
    """The figure as a file's bytes; `suffix` is `png` or `svg`. No date is written into it."""
    buffer = io.BytesIO()
    with rc_context(STYLE):
        figure.savefig(
            buffer, format=suffix, dpi=200, metadata={"Date": None} if suffix == "svg" else None
        )
    return buffer.getvalue()


def _multiples(multiples: Sequence[Multiple], x_label: str, y_label: str) -> Figure:
    columns = min(COLUMNS, len(multiples))
    rows = -(-len(multiples) // columns)
    with rc_context(STYLE):
        figure = Figure(
            figsize=(PANEL[0] * columns + 0.6, PANEL[1] * rows + 0.4), layout="constrained"
        )
        FigureCanvasAgg(figure)
        grid = figure.subplots(rows, columns, sharex=True, sharey=True, squeeze=False)
        for i, axes in enumerate(grid.flat):
            if i >= len(multiples):
                axes.set_visible(False)
                continue
            _panel(axes, multiples[i])
            axes.set_xticks(whole_ticks(last_x(multiples)))
            below_is_empty = i + columns >= len(multiples)
            axes.tick_params(labelbottom=below_is_empty)
            if below_is_empty:
                axes.set_xlabel(x_label)
            if i % columns == 0:
                axes.set_ylabel(y_label)
    return figure


def _panel(axes: Axes, multiple: Multiple) -> None:
    axes.set_title(_short(multiple.title), loc="left", fontsize=9, fontweight="bold", color=INK)
    axes.set_ylim(0, 1.02)
    axes.set_yticks([0, 0.5, 1])
    axes.yaxis.set_major_formatter(FormatStrFormatter("%g"))
    axes.grid(axis="y", color=FAINT, linewidth=0.6)
    axes.set_axisbelow(True)
    axes.tick_params(length=0)
    for side in ("top", "right", "left"):
        axes.spines[side].set_visible(False)
    ends = spread([line.points[-1].value for line in multiple.lines], gap=0.11, low=0.04, high=1)
    behind = max((line.points[-1].x for line in multiple.lines), default=1)
    for line, end in reversed(list(zip(multiple.lines, ends, strict=True))):  # chained on top
        _draw(axes, line)
        axes.annotate(
            line.label,
            (behind, end),
            xytext=(6, 0),
            textcoords="offset points",
            color=COLOURS[line.style],
            va="center",
            annotation_clip=False,
        )


def _short(name: str) -> str:
    return name if len(name) <= LONGEST_NAME else f"{name[: LONGEST_NAME - 1]}…"


def _draw(axes: Axes, line: Line) -> None:
    colour = COLOURS[line.style]
    xs = np.array([p.x for p in line.points])
    low = np.array([p.low for p in line.points])
    high = np.array([p.high for p in line.points])
    axes.fill_between(xs, low, high, color=colour, alpha=BANDS[line.style], linewidth=0)
    for stretch in line.stretches():
        if len(stretch) == 1:  # a point alone: its band is a bar
            axes.vlines(stretch[0].x, stretch[0].low, stretch[0].high, color=colour, alpha=0.4)
    axes.plot(
        xs,
        [p.value for p in line.points],
        color=colour,
        linestyle=DASHES[line.style],
        linewidth=1.6,
        marker=MARKERS[line.style] if len(xs) <= MOST_DOTS else None,
        markersize=4,
        markerfacecolor="white" if line.style == "fresh" else colour,
    )
