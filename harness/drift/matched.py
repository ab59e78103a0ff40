"""Matched drift: the same tasks in the same state, with and without the agent's own past.

`matched_drift(turns, tasks).estimate` prints as ``0.42 [0.20, 0.61] p=.008``.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pandas as pd

from harness.drift.outcomes import (
    BOUNDS,
    HIGHER_IS_BETTER,
    Failure,
    Measure,
    failures,
    outcomes,
)
from harness.drift.success import overall
from harness.stats import Estimate, difference, notes

ASSESSABLE = 0.25
"""Fresh success below which nothing is left that could fall."""


class ArmsDoNotMatch(ValueError):
    """The chained and the fresh arm of a run are not the same tasks; the message names them."""


class MatchedDrift(NamedTuple):
    """The drift of one entry in one measure."""

    measure: Measure
    estimate: Estimate
    """loss(chained) - loss(fresh): positive is worse with age, negative is better."""
    worst: Estimate | None
    """With every missing pair set against the entry; None where none is missing, or where the
    measure has no bound."""
    failed: tuple[str, ...]
    """The tasks that failed, by name: they and what came after them are missing."""
    pairs: int
    """(session, position) pairs that it rests on."""


def matched_drift(
    turns: pd.DataFrame,
    tasks: pd.DataFrame,
    measure: Measure = "success",
    *,
    finished: bool = True,
    sees_history: bool = True,
) -> MatchedDrift:
    """Matched drift of a run. In success it is the declared endpoint; else a secondary measure.

        drift = mean over blocks of the mean over the block's (session, position ≥ 2) pairs of
                loss(chained) - loss(fresh)

    The pairs are those that have both arms; they are never restricted to tasks that were won
    fresh (regression to the mean). p is the two-sided sign-flip p over blocks and the interval its
    inversion. Range: [-1, 1]; regret, in actions a turn, has none.

    Args:
        turns: `TurnRow` columns and those of `harness.errors.classify`.
        tasks: `TaskRow` columns.
        finished: False for a run still going, whose unmatched tasks have just not been played.
        sees_history: False for an agent whose prompts are equal in both arms.

    Raises:
        ArmsDoNotMatch: a task of a finished run has one arm only, or the arms hold different tasks.
    """
    pairs = _pairs(turns, tasks, measure, finished)
    failed = failures(tasks)
    names = tuple(failure.name for failure in failed)
    if verdict := _untested(turns, tasks, sees_history):
        return MatchedDrift(measure, verdict, None, names, len(pairs))
    estimate = _over_blocks(pairs, measure)
    lost = _lost_pairs(tasks, failed, BOUNDS[measure][1] - BOUNDS[measure][0])
    worst = None
    if len(lost):
        estimate = estimate._replace(
            note=notes(estimate.note, f"pairs missing after a failure: {len(lost)}")
        )
        if np.isfinite(lost["drift"]).all():
            worst = _over_blocks(pd.concat([pairs, lost]), measure)
    return MatchedDrift(measure, estimate, worst, names, len(pairs))


def matched_drift_by_position(
    turns: pd.DataFrame,
    tasks: pd.DataFrame,
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
    pairs = _pairs(turns, tasks, measure, finished)
    verdict = _untested(turns, tasks, sees_history)
    rows = []
    for position, group in pairs.groupby("position"):
        e = verdict or _over_blocks(group, measure)
        rows.append((position, e.value, e.low, e.high, e.p, e.units, len(group), e.note))
    columns = ["position", "value", "low", "high", "p", "blocks", "pairs", "note"]
    return pd.DataFrame(rows, columns=columns)


def _pairs(
    turns: pd.DataFrame, tasks: pd.DataFrame, measure: Measure, finished: bool
) -> pd.DataFrame:
    """Columns `block`, `order`, `position`, `drift`: one row a pair, positions ≥ 2."""
    results = outcomes(turns, tasks)
    _check_arms(results, finished)
    key = ["block", "order", "position"]
    arms = results.set_index([*key, "arm"])[measure].unstack("arm")
    arms = arms.reindex(columns=["chained", "fresh"]).dropna()
    sign = -1.0 if measure in HIGHER_IS_BETTER else 1.0
    pairs = (sign * (arms["chained"] - arms["fresh"])).rename("drift").reset_index()
    return pairs[pairs["position"] >= 2]


def _check_arms(results: pd.DataFrame, finished: bool) -> None:
    key = ["block", "order", "position"]
    twice = results[results.duplicated([*key, "arm"])]
    if len(twice):
        raise ArmsDoNotMatch(f"Played more than once in one arm: {_name(twice)}.")
    chained = results[results["arm"] == "chained"].set_index(key)
    fresh = results[results["arm"] == "fresh"].set_index(key)
    both = chained.index.intersection(fresh.index)
    same = ["task", "cap"]
    other = both[(chained.loc[both, same] != fresh.loc[both, same]).any(axis="columns")]
    if len(other):
        raise ArmsDoNotMatch(
            f"The two arms hold different tasks at {_name(chained.loc[other].reset_index())}: they "
            "come from different panels or seeds and cannot be compared."
        )
    if not finished:
        return
    for arm, here, there in (("fresh", chained, fresh), ("chained", fresh, chained)):
        alone = here[~here.index.isin(there.index)].reset_index()
        if len(alone):
            raise ArmsDoNotMatch(
                f"The {arm} arm has no play of {_name(alone)}, although nothing failed there. "
                "Start the same command again to play what is missing."
            )


def _name(rows: pd.DataFrame, at_most: int = 3) -> str:
    names = [
        f"{row['task']} (block {row['block']}, order {row['order']}, position {row['position']})"
        for row in rows.head(at_most).to_dict("records")
    ]
    more = len(rows) - at_most
    return ", ".join(names) + (f" and {more} more" if more > 0 else "")


def _untested(turns: pd.DataFrame, tasks: pd.DataFrame, sees_history: bool) -> Estimate | None:
    """The answer where there is nothing to test."""
    fresh = overall(turns, tasks)["fresh"]
    if not sees_history:
        return Estimate(
            0.0, 0.0, 0.0, units=fresh.units, note="zero by construction: it sees no history"
        )
    if fresh.value < ASSESSABLE:
        return Estimate(
            float("nan"),
            units=fresh.units,
            note=f"not assessable: fresh success {fresh.value:.2f} is below {ASSESSABLE:.2f}",
        )
    return None


def _over_blocks(pairs: pd.DataFrame, measure: Measure) -> Estimate:
    low, high = BOUNDS[measure]
    blocks = pairs.groupby("block", sort=False)["drift"].mean()
    return difference(blocks.to_numpy(float), "matched", measure, bounds=(low - high, high - low))


def _lost_pairs(tasks: pd.DataFrame, failed: list[Failure], worst: float) -> pd.DataFrame:
    """The pairs that failures took away, each with the drift that speaks most against the entry."""
    last = int(tasks["position"].max()) if len(tasks) else 0
    rows = [
        (failure.block, failure.order, position, worst)
        for failure in failed
        for position in range(max(2, failure.position), last + 1)
    ]
    return pd.DataFrame(rows, columns=["block", "order", "position", "drift"])
