"""Entries against the reference: paired by block, with Holm's correction over the entries."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import pandas as pd

from harness.comparison.entries import Entry
from harness.drift import Against, ArmsDoNotMatch, Quantity, Side, against_reference
from harness.stats import Estimate, detectable, holm

QUANTITIES: tuple[Quantity, ...] = ("drift", "success", "error_rate")
"""In what entries are compared with the reference; the first is the endpoint."""

COLUMNS = [
    "quantity",
    "entry",
    "reference",
    "value",
    "low",
    "high",
    "p",
    "p_holm",
    "detectable",
    "blocks",
    "pairs",
    "note",
    "worst_value",
    "worst_low",
    "worst_high",
    "worst_p",
]


def against(entries: Sequence[Entry], base: Entry) -> pd.DataFrame:
    """`entries` against `base`; columns as in `Comparison.compare`."""
    rows = [
        row
        for quantity in QUANTITIES
        for row in _corrected([_against(entry, base, quantity) for entry in entries])
    ]
    return pd.DataFrame(rows, columns=COLUMNS)


def _against(entry: Entry, base: Entry, quantity: Quantity) -> dict[str, Any]:
    """A row of `Comparison.compare` before correction, with its blocks' differences."""
    row: dict[str, Any] = {"quantity": quantity, "entry": entry.name, "reference": base.name}
    if refusal := _refusal(entry, base):
        return row | _numbers(Estimate(math.nan, note=refusal)) | {"pairs": 0, "differences": ()}
    own, other = (Side(one.results, one.failed) for one in (entry, base))
    found = against_reference(own, other, quantity)
    if quantity == "drift":
        found = _assessable(found, entry, base)
    worst = found.worst or Estimate(math.nan)
    return (
        row
        | _numbers(found.estimate)
        | {f"worst_{name}": getattr(worst, name) for name in ("value", "low", "high", "p")}
        | {"pairs": found.pairs, "differences": tuple(found.blocks)}
    )


def _refusal(entry: Entry, base: Entry) -> str:
    """Why two entries can be compared in nothing, if they cannot."""
    if not entry.panels & base.panels:
        return f"not comparable: it shares no panel with {base.name}"
    for one in (entry, base):
        try:
            one.matched()
        except ArmsDoNotMatch as mismatch:
            return f"{one.name}: refused: {mismatch}"
    return ""


def _assessable(found: Against, entry: Entry, base: Entry) -> Against:
    """Without what rests on an entry that cannot drift, or only at worst."""
    for one in (entry, base):
        own = one.matched()
        if math.isnan(own.estimate.value):
            unknown = Estimate(math.nan, note=f"{one.name}: {own.estimate.note}")
            found = found._replace(estimate=unknown, blocks=found.blocks[:0], pairs=0)
            if own.worst is None:
                found = found._replace(worst=None)
    return found


def _numbers(e: Estimate) -> dict[str, Any]:
    return {
        "value": e.value,
        "low": e.low,
        "high": e.high,
        "p": e.p,
        "blocks": e.units,
        "note": e.note,
    }


def _corrected(rows: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """With Holm's p over the rows, and with what they could have shown."""
    adjusted = holm([row["p"] for row in rows])
    tested = sum(not math.isnan(p) for p in adjusted)
    return [
        {
            **row,
            "p_holm": p,
            "detectable": detectable(row.pop("differences"), max(1, tested)),
        }
        for row, p in zip(rows, adjusted, strict=True)
    ]
