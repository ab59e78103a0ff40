"""The same replications as other harnesses would read them: no promise is made here.

Their numbers stand beside the gauge's, so that a reader sees what each would have said.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy import stats

from harness.calibration.known import Floats
from harness.calibration.readings import losses
from harness.calibration.simulation import Bools, Simulated
from harness.drift.published import AGING, ols_slope
from harness.stats import ALPHA


def episode_slope_alarms(simulated: Simulated) -> Bools:
    """Is the mean slope of error on turn, an episode at a time, significantly positive?

    The errors of each task of the chained arm are regressed on its turns by least squares; a t test
    over all episodes, at 5%. What makes it alarm is that what comes later in a task is harder.

    Returns:
        Shape (replications,).
    """
    plays = simulated.plays["chained"]
    turn = np.arange(1, simulated.world.cap + 1)
    errors = np.where(turn <= plays.turns[..., None], plays.erred, np.nan)
    slopes = ols_slope(errors.reshape(-1, len(turn))).reshape(len(errors), -1)
    n = slopes.shape[1]
    t = slopes.mean(axis=1) / (slopes.std(axis=1, ddof=1) / np.sqrt(n))
    return np.asarray(t > stats.t.ppf(1 - ALPHA / 2, n - 1))


def aging_slopes(simulated: Simulated) -> Floats:
    """AgingBench's slope of each chained session, score 1 - error rate by position.

    (arXiv 2605.26302; see `harness.drift.published.aging_slope`.)

    Returns:
        Shape (replications, sessions), in score a task.
    """
    scores = 1.0 - losses(simulated, "chained", "error_rate")
    return ols_slope(scores.reshape(-1, scores.shape[-1])).reshape(len(scores), -1)


def says_aging(slopes: Floats) -> Bools:
    """AgingBench's "aging detected": a slope below its fixed threshold, whatever the noise."""
    return slopes < AGING


def mean_and_sd_cover(simulated: Simulated, truth: float) -> Bools:
    """Does mean ± 1.96 SD over runs hold the expected score at the last position?

    AgingBench calls it a 95% interval of each checkpoint's mean. It is one of single runs: it does
    not get narrower with their number.

    Returns:
        Shape (replications,).
    """
    scores = 1.0 - losses(simulated, "chained", "error_rate")[..., -1]
    scores = scores.reshape(len(scores), -1)
    off = np.abs(scores.mean(axis=1) - truth)
    return np.asarray(off <= 1.96 * scores.std(axis=1, ddof=1))


def mean_life(time: npt.ArrayLike, happened: npt.ArrayLike) -> Floats:
    """Half-life averaged over the runs that reached it; the rest is left out, not censored.

    A run's score falls from 1 to 0 at its first error, so that by interpolation it is at one half
    half a turn before.

    Args:
        time: turn of the first error, or the last turn; happened: was there one; shape
            (replications, sessions).

    Returns:
        In turns, shape (replications,); NaN where no run reached it.
    """
    reached = np.where(np.asarray(happened, bool), np.asarray(time, float) - 0.5, np.nan)
    known = (~np.isnan(reached)).sum(axis=1)
    total = np.nansum(reached, axis=1)
    mean: Floats = np.divide(total, known, out=np.full(len(total), np.nan), where=known > 0)
    return mean
