"""How a row of the comparison reads: its numbers, its verdict, its caption, its remarks."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

import pandas as pd

from harness.comparison import Comparison, Run
from harness.report.verdict import Verdict, verdict
from harness.stats import Estimate, number

DASH = "\N{EN DASH}"
"""Stands between the ends of an interval that cannot be negative."""

UNFINISHED = "unfinished: "
"""What the note of a run that is still going says of how far it is."""


class Shown(NamedTuple):
    """A number for the eye, and the interval that stands under it."""

    value: str
    interval: str = ""


class Row(NamedTuple):
    """One entry's line of the comparison, in figures for the eye."""

    entry: str
    drift: Shown
    verdict: Verdict
    p: str
    """p, or why there is none."""
    detectable: str
    fresh: Shown
    chained: Shown
    estimate: Estimate
    """The drift itself."""
    chained_value: float
    note: str

    @property
    def tested(self) -> bool:
        """Its p decides."""
        return self.verdict is Verdict.TESTED


def rows(table: pd.DataFrame) -> list[Row]:
    """The rows of `Comparison.table()` in words."""
    return [_row(row) for row in records(table)]


def records(table: pd.DataFrame) -> list[dict[str, Any]]:
    """A frame's rows by column."""
    return [{str(name): value for name, value in row.items()} for row in table.to_dict("records")]


def estimate(row: Mapping[str, Any], value: str = "value") -> Estimate:
    """The estimate that a row of a table holds, in columns of the usual names.

    Args:
        row: a row of any table of `harness.report.tables`, but the comparison table.
        value: the column of the value itself.
    """
    return Estimate(
        value=float(row[value]),
        low=float(row["low"]),
        high=float(row["high"]),
        p=float(row["p"]),
        units=int(row["blocks"]),
        note=str(row["note"]),
    )


def _row(row: dict[str, Any]) -> Row:
    def interval(name: str) -> Estimate:
        return Estimate(float(row[name]), float(row[f"{name}_low"]), float(row[f"{name}_high"]))

    note = str(row["note"])
    drift = interval("drift")._replace(p=float(row["p"]), note=note)
    said = verdict(note, drift.p)
    by_construction = said is Verdict.BY_CONSTRUCTION
    return Row(
        entry=str(row["entry"]),
        drift=Shown(signed(drift.value)) if by_construction else difference(drift),
        verdict=said,
        p=said.words(drift.p),
        detectable=number(row["detectable"]),
        fresh=level(interval("success_fresh")),
        chained=level(interval("success_chained")),
        estimate=drift,
        chained_value=float(row["success_chained"]),
        note=note,
    )


def signed(value: float) -> str:
    """A difference for the eye: `+0.40`."""
    return ("+" if round(value, 2) > 0 else "") + number(value)


def difference(e: Estimate) -> Shown:
    """A difference and its interval for the eye."""
    return Shown(signed(e.value), _interval(e, " to ", 2))


def level(e: Estimate, digits: int = 2) -> Shown:
    """A level that cannot be negative, and its interval, for the eye."""
    return Shown(number(e.value, digits), _interval(e, DASH, digits))


def _interval(e: Estimate, to: str, digits: int) -> str:
    """Empty if there is no value that could have one."""
    if math.isnan(e.value):
        return ""
    if math.isnan(e.low):
        return "no interval"
    return f"{number(e.low, digits)}{to}{number(e.high, digits)}"


def whole(value: float) -> str:
    """A whole number for the eye."""
    return "-" if math.isnan(value) else f"{value:,.0f}"


def caption(comparison: Comparison) -> str:
    """What the table is: endpoint, panel, blocks, arms."""
    panels = {run.panel for run in comparison.runs}
    sizes = [_size(panel, comparison.runs) for panel in panels]
    arms = {_listed(run.manifest["arms"]) for run in comparison.runs}
    return (
        "Endpoint: matched drift in success, over positions from 2; above zero is worse with age. "
        "Detectable: the smallest drift that these blocks would have shown four times in five. "
        f"{'; '.join(sorted(sizes))}. Arms: {'; '.join(sorted(arms))}. Success fresh is over all "
        "positions, success chained over those from 2. Intervals are 95%, over blocks."
    )


def _size(panel: str, runs: Sequence[Run]) -> str:
    """What its runs have played of a panel together: one that still goes on makes it no smaller."""
    tasks = pd.concat([run.tasks for run in runs if run.panel == panel])
    return (
        f"Panel {panel[:8]}: {_count(tasks['block'].nunique(), 'block')} of "
        f"{_count(tasks['order'].nunique(), 'order')} of "
        f"{_count(int(tasks['position'].max()) if len(tasks) else 0, 'task')}"
    )


def _count(number: int, word: str) -> str:
    return f"{number} {word}{'' if number == 1 else 's'}"


def _listed(names: Sequence[str]) -> str:
    *before, last = names
    return f"{', '.join(before)} and {last}" if before else last


def going(comparison: Comparison) -> list[str]:
    """A sentence for every entry that is not finished."""
    return [
        f"{entry.name} is still going: {part.removeprefix(UNFINISHED)}."
        for entry in comparison.entries
        for part in entry.caveat.split("; ")
        if part.startswith(UNFINISHED)
    ]


def remarks(noted: Iterable[tuple[str, str]]) -> list[str]:
    """What to know before comparing: each note once, with the entries that it is about.

    How far unfinished runs are is left to `going`.

    Args:
        noted: an entry and its notes, in the order in which they are to be said.
    """
    entries: dict[str, dict[str, None]] = defaultdict(dict)
    for entry, note in noted:
        for part in note.split("; "):
            if part and not part.startswith(UNFINISHED):
                entries[part.removesuffix(".")][entry] = None
    return [f"{', '.join(names)}: {note}." for note, names in entries.items()]
