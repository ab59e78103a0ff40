"""Matched drift: the same tasks in the same state, with and without the agent's own past.

`matched_drift(outcomes(turns, tasks)).estimate` prints as ``0.42 [0.20, 0.61] p=.008``.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

import pandas as pd

from harness.drift.arms import check_arms
from harness.drift.outcomes import Failure, Measure
from harness.drift.pairs import complete, difference_by_block, estimate, lost, lost_pairs
from harness.drift.success import UNKNOWN, block_means
from harness.records import Arm
from harness.stats import Estimate, notes

PAIR: tuple[Arm, Arm] = ("chained", "fresh")
ASSESSABLE = 0.25
"""Fresh success below which nothing is left that could fall."""


class MatchedDrift(NamedTuple):
    """The drift of one entry in one measure."""

    measure: Measure
    estimate: Estimate
    """loss(chained) - loss(fresh): positive is worse with age, negative is better."""
    worst: Estimate | None
    """With every missing pair set against the entry; None where none is missing, where the measure
    has no bound, or where there is nothing to test even so."""
    failed: tuple[str, ...]
    """The tasks that failed, by name: they and what came after them are missing."""
    pairs: int
    """(session, position) pairs that it rests on."""


def matched_drift(
    results: pd.DataFrame,
    measure: Measure = "success",
    *,
    arms: Sequence[Arm] = (),
    failed: Sequence[Failure] = (),
    finished: bool = True,
    sees_history: bool = True,
) -> MatchedDrift:
    """Matched drift of a run. In success it is the declared endpoint; else a secondary measure.

        drift = mean over blocks of the mean over the block's (session, position ≥ 2) pairs of
                loss(chained) - loss(fresh)

    The pairs are those that have both arms; they are never restricted to tasks that were won
    fresh (regression to the mean). p is the two-sided sign-flip p over blocks and the interval its
    inversion. Range: [-1, 1]; regret, in actions a turn, has none. In adherence the means over a
    block's pairs are pooled (`harness.drift.pairs.complete`).

    Args:
        results: as `harness.drift.outcomes` gives them.
        arms: the arms that the run was asked for: they must hold the same tasks.
        failed: what `harness.drift.failures` found.
        finished: False for a run still going, whose unmatched tasks have just not been played.
        sees_history: False for an agent whose prompts are equal in both arms.

    Raises:
        ArmsDoNotMatch: an arm of a finished run lacks a task, or the arms hold different tasks.
    """
    check_arms(results, arms, finished=finished)
    pairs = complete(results, measure, PAIR)
    found = untested(results, measure, PAIR, sees_history) or _over_blocks(pairs, measure)
    if missing := lost_pairs(failed):
        found = found._replace(note=notes(found.note, f"pairs missing after a failure: {missing}"))
    worst = None
    against = lost(failed, measure, *PAIR)
    if len(against) and not untested(results, measure, PAIR, sees_history, failed):
        worst = _over_blocks(pd.concat([pairs, against]), measure)
    names = tuple(failure.name for failure in failed)
    return MatchedDrift(measure, found, worst, names, len(pairs) // 2)


def matched_drift_by_position(
    results: pd.DataFrame,
    measure: Measure = "success",
    *,
    finished: bool = True,
    sees_history: bool = True,
) -> pd.DataFrame:
    """Matched drift at each position ≥ 2: as `matched_drift`, over the pairs of that position.

    Not corrected for the number of positions: a secondary measure.

    Returns:
        Columns `position`, `value`, `low`, `high`, `p`, `blocks`, `pairs`, `note`.
    """
    check_arms(results, finished=finished)
    verdict = untested(results, measure, PAIR, sees_history)
    rows = []
    for position, pairs in complete(results, measure, PAIR).groupby("position"):
        e = verdict or _over_blocks(pairs, measure)
        rows.append((position, e.value, e.low, e.high, e.p, e.units, len(pairs) // 2, e.note))
    columns = ["position", "value", "low", "high", "p", "blocks", "pairs", "note"]
    return pd.DataFrame(rows, columns=columns)


def drift_by_block(results: pd.DataFrame, measure: Measure = "success") -> pd.Series:
    """What matched drift is the mean of: loss(chained) - loss(fresh), a value a block."""
    return difference_by_block(complete(results, measure, PAIR), measure, *PAIR)


def untested(
    results: pd.DataFrame,
    measure: Measure,
    arms: Sequence[Arm],
    sees_history: bool,
    failed: Sequence[Failure] = (),
) -> Estimate | None:
    """The answer where there is nothing to test.

    Args:
        results: as `harness.drift.outcomes` gives them.
        measure: what would be tested.
        arms: what it takes to make a pair.
        sees_history: False for an agent whose prompts are equal in all arms.
        failed: for the worst case. What they took away counts as won fresh, so that no failure
            gets an entry out of the test.
    """
    whole = pd.concat([results, lost(failed, "success", *PAIR)])
    fresh = block_means(whole[whole["arm"] == "fresh"], "success")
    if not sees_history:
        note = "zero by construction: it sees no history"
        return Estimate(0.0, 0.0, 0.0, units=len(fresh), note=note)
    if fresh.mean() < ASSESSABLE:
        note = f"not assessable: fresh success {fresh.mean():.2f} is below {ASSESSABLE:.2f}"
        return Estimate(math.nan, units=len(fresh), note=note)
    known = complete(results, measure, arms)[measure].notna()
    if not known.any() and len(complete(results, "success", arms)):
        return Estimate(math.nan, note=UNKNOWN)
    return None


def _over_blocks(pairs: pd.DataFrame, measure: Measure) -> Estimate:
    return estimate(difference_by_block(pairs, measure, *PAIR), measure, "matched")
