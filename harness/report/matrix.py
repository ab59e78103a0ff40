"""Tables with a column an entry: secondary measures by group, breakdowns, and rules.

    groups = secondary(comparison.secondary())
    groups[0].title, groups[0].lines[0].cells       # a cell an entry

What is known of no entry takes no line of its own: it is named under the table, with the reason.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from enum import Enum
from typing import Any, NamedTuple

import pandas as pd

from harness.comparison.breakdown import By
from harness.comparison.secondary import LEVELS
from harness.report.verdict import Verdict, verdict
from harness.report.words import DASH, difference, estimate, records, remarks
from harness.stats import number, p_value

SPLIT = ", share of drift in "
"""Measures that stand with the causes."""
SIGNED = ("drift in ", "negative control", "error after error", "aging slope", "facts ")
"""Measures that can be negative."""
LABELS = {"progress": "progress, maximum", "progress_last": "progress, last value"}


class Group(Enum):
    """The secondary measures, in the order in which they are shown."""

    LEVELS = "Levels, arm by arm"
    DRIFTS = "Matched drift in other measures"
    SESSION = "Errors over the session"
    RETENTION = "Declarative retention"
    PUBLISHED = "As others publish them"
    CONTROL = "Negative control"


class Cell(NamedTuple):
    """What one entry has to show."""

    value: str
    under: tuple[str, ...] = ()
    note: int = 0
    """Number of the note at the table's foot; 0: none."""


class Line(NamedTuple):
    """One measure, or one group of tasks."""

    label: str
    under: str
    cells: tuple[Cell, ...]


class Matrix(NamedTuple):
    """A table with a column an entry."""

    title: str
    entries: tuple[str, ...]
    lines: tuple[Line, ...]
    notes: tuple[str, ...]
    """Numbered from 1."""
    unknown: tuple[str, ...]
    """What is known of no entry, and why."""


class _Layout(NamedTuple):
    """How the rows of a frame become lines and cells."""

    key: tuple[str, ...]
    """Columns that tell lines apart."""
    label: Callable[[Mapping[str, Any]], tuple[str, str]]
    value: Callable[[Mapping[str, Any]], float]
    cell: Callable[[Mapping[str, Any]], Cell]


def secondary(measures: pd.DataFrame) -> list[Matrix]:
    """The secondary measures, group by group.

    Args:
        measures: as `Comparison.secondary()` gives them.
    """
    layout = _Layout(("measure", "arm"), _measure_label, lambda row: row["value"], _measure_cell)
    groups = measures["measure"].map(_group)
    return [
        _matrix(group.value, measures[groups == group], layout)
        for group in Group
        if (groups == group).any()
    ]


def breakdown(drift: pd.DataFrame, by: By) -> Matrix | None:
    """Drift by environment or by family of tasks; None where there is one group only.

    Args:
        drift: as `Comparison.breakdown(by)` gives it.
        by: what it is broken down by.
    """
    if drift.empty or drift[by].nunique() < 2:
        return None
    title = {"environment": "By environment", "family": "By kind of task"}[by]
    layout = _Layout(
        (by,), lambda row: (str(row[by]), ""), lambda row: row["success_fresh"], _group_cell
    )
    return _matrix(title, drift, layout)


def rules(broken: pd.DataFrame) -> Matrix | None:
    """In how many tasks each rule was broken, fresh → chained; None where there are no rules.

    Args:
        broken: as `Comparison.rules()` gives it.
    """
    if broken.empty:
        return None
    layout = _Layout(("rule",), _rule_label, lambda row: row["broken_chained"], _rule_cell)
    return _matrix("Which rules are broken", broken.assign(note="").sort_values("rule"), layout)


def _group(measure: str) -> Group | None:
    if measure in LEVELS:
        return Group.LEVELS
    if measure.startswith("drift in "):
        return Group.DRIFTS
    if measure.startswith("negative control"):
        return Group.CONTROL
    if "as published" in measure or measure.startswith(("stability index", "pass^")):
        return Group.PUBLISHED
    if measure.startswith(("facts ", "perplexity ")):
        return Group.RETENTION
    return None if SPLIT in measure else Group.SESSION


def _matrix(title: str, frame: pd.DataFrame, layout: _Layout) -> Matrix:
    entries = tuple(str(name) for name in frame["entry"].unique())
    by_line: dict[tuple[Any, ...], dict[str, dict[str, Any]]] = {}
    for row in records(frame):
        by_line.setdefault(tuple(row[k] for k in layout.key), {})[row["entry"]] = row
    notes: dict[str, int] = {}
    lines, unknown = [], []
    for of_entry in by_line.values():
        first = next(iter(of_entry.values()))
        label, under = layout.label(first)
        if all(math.isnan(layout.value(row)) for row in of_entry.values()):
            said = f"{label} ({first['arm']})" if first.get("arm") else label
            unknown += [(said, row["note"]) for row in of_entry.values()]
            continue
        cells = tuple(_noted(of_entry.get(entry), layout, notes) for entry in entries)
        lines.append(Line(label, under, cells))
    return Matrix(title, entries, tuple(lines), tuple(notes), tuple(remarks(unknown)))


def _noted(row: Mapping[str, Any] | None, layout: _Layout, notes: dict[str, int]) -> Cell:
    if row is None:
        return Cell("")
    note = notes.setdefault(row["note"], len(notes) + 1) if row["note"] else 0
    return layout.cell(row)._replace(note=note)


def _measure_label(row: Mapping[str, Any]) -> tuple[str, str]:
    measure = LABELS.get(row["measure"], row["measure"]).replace("_", " ")
    return measure, " · ".join(part for part in (row["arm"], row["source"]) if part)


def _measure_cell(row: Mapping[str, Any]) -> Cell:
    e = estimate(row)
    negative = row["measure"].startswith(SIGNED)
    digits = 0 if row["measure"].endswith(", turns") else None
    value = _number(e.value, digits)
    if math.isnan(e.value):
        return Cell(value)
    to = " to " if negative or e.low < 0 else DASH
    interval = (
        "no interval"
        if math.isnan(e.low)
        else f"{_number(e.low, digits)}{to}{_number(e.high, digits)}"
    )
    p = () if math.isnan(e.p) else (f"p {p_value(e.p)}",)
    return Cell(f"+{value}" if negative and round(e.value, 2) > 0 else value, (interval, *p))


def _group_cell(row: Mapping[str, Any]) -> Cell:
    e = estimate(row, "drift")
    said = verdict(row["note"], e.p)
    p = f"p {p_value(e.p)}" if said is Verdict.TESTED else said.value
    fell = f"{number(row['success_fresh'])} → {number(row['success_chained'])}"
    shown = difference(e)
    under = (p, fell) if said is Verdict.BY_CONSTRUCTION else (shown.interval, p, fell)
    return Cell(shown.value, tuple(line for line in under if line))


def _rule_label(row: Mapping[str, Any]) -> tuple[str, str]:
    blocks = f"{row['blocks']} block{'s' if row['blocks'] != 1 else ''}"
    return row["rule"].replace("_", " "), f"{row['tasks']} tasks in {blocks}"


def _rule_cell(row: Mapping[str, Any]) -> Cell:
    return Cell(f"{number(row['broken_fresh'])} → {number(row['broken_chained'])}")


def _number(value: float, digits: int | None) -> str:
    """With about three digits, if none are asked for."""
    if digits is None:
        digits = 2 if abs(value) < 10 else 1 if abs(value) < 100 else 0
    return number(value, digits)
