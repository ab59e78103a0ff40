"""Measures as others publish them, so that their readers can compare; each with its known bias.

    goal_drift(lived)               # 0.06 [0.03, 0.10]
    aging_half_life(results)        # 3.40 [2.10, 5.80] (of the 9 of 24 sessions that reached it)

All are of the chained arm, and secondary. Formulas are as published, or the docstring says what is
our reading; means are over blocks, and the intervals, which are ours, are bootstrap-t over blocks.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.special import comb

from harness.stats import Estimate, level, notes

AGING = -0.01
"""Slope a checkpoint below which AgingBench's cards say "aging detected"."""

BASELINE, WINDOW = 20, 50
"""Turns that the stability index takes as its baseline, and turns a window after it."""
TOOL_SELECTION, OUTPUT_LENGTH = 0.25 / 3, 0.20 / 3
"""Weights of the two dimensions of the stability index that can be computed."""

_SESSION = ["block", "order"]
_Floats = npt.NDArray[np.float64]


def goal_drift(lived: pd.DataFrame) -> Estimate:
    """Goal drift as published (arXiv 2505.02709): how much oftener it is off the goal than fresh.

        mean over tasks of max(0, off-goal share chained - off-goal share fresh)

    with the task's fresh run as the baseline, at positions ≥ 2; off-goal: turns that regress or
    stall, among those with a known distance. (Theirs is the share of a budget put into what serves
    another goal.) Range: [0, 1].

    Biased upwards by the maximum: noise alone makes it positive, the more the shorter the tasks,
    and an agent that learns cannot show it. So no test of zero is given; matched drift has one.
    """
    aged = lived[lived["position"] >= 2]
    off_goal = (aged["regress"] | aged["stalled"]).astype("Float64")
    task = [aged[name] for name in (*_SESSION, "position", "arm")]
    shares = off_goal.groupby(task).mean().unstack("arm").reindex(columns=["chained", "fresh"])
    excess = (shares["chained"] - shares["fresh"]).astype(float).clip(lower=0.0)
    estimate = level(_block_means(excess), "goal drift")
    unknown = int(excess.isna().sum())
    if unknown == 0:
        return estimate
    return estimate._replace(
        note=notes(estimate.note, f"tasks left out, no distance known in both arms: {unknown}")
    )


def stability_index(lived: pd.DataFrame) -> Estimate:
    """Two of the twelve dimensions of the Agent Stability Index (arXiv 2601.04170), renormalised.

        mean over windows of (w_sel · T_sel + w_length · B_length) / (w_sel + w_length)

    Published (after summaries that agree; the paper itself was not at hand): each dimension is
    brought to [0, 1], 1 being stable, and has a third of its group's weight (responses .30, tools
    .25, agents .25, boundaries .20); a window is 50 interactions, the baseline the first 20. Here
    an interaction is a turn, a tool the first word of a command, the windows do not overlap, and
    - T_sel, tool selection (chi-squared of the window's tools against the baseline's) = 1 - √(χ²/n)
    - B_length, output length (coefficient of variation CV of the tokens a turn) = 1 / (1 + CV)
    How a statistic is brought to [0, 1] is not said: both forms are our reading.

    Left out, because the tables do not hold it: semantic similarity, reasoning paths, calibration.
    Because it is not said what is compared or how: tool sequences, tool parameters, clusters of
    errors. Because there is one agent and no human: coordination, interventions.

    Range: [0, 1], higher is stabler. Known bias: it knows no tasks, so that a change of task is
    instability; a learner is unstable and an agent that goes round in circles stable; and 20 turns
    are few: with six commands drawn evenly T_sel is .74 for an agent that never changes.
    """
    turns = lived[lived["arm"] == "chained"]
    window = ((turns["session_turn"] - BASELINE - 1) // WINDOW).rename("window")  # baseline: -1
    key = [turns["block"], turns["order"], window]
    tokens = turns["generated_tokens"].groupby(key).agg(["size", "mean", "std"])
    whole = tokens[tokens["size"] == WINDOW]  # not the baseline, which has fewer turns
    length = 1 / (1 + whole["std"] / whole["mean"])

    tool = turns["command"].astype("str").str.split(n=1).str[0].rename("tool")
    used = tool.groupby([*key, tool]).size().unstack(fill_value=0)
    at_first = used[used.index.get_level_values("window") == -1].droplevel("window")
    first = at_first.reindex(whole.reset_index("window").index)
    selection = 1 - _cramers_v(used.reindex(whole.index).to_numpy(float), first.to_numpy(float))

    index = (TOOL_SELECTION * selection + OUTPUT_LENGTH * length) / (TOOL_SELECTION + OUTPUT_LENGTH)
    sessions = index.groupby(_SESSION).mean()
    estimate = level(_block_means(sessions), "stability index")
    short = len(turns[_SESSION].drop_duplicates()) - int(sessions.notna().sum())
    if short == 0:
        return estimate
    return estimate._replace(
        note=notes(estimate.note, f"sessions left out, no whole window known: {short}")
    )


def aging_slope(results: pd.DataFrame) -> Estimate:
    """Aging slope as published by AgingBench (arXiv 2605.26302; metrics/aging.py of its code).

        mean over sessions of the OLS slope of score on checkpoint

    A checkpoint is a task (position 1 too), its score 1 - error rate. Unit: score a task; negative:
    it gets worse. Range: [-1, 1].

    It has no fresh arm, so that harder tasks late in the sessions count as aging: only orders that
    are balanced keep that from biasing it. Of so few points the slope of one session is noise.
    """
    slopes = _by_session(results, ols_slope)
    return level(_block_means(slopes), "aging slope", bounds=(-1.0, 1.0))


def aging_detected(results: pd.DataFrame) -> Estimate:
    """Share of sessions in which AgingBench would say "aging detected", as published.

        share of sessions with an OLS slope below -0.01 a checkpoint

    Range: [0, 1]. (Their cards have a second criterion, for runs without a slope; another of their
    files has the threshold -0.005.)

    The threshold is fixed, whatever the noise: of an agent that does not age, 34% of the sessions
    pass for aging with six tasks of 20 turns, more with fewer or shorter ones.
    """
    slopes = _by_session(results, ols_slope)
    return level(_block_means((slopes < AGING).astype(float).where(slopes.notna())), "aging")


def aging_half_life(results: pd.DataFrame) -> Estimate:
    """Half-life as published by AgingBench (arXiv 2605.26302; metrics/aging.py of its code).

        mean, over the sessions that reached it, of the first checkpoint, by linear interpolation,
        at which the score is at most half of the score at the first

    Checkpoints and scores as in `aging_slope`; unit: tasks after the first. Range: 0 … ∞.

    Biased downwards: sessions that never reached it are left out of the mean instead of censored,
    so that it cannot exceed the length of a session, and a rare collapse passes for a short life.
    One bad task is enough. `harness.drift.half_life` and `horizon` censor.
    """
    lives = _by_session(results, half_lives).dropna()
    reached = lives[np.isfinite(lives)]
    if len(lives) and reached.empty:
        return Estimate(math.inf, note=f"reached by none of {len(lives)} sessions")
    estimate = level(_block_means(reached), "aging half-life", bounds=(0.0, math.inf))
    if reached.empty:
        return estimate
    of = f"of the {len(reached)} of {len(lives)} sessions that reached it"
    return estimate._replace(note=notes(estimate.note, of))


def pass_hat_k(results: pd.DataFrame, k: int, arm: str = "chained") -> Estimate:
    """pass^k as published by τ-bench (arXiv 2406.12045): does it win the same task k times?

        mean over tasks of C(c, k) / C(n, k),    n plays of the task in this arm, c of them won

    A block's orders are the plays, so that k is at most their number; a play to which several rows
    point counts once. Range: [0, 1]. Theirs are independent trials of one prompt, ours follow other
    histories: drift lowers it just as unreliability does.

    Raises:
        ValueError: k is below 1.
    """
    if k < 1:
        raise ValueError(f"pass^k is for k of 1 or more plays, not {k}.")
    plays = results[results["arm"] == arm].drop_duplicates("play")
    tasks = plays.groupby(["block", "task"])["success"].agg(["size", "sum"])
    few = int((tasks["size"] < k).sum())
    if few:
        why = f"{few} of {len(tasks)} tasks have fewer than {k} plays"
        return Estimate(math.nan, note=f"not estimable: {why}")
    passed = pd.Series(comb(tasks["sum"], k) / comb(tasks["size"], k), tasks.index)
    return level(_block_means(passed), "pass^k")


def ols_slope(scores: npt.ArrayLike) -> _Floats:
    """Least-squares slope of each row on its column's number, as AgingBench computes it.

    Args:
        scores: shape (sessions, checkpoints), NaN where unknown (or errors; the slope's unit is
            theirs a checkpoint).

    Returns:
        Shape (sessions,); NaN under two known scores, where AgingBench says 0.
    """
    y = np.asarray(scores, float)
    known = ~np.isnan(y)
    n = np.maximum(known.sum(axis=1, keepdims=True), 1)
    t = np.where(known, np.arange(y.shape[1]), 0.0)
    t = np.where(known, t - t.sum(axis=1, keepdims=True) / n, 0.0)
    spread = (t**2).sum(axis=1)
    slope = np.full(len(y), np.nan)
    np.divide((t * np.where(known, y, 0.0)).sum(axis=1), spread, out=slope, where=spread > 0)
    return slope


def half_lives(scores: npt.ArrayLike) -> _Floats:
    """Where each row first falls to half of its first score, as AgingBench computes it.

    Args:
        scores: shape (sessions, checkpoints), in [0, 1]; NaN where unknown: passed over.

    Returns:
        Shape (sessions,), in columns from 0, interpolated; ∞ if it never does; NaN where no score
        is known.
    """
    y = np.asarray(scores, float)
    row, column = np.arange(len(y)), np.arange(y.shape[1])
    known = ~np.isnan(y)
    first = known.argmax(axis=1)
    half = 0.5 * y[row, first]
    low = known & (y <= half[:, None]) & (column > first[:, None])
    at = low.argmax(axis=1)
    before = np.maximum.accumulate(np.where(known, column, 0), axis=1)[row, np.maximum(at - 1, 0)]
    fall = y[row, before] - y[row, at]
    part = np.divide(y[row, before] - half, fall, out=np.ones(len(y)), where=fall > 0)
    life = np.where(low.any(axis=1), before + part * (at - before), np.inf)
    return np.where(known.any(axis=1), life, np.nan)


def _by_session(results: pd.DataFrame, of: Callable[[_Floats], _Floats]) -> pd.Series:
    """`of` each chained session's scores by position; indexed by block and order."""
    chained = results[results["arm"] == "chained"]
    scores = 1.0 - chained.set_index([*_SESSION, "position"])["error_rate"].unstack("position")
    last = int(chained["position"].max()) if len(chained) else 1
    scores = scores.reindex(columns=range(1, last + 1))
    return pd.Series(of(scores.to_numpy(float)), scores.index)


def _block_means(values: pd.Series) -> _Floats:
    """One value a block, NaN where it has none; `values` is indexed by block and more."""
    return values.groupby("block").mean().to_numpy(float)


def _cramers_v(one: _Floats, other: _Floats) -> _Floats:
    """√(χ²/n) of pairs of counts, shape (pairs, kinds) → (pairs,), in [0, 1]; NaN: unknown."""
    n, m = one.sum(axis=1, keepdims=True), other.sum(axis=1, keepdims=True)
    both = one + other
    gap = np.divide((one * m - other * n) ** 2, both, out=np.zeros(both.shape), where=both != 0)
    squared: _Floats = gap.sum(axis=1) / (n * m * (n + m))[:, 0]
    return np.sqrt(squared)
