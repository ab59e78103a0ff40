"""Statistics over blocks: levels, paired differences, times to an event."""

from harness.stats.bootstrap import level
from harness.stats.estimate import ALPHA, Estimate, notes, number, p_value
from harness.stats.paired import difference, smallest_p
from harness.stats.survival import Survival, kaplan_meier, time_to

__all__ = [
    "ALPHA",
    "Estimate",
    "Survival",
    "difference",
    "kaplan_meier",
    "level",
    "notes",
    "number",
    "p_value",
    "smallest_p",
    "time_to",
]
