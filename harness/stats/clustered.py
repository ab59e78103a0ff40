"""From a maximum of the likelihood to an interval, where units come in blocks.

    moved = influence(scores, information)          # a row a block
    t_interval(k, np.linalg.norm(moved[:, 1]), freedom=blocks - 1, units=blocks)

Clustered, bias-reduced, with a t quantile: blocks are few.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy import stats

from harness.stats.estimate import ALPHA, Estimate

_Floats = npt.NDArray[np.float64]

ROUNDING = 1e-8
"""What is as near to a limit as this has reached it."""


def influence(scores: _Floats, information: _Floats) -> _Floats | None:
    """How far each block moves the parameters: (A - A_i)^-1 u_i, None where that is singular.

    The outer products of its rows add up to the covariance of the parameters, clustered by block
    and bias-reduced (Mancl & DeRouen 2001, Biometrics 57:126; near to what leaving out one block
    after the other would give). It is solved in coordinates where A = Σ A_i is the identity; there
    the largest eigenvalue of A_i is the leverage of block i: 1 where it determines a parameter
    alone.

    Args:
        scores: u_i, sums over each block of the log-likelihood's gradients, shape
            (blocks, parameters).
        information: A_i, sums of the negative Hessians, shape (blocks, parameters, parameters).
    """
    whiten = np.linalg.inv(np.linalg.cholesky(information.sum(axis=0)))
    share = whiten @ information @ whiten.T
    if np.linalg.eigvalsh(share).max() > 1 - ROUNDING:
        return None
    others = np.eye(scores.shape[1]) - share
    moved: _Floats = np.linalg.solve(others, (scores @ whiten.T)[..., None])[..., 0] @ whiten
    return moved


def t_interval(
    value: float, error: float, *, freedom: int, units: int, null: float = 0.0
) -> Estimate:
    """Value ± t quantile x standard error, and the p of the hypothesis that it is `null`.

    Args:
        value, error: the parameter and its standard error, on a scale that has no bounds.
        freedom: degrees of freedom, at least 1; units: blocks.
    """
    if error < ROUNDING:
        return Estimate(value, units=units, note="interval not estimable: all blocks agree")
    reach = float(stats.t.ppf(1 - ALPHA / 2, freedom)) * error
    p = 2 * float(stats.t.sf(abs(value - null) / error, freedom))
    return Estimate(value, value - reach, value + reach, p, units)
