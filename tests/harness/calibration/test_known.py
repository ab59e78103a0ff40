"""Agents that look at one thing and are blind to the rest."""

from typing import Any

import numpy as np
import pytest

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

PLAIN = Features(turn=2, difficulty=0.0, length=10, played=1, errors=3)


@pytest.mark.parametrize(
    ("agent", "sees"),
    [
        (Slope(-1.0, 2.0), {"turn", "length", "difficulty"}),
        (Difficulty(-1.0, 0.1), {"turn", "difficulty"}),
        (ContextLength(-1.0, 2.0), {"length", "difficulty"}),
        (Interference(-1.0, 0.2), {"played", "difficulty"}),
        (Learner(-1.0, 0.2), {"played", "difficulty"}),
        (SelfConditioning(-1.0, 0.1), {"errors", "difficulty"}),
        (HazardWeibull(1.5, 30.0), {"turn", "length"}),
    ],
)
def test_it_looks_at_what_it_is_named_after_and_at_nothing_else(
    agent: Agent, sees: set[str]
) -> None:
    def moved(**feature: Any) -> bool:
        changed = agent.error_probability(PLAIN._replace(**feature))
        return bool(changed != agent.error_probability(PLAIN))

    assert {name for name in Features._fields if moved(**{name: 7})} == sees


def test_more_makes_errors_likelier_except_for_the_learner() -> None:
    more = PLAIN._replace(length=50, played=4, errors=20)
    for agent in (Slope(-1.0, 2.0), ContextLength(-1.0, 2.0), SelfConditioning(-1.0, 0.1)):
        assert agent.error_probability(more) > agent.error_probability(PLAIN)
    learner = Learner(-1.0, 0.2)
    assert learner.error_probability(more) < learner.error_probability(PLAIN)


def test_the_slope_is_one_of_the_log_odds_in_100_turns_of_the_session() -> None:
    p = Slope(-1.5, 2.0).error_probability(Features(np.array([5, 5]), 0.0, np.array([0, 100])))
    assert np.log(p / (1 - p)).tolist() == pytest.approx([-1.4, 0.6])


@pytest.mark.parametrize("shape", [0.7, 1.0, 1.5])
def test_the_hazards_multiply_to_the_weibull_survival(shape: float) -> None:
    agent, turn = HazardWeibull(shape, 20.0), np.arange(1, 61)
    alive = np.cumprod(1 - agent.error_probability(Features(turn, 0.0)))
    assert alive == pytest.approx(np.exp(-((turn / 20.0) ** shape)))
    assert agent.horizon() == turn[alive < 0.5][0]
    assert agent.horizon(0.8) == turn[alive < 0.8][0]
