"""Measures of drift: functions of the turn and task tables, small enough to be checked by eye.

Every one takes `turns` (the columns of `TurnRow` and of `harness.errors.classify`) and `tasks`
(the columns of `TaskRow`). The declared endpoint is matched drift in success; all others are
secondary.
"""

from harness.drift.curves import error_curve, errors_by_kind
from harness.drift.horizon import horizon, survival
from harness.drift.lockin import LockIn, lock_in
from harness.drift.matched import (
    ArmsDoNotMatch,
    MatchedDrift,
    matched_drift,
    matched_drift_by_position,
)
from harness.drift.outcomes import Measure, failures, outcomes, played
from harness.drift.regret import regret
from harness.drift.success import by_position, overall

__all__ = [
    "ArmsDoNotMatch",
    "LockIn",
    "MatchedDrift",
    "Measure",
    "by_position",
    "error_curve",
    "errors_by_kind",
    "failures",
    "horizon",
    "lock_in",
    "matched_drift",
    "matched_drift_by_position",
    "outcomes",
    "overall",
    "played",
    "regret",
    "survival",
]
