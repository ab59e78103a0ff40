"""Levels: bootstrap-t over blocks."""

import math

import numpy as np
import pytest

from harness.keyed import generator
from harness.stats import level


def test_the_value_is_the_mean_over_blocks() -> None:
    estimate = level([0.0, 0.5, 1.0, math.nan], "test")
    assert estimate.value == 0.5
    assert estimate.units == 3
    assert 0 <= estimate.low < 0.5 < estimate.high <= 1


def test_equal_keys_equal_intervals() -> None:
    values = [0.2, 0.4, 0.9, 0.5, 0.7]
    assert level(values, "a") == level(values, "a")
    assert level(values, "a") != level(values, "b")


@pytest.mark.parametrize(
    ("values", "note"),
    [
        ([], "no block yet"),
        ([0.5], "interval not estimable: one block"),
        ([0.5, 0.5, 0.5], "interval not estimable: all blocks agree"),
    ],
)
def test_where_there_is_no_interval_it_says_why(values: list[float], note: str) -> None:
    estimate = level(values, "test")
    assert math.isnan(estimate.low)
    assert math.isnan(estimate.high)
    assert estimate.note == note


def coverage(success: float, blocks: int, replications: int = 400) -> float:
    """Share of intervals that hold the truth: 8 tasks a block, blocks of unlike difficulty."""
    rng = generator("coverage", blocks, str(success))
    held, estimable = 0, 0
    for r in range(replications):
        difficulty = rng.beta(8 * success, 8 * (1 - success), blocks)
        estimate = level(rng.binomial(8, difficulty) / 8, r)
        if not math.isnan(estimate.low):
            estimable += 1
            held += estimate.low <= success <= estimate.high
    return held / estimable


@pytest.mark.parametrize("success", [0.5, 0.8, 0.9])
@pytest.mark.parametrize("blocks", [8, 24])
def test_it_covers_the_truth_also_near_the_ceiling(success: float, blocks: int) -> None:
    assert coverage(success, blocks) >= 0.92


def test_it_is_clipped_to_the_range_of_the_measure() -> None:
    values = np.array([1, 1, 1, 1, 1, 0.5])
    assert level(values, "test").high == 1.0
    assert level(values, "test", bounds=(-math.inf, math.inf)).high > 1.0
