"""Drift split into its causes, as a table."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd

from harness.comparison.entries import Entry
from harness.drift import ArmsDoNotMatch, Causes, Measure
from harness.stats import notes

MEASURES: tuple[Measure, ...] = ("success", "error_rate")
"""The measures whose drift is split."""

_COLUMNS = [
    "entry",
    "measure",
    "cause",
    "value",
    "low",
    "high",
    "p",
    "named",
    "gap",
    "blocks",
    "pairs",
    "note",
]


def splits(entries: Sequence[Entry]) -> pd.DataFrame:
    """The causes of all entries' drift; columns as in `Comparison.causes`."""
    rows = [
        row
        for entry in entries
        for measure in MEASURES
        for row in _rows(entry.name, split(entry, measure))
    ]
    return pd.DataFrame(rows, columns=_COLUMNS)


def split(entry: Entry, measure: Measure) -> Causes | None:
    """An entry's drift in one measure; None where the arms cannot tell."""
    try:
        return entry.causes(measure)
    except ArmsDoNotMatch:
        return None  # the endpoint's note says so


def _rows(name: str, split: Causes | None) -> list[tuple[Any, ...]]:
    if split is None:
        return []
    return [
        (
            name,
            split.measure,
            cause,
            part.value,
            part.low,
            part.high,
            part.p,
            cause in split.named,
            split.gap,
            part.units,
            split.pairs,
            notes(
                part.note,
                "" if split.unnamed == part.note else split.unnamed,
                f"at worst {split.worst[cause]}" if cause in split.worst else "",
            ),
        )
        for cause, part in split.parts.items()
    ]
