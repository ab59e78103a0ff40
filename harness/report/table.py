"""The comparison table: as text for a terminal, and as CSV with every column.

    entry         fresh    chained         drift            p  prompt    made  a turn  ation, s
    ───────────────────────────────────────────────────────────────────────────────────────────
    in_context     0.91       0.50         +0.40         .016     428       4    0.06       138
              0.81-1.00  0.15-0.63  0.22 to 0.56

An interval stands under its value, so that both fit 100 columns.
"""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from itertools import accumulate
from typing import Any

import pandas as pd

from harness.comparison import Comparison
from harness.report.words import Row, caption, going, records, remarks, rows, whole
from harness.stats import number

WIDTH = 100
GAP = 2
VERDICT_WIDTH = 12
"""`not assessable` and `by construction` take two lines."""

HEADS = (
    ["entry"],
    ["success", "fresh"],
    ["success", "chained"],
    ["drift in", "success"],
    ["p"],
    ["prompt", "tokens", "a turn"],
    ["tokens", "made", "a turn"],
    ["s", "a turn"],
    ["prepar-", "ation, s"],
)


def text(comparison: Comparison, table: pd.DataFrame) -> str:
    """The table for a terminal, at most 100 columns wide.

    Args:
        comparison: the runs, for the caption.
        table: its `Comparison.table()`.
    """
    words = rows(table)
    cells = [_cells(*both) for both in zip(words, records(table), strict=True)]
    widths = [
        max(len(line) for cell in column for line in cell)
        for column in zip(HEADS, *cells, strict=True)
    ]
    widths[0] = min(widths[0], WIDTH - sum(width + GAP for width in widths[1:]))
    for cell in cells:
        cell[0] = _wrapped_name(cell[0][0], widths[0])
    rule = "─" * (sum(widths) + GAP * (len(widths) - 1))
    lines = [*_lines(HEADS, widths, bottom=True), rule]
    for cell in cells:
        lines += _lines(cell, widths)
    lines.append(rule)
    above, *under = (
        textwrap.fill(_printable(sentence), WIDTH)
        for sentence in (caption(comparison), *going(comparison), *remarks(words))
    )
    return "\n".join([above, "", *lines, *under])


def csv(table: pd.DataFrame) -> str:
    """`Comparison.table()` as CSV: every column, every digit; empty where there is nothing."""
    return table.to_csv(index=False, lineterminator="\n")


def _cells(words: Row, row: dict[str, Any]) -> list[list[str]]:
    """One entry's cells, each a list of lines."""
    return [
        [_printable(words.entry)],
        [words.fresh, words.fresh_interval],
        [words.chained, words.chained_interval],
        [words.drift, words.drift_interval],
        textwrap.wrap(words.verdict, VERDICT_WIDTH),
        [whole(row["prompt_tokens"])],
        [whole(row["generated_tokens"])],
        [number(row["seconds"])],
        [whole(row["preparation_seconds"])],
    ]


def _lines(
    cells: Sequence[Sequence[str]], widths: Sequence[int], bottom: bool = False
) -> list[str]:
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


def _wrapped_name(name: str, width: int) -> list[str]:
    """A name on lines of at most `width`, broken behind its underscores where it has some."""
    # textwrap breaks behind hyphens; what it makes of them is as long as the name.
    lines = textwrap.wrap(name.replace("_", "-"), width, drop_whitespace=False)
    ends = list(accumulate(map(len, lines)))
    return [name[end - len(line) : end] for line, end in zip(lines, ends, strict=True)]


def _printable(words: str) -> str:
    """Without control characters: a name must not move the reader's cursor."""
    return "".join(c if c.isprintable() else "�" for c in words)
