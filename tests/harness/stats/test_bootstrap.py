"""Levels: bootstrap-t over blocks."""

import math
import tracemalloc

import numpy as np
import numpy.typing as npt
import pytest

from harness.keyed import generator
from harness.stats import level, levels

EVERYWHERE = (-math.inf, math.inf)


def interval_by_hand(x: npt.NDArray[np.float64], key: str) -> tuple[float, float]:
    """The definition, draw by draw."""
    n, width = len(x), x.std(ddof=1)
    ts = []
    for drawn in generator("bootstrap", key).integers(n, size=(1999, n)):
        spread = max(x[drawn].std(ddof=1), width / math.sqrt(n))
        ts.append((x[drawn].mean() - x.mean()) / spread)
    lower, upper = np.quantile(ts, [0.025, 0.975])
    return x.mean() - upper * width, x.mean() - lower * width


def curves(blocks: int = 12, points: int = 40) -> npt.NDArray[np.float64]:
    """Shares of errors of blocks that end at different points, with a hole here and there."""
    rng = generator("curves")
    values = rng.binomial(2, 0.3, (blocks, points)) / 2
    values[np.arange(points) >= rng.integers(5, points, (blocks, 1))] = math.nan
    values[rng.random(values.shape) < 0.05] = math.nan
    values[:, 3], values[:, -2:], values[0, -2] = 0.5, math.nan, 0.5
    return values


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


@pytest.mark.parametrize("blocks", [2, 7, 20])
def test_the_interval_is_the_bootstrap_t_interval(blocks: int) -> None:
    x = generator("by hand", blocks).beta(8, 2, blocks)
    estimate = level(x, "key", bounds=EVERYWHERE)
    assert (estimate.low, estimate.high) == pytest.approx(interval_by_hand(x, "key"))


def test_a_point_of_a_curve_has_the_level_of_its_column() -> None:
    values = curves()
    band = levels(values, "curve")
    assert {0, 1} < set(band.units.tolist())
    for column, *point in zip(values.T, *band, strict=True):
        one = level(column, "curve")
        expected = (one.value, one.low, one.high, one.units)
        assert point == pytest.approx(expected, abs=1e-12, nan_ok=True)


def test_a_block_that_is_missing_at_a_point_is_not_drawn_there() -> None:
    values = curves()
    column = values[:, 10]
    present = column[~np.isnan(column)]
    assert 2 < len(present) < len(column)
    band = levels(values, "key", bounds=EVERYWHERE)
    assert (band.low[10], band.high[10]) == pytest.approx(interval_by_hand(present, "key"))


def test_a_band_is_unknown_where_it_is_not_estimable() -> None:
    band = levels(curves(), "curve")
    assert math.isnan(band.value[-1])  # no block
    assert band.units[-2] == 1
    assert band.value[3] == 0.5  # all blocks agree
    unknown = np.isnan(band.low)
    assert unknown[[3, -2, -1]].all()
    assert np.array_equal(unknown, np.isnan(band.high))
    assert not unknown[:3].any()


def test_a_curve_without_points_or_blocks_is_empty() -> None:
    assert levels(np.empty((5, 0)), "curve").value.shape == (0,)
    assert np.isnan(levels(np.empty((0, 3)), "curve").value).tolist() == [True] * 3


def test_a_long_curve_needs_little_memory() -> None:
    values = generator("long").random((100, 2500))
    tracemalloc.start()
    levels(values, "curve")
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 100e6
