"""Phase 3, third step: how strong, bounded by what it does to the next token."""

from __future__ import annotations

from collections.abc import Sequence

from harness.lm import Divergence, Steering


def largest_within(
    steering: Steering, doses: Sequence[float], bound: float, divergence: Divergence
) -> float:
    """The largest dose up to which every dose keeps the KL divergence within `bound`.

    Args:
        steering: vectors that stand for a dose of 1.
        doses: candidates, ascending.
        bound: in nats, of the next-token distribution at the decision's first token. (The paper
            bounds it too, but does not say by how much or where; this is our reading.)
        divergence: measures candidates.

    Returns:
        0 if even the smallest dose is too much.
    """
    chosen = 0.0
    measured = divergence([steering.scaled(dose) for dose in doses])
    for dose, nats in zip(doses, measured, strict=True):
        if not nats <= bound:  # what is not a number is not within
            break
        chosen = dose
    return chosen
