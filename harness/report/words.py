"""How a row of the comparison reads: its verdict, its caption, the report's first sentences."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Sequence
from typing import Any, NamedTuple

import pandas as pd

from harness.comparison import Comparison, Run
from harness.stats import ALPHA, number, p_value

UNTESTED = {
    "refused": "refused",
    "no pair yet": "no pair yet",
    "not assessable": "not assessable",
    "zero by construction": "by construction",
    "descriptive": "descriptive",
}
"""What a note on drift begins with where p decides nothing, and how the p column says so."""


DASH = "\N{EN DASH}"
"""Stands between the ends of an interval that cannot be negative."""


class Row(NamedTuple):
    """One entry's line of the comparison, in figures for the eye."""

    entry: str
    fresh: str
    fresh_interval: str
    chained: str
    chained_interval: str
    drift: str
    drift_interval: str
    verdict: str
    """p, or why there is none."""
    tested: bool
    """p decides."""
    value: float
    low: float
    high: float
    p: float
    chained_value: float
    note: str


def rows(table: pd.DataFrame) -> list[Row]:
    """The rows of `Comparison.table()` in words."""
    return [_row(row) for row in records(table)]


def records(table: pd.DataFrame) -> list[dict[str, Any]]:
    """A frame's rows by column."""
    return [{str(name): value for name, value in row.items()} for row in table.to_dict("records")]


def _row(row: dict[str, Any]) -> Row:
    def interval(name: str, to: str) -> str:
        return interval_words(row[name], row[f"{name}_low"], row[f"{name}_high"], to)

    note = str(row["note"])
    said = [words for beginning, words in UNTESTED.items() if note.startswith(beginning)]
    drift = float(row["drift"])
    return Row(
        entry=str(row["entry"]),
        fresh=number(row["success_fresh"]),
        fresh_interval=interval("success_fresh", DASH),
        chained=number(row["success_chained"]),
        chained_interval=interval("success_chained", DASH),
        drift=("+" if round(drift, 2) > 0 else "") + number(drift),
        drift_interval="" if "by construction" in said else interval("drift", " to "),
        verdict=said[0] if said else "-" if math.isnan(row["p"]) else p_value(row["p"]),
        tested=not said and not math.isnan(row["p"]),
        value=drift,
        low=float(row["drift_low"]),
        high=float(row["drift_high"]),
        p=float(row["p"]),
        chained_value=float(row["success_chained"]),
        note=note,
    )


def interval_words(value: float, low: float, high: float, to: str = DASH, digits: int = 2) -> str:
    """An interval for the eye; empty if there is no value that could have one."""
    if math.isnan(value):
        return ""
    return "no interval" if math.isnan(low) else f"{number(low, digits)}{to}{number(high, digits)}"


def caption(comparison: Comparison) -> str:
    """What the table is: endpoint, panel, blocks, arms."""
    sizes = {_size(run) for run in comparison.runs}
    arms = {" and ".join(run.manifest["arms"]) for run in comparison.runs}
    return (
        "Endpoint: matched drift in success, over positions from 2; above zero is worse with age. "
        f"{'; '.join(sorted(sizes))}. Arms: {'; '.join(sorted(arms))}. Success fresh is over all "
        "positions, success chained over those from 2. Intervals are 95%, over blocks."
    )


def _size(run: Run) -> str:
    tasks = run.tasks
    return (
        f"Panel {run.manifest['panel'][:8]}: {_count(tasks['block'].nunique(), 'block')} of "
        f"{_count(tasks['order'].nunique(), 'order')} of "
        f"{_count(int(tasks['position'].max()) if len(tasks) else 0, 'task')}"
    )


def whole(value: float) -> str:
    """A whole number for the eye."""
    return "-" if math.isnan(value) else f"{value:,.0f}"


def _count(number: int, word: str) -> str:
    return f"{number} {word}{'' if number == 1 else 's'}"


def going(comparison: Comparison) -> list[str]:
    """A sentence for every run that is not finished."""
    return [
        f"{run.name} is still going: {len(run.tasks)} of {run.manifest['tasks_total']} tasks."
        for run in comparison.runs
        if not run.finished
    ]


def remarks(of_rows: Sequence[Row]) -> list[str]:
    """What to know before comparing: each note once, with the entries that it is about.

    How far unfinished runs are is left to `going`.
    """
    entries: dict[str, list[str]] = defaultdict(list)
    for row in of_rows:
        parts = [part for part in row.note.split("; ") if not part.startswith("unfinished: ")]
        if note := "; ".join(parts).removesuffix("."):
            entries[note].append(row.entry)
    return [f"{', '.join(names)}: {note}." for note, names in entries.items()]


def headline(of_rows: Sequence[Row]) -> list[str]:
    """The finding in plain words; the first sentence is the one to remember."""
    tested = sorted((row for row in of_rows if row.tested), key=lambda row: -row.value)
    worse = [row for row in tested if row.p <= ALPHA and row.value > 0]
    better = [row for row in reversed(tested) if row.p <= ALPHA and row.value < 0]
    unclear = [row for row in tested if row not in worse and row not in better]
    open_ = sorted((r for r in of_rows if r.verdict == "descriptive"), key=lambda row: -row.value)

    said = []
    if worse:
        said += _who(worse, len(of_rows), "worse")
    elif tested:
        said.append("No entry is shown to get worse with age.")
    elif open_:
        said.append("Too few blocks to decide whether anything drifts: this is descriptive.")
    else:
        said.append("There is no drift to report yet.")
    if not worse and (seen := unclear or open_) and seen[0].value > 0:
        said.append(f"The largest drift seen is that of {seen[0].entry}: {_amount(seen[0])}.")
    if better:
        said += _who(better, len(of_rows), "better")
    if worse or better:
        said += _listed("Not shown to drift", unclear)
    if tested:
        said += _listed("Too few blocks to say", open_)
    for verdict, words in (
        ("not assessable", "Not assessable, because they win too little even fresh"),
        ("by construction", "Without drift by construction, because they read no history"),
        ("refused", "Refused, because their arms do not match"),
    ):
        said += _listed(words, [row for row in of_rows if row.verdict == verdict])
    known = [row for row in of_rows if not math.isnan(row.chained_value)]
    if len(known) > 1:
        best = max(known, key=lambda row: row.chained_value)
        said.append(
            f"In sessions {best.entry} wins most: {best.chained_value:.0%} of the tasks after "
            "the first."
        )
    return said


def _who(found: Sequence[Row], of_how_many: int, how: str) -> list[str]:
    first, *others = found
    if not others:
        return [f"{first.entry} gets {how} with age, by {_amount(first)}."]
    return [
        f"{len(found)} of {of_how_many} entries get {how} with age, {first.entry} most: by "
        f"{_amount(first)}.",
        f"Then {_names(others, points=True)}.",
    ]


def _amount(row: Row) -> str:
    """The size of a drift, whatever its sign, with its interval seen from the same side."""
    interval = "interval not estimable"
    if not math.isnan(row.low):
        ends = (row.low, row.high) if row.value >= 0 else (-row.high, -row.low)
        low, high = (round(100 * end) for end in ends)
        interval = f"95% interval {low} to {high}"
    p = ""
    if row.tested:
        sign, digits = ("<", row.verdict[1:]) if row.verdict[0] == "<" else ("=", row.verdict)
        p = f", p\N{NO-BREAK SPACE}{sign}\N{NO-BREAK SPACE}{digits}"
    return f"{abs(100 * row.value):.0f} points of success ({interval}{p})"


def _listed(words: str, found: Sequence[Row]) -> list[str]:
    return [f"{words}: {_names(found)}."] if found else []


def _names(found: Sequence[Row], points: bool = False) -> str:
    return ", ".join(
        f"{row.entry} ({abs(100 * row.value):.0f})" if points else row.entry for row in found
    )
