"""The report's first sentences: the finding in plain words.

headline(rows(table))
# ["lora gets worse with age, by 47 points of success (95% interval 29 to 67, p < .001)."]
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from harness.report.against import Against, Compared
from harness.report.verdict import Verdict
from harness.report.why import Why, points
from harness.report.words import Row
from harness.stats import ALPHA, p_value

BECAUSE = {
    "length": "its context grows long",
    "interference": "of what stands in its context",
    "self-conditioning": "of its own errors",
    "content": "of what stands in its context, its own errors among it",
}
"""What each cause is in plain words."""

_SPACE = "\N{NO-BREAK SPACE}"


def headline(
    rows: Sequence[Row], whys: Sequence[Why] = (), against: Against | None = None
) -> list[str]:
    """The finding in plain words; the first sentence, on the endpoint, is the one to remember."""
    tested = sorted((row for row in rows if row.tested), key=lambda row: -row.estimate.value)
    worse = [row for row in tested if row.estimate.p <= ALPHA and row.estimate.value > 0]
    better = [row for row in reversed(tested) if row.estimate.p <= ALPHA and row.estimate.value < 0]
    unclear = [row for row in tested if row not in worse and row not in better]
    open_ = sorted(_with(Verdict.DESCRIPTIVE, rows), key=lambda row: -row.estimate.value)

    said = []
    if worse:
        said += _who(worse, len(rows), "worse")
    elif tested:
        said.append("No entry is shown to get worse with age.")
    elif open_:
        said.append("Too few blocks to decide whether anything drifts: this is descriptive.")
    else:
        said.append("There is no drift to report yet.")
    said += _because(whys, worse)
    if not worse and (seen := unclear or open_) and seen[0].estimate.value > 0:
        said.append(f"The largest drift seen is that of {seen[0].entry}: {_amount(seen[0])}.")
    if better:
        said += _who(better, len(rows), "better")
    if worse or better:
        said += _listed("Not shown to drift", unclear)
    if tested:
        said += _listed("Too few blocks to say", open_)
    for verdict, words in (
        (Verdict.NOT_ASSESSABLE, "Not assessable, because they win too little even fresh"),
        (Verdict.BY_CONSTRUCTION, "Without drift by construction, because they read no history"),
        (Verdict.REFUSED, "Refused, because their arms do not match"),
    ):
        said += _listed(words, _with(verdict, rows))
    if against is not None:
        said += _compared(against)
    known = [row for row in rows if not math.isnan(row.chained_value)]
    if len(known) > 1:
        best = max(known, key=lambda row: row.chained_value)
        said.append(
            f"In sessions {best.entry} wins most: {best.chained_value:.0%} of the tasks after "
            "the first."
        )
    return said


def _with(verdict: Verdict, rows: Sequence[Row]) -> list[Row]:
    return [row for row in rows if row.verdict is verdict]


def _who(found: Sequence[Row], of_how_many: int, how: str) -> list[str]:
    first, *others = found
    if not others:
        return [f"{first.entry} gets {how} with age, by {_amount(first)}."]
    return [
        f"{len(found)} of {of_how_many} entries get {how} with age, {first.entry} most: by "
        f"{_amount(first)}.",
        f"Then {', '.join(f'{row.entry} ({_points(row.estimate.value)})' for row in others)}.",
    ]


def _because(whys: Sequence[Why], worse: Sequence[Row]) -> list[str]:
    """The causes that the tests name, of the entries that are shown to drift."""
    drift = {row.entry for row in worse}
    sentences = []
    for why in whys:
        if not (why.named and why.entry in drift):
            continue
        reasons = " and because ".join(BECAUSE[part.cause] for part in why.named)
        others = " or ".join(part.cause for part in why.unnamed)
        rest = f"; that {others} adds to it is not shown" if others else ""
        sentences.append(f"{why.entry} drifts because {reasons} ({points(why)}){rest}.")
    return sentences


def _compared(against: Against) -> list[str]:
    """The differences from the reference that stand after Holm's correction."""
    parts = []
    for row in against.rows:
        if row.drift.decided:
            more = "more" if row.drift.estimate.value > 0 else "less"
            parts.append(f"{row.entry} drifts {more} {_by(row.drift)}")
        if row.success.decided:
            more = "less" if row.success.estimate.value > 0 else "more"  # it is a loss
            parts.append(f"{row.entry} wins {more} in sessions {_by(row.success)}")
    if not parts:
        return []
    return [f"{against.title}, after Holm's correction: {'; '.join(parts)}."]


def _by(compared: Compared) -> str:
    e = compared.estimate
    return f"(by {_points(e.value)} points, {_equals(e.p)})"


def _amount(row: Row) -> str:
    """The size of a drift, whatever its sign, with its interval seen from the same side."""
    e = row.estimate
    interval = "interval not estimable"
    if not math.isnan(e.low):
        ends = (e.low, e.high) if e.value >= 0 else (-e.high, -e.low)
        low, high = (round(100 * end) for end in ends)
        interval = f"95% interval {low} to {high}"
    p = f", {_equals(e.p)}" if row.tested else ""
    return f"{_points(e.value)} points of success ({interval}{p})"


def _points(value: float) -> str:
    return f"{abs(100 * value):.0f}"


def _equals(p: float) -> str:
    words = p_value(p)
    return f"p{_SPACE}<{_SPACE}{words[1:]}" if words[0] == "<" else f"p{_SPACE}={_SPACE}{words}"


def _listed(words: str, found: Sequence[Row]) -> list[str]:
    return [f"{words}: {', '.join(row.entry for row in found)}."] if found else []
