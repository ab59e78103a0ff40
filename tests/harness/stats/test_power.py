"""Power: simulated panels of normal differences, judged by the sign-flip test itself."""

import math

import numpy as np
import numpy.typing as npt
import pytest

from harness.keyed import generator
from harness.stats import (
    blocks_needed,
    detectable,
    difference,
    fewest_blocks,
    sign_flip_p,
    smallest_p,
)


def differences(blocks: int, spread: float) -> npt.NDArray[np.float64]:
    """Differences with just this standard deviation."""
    d = generator("spread", blocks).normal(size=blocks)
    return np.asarray(spread * d / d.std(ddof=1), float)


def power_of(true: float, spread: float, blocks: int, comparisons: int = 1) -> float:
    """Share of 1,000 panels that show the true difference."""
    panels = generator("panels", blocks).normal(true, spread, (1000, blocks))
    return float(np.mean(sign_flip_p(panels, "panels") <= 0.05 / comparisons))


@pytest.mark.parametrize(
    ("blocks", "comparisons"), [(6, 1), (8, 1), (8, 6), (11, 6), (15, 6), (24, 1), (24, 6)]
)
def test_a_panel_shows_the_detectable_difference_in_four_of_five(
    blocks: int, comparisons: int
) -> None:
    true = detectable(differences(blocks, 0.2), comparisons)
    assert power_of(true, 0.2, blocks, comparisons) == pytest.approx(0.8, abs=0.04)


def test_another_power_can_be_asked_for() -> None:
    d = differences(24, 0.2)
    assert detectable(d, power=0.5) < detectable(d) < detectable(d, power=0.95)
    assert power_of(detectable(d, power=0.95), 0.2, 24) == pytest.approx(0.95, abs=0.03)


def test_the_detectable_difference_grows_with_the_spread_and_the_comparisons() -> None:
    for blocks in (9, 24):
        one = detectable(differences(blocks, 0.1))
        assert detectable(differences(blocks, 0.3)) == pytest.approx(3 * one)
        assert detectable(differences(blocks, 0.1), comparisons=6) > one


def test_a_block_without_a_difference_does_not_count() -> None:
    d = differences(10, 0.2)
    assert detectable([*d, math.nan]) == detectable(d)


def test_nothing_is_detectable_where_no_outcome_could_reach_significance() -> None:
    assert detectable(differences(5, 0.2)) == math.inf
    assert detectable(differences(7, 0.2), comparisons=6) == math.inf
    assert math.isfinite(detectable(differences(6, 0.2)))


@pytest.mark.parametrize("values", [[], [0.5], [0.5, math.nan], [0.5] * 8])
def test_without_a_spread_it_is_unknown(values: list[float]) -> None:
    assert math.isnan(detectable(values))


@pytest.mark.parametrize(("comparisons", "blocks"), [(1, 6), (2, 7), (3, 7), (6, 8), (7, 9)])
def test_the_fewest_blocks_are_the_first_that_can_reach_significance(
    comparisons: int, blocks: int
) -> None:
    assert fewest_blocks(comparisons) == blocks
    assert smallest_p(blocks) <= 0.05 / comparisons < smallest_p(blocks - 1)
    assert difference([0.5] * blocks, "test").p <= 0.05 / comparisons


@pytest.mark.parametrize(("true", "comparisons"), [(0.3, 1), (0.22, 1), (0.1, 1), (0.16, 6)])
def test_the_blocks_needed_show_the_difference_and_one_less_does_not(
    true: float, comparisons: int
) -> None:
    blocks = blocks_needed(true, 0.2, comparisons)
    assert detectable(differences(blocks, 0.2), comparisons) <= true * 1.001
    assert detectable(differences(blocks - 1, 0.2), comparisons) > true


def test_a_large_difference_still_needs_the_fewest_blocks() -> None:
    assert blocks_needed(1.0, 0.1) == 6
    assert blocks_needed(0.2, 0.0) == 6  # blocks that agree
    assert blocks_needed(0.2, 0.0, comparisons=6) == 8


def test_a_small_difference_needs_as_many_blocks_as_a_normal_test() -> None:
    """(1.960 + 0.842)² / effect², where the spread is as good as known."""
    assert blocks_needed(0.001, 0.1) == pytest.approx(7.849 * 1e4, rel=1e-3)


@pytest.mark.parametrize(
    ("difference", "spread", "message"),
    [
        (0.0, 0.1, "a difference above zero, not 0.0"),
        (-0.1, 0.1, "a difference above zero, not -0.1"),
        (math.nan, 0.1, "a difference above zero, not nan"),
        (0.1, -0.1, "a spread of zero or more, not -0.1"),
        (0.1, math.nan, "a spread of zero or more, not nan"),
    ],
)
def test_it_says_what_cannot_be_asked(difference: float, spread: float, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        blocks_needed(difference, spread)
