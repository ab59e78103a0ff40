"""Matched drift of one entry, with what there is to say about it; in success it is the endpoint.

`endpoint(entry)` prints as ``0.42 [0.20, 0.61] p=.008 (pairs missing after a failure: 1; at worst
0.44 [0.22, 0.63] p=.008; test0/3/B (block 3, order 0, position 4, chained): the worker died)``.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from harness.drift import ArmsDoNotMatch, Measure
from harness.stats import Estimate, notes

if TYPE_CHECKING:
    from harness.comparison.entries import Entry


def endpoint(entry: Entry) -> Estimate:
    """Matched drift in success, the declared endpoint; its note names what failed."""
    e = drift_in(entry, "success")
    return e._replace(note=notes(e.note, *(failure.name for failure in entry.failed)))


def drift_in(entry: Entry, measure: Measure) -> Estimate:
    """Matched drift in a measure.

    Arms that do not match give no value, and the note says which tasks; where something failed, the
    note has the worst case.
    """
    try:
        found = entry.matched(measure)
    except ArmsDoNotMatch as mismatch:
        return Estimate(math.nan, note=f"refused: {mismatch}")
    worst = f"at worst {found.worst}" if found.worst else ""
    return found.estimate._replace(note=notes(found.estimate.note, worst))
