"""Logistic regression of turns that come in blocks.

    fit = logistic(error, np.column_stack([np.ones(n), t / 100]), block)
    fit.coefficients[1]                 # change of the log odds in 100 turns
    np.sqrt(fit.covariance[1, 1])       # its standard error

Turns of a block are not independent, and a million of them are not much in 24 blocks.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.special import expit

from harness.stats.clustered import influence

_Floats = npt.NDArray[np.float64]

ITERATIONS = 30
"""Where there is a maximum, Newton's method is there in about ten."""
TOLERANCE = 1e-8
"""Of the log odds of every row, at convergence."""


class Logistic(NamedTuple):
    """A fit, or why there is none."""

    coefficients: _Floats
    """Log odds per unit of each column, shape (columns,); NaN where it is not estimable."""
    covariance: _Floats
    """Of the coefficients, shape (columns, columns); NaN where it is not estimable."""
    blocks: int
    note: str = ""
    """Why it is not estimable; empty where it is."""


def logistic(outcome: npt.ArrayLike, design: npt.ArrayLike, block: npt.ArrayLike) -> Logistic:
    """Logistic regression by GEE with independence working correlation (Liang & Zeger 1986).

    The coefficients are those of maximum likelihood. Their covariance is clustered by block and
    bias-reduced (Mancl & DeRouen 2001, Biometrics 57:126): the residuals r_i of block i are
    inflated to (I - H_ii)^-1 r_i, for a fit comes too close to what it was fitted to. With
    X_i the rows of the block, W_i their weights p (1 - p), A_i = X_i' W_i X_i and A = Σ A_i,
    H_ii = W_i X_i A^-1 X_i', so that by Woodbury's identity

        A^-1 X_i' (I - H_ii)^-1 r_i  =  (A - A_i)^-1 X_i' r_i

    and the covariance is the sum over blocks of these vectors' outer products. Nothing larger
    than the design and (blocks, columns, columns) is ever made.

    Args:
        outcome: 0 or 1, shape (rows,).
        design: one column a coefficient, shape (rows, columns); the intercept is one of them.
        block: the cluster of each row, shape (rows,), in any order.

    Returns:
        Not estimable, and saying why, where the outcome is constant, the columns are linearly
        dependent, they separate the outcome (Albert & Anderson 1984, Biometrika 71:1: there is
        no maximum then, completely or quasi-completely), or a block determines a coefficient
        alone (A - A_i is singular).
    """
    codes, names = pd.factorize(np.asarray(block))
    rows = np.argsort(codes, kind="stable")
    starts = np.searchsorted(codes[rows], np.arange(len(names)))
    y, x = np.asarray(outcome, float)[rows], np.asarray(design, float)[rows]

    def no_fit(why: str) -> Logistic:
        columns = x.shape[1]
        unknown = np.full((columns, columns), np.nan)
        return Logistic(unknown[0], unknown, len(names), f"not estimable: {why}")

    if len(y) == 0 or np.ptp(y) == 0:
        return no_fit("the outcome is the same in all rows" if len(y) else "no rows")
    scale = np.sqrt(np.mean(x**2, axis=0))
    x /= np.where(scale > 0, scale, 1.0)
    if np.linalg.matrix_rank(x) < x.shape[1]:
        return no_fit("the columns are linearly dependent")
    coefficients = _maximum(y, x)
    if coefficients is None:
        return no_fit("separation, the coefficients run away")
    moved = _influence(y, x, coefficients, starts)
    if moved is None:
        return no_fit("one block alone determines a coefficient")
    moved /= scale
    return Logistic(coefficients / scale, moved.T @ moved, len(names))


def _maximum(y: _Floats, x: _Floats) -> _Floats | None:
    """Maximum likelihood by Newton's method with backtracking; None if the coefficients run away.

    Under separation the log odds grow by about one an iteration, for ever, or so fast that the
    fitted probabilities are 0 and 1 and nothing is left to solve.
    """
    coefficients, log_odds = np.zeros(x.shape[1]), np.zeros(len(x))
    loss = _loss(y, log_odds)
    for _ in range(ITERATIONS):
        p = expit(log_odds)
        information = x.T @ (x * (p * (1 - p))[:, None])
        step, _, rank, _ = np.linalg.lstsq(information, x.T @ (y - p))
        if rank < x.shape[1]:
            return None
        change = x @ step
        if np.abs(change).max() < TOLERANCE:
            return coefficients + step
        size = 1.0
        while (new := _loss(y, log_odds + size * change)) > loss * (1 + TOLERANCE):
            size /= 2
        coefficients, log_odds, loss = coefficients + size * step, log_odds + size * change, new
    return None


def _loss(y: _Floats, log_odds: _Floats) -> float:
    """Negative log-likelihood."""
    return float(np.logaddexp(0.0, np.where(y > 0, -log_odds, log_odds)).sum())


def _influence(
    y: _Floats, x: _Floats, coefficients: _Floats, starts: npt.NDArray[np.intp]
) -> _Floats | None:
    """Shape (blocks, columns); the rows of each block are together, from `starts` on."""
    p = expit(x @ coefficients)
    scores = np.add.reduceat(x * (y - p)[:, None], starts)
    weighted = x * (p * (1 - p))[:, None]
    information = np.stack(
        [np.add.reduceat(weighted * column[:, None], starts) for column in x.T], axis=1
    )
    return influence(scores, information)
