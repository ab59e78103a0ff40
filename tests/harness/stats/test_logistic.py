"""Logistic regression over blocks, against statsmodels."""

import math
import tracemalloc
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pytest
import statsmodels.api as sm
from scipy.special import expit

from harness.keyed import generator
from harness.stats.logistic import logistic

Floats = npt.NDArray[np.float64]


class Data(NamedTuple):
    y: Floats
    x: Floats
    block: npt.NDArray[np.int64]


def data(rows: int, columns: int, blocks: int, scale: float = 1.0, level: float = -1.0) -> Data:
    """Blocks of unlike sizes that share an effect; of the columns only the second has one."""
    rng = generator("logistic", rows, columns, blocks)
    block = np.sort(rng.integers(blocks, size=rows)) * rng.integers(2, size=rows)
    x = np.column_stack([np.ones(rows), scale * rng.normal(1.0, 1.0, (rows, columns - 1))])
    log_odds = level + 0.5 * x[:, 1] / scale + rng.normal(0.0, 1.0, blocks)[block]
    return Data((rng.random(rows) < expit(log_odds)).astype(float), x, block)


@pytest.mark.parametrize(
    "sample",
    [
        data(60, 2, 4),
        data(400, 3, 8, level=-3.0),
        data(900, 5, 24, scale=1000.0),
        data(1500, 4, 60, scale=0.01, level=2.0),
    ],
)
def test_coefficients_and_covariance_are_those_of_statsmodels(sample: Data) -> None:
    ours = logistic(*sample)
    theirs = sm.GEE(
        sample.y,
        sample.x,
        groups=sample.block,
        family=sm.families.Binomial(),
        cov_struct=sm.cov_struct.Independence(),
    ).fit(cov_type="bias_reduced")
    assert ours.note == ""
    assert ours.blocks == len(np.unique(sample.block))
    assert ours.coefficients == pytest.approx(theirs.params, rel=1e-6)
    assert ours.covariance == pytest.approx(theirs.cov_params(), rel=1e-6)


def test_neither_the_order_of_the_rows_nor_the_names_of_the_blocks_matter() -> None:
    y, x, block = data(300, 3, 8)
    rows = generator("shuffle").permutation(300)
    shuffled = logistic(y[rows], x[rows], [f"block {b}" for b in block[rows]])
    assert shuffled.covariance == pytest.approx(logistic(y, x, block).covariance)


def test_a_block_played_twice_counts_once() -> None:
    y, x, block = data(300, 3, 8)
    once = logistic(y, x, block)
    twice = logistic(np.r_[y, y], np.r_[x, x], np.r_[block, block])
    assert twice.covariance == pytest.approx(once.covariance)


def test_nothing_of_the_size_of_a_block_squared_is_made() -> None:
    y, x, block = data(40_000, 4, 4)  # 10,000 rows a block: squared, 800 MB
    tracemalloc.start()
    logistic(y, x, block)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 10 * x.nbytes


def test_a_row_far_away_does_not_throw_the_fit_off() -> None:
    """Newton's method without backtracking runs away here, though there is a maximum."""
    rng = generator("heavy", 258)
    x = np.column_stack([np.ones(100), rng.standard_cauchy(100)])
    y = (rng.random(100) < expit(-4 + 0.1 * x[:, 1])).astype(float)
    fit = logistic(y, x, np.arange(100) // 4)
    assert fit.note == ""
    assert x.T @ (y - expit(x @ fit.coefficients)) == pytest.approx(0, abs=1e-6)


T = np.arange(12.0)
BLOCK = np.arange(12) // 3
MIXED = np.array([0, 1, 0, 1, 1, 0, 0, 0, 1, 0, 1, 1])


@pytest.mark.parametrize(
    ("outcome", "columns", "block", "why"),
    [
        ([], [[]], [], "no rows"),
        (np.zeros(12), [T], BLOCK, "the outcome is the same in all rows"),
        (np.ones(12), [T], BLOCK, "the outcome is the same in all rows"),
        (MIXED, [T, 2 * T + 1], BLOCK, "the columns are linearly dependent"),
        (MIXED, [np.zeros(12)], BLOCK, "the columns are linearly dependent"),
        (T > 5, [T], BLOCK, "separation, the coefficients run away"),
        (T > 5, [1e6 * T], BLOCK, "separation, the coefficients run away"),
        (MIXED * (T > 5), [T > 5], BLOCK, "separation, the coefficients run away"),
        (MIXED * (T < 9), [T, T + 1e-4 * (T >= 9)], BLOCK, "separation, the coefficients run away"),
        (MIXED, [T, T < 3], BLOCK, "one block alone determines a coefficient"),
        (MIXED, [T], np.zeros(12), "one block alone determines a coefficient"),
    ],
)
def test_where_it_is_not_estimable_it_says_why(
    outcome: npt.ArrayLike, columns: list[npt.ArrayLike], block: npt.ArrayLike, why: str
) -> None:
    fit = logistic(outcome, np.column_stack([np.ones(len(np.asarray(outcome))), *columns]), block)
    assert fit.note == f"not estimable: {why}"
    assert np.isnan(fit.coefficients).all()
    assert np.isnan(fit.covariance).all()


def test_what_is_nearly_separated_is_estimable() -> None:
    """One row on the wrong side is enough."""
    y = (T > 5).astype(float)
    y[8] = 0.0
    fit = logistic(y, np.column_stack([np.ones(12), T]), BLOCK)
    assert fit.note == ""
    assert math.isfinite(fit.coefficients[1])
