"""The endpoint apart for each environment, or for each family of tasks."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from typing import Any, Literal

import pandas as pd

from harness.comparison.entries import Entry
from harness.drift import ArmsDoNotMatch, matched_drift, overall
from harness.drift.pairs import lost_pairs
from harness.stats import Estimate, notes

By = Literal["environment", "family"]

_COLUMNS = [
    "success_fresh",
    "success_chained",
    "drift",
    "low",
    "high",
    "p",
    "blocks",
    "pairs",
    "note",
]


def breakdown(entries: Sequence[Entry], by: By) -> pd.DataFrame:
    """An entry and a group a row; columns as in `Comparison.breakdown`."""
    rows = [
        {"entry": entry.name, by: group, **_group_row(entry, by, str(group))}
        for entry in entries
        for group in sorted(entry.tasks[by].unique(), key=_natural)
    ]
    return pd.DataFrame(rows, columns=["entry", by, *_COLUMNS])


def _group_row(entry: Entry, by: By, group: str) -> dict[str, Any]:
    results = entry.results[entry.results[by] == group]
    success = overall(results, "success")
    try:
        found = matched_drift(results, finished=entry.finished, sees_history=entry.sees_history)
    except ArmsDoNotMatch as mismatch:
        e, pairs = Estimate(math.nan, note=f"refused: {mismatch}"), 0
    else:
        e, pairs = found.estimate, found.pairs
    return {
        "success_fresh": success["fresh"].value,
        "success_chained": success["chained"].value,
        "drift": e.value,
        "low": e.low,
        "high": e.high,
        "p": e.p,
        "blocks": e.units,
        "pairs": pairs,
        "note": notes(e.note, _missing(entry, by, group)),
    }


def _missing(entry: Entry, by: By, group: str) -> str:
    """What failures took from the blocks of a group.

    A task that was never played has no row that says of which family it would have been.
    """
    blocks = set(entry.tasks.loc[entry.tasks[by] == group, "block"])
    missing = lost_pairs([failure for failure in entry.failed if failure.block in blocks])
    of = ", of whatever family" if by == "family" else ""
    return f"pairs missing after a failure{of}: {missing}" if missing else ""


def _natural(group: str) -> tuple[object, ...]:
    """Sorts `level 10` behind `level 9`."""
    words = re.findall(r"\d+|\D+", group)
    return tuple((int(w), w) if w.isdigit() else (math.inf, w) for w in words)
