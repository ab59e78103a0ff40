"""Every entry against the reference, in figures for the eye.

found = against(comparison, tables(comparison))
found.title                         # "Against in_context, declared before the runs"
found.rows[0].drift.shown.value     # "+0.12"
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, NamedTuple

from harness.comparison import Comparison
from harness.report.tables import Tables
from harness.report.verdict import Verdict, verdict
from harness.report.words import Shown, difference, estimate, records
from harness.stats import ALPHA, Estimate, notes, number, smallest_p

CAPTION = (
    "Entry minus reference, in losses: above zero is worse than the reference. Paired by block; p "
    "by Holm's correction over the entries. Detectable: the smallest difference that these blocks "
    "would have shown four times in five."
)


class Compared(NamedTuple):
    """An entry against the reference in one quantity."""

    estimate: Estimate
    """With Holm's p."""
    shown: Shown
    verdict: Verdict
    detectable: str

    @property
    def p(self) -> str:
        """p by Holm, or why there is none."""
        return self.verdict.words(self.estimate.p)

    @property
    def decided(self) -> bool:
        """It is shown to be another than the reference."""
        return self.verdict is Verdict.TESTED and self.estimate.p <= ALPHA


class AgainstRow(NamedTuple):
    """An entry against the reference."""

    entry: str
    drift: Compared
    success: Compared
    error_rate: Compared

    @property
    def noted(self) -> list[tuple[str, str]]:
        """What to know of it, as `harness.report.words.remarks` takes it."""
        own = f"{self.entry}: "  # a note says whose endpoint is unknown: the entry's or the other's
        compared = (self.drift, self.success, self.error_rate)
        return [(self.entry, c.estimate.note.removeprefix(own)) for c in compared]


class Against(NamedTuple):
    """All entries against the reference."""

    reference: str
    """Empty: there is none."""
    chosen: str
    """When it was chosen."""
    rows: tuple[AgainstRow, ...]
    missing: str
    """Why nothing is compared, where something could be; else empty."""

    @property
    def title(self) -> str:
        """With what they are compared, and when that was chosen."""
        return f"Against {self.reference}, {self.chosen}"


def against(comparison: Comparison, tables: Tables) -> Against:
    """The comparison with the reference in words."""
    tested = tables.against.groupby("quantity")["p"].count()
    by_entry: dict[str, dict[str, Compared]] = {}
    for row in records(tables.against):
        compared = _compared(row, int(tested[row["quantity"]]))
        by_entry.setdefault(row["entry"], {})[row["quantity"]] = compared
    rows = tuple(AgainstRow(entry, **of_entry) for entry, of_entry in by_entry.items())
    declared = _declared(comparison)
    chosen = "declared before the runs"
    if tables.by_hand:
        chosen = "chosen after the runs" + (f" (declared: {declared})" if declared else "")
    missing = tables.reference is None and len(comparison.entries) > 1
    return Against(tables.reference or "", chosen, rows, _missing(declared) if missing else "")


def _compared(row: Mapping[str, Any], tested: int) -> Compared:
    e = estimate(row)._replace(p=float(row["p_holm"]))
    said = verdict(e.note, e.p)
    few = ""
    if said is Verdict.TESTED and smallest_p(e.units) > ALPHA / tested:
        said = Verdict.DESCRIPTIVE
        few = f"descriptive: too few blocks ({e.units}) to show any of {tested} differences"
    e = e._replace(note=notes(few, e.note, _at_worst(row)))
    return Compared(e, difference(e), said, number(row["detectable"]))


def _at_worst(row: Mapping[str, Any]) -> str:
    """The difference with all that failed set against the entry that it failed for."""
    value, low, high, p = (float(row[f"worst_{name}"]) for name in ("value", "low", "high", "p"))
    if math.isnan(value):
        return ""
    return f"{row['quantity'].replace('_', ' ')} at worst {Estimate(value, low, high, p)}"


def _declared(comparison: Comparison) -> str:
    """The references that the runs declare; empty if none does."""
    references = [run.manifest["reference"] for run in comparison.runs]
    return ", ".join(dict.fromkeys(name for name in references if name is not None))


def _missing(declared: str) -> str:
    how = "`--reference NAME` compares all entries with one of them."
    if not declared:
        return f"No reference was declared before the runs. {how}"
    if ", " in declared:
        return f"The runs declare different references ({declared}). {how}"
    return f"The declared reference, {declared}, is not among the entries. {how}"
