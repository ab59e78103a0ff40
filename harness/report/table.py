"""The tables of a report for a terminal, and as CSV with every column.

    entry         drift in            p  detect-     success      success  prompt
                   success                  able       fresh      chained  tokens
    ─────────────────────────────────────────────────────────────────────────────
    in_context       +0.40         .016     0.26        0.91         0.50     428
              0.22 to 0.56                         0.81–1.00    0.15–0.63

Under it stand the entries against the reference, and why they drift.
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterable
from typing import Any

import pandas as pd

from harness.comparison import Comparison
from harness.report.against import CAPTION as AGAINST_CAPTION
from harness.report.against import Against, AgainstRow, against
from harness.report.grid import Cell, grid
from harness.report.tables import Tables
from harness.report.why import CAPTION as WHY_CAPTION
from harness.report.why import Why, all_causes, why
from harness.report.words import Row, Shown, caption, going, records, remarks, rows, whole
from harness.stats import number
from harness.terminal import WIDTH, printable

VERDICT_WIDTH = 12
"""`not assessable` and `by construction` take two lines."""
FINDING_WIDTH = 18

HEADS = (
    ["entry"],
    ["drift in", "success"],
    ["p"],
    ["detect-", "able"],
    ["success", "fresh"],
    ["success", "chained"],
    ["prompt", "tokens", "a turn"],
    ["s", "a turn"],
    ["prepar-", "ation, s"],
)
AGAINST_HEADS = (
    ["entry"],
    ["drift in", "success"],
    ["p (Holm)"],
    ["detect-", "able"],
    ["success", "chained"],
    ["p (Holm)"],
    ["detect-", "able"],
)


def text(comparison: Comparison, tables: Tables) -> str:
    """The tables for a terminal, at most 100 columns wide.

    Args:
        comparison: the runs.
        tables: their tables.
    """
    parts = [
        _main(comparison, tables),
        _against(against(comparison, tables)),
        _why(why(tables.causes, "success")),
    ]
    return "\n\n".join("\n".join(part) for part in parts if part)


def csv(table: pd.DataFrame) -> str:
    """A table as CSV: every column, every digit; empty where there is nothing."""
    return table.to_csv(index=False, lineterminator="\n")


def _main(comparison: Comparison, tables: Tables) -> list[str]:
    words = rows(tables.table)
    cells = [_cells(*both) for both in zip(words, records(tables.table), strict=True)]
    under = (*going(comparison), *remarks((row.entry, row.note) for row in words))
    return [*_wrapped([caption(comparison)]), "", *grid(HEADS, cells), *_wrapped(under)]


def _cells(words: Row, row: dict[str, Any]) -> list[Cell]:
    return [
        [words.entry],
        words.drift,
        textwrap.wrap(words.p, VERDICT_WIDTH),
        [words.detectable],
        words.fresh,
        words.chained,
        [whole(row["prompt_tokens"])],
        [number(row["seconds"])],
        [whole(row["preparation_seconds"])],
    ]


def _against(found: Against) -> list[str]:
    if found.missing:
        return _wrapped([found.missing])
    if not found.rows:
        return []
    noted = [noted for row in found.rows for noted in row.noted]
    return [
        *_wrapped([f"{found.title}. {AGAINST_CAPTION}"]),
        "",
        *grid(AGAINST_HEADS, [_against_cells(row) for row in found.rows]),
        *_wrapped(remarks(noted)),
    ]


def _against_cells(row: AgainstRow) -> list[Cell]:
    cells: list[Cell] = [[row.entry]]
    for compared in (row.drift, row.success):
        cells += [
            compared.shown,
            textwrap.wrap(compared.p, VERDICT_WIDTH),
            [compared.detectable],
        ]
    return cells


def _why(found: list[Why]) -> list[str]:
    if not found:
        return []
    columns = all_causes(found)
    heads = [["entry"], ["drift"], *_cause_heads(columns), ["named"], ["gap"]]
    cells = [
        [
            [row.entry],
            [row.total],
            *(part.shown if (part := row.part(cause)) else Shown("-") for cause in columns),
            textwrap.wrap(row.finding, FINDING_WIDTH),
            [row.gap],
        ]
        for row in found
    ]
    noted = [noted for row in found for noted in row.noted]
    return [
        *_wrapped([f"Why: drift in success, over the pairs that have all arms. {WHY_CAPTION}"]),
        "",
        *grid(heads, cells),
        *_wrapped(remarks(noted)),
    ]


def _cause_heads(names: Iterable[str]) -> list[Cell]:
    return [["self-condi-", "tioning"] if name == "self-conditioning" else [name] for name in names]


def _wrapped(sentences: Iterable[str]) -> list[str]:
    return [line for s in sentences for line in textwrap.wrap(printable(s), WIDTH)]
