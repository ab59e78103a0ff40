"""The simulated corridor: what an agent does there, and what it does on average."""

import numpy as np
import pytest
from scipy import stats

from harness.calibration.expected import expected, expected_drift
from harness.calibration.known import (
    Agent,
    ContextLength,
    Difficulty,
    Features,
    HazardWeibull,
    Interference,
    Learner,
    SelfConditioning,
    Slope,
)
from harness.calibration.readings import losses
from harness.calibration.simulation import WORLD, Measured, Simulated, World, simulate
from harness.drift.causes import FOUR_ARMS

MEASURES: tuple[Measured, ...] = ("success", "error_rate")
DRIFTING: list[Agent] = [
    Slope(-1.5, 2.0),
    ContextLength(-1.3, 1.6),
    Interference(-1.3, 0.18),
    Learner(-0.8, 0.2),
    SelfConditioning(-1.3, 0.06),
]


@pytest.fixture(scope="module")
def simulated() -> Simulated:
    return simulate(SelfConditioning(-1.3, 0.06), WORLD, 3, 4, "arms", arms=FOUR_ARMS)


def test_every_arm_has_the_history_that_its_name_says(simulated: Simulated) -> None:
    chained = simulated.plays["chained"]
    before = np.cumsum(chained.turns, axis=-1) - chained.turns
    made = np.cumsum(chained.errors, axis=-1) - chained.errors
    played = np.broadcast_to(np.arange(WORLD.tasks), before.shape)
    histories = {
        "chained": (before, played, made),
        "expert": (before, played, 0 * made),
        "padded": (before, 0 * played, 0 * made),
        "fresh": (0 * before, 0 * played, 0 * made),
    }
    for arm, (length, tasks, errors) in histories.items():
        history = simulated.plays[arm].history
        assert np.array_equal(history.length, length)
        assert np.array_equal(history.played, tasks)
        assert np.array_equal(history.errors, errors)


def test_a_task_is_won_after_its_distance_in_right_moves_or_capped(simulated: Simulated) -> None:
    for plays in simulated.plays.values():
        right = plays.turns - plays.errors
        assert np.array_equal(plays.erred.sum(axis=-1), plays.errors)
        assert np.array_equal(right == simulated.distance, plays.won)
        assert (plays.turns[~plays.won] == WORLD.cap).all()
        assert (right <= simulated.distance).all()


def test_the_orders_of_a_block_mirror_its_games(simulated: Simulated) -> None:
    for games in (simulated.distance, simulated.family):
        assert np.array_equal(games[:, :, 0], games[:, :, 1, ::-1])
    assert set(simulated.distance.ravel()) == set(WORLD.distances)


def test_a_fatal_error_loses_the_task() -> None:
    plays = simulate(HazardWeibull(1.0, 20.0), WORLD, 3, 4, "fatal").plays["chained"]
    assert 0 < plays.won.mean() < 1
    assert np.array_equal(plays.errors, 1 - plays.won)
    last = np.take_along_axis(plays.erred, plays.turns[..., None] - 1, axis=-1)[..., 0]
    assert np.array_equal(last, ~plays.won)


def test_equal_keys_give_equal_plays_whichever_arms_are_asked_for(simulated: Simulated) -> None:
    agent = SelfConditioning(-1.3, 0.06)
    again = simulate(agent, WORLD, 3, 4, "arms", arms=["chained", "expert"])
    for arm in again.plays:
        assert np.array_equal(again.plays[arm].erred, simulated.plays[arm].erred)
    other = simulate(agent, WORLD, 3, 4, "other", arms=["chained"])
    assert not np.array_equal(other.plays["chained"].erred, simulated.plays["chained"].erred)


def test_the_arms_have_noise_of_their_own() -> None:
    plays = simulate(Slope(-1.0, 0.0), WORLD, 50, 24, "noise").plays
    errors = [plays[arm].erred[..., 0, 0].ravel() for arm in ("chained", "fresh")]
    assert abs(np.corrcoef(errors)[0, 1]) < 0.08  # 2,400 sessions: four standard errors


def test_sessions_of_a_block_are_alike() -> None:
    plain = World(distances=(8,), difficulties=(0.0,))
    plays = simulate(Slope(-1.0, 0.0), plain, 50, 24, "alike").plays["chained"]
    one, other = np.moveaxis(plays.errors.sum(axis=-1), -1, 0)
    assert np.corrcoef(one.ravel(), other.ravel())[0, 1] > 0.2


def test_success_without_drift_is_binomial() -> None:
    agent, plain = Difficulty(-1.0, 0.0), World(distances=(8,), difficulties=(0.0,))
    p = float(agent.error_probability(Features(turn=1, difficulty=0.0)))
    for arm in FOUR_ARMS:
        won = expected(agent, plain, arm).success
        assert won == pytest.approx(np.full(6, stats.binom.sf(7, plain.cap, 1 - p)))


@pytest.mark.parametrize("agent", DRIFTING, ids=str)
def test_what_is_expected_is_what_happens_on_average(agent: Agent) -> None:
    simulated = simulate(agent, WORLD, 200, 24, "average", arms=FOUR_ARMS)
    for arm in FOUR_ARMS:
        truth = expected(agent, WORLD, arm)
        for measure, mean in zip(MEASURES, (1 - truth.success, truth.error_rate), strict=True):
            by_replication = losses(simulated, arm, measure).mean(axis=(1, 2))
            error = by_replication.std(axis=0, ddof=1) / np.sqrt(200)
            assert (np.abs(by_replication.mean(axis=0) - mean) < 4.5 * error).all()


def test_expected_drift_is_that_of_the_positions_from_two_on() -> None:
    agent = Interference(-1.3, 0.18)
    chained, fresh = (expected(agent, WORLD, arm).success for arm in ("chained", "fresh"))
    assert chained[0] == fresh[0]
    assert expected_drift(agent, WORLD, "success") == pytest.approx((fresh - chained)[1:].mean())
    assert expected_drift(agent, WORLD, "success") > 0.2
    assert expected_drift(Learner(-0.8, 0.2), WORLD, "success") < -0.2
    assert expected_drift(Difficulty(-2.0, 0.15), WORLD, "success") == 0
