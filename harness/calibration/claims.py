"""What is claimed of the gauge: agents of known drift, each with the check that it goes through.

CLAIMS["self-conditioning"].check(500, 24, "calibration", 0)
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import NamedTuple

from harness.calibration import checks
from harness.calibration.findings import Finding
from harness.calibration.known import (
    ContextLength,
    Difficulty,
    HazardWeibull,
    Interference,
    Learner,
    LoopLocker,
    Pacer,
    SelfConditioning,
    Slope,
)


class Claim(NamedTuple):
    """One agent and one check."""

    check: Callable[..., list[Finding]]
    """Of the numbers of replications and of blocks, and of a key."""
    slow: bool = False
    """A replication takes milliseconds: fewer of them are made."""


_SLOPES = (Slope(-1.2, 0.0), Slope(-1.5, 1.0), Slope(-1.5, 2.0), Slope(-0.9, -1.0))
_HAZARDS = (HazardWeibull(0.7, 500.0), HazardWeibull(1.0, 430.0), HazardWeibull(1.5, 380.0))
"""Half of the sessions err by turn 300."""
_LOCKERS = (LoopLocker(0.01, 0.1), LoopLocker(0.05, 0.1))

CLAIMS: Mapping[str, Claim] = {
    **{f"slope {agent.per_100:g}": Claim(partial(checks.slope, agent), True) for agent in _SLOPES},
    "difficulty": Claim(partial(checks.difficulty, Difficulty(-2.0, 0.15))),
    "length": Claim(partial(checks.cause, ContextLength(-1.3, 1.6), "length")),
    "interference": Claim(partial(checks.cause, Interference(-1.3, 0.18), "interference")),
    "self-conditioning": Claim(
        partial(checks.cause, SelfConditioning(-1.3, 0.065), "self-conditioning")
    ),
    "learner": Claim(partial(checks.learner, Learner(-0.8, 0.2))),
    **{f"hazard {agent.shape:g}": Claim(partial(checks.hazard, agent)) for agent in _HAZARDS},
    **{f"locks {agent.hazard:g}": Claim(partial(checks.locks, agent), True) for agent in _LOCKERS},
    "paces": Claim(partial(checks.paces, Pacer(0.05)), True),
}
"""By name, which is part of the key of their randomness; in the order of the table."""
