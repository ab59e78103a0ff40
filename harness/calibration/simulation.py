"""Sessions of agents of known drift, by the thousand: a corridor of so many steps, and a cap.

    simulated = simulate(SelfConditioning(-1.4, 0.08), WORLD, 500, 24, "self-conditioning", 0)
    simulated.plays["chained"].won          # (replications, blocks, orders, positions)

At each turn the agent errs with its probability and wastes the turn (or, if its errors are fatal,
loses the task), else it comes a step closer. Only positions and turns are looped over;
replications, blocks and orders are array axes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal, NamedTuple

import numpy as np
import numpy.typing as npt

from harness.calibration.known import Agent, Features
from harness.keyed import generator
from harness.orders import mirrored_pair
from harness.records import Arm

SHARED = 0.3
"""Share of the turns at which the sessions of a block have the same luck.

It changes no session's law, so that the truth stays known, but sessions of a block are alike: who
takes them for independent gets intervals that are too narrow.
"""

Measured = Literal["success", "error_rate"]
"""The gauge's measures that are calibrated here."""

Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]


class World(NamedTuple):
    """What a game can be. Each game draws its distance and its family, all equally likely."""

    distances: tuple[int, ...] = (7, 8, 9)
    """Right moves that it takes."""
    difficulties: tuple[float, ...] = (-0.5, 0.0, 0.5)
    """What each family of games adds to the log odds of an error."""
    tasks: int = 6
    """Tasks of a block; each of its two mirrored orders plays them all."""
    cap: int = 12


WORLD = World()
"""About 60 turns a session; who errs in a quarter of its turns wins four tasks in five."""


class Plays(NamedTuple):
    """What one arm did; arrays of shape (replications, blocks, orders, positions)."""

    history: Features
    """When each task began; `turn` is 0 there."""
    turns: Ints
    errors: Ints
    won: Bools
    erred: Bools
    """Turn by turn, shape (…, positions, cap); False where it was not played."""


class Simulated(NamedTuple):
    """Replications of an experiment."""

    world: World
    family: Ints
    """Of the game at each position, shape (replications, blocks, orders, positions)."""
    distance: Ints
    """Likewise."""
    plays: Mapping[Arm, Plays]


def simulate(
    agent: Agent,
    world: World,
    replications: int,
    blocks: int,
    *key: str | int,
    arms: Sequence[Arm] = ("chained", "fresh"),
) -> Simulated:
    """Play all replications, with noise of its own in each arm; equal keys, equal results.

    Args:
        arms: which are kept; `chained` is played in any case, for it makes the others' histories.
    """
    games = generator("games", *key)
    size, order = (replications, blocks, world.tasks), np.array(mirrored_pair(world.tasks))
    family = games.integers(len(world.difficulties), size=size)[..., order]
    distance = games.choice(world.distances, size=size)[..., order]

    chained = _chained(agent, world, family, distance, *key)
    plays: dict[Arm, Plays] = {"chained": chained}
    for arm in arms:
        if arm != "chained":
            history = seen(arm, chained.history)
            plays[arm] = _with_histories(agent, world, distance, history, arm, *key)
    return Simulated(world, family, distance, {arm: plays[arm] for arm in arms})


def seen(arm: Arm, chained: Features) -> Features:
    """An arm's history, given the chained one: the table of `Features`."""
    nothing = np.zeros_like(chained.length)
    return chained._replace(
        length=nothing if arm == "fresh" else chained.length,
        played=chained.played if arm in ("chained", "expert") else nothing,
        errors=chained.errors if arm == "chained" else nothing,
    )


class _Luck:
    """Uniform draws for the turns of one arm, in part shared by the sessions of a block."""

    def __init__(self, shape: tuple[int, ...], *key: str | int) -> None:
        self.shape = shape
        self.random = generator("luck", *key)

    def draw(self) -> npt.NDArray[np.float32]:
        """For one turn of all sessions, shape (replications, blocks, orders)."""
        block = (*self.shape[:-1], 1)
        own = self.random.random(self.shape, dtype=np.float32)
        common = self.random.random(block, dtype=np.float32)
        return np.where(self.random.random(block, dtype=np.float32) < SHARED, common, own)


class _Task(NamedTuple):
    """One task of all sessions; arrays of shape (replications, blocks, orders)."""

    turns: Ints
    errors: Ints
    won: Bools
    erred: Bools
    """Shape (…, cap)."""


def _play(agent: Agent, distance: Ints, history: Features, cap: int, luck: _Luck) -> _Task:
    left, turns, errors = distance.copy(), np.zeros_like(distance), np.zeros_like(distance)
    playing = np.ones(distance.shape, bool)
    erred = np.zeros((*distance.shape, cap), bool)
    for turn in range(1, cap + 1):
        errs = playing & (luck.draw() < agent.error_probability(history._replace(turn=turn)))
        erred[..., turn - 1] = errs
        turns += playing
        errors += errs
        left -= playing & ~errs
        playing &= (left > 0) & ~(errs & agent.fatal)
    return _Task(turns, errors, left == 0, erred)


def _chained(agent: Agent, world: World, family: Ints, distance: Ints, *key: str | int) -> Plays:
    shape, difficulty = family.shape[:-1], np.array(world.difficulties)[family]
    luck = _Luck(shape, "chained", *key)
    age, errors = np.zeros(shape, np.int64), np.zeros(shape, np.int64)
    tasks: list[_Task] = []
    ages, made = [], []
    for k in range(world.tasks):
        ages.append(age)
        made.append(errors)
        history = Features(0, difficulty[..., k], age, k, errors)
        tasks.append(_play(agent, distance[..., k], history, world.cap, luck))
        age, errors = age + tasks[-1].turns, errors + tasks[-1].errors
    played = np.broadcast_to(np.arange(world.tasks), family.shape)
    history = Features(0, difficulty, np.stack(ages, -1), played, np.stack(made, -1))
    return _stacked(tasks, history)


def _with_histories(
    agent: Agent, world: World, distance: Ints, history: Features, *key: str | int
) -> Plays:
    luck = _Luck(distance.shape[:-1], *key)
    tasks = [
        _play(agent, distance[..., k], _at(history, k), world.cap, luck) for k in range(world.tasks)
    ]
    return _stacked(tasks, history)


def _at(history: Features, k: int) -> Features:
    return Features(0, *(np.asarray(column)[..., k] for column in history[1:]))


def _stacked(tasks: Sequence[_Task], history: Features) -> Plays:
    turns, errors, won = (
        np.stack(column, -1) for column in zip(*(task[:3] for task in tasks), strict=True)
    )
    return Plays(history, turns, errors, won, np.stack([task.erred for task in tasks], -2))
