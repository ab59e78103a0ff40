"""Labels and ticks of charts, and where a forest plot puts a difference."""

from __future__ import annotations

import math
from itertools import pairwise

import pytest

from harness.report.chart import spread, whole_ticks
from harness.report.forest import Forest, forest, reach
from harness.stats import Estimate


def test_labels_do_not_overlap() -> None:
    assert spread([10.0, 50.0], 14) == [10.0, 50.0]
    assert spread([20.0, 20.0], 14) == [13.0, 27.0]
    assert spread([22.0, 20.0], 14) == [28.0, 14.0]
    assert spread([], 14) == []


def test_four_labels_at_one_place_stay_apart_and_inside() -> None:
    placed = spread([10.0, 10.0, 9.0, 40.0], 14, low=8, high=150)
    assert all(b - a >= 14 - 1e-9 for a, b in pairwise(sorted(placed)))
    assert min(placed) >= 8 and placed.index(max(placed)) == 3


@pytest.mark.parametrize("last", [1, 2, 7, 8, 32, 99, 1000, 64000])
def test_ticks_are_few_and_start_at_one(last: int) -> None:
    ticks = whole_ticks(last)
    assert ticks[0] == 1
    assert len(ticks) <= 8
    assert ticks[-1] <= last
    assert sorted(set(ticks)) == ticks


def test_a_forest_plot_has_zero_in_its_middle_and_keeps_what_is_too_long() -> None:
    assert forest(Estimate(0.0, -0.5, 0.5), reach=1.0) == Forest(100.0, 52.0, 148.0)
    assert forest(Estimate(0.5, -3.0, 3.0), reach=0.5) == Forest(196.0, 4.0, 196.0)
    assert forest(Estimate(0.5), reach=1.0) == Forest(148.0, None, None)
    assert forest(Estimate(math.nan), reach=1.0) is None


@pytest.mark.parametrize(
    ("estimate", "far"),
    [
        (Estimate(0.1, -0.2, 0.2), 0.25),
        (Estimate(0.3), 0.5),
        (Estimate(-0.1, -0.6, 0.0), 1.0),
        (Estimate(1.2, 0.0, 2.0), 2.0),
        (Estimate(math.nan), 0.25),
    ],
)
def test_an_axis_ends_at_the_nearest_round_number(estimate: Estimate, far: float) -> None:
    assert reach([estimate]) == far
