"""The largest dose whose effect on the next token stays within the bound."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
import torch

from harness.lm import Steering
from npm_method.strength import largest_within

WHOLE = Steering((3,), torch.tensor([[2.0, 0.0]]))
DOSES = [0.1, 0.2, 0.3, 0.4]


@pytest.mark.parametrize(
    ("nats", "chosen"),
    [
        ([0.01, 0.02, 0.03, 0.04], 0.4),
        ([0.01, 0.02, 0.2, 0.9], 0.3),  # the bound itself is within
        ([0.01, 0.5, 0.02, 0.02], 0.1),  # what lies beyond a dose that is too much is not asked
        ([0.5, 0.01, 0.01, 0.01], 0.0),
        ([0.01, float("nan"), 0.01, 0.01], 0.1),
    ],
)
def test_the_largest_dose_within(nats: list[float], chosen: float) -> None:
    assert largest_within(WHOLE, DOSES, 0.2, lambda candidates: nats) == chosen


def test_candidates_are_the_vectors_at_each_dose() -> None:
    asked: list[Steering] = []

    def divergence(candidates: Sequence[Steering]) -> list[float]:
        asked.extend(candidates)
        return [0.0] * len(candidates)

    largest_within(WHOLE, DOSES, 0.2, divergence)
    norms = [float(candidate.vectors.norm()) for candidate in asked]
    assert norms == pytest.approx([2 * dose for dose in DOSES])
    assert {candidate.layers for candidate in asked} == {(3,)}
