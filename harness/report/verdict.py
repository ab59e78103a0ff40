"""What a test says of a difference: its p, or why there is none that decides.

    verdict("descriptive: the smallest p of 4 blocks is .125", 0.125)    # Verdict.DESCRIPTIVE

The measures say why in their notes; this is the only place that reads how a note begins.
"""

from __future__ import annotations

import math
from enum import Enum

from harness.stats import p_value


class Verdict(Enum):
    """Whether p decides; the value is what stands in its place if not."""

    TESTED = ""
    DESCRIPTIVE = "descriptive"
    NOT_ASSESSABLE = "not assessable"
    BY_CONSTRUCTION = "by construction"
    REFUSED = "refused"
    NO_PAIR = "no pair yet"
    UNKNOWN = "-"

    def words(self, p: float) -> str:
        """What the p column says."""
        return self.value or p_value(p)


_BEGINNINGS = {
    "descriptive": Verdict.DESCRIPTIVE,
    "not assessable": Verdict.NOT_ASSESSABLE,
    "zero by construction": Verdict.BY_CONSTRUCTION,
    "refused": Verdict.REFUSED,
    "no pair yet": Verdict.NO_PAIR,
}


def verdict(note: str, p: float) -> Verdict:
    """What the note on a difference and its p say; NaN: nothing was tested."""
    for beginning, said in _BEGINNINGS.items():
        if note.startswith(beginning):
            return said
    return Verdict.UNKNOWN if math.isnan(p) else Verdict.TESTED
