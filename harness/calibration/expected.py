"""What an agent of known drift does on average, exactly: no simulation, no error.

    expected(SelfConditioning(-1.4, 0.08), WORLD, "chained").success    # by position
    expected_drift(SelfConditioning(-1.4, 0.08), WORLD, "success")      # 0.19…

A session is a Markov chain: what the agent does at a task depends on the turns and the errors
behind it, and a task adds to both. So the distribution over (turns, errors) is followed from
position to position, and within a task that over the steps left, from turn to turn.
"""

from __future__ import annotations

from functools import cache
from itertools import product
from typing import NamedTuple

import numpy as np

from harness.calibration.known import Agent, Features, Floats
from harness.calibration.simulation import Measured, World, seen
from harness.records import Arm


class Expected(NamedTuple):
    """Expectations by position, shape (positions,), in [0, 1]."""

    success: Floats
    error_rate: Floats


def expected_drift(agent: Agent, world: World, measure: Measured) -> float:
    """Matched drift: the mean over positions ≥ 2 of loss(chained) - loss(fresh), in [-1, 1]."""
    chained, fresh = (expected(agent, world, arm) for arm in ("chained", "fresh"))
    if measure == "success":
        return float(np.mean(fresh.success[1:] - chained.success[1:]))
    return float(np.mean(chained.error_rate[1:] - fresh.error_rate[1:]))


@cache
def expected(agent: Agent, world: World, arm: Arm) -> Expected:
    """Success and error rate at each position of an arm; for agents whose errors waste a turn."""
    most = world.tasks * world.cap + 1
    behind = np.zeros((most, most))  # probability of so many turns and errors behind it
    behind[0, 0] = 1.0
    games = list(product(world.distances, world.difficulties))
    success, error_rate = np.zeros(world.tasks), np.zeros(world.tasks)
    for k in range(world.tasks):
        ages, errors = np.nonzero(behind)
        weight, ahead = behind[ages, errors] / len(games), np.zeros_like(behind)
        for distance, difficulty in games:
            chained = Features(0, difficulty, ages, k, errors)
            for end in _ends(agent, seen(arm, chained), distance, world.cap):
                mass = (weight * end.probability).sum()
                success[k] += mass * end.won
                error_rate[k] += mass * end.errors / end.turns
            for end in _ends(agent, chained, distance, world.cap):
                np.add.at(ahead, (ages + end.turns, errors + end.errors), weight * end.probability)
        behind = ahead
    return Expected(success, error_rate)


class _End(NamedTuple):
    """One way in which a task can end."""

    turns: int
    errors: int
    won: bool
    probability: Floats
    """Shape (histories,)."""


def _ends(agent: Agent, history: Features, distance: int, cap: int) -> list[_End]:
    """All ways, for every history; wasted turns are the errors, so that steps left tell them."""
    shape = np.shape(history.length)
    left = np.zeros((distance + 1, *shape))  # probability of so many steps left
    left[distance] = 1.0
    ends = []
    for turn in range(1, cap + 1):
        errs = agent.error_probability(history._replace(turn=turn))
        step = left * (1 - errs)
        left = left * errs
        left[:-1] += step[1:]
        ends.append(_End(turn, turn - distance, True, left[0].copy()))
        left[0] = 0.0
    capped = (_End(cap, cap - distance + s, False, left[s]) for s in range(1, distance + 1))
    return [*(end for end in ends if end.errors >= 0), *capped]
