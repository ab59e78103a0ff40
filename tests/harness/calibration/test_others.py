"""Other harnesses' estimators, on simulated sessions."""

import numpy as np
import pytest

from harness.calibration.known import Difficulty
from harness.calibration.others import (
    aging_slopes,
    episode_slope_alarms,
    mean_and_sd_cover,
    mean_life,
    says_aging,
)
from harness.calibration.readings import losses
from harness.calibration.simulation import WORLD, simulate
from harness.drift.published import half_lives


def test_the_slope_over_an_episode_takes_hard_ends_for_drift() -> None:
    hard = simulate(Difficulty(-2.0, 0.15), WORLD, 40, 12, "hard", arms=["chained"])
    level = simulate(Difficulty(-1.2, 0.0), WORLD, 40, 12, "level", arms=["chained"])
    assert episode_slope_alarms(hard).mean() > 0.95
    assert episode_slope_alarms(level).mean() < 0.2


def test_an_aging_slope_is_one_of_the_score_a_task() -> None:
    simulated = simulate(Difficulty(-1.2, 0.0), WORLD, 2, 3, "slopes", arms=["chained"])
    slopes, scores = aging_slopes(simulated), 1 - losses(simulated, "chained", "error_rate")
    assert slopes.shape == (2, 6)
    assert slopes[1, 3] == pytest.approx(np.polyfit(range(6), scores[1, 1, 1], 1)[0])
    assert says_aging(np.array([-0.02, -0.005, 0.02])).tolist() == [True, False, False]


def test_mean_and_sd_are_those_of_the_last_score() -> None:
    simulated = simulate(Difficulty(-1.2, 0.0), WORLD, 2, 3, "runs", arms=["chained"])
    last = 1 - losses(simulated, "chained", "error_rate")[0, ..., -1].ravel()
    edge = last.mean() + 1.96 * last.std(ddof=1)
    assert mean_and_sd_cover(simulated, edge - 1e-9)[0]
    assert not mean_and_sd_cover(simulated, edge + 1e-9)[0]


def test_the_mean_life_leaves_out_who_did_not_reach_it() -> None:
    time, happened = [[4.0, 8.0, 50.0], [9.0, 9.0, 9.0]], [[True, True, False], [False] * 3]
    assert mean_life(time, happened) == pytest.approx([5.5, np.nan], nan_ok=True)


def test_a_runs_life_is_where_agingbench_would_see_it() -> None:
    alive = [1.0] * 4 + [0.0] * 3  # turns 0 to 6, the first error at turn 4
    assert mean_life([[4.0]], [[True]]) == half_lives([alive])
