"""From a maximum to an interval over blocks."""

import math

import numpy as np
import pytest
from scipy import stats

from harness.keyed import generator
from harness.stats.clustered import influence, t_interval


def test_for_least_squares_influence_is_what_leaving_out_the_block_changes() -> None:
    rng = generator("least squares")
    x, y = rng.normal(size=(5, 8, 3)), rng.normal(size=(5, 8))  # blocks, rows, columns
    everything = np.linalg.lstsq(x.reshape(-1, 3), y.ravel())[0]
    scores = np.einsum("brc,br->bc", x, y - x @ everything)
    moved = influence(scores, np.einsum("brc,brd->bcd", x, x))
    assert moved is not None
    for b in range(5):
        rest = np.arange(5) != b
        without = np.linalg.lstsq(x[rest].reshape(-1, 3), y[rest].ravel())[0]
        assert moved[b] == pytest.approx(everything - without)


def test_there_is_none_where_a_block_determines_a_parameter_alone() -> None:
    information = np.stack([np.eye(2), np.diag([1.0, 0.0])])
    assert influence(np.ones((2, 2)), information) is None


def test_the_interval_leaves_out_just_what_is_significant() -> None:
    q = float(stats.t.ppf(0.975, 7))
    assert t_interval(1.0, 0.5, freedom=7, units=8).low == pytest.approx(1.0 - 0.5 * q)
    at_the_bound = t_interval(2.0, 0.5, freedom=7, units=8, null=2.0 - 0.5 * q)
    assert at_the_bound.p == pytest.approx(0.05)


def test_where_all_blocks_agree_there_is_no_interval() -> None:
    estimate = t_interval(1.0, 1e-12, freedom=7, units=8)
    assert math.isnan(estimate.low)
    assert math.isnan(estimate.p)
    assert estimate.note == "interval not estimable: all blocks agree"
