"""Statistics over blocks: levels, paired differences, times to an event."""

from harness.stats.bootstrap import Levels, level, levels
from harness.stats.estimate import ALPHA, Estimate, notes, number, p_value
from harness.stats.holm import holm
from harness.stats.paired import difference, sign_flip_p, smallest_p
from harness.stats.power import blocks_needed, detectable, fewest_blocks
from harness.stats.survival import Survival, kaplan_meier, time_to

__all__ = [
    "ALPHA",
    "Estimate",
    "Levels",
    "Survival",
    "blocks_needed",
    "detectable",
    "difference",
    "fewest_blocks",
    "holm",
    "kaplan_meier",
    "level",
    "levels",
    "notes",
    "number",
    "p_value",
    "sign_flip_p",
    "smallest_p",
    "time_to",
]
