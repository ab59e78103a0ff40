"""Agents that lock into a circle, and agents that only pace: turn by turn, as the gauge reads them.

walked = walk(LoopLocker(hazard=0.02, error=0.1), 1000, "circles", 0)
locked(walked.lived)        # the gauge's answer
walked.onset                # the truth, inf where it never locked
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pandas as pd

from harness.calibration.known import Floats, LoopLocker, Pacer
from harness.calibration.simulation import Bools, Ints
from harness.keyed import generator

TASKS, DISTANCE, CAP = 6, 8, 30
"""The cap leaves room for three circles of four behind an onset at any likely turn."""

AHEAD, BACK, WASTED = 0, 1, 2
"""Commands; those from WASTED on are four ways of standing still."""
WAYS = 4
CIRCLES = np.array(
    [
        [WASTED, WASTED, WASTED, WASTED],
        [BACK, AHEAD, BACK, AHEAD],
        [BACK, AHEAD, WASTED, WASTED],
        [BACK, BACK, AHEAD, AHEAD],
    ]
)
"""What a circle of period 1, 2, 3, 4 repeats; it begins backwards, so that nothing is gained."""


class Walked(NamedTuple):
    """Sessions, each a block of its own."""

    lived: pd.DataFrame
    """The columns of `harness.drift.played` that `harness.drift.lockin.locked` reads, and
    `session_turn`."""
    onset: Floats
    """Session turn at which each session first locked, shape (sessions,); inf: never."""


def walk(agent: LoopLocker | Pacer, sessions: int, *key: str | int) -> Walked:
    """Play the sessions; equal keys, equal results."""
    random = generator("walk", *key)
    age, onset = np.zeros(sessions, np.int64), np.full(sessions, np.inf)
    tasks = []
    for _ in range(TASKS):
        if isinstance(agent, LoopLocker):
            task, begins = _lock(agent, sessions, random)
            onset = np.minimum(onset, age + begins)
        else:
            task = _pace(agent, sessions, random)
        tasks.append(task)
        age = age + task.playing.sum(axis=1)
    return Walked(_lived(tasks), onset)


class _Task(NamedTuple):
    """One task of all sessions, shape (sessions, CAP)."""

    command: Ints
    before: Ints
    """Distance, which is all that there is to the state."""
    playing: Bools


def _lock(agent: LoopLocker, sessions: int, random: np.random.Generator) -> tuple[_Task, Floats]:
    """The task, and the turn at which each session locked in it; inf: it did not."""
    draws = random.random((2, CAP, sessions))
    ways = random.integers(WASTED, WASTED + WAYS, size=(CAP, sessions))
    period = random.integers(1, len(CIRCLES) + 1, size=sessions)
    left, onset = np.full(sessions, DISTANCE), np.full(sessions, np.inf)
    commands, before = [], []
    for turn in range(1, CAP + 1):
        onset[(draws[0, turn - 1] < agent.hazard) & (left > 0) & np.isinf(onset)] = turn
        since = np.where(np.isinf(onset), 0, turn - onset).astype(int)
        free = np.where(draws[1, turn - 1] < agent.error, ways[turn - 1], AHEAD)
        command = np.where(np.isinf(onset), free, CIRCLES[period - 1, since % period])
        commands.append(command)
        before.append(left)
        left = _after(command, left)
    distance = np.stack(before, axis=1)
    return _Task(np.stack(commands, axis=1), distance, distance > 0), onset


def _pace(agent: Pacer, sessions: int, random: np.random.Generator) -> _Task:
    """Back and ahead by the same number of steps, then by another, from DISTANCE on."""
    stride = random.integers(agent.shortest, agent.longest + 1, size=(CAP, sessions))
    wastes = random.random((CAP, sessions)) < agent.error
    ways = random.integers(WASTED, WASTED + WAYS, size=(CAP, sessions))
    left, steps, leg = (np.full(sessions, n) for n in (DISTANCE, 0, 0))
    commands, before = [], []
    every = np.arange(sessions)
    for turn in range(CAP):
        command = np.where(wastes[turn], ways[turn], np.where(leg % 2 == 0, BACK, AHEAD))
        steps += ~wastes[turn]
        arrived = steps == stride[leg // 2, every]
        leg, steps = leg + arrived, np.where(arrived, 0, steps)
        commands.append(command)
        before.append(left)
        left = _after(command, left)
    distance = np.stack(before, axis=1)
    return _Task(np.stack(commands, axis=1), distance, np.ones_like(distance, bool))


def _after(command: Ints, before: Ints) -> Ints:
    """Distance after a command; a task that is won stays won."""
    moved = before - (command == AHEAD) + (command == BACK)
    return np.where(before > 0, moved, 0)


def _lived(tasks: list[_Task]) -> pd.DataFrame:
    """The turns that were played, by session, position and turn."""
    command, before, playing = (np.stack(column, axis=1) for column in zip(*tasks, strict=True))
    session, position, turn = np.nonzero(playing)
    session_turn = np.cumsum(playing.reshape(len(playing), -1), axis=1).reshape(playing.shape)
    at = before[playing]
    return pd.DataFrame(
        {
            "block": session,
            "order": 0,
            "arm": "chained",
            "position": position + 1,
            "turn": turn + 1,
            "session_turn": session_turn[playing],
            "state_before": at,
            "command": command[playing],
            "distance_before": at,
            "distance_after": _after(command[playing], at),
        }
    )
