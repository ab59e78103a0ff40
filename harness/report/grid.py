"""A table for a terminal whose cells have several lines: an interval stands under its value.

grid([["entry"], ["drift in", "success"]], [[["lora"], ["+0.40", "0.22 to 0.56"]]])

entry      drift in
            success
───────────────────
lora          +0.40
       0.22 to 0.56
───────────────────
"""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from itertools import accumulate

from harness.terminal import GAP, WIDTH, printable

Cell = Sequence[str]
"""Its lines; empty ones are left out."""


def grid(heads: Sequence[Cell], rows: Sequence[Sequence[Cell]]) -> list[str]:
    """The lines of a table, at most `WIDTH` wide if all columns but the first leave room for it.

    Args:
        heads: of each column; they stand at the bottom of the table's head.
        rows: the cells of each row; the first is a name, on one line, and is wrapped to fit.
    """
    clean = [[[printable(line) for line in cell if line] for cell in row] for row in rows]
    widths = [
        max(len(line) for cell in column for line in cell)
        for column in zip(heads, *clean, strict=True)
    ]
    widths[0] = min(widths[0], WIDTH - sum(width + GAP for width in widths[1:]))
    rule = "─" * (sum(widths) + GAP * (len(widths) - 1))
    lines = [*_lines(heads, widths, bottom=True), rule]
    for name, *cells in clean:
        lines += _lines([wrapped_name(name[0], widths[0]), *cells], widths)
    return [*lines, rule]


def _lines(cells: Sequence[Cell], widths: Sequence[int], bottom: bool = False) -> list[str]:
    """The lines of one row; the first column stands left, the others right."""
    height = max(len(cell) for cell in cells)
    padded = [
        [*[""] * (height - len(cell)), *cell] if bottom else [*cell, *[""] * (height - len(cell))]
        for cell in cells
    ]
    return [
        (" " * GAP)
        .join(
            line.ljust(width) if i == 0 else line.rjust(width)
            for i, (line, width) in enumerate(zip(of_row, widths, strict=True))
        )
        .rstrip()
        for of_row in zip(*padded, strict=True)
    ]


def wrapped_name(name: str, width: int) -> list[str]:
    """A name on lines of at most `width`, broken behind its underscores where it has some."""
    # textwrap breaks behind hyphens; what it makes of them is as long as the name.
    lines = textwrap.wrap(name.replace("_", "-"), width, drop_whitespace=False)
    ends = list(accumulate(map(len, lines)))
    return [name[end - len(line) : end] for line, end in zip(lines, ends, strict=True)]
