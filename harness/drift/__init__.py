"""Measures of drift: functions of the turn and task tables, small enough to be checked by eye.

    results = outcomes(turns, tasks)    # a row a task in an arm
    lived = played(turns, tasks)        # a row a turn of each task in each arm
    matched_drift(results).estimate
    horizon(lived)

Every measure takes one of these two frames. The declared endpoint is matched drift in success; all
others are secondary.
"""

from harness.drift.arms import ArmsDoNotMatch
from harness.drift.causes import FOUR_ARMS, Cause, Causes, causes
from harness.drift.conditioning import error_association
from harness.drift.control import position_one
from harness.drift.curves import error_curve, errors_by_kind
from harness.drift.damage import damage
from harness.drift.hazard import half_life, weibull_shape
from harness.drift.horizon import first_errors, horizon, survival
from harness.drift.lockin import LockIn, lock_in
from harness.drift.matched import (
    MatchedDrift,
    drift_by_block,
    matched_drift,
    matched_drift_by_position,
)
from harness.drift.outcomes import ARM_ORDER, Failure, Measure, arms_in, failures, outcomes, played
from harness.drift.published import (
    aging_detected,
    aging_half_life,
    aging_slope,
    goal_drift,
    pass_hat_k,
    stability_index,
)
from harness.drift.reference import Against, Quantity, Side, against_reference
from harness.drift.regret import regret
from harness.drift.retention import facts_change, perplexity_ratio
from harness.drift.rules import broken_rules
from harness.drift.slope import Slope, drift_slope
from harness.drift.stability import adherence_curve, probe_accuracy
from harness.drift.success import by_position, overall

__all__ = [
    "ARM_ORDER",
    "FOUR_ARMS",
    "Against",
    "ArmsDoNotMatch",
    "Cause",
    "Causes",
    "Failure",
    "LockIn",
    "MatchedDrift",
    "Measure",
    "Quantity",
    "Side",
    "Slope",
    "adherence_curve",
    "against_reference",
    "aging_detected",
    "aging_half_life",
    "aging_slope",
    "arms_in",
    "broken_rules",
    "by_position",
    "causes",
    "damage",
    "drift_by_block",
    "drift_slope",
    "error_association",
    "error_curve",
    "errors_by_kind",
    "facts_change",
    "failures",
    "first_errors",
    "goal_drift",
    "half_life",
    "horizon",
    "lock_in",
    "matched_drift",
    "matched_drift_by_position",
    "outcomes",
    "overall",
    "pass_hat_k",
    "perplexity_ratio",
    "played",
    "position_one",
    "probe_accuracy",
    "regret",
    "stability_index",
    "survival",
    "weibull_shape",
]
