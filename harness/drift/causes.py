"""Why an agent drifts: the length of its context, what stands in it, or its own errors.

    drift = chained - fresh
          = (padded - fresh) + (expert - padded) + (chained - expert)
             length            interference        self-conditioning

in losses, over the (session, position ≥ 2) that have all arms, so that the sum always holds. The
names of the causes hold only where the arms are what they say: their histories as long as the
chained one. In a persistent world there is no expert arm; what is not length is then `content`.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Literal, NamedTuple

import pandas as pd

from harness.drift.arms import check_arms
from harness.drift.matched import untested
from harness.drift.outcomes import PLACE, Failure, Measure, arms_in
from harness.drift.pairs import complete, difference_by_block, estimate, lost
from harness.records import Arm
from harness.stats import ALPHA, Estimate, holm, notes

Cause = Literal["length", "interference", "self-conditioning", "content"]

FOUR_ARMS: tuple[Arm, ...] = ("chained", "fresh", "padded", "expert")
"""The arms that tell all three causes apart."""

STEPS: Mapping[tuple[Arm, ...], Mapping[Cause, tuple[Arm, Arm]]] = {
    FOUR_ARMS: {
        "length": ("padded", "fresh"),
        "interference": ("expert", "padded"),
        "self-conditioning": ("chained", "expert"),
    },
    ("chained", "fresh", "padded"): {
        "length": ("padded", "fresh"),
        "content": ("chained", "padded"),
    },
}
"""What can be told apart with which arms: arm and base of each difference."""

LARGEST_GAP = 0.1
"""Difference in length from the chained history, on average, above which no cause is named."""


class Causes(NamedTuple):
    """Matched drift in one measure, split."""

    measure: Measure
    parts: Mapping[Cause, Estimate]
    """Each cause's share of the drift, in losses; they add up to `total`."""
    worst: Mapping[Cause, Estimate]
    """With every missing pair set for the cause; empty where none is missing."""
    total: float
    """Drift over the same pairs."""
    gap: float
    """Σ |history - chained history| ÷ Σ chained history, in tokens, of the arm where it is larger;
    NaN: the agent counts no tokens."""
    pairs: int
    """(session, position) that have all arms."""
    unnamed: str
    """Why no cause is named; empty where one can be."""

    @property
    def named(self) -> list[Cause]:
        """The causes that are shown to make it drift: above zero after Holm's correction."""
        if self.unnamed:
            return []
        corrected = holm([part.p for part in self.parts.values()])
        return [
            cause
            for (cause, part), p in zip(self.parts.items(), corrected, strict=True)
            if p <= ALPHA and part.value > 0
        ]


def causes(
    results: pd.DataFrame,
    measure: Measure = "success",
    *,
    failed: Sequence[Failure] = (),
    finished: bool = True,
    sees_history: bool = True,
) -> Causes | None:
    """Split matched drift into its causes; None if no arm was played that could tell.

    Each part: mean over blocks of loss(arm) - loss(base) with its paired sign-flip p and interval,
    as in `matched_drift`. Range: [-1, 1]. Secondary measure.

    Args:
        results: as `harness.drift.outcomes` gives them.
        failed: what `harness.drift.failures` found.
        finished: False for a run still going.
        sees_history: False for an agent whose prompts are equal in all arms.

    Raises:
        ArmsDoNotMatch: an arm of a finished run lacks a task, or the arms hold different tasks.
    """
    check_arms(results, finished=finished)
    results = results[results["arm"] != "undamaged"]  # it differs in the world, not in the history
    arms = tuple(arms_in(results))
    if arms not in STEPS:
        return None
    rows = complete(results, measure, arms)
    steps = STEPS[arms]
    blocks = pd.DataFrame(
        {cause: difference_by_block(rows, measure, *step) for cause, step in steps.items()}
    )
    known = blocks.dropna()  # parts over the same blocks, or they would not add up
    verdict = untested(results, measure, arms, sees_history)
    parts = {cause: verdict or estimate(known[cause], measure, cause) for cause in steps}
    if aside := len(blocks) - len(known):
        note = f"blocks left out, unknown in one of the arms: {aside}"
        parts = {c: part._replace(note=notes(part.note, note)) for c, part in parts.items()}
    drift = difference_by_block(rows, measure, "chained", "fresh")[known.index].mean()
    gap, pairs = _gap(results, arms), len(rows) // len(arms)
    hopeless = untested(results, measure, arms, sees_history, failed)
    return Causes(
        measure,
        parts,
        worst=_worst(rows, measure, steps, () if hopeless else failed),
        total=verdict.value if verdict else float(drift),
        gap=gap,
        pairs=pairs,
        unnamed=verdict.note if verdict else _unlike(gap, pairs),
    )


def _worst(
    rows: pd.DataFrame,
    measure: Measure,
    steps: Mapping[Cause, tuple[Arm, Arm]],
    failed: Sequence[Failure],
) -> dict[Cause, Estimate]:
    worst = {}
    for cause, step in steps.items():
        against = lost(failed, measure, *step)
        if len(against):
            both = pd.concat([rows, against])
            worst[cause] = estimate(difference_by_block(both, measure, *step), measure, cause)
    return worst


def _gap(results: pd.DataFrame, arms: tuple[Arm, ...]) -> float:
    """How far the arms' histories are from the chained one's length, of all its length."""
    rows = complete(results, "success", arms)
    tokens = rows.set_index([*PLACE, "arm"])["context_tokens"].unstack("arm").reindex(columns=arms)
    history = tokens.sub(tokens["fresh"], axis="index")  # brief and task are in all of them
    lived = history["chained"].sum()
    if not lived > 0:
        return math.nan
    off = [(history[arm] - history["chained"]).abs().sum() for arm in arms[2:]]
    return float(max(off) / lived)


def _unlike(gap: float, pairs: int) -> str:
    if pairs and math.isnan(gap):
        return "no cause is named: the lengths of the histories are unknown"
    if gap > LARGEST_GAP:
        return (
            f"no cause is named: the arms' histories differ by {gap:.0%} in length from the "
            f"chained ones, more than {LARGEST_GAP:.0%}"
        )
    return ""
