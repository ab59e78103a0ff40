"""Drift slope: do errors get more frequent as the session goes on?

`drift_slope(lived).odds_ratio` prints as ``1.42 [1.10, 1.83] p=.009``: after 100 turns more, the
odds of an error are 1.42 times what they were.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd

from harness.stats import Estimate, notes
from harness.stats.clustered import t_interval
from harness.stats.logistic import logistic

_Floats = npt.NDArray[np.float64]

FEWEST_BLOCKS = 3
"""That leave a degree of freedom."""


class Slope(NamedTuple):
    """The change of the odds of an error with the session's age."""

    odds_ratio: Estimate
    """Per 100 turns, in (0, ∞); 1: no drift, and `p` is that of 1."""
    coefficient: Estimate
    """The same as log odds per turn: the b of P(error at t) = σ(a + b t); 0: no drift."""


def drift_slope(lived: pd.DataFrame, kind: str = "error") -> Slope:
    """Slope of the errors over the turns of the chained sessions. Secondary measure.

        logit P(error) = intercept + β t/100 + γ (turn within the task) + δ[family]

    with t the turn of the session; odds ratio = exp(β). Turn and family enter where they vary.
    GEE with independence working correlation, since t depends on the errors before it, clustered by
    block and bias-reduced (see `harness.stats.logistic`); the interval takes the t quantile with
    blocks - 2 degrees of freedom.

    What comes late in a session are other tasks than what comes early. Unless every task is played
    early as often as late, in orders that balance each other, the slope mixes how hard they are
    with age; matched drift does not.

    Args:
        lived: the turns of whole tasks, as `harness.drift.played` gives them.
        kind: a column of `harness.errors.classify`; turns where it is unknown are left out, and
            counted in the note.

    Returns:
        Not estimable, and saying why, with fewer than three blocks, without errors or with nothing
        else, if all tasks began at the same age (t and the turn within the task are one then), or
        if the columns separate errors from other turns, as a family without any error does.
    """
    chained = lived[lived["arm"] == "chained"]
    known = chained[chained[kind].notna()]
    unknown = len(chained) - len(known)
    aside = f"turns where it is unknown, left out: {unknown}" if unknown else ""
    if why := _obstacle(known, kind):
        nothing = Estimate(
            math.nan,
            units=known["block"].nunique(),
            note=notes(f"not estimable: {why}", aside),
        )
        return Slope(nothing, nothing)

    fit = logistic(known[kind].to_numpy(float), _design(known), known["block"].to_numpy())
    error = math.sqrt(fit.covariance[1, 1])
    beta = t_interval(float(fit.coefficients[1]), error, freedom=fit.blocks - 2, units=fit.blocks)
    beta = beta._replace(note=notes(beta.note, fit.note, aside))
    return Slope(_mapped(beta, np.exp), _mapped(beta, lambda log_odds: log_odds / 100))


def _mapped(e: Estimate, scale: Callable[[_Floats], _Floats]) -> Estimate:
    """The same on another scale."""
    with np.errstate(over="ignore"):  # a bound may well be ∞
        value, low, high = scale(np.array((e.value, e.low, e.high))).tolist()
    return e._replace(value=value, low=low, high=high)


def _obstacle(known: pd.DataFrame, kind: str) -> str:
    """What would stand in the way of any fit; empty if nothing does."""
    if len(known) == 0:
        return "no turn where it is known"
    if known["block"].nunique() < FEWEST_BLOCKS:
        return f"fewer than {FEWEST_BLOCKS} blocks"
    share = known[kind].mean()
    if share in (0, 1):
        return "every turn is in error" if share else "no turn is in error"
    if (known["session_turn"] - known["turn"]).nunique() == 1:
        return "all tasks began at the same age"
    return ""


def _design(known: pd.DataFrame) -> _Floats:
    """Intercept, t/100, and what varies of turn and family; shape (turns, columns)."""
    others = known[["turn"]].astype(float)
    if "family" in known:
        others = others.join(pd.get_dummies(known["family"], drop_first=True, dtype=float))
    others = others.loc[:, others.nunique() > 1]
    return np.column_stack([np.ones(len(known)), known["session_turn"] / 100, others])
