"""Why entries drift: the causes of each one's drift, in figures for the eye.

    why(found.causes, "success")[0].finding     # "interference: 30 of 47 points"

A cause is named only where the arms are what they say and the tests show it.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, NamedTuple

import pandas as pd

from harness.drift import Measure
from harness.report.verdict import Verdict, verdict
from harness.report.words import Shown, difference, estimate, records, signed
from harness.stats import ALPHA, Estimate, p_value, smallest_p

CAPTION = (
    "Drift = length (padded − fresh) + interference (expert − padded) + self-conditioning (chained "
    "− expert); with three arms, length + content (chained − padded). A cause is named if it is "
    "above zero after Holm's correction over the causes. Gap: how far the histories are from the "
    "chained ones in length."
)

UNLIKE = "no cause is named: "
"""With this the note of a split begins whose arms are not what they say."""


class Part(NamedTuple):
    """One cause."""

    cause: str
    estimate: Estimate
    shown: Shown
    named: bool

    @property
    def p(self) -> str:
        """p for the eye, before correction; empty if nothing was tested."""
        return "" if math.isnan(self.estimate.p) else p_value(self.estimate.p)


class Why(NamedTuple):
    """One entry's drift, split."""

    entry: str
    parts: tuple[Part, ...]
    sum: float
    """The drift over the pairs that have all arms: its causes add up to it."""
    finding: str
    """Which causes are named, with their size, or why none is."""
    gap: str

    @property
    def named(self) -> list[Part]:
        """The causes that are shown to make it drift."""
        return [part for part in self.parts if part.named]

    @property
    def unnamed(self) -> list[Part]:
        """The others."""
        return [part for part in self.parts if not part.named]

    @property
    def total(self) -> str:
        """Their sum for the eye."""
        return signed(self.sum)

    def part(self, cause: str) -> Part | None:
        """The part of a cause; None where other arms were played."""
        return next((part for part in self.parts if part.cause == cause), None)

    @property
    def noted(self) -> list[tuple[str, str]]:
        """What to know of it, as `harness.report.words.remarks` takes it."""
        return [(self.entry, part.estimate.note) for part in self.parts]


def why(causes: pd.DataFrame, measure: Measure) -> list[Why]:
    """Every entry's split of one measure's drift.

    Args:
        causes: `Comparison.causes()`.
        measure: whose drift.
    """
    found = causes[causes["measure"] == measure]
    return [_why(str(entry), records(rows)) for entry, rows in found.groupby("entry", sort=False)]


def all_causes(whys: Sequence[Why]) -> list[str]:
    """Every cause that occurs, each once."""
    return list(dict.fromkeys(part.cause for why in whys for part in why.parts))


def points(why: Why) -> str:
    """The named causes and their size: `interference: 30 of 47 points`."""
    sizes = [f"{part.cause}: {100 * part.estimate.value:.0f}" for part in why.named]
    return f"{', '.join(sizes)} of {100 * why.sum:.0f} points"


def _why(entry: str, rows: Sequence[dict[str, Any]]) -> Why:
    parts = tuple(_part(row) for row in rows)
    gap = float(rows[0]["gap"])
    split = Why(
        entry=entry,
        parts=parts,
        sum=sum(part.estimate.value for part in parts),
        finding="",
        gap="unknown" if math.isnan(gap) else f"{gap:.0%}",
    )
    return split._replace(finding=points(split) if split.named else _none(parts))


def _part(row: dict[str, Any]) -> Part:
    e = estimate(row)
    e = e._replace(note=e.note.replace("at worst ", f"{row['cause']} at worst "))
    by_construction = verdict(e.note, e.p) is Verdict.BY_CONSTRUCTION
    shown = Shown(signed(e.value)) if by_construction else difference(e)
    return Part(row["cause"], e, shown, bool(row["named"]))


def _none(parts: Sequence[Part]) -> str:
    """Why no cause is named."""
    e = parts[0].estimate
    said = verdict(e.note, e.p)
    if said in (Verdict.BY_CONSTRUCTION, Verdict.NOT_ASSESSABLE, Verdict.NO_PAIR):
        return str(said.value)
    if e.note.startswith(UNLIKE):
        return "histories unlike"
    if smallest_p(e.units) > ALPHA / len(parts):
        return "too few blocks"
    return "none shown"
