"""A corridor of rooms with four doors each: a game to calibrate the gauge on, microseconds a step.

    >>> env = gym.make("driftgauge/Corridor-v0", rooms=3)
    >>> observation, info = env.reset(seed=1)
    >>> env.unwrapped.goal
    'Find your way out of the corridor: go north, go north, go west. Keep out of the pit.'
    >>> observation
    'You are in room 1 of 3. There are doors to the east, north, south and west.'
    >>> info["expert"], info["distance"]
    ('go north', 3)

One door of a room leads on, the one behind you leads back, the others are locked. Trying a locked
one costs a turn and is no refusal. One room has a pit in its floor; who jumps has lost.
"""

from __future__ import annotations

import hashlib
import json
import string
from typing import Any

import gymnasium as gym
import numpy as np
from gymnasium import spaces

from environments.contract import Info, TextEnv

OPPOSITE = {"east": "west", "north": "south", "south": "north", "west": "east"}
"""Each direction, and the one that leads back."""

JUMP = "jump into pit"

NOT_A_COMMAND = "That is not a command."
"""What the agent reads when its output is none of the game's commands."""

LONGEST = 100


class Corridor(TextEnv):
    """Walk from room to room by the way that the goal tells.

    Args:
        rooms: how many, 1 to 100: the right moves that it takes.
    """

    observation_space = spaces.Text(120, charset=string.printable)
    action_space = spaces.Text(20, charset=string.ascii_lowercase + " ")

    def __init__(self, rooms: int = 8) -> None:
        if isinstance(rooms, bool) or rooms not in range(1, LONGEST + 1):
            raise ValueError(f"Expected rooms from 1 to {LONGEST}, got {rooms!r}.")
        self.rooms = rooms
        self._route: list[str] = []
        self._pit = self._room = 0
        self._texts: set[str] = set()
        self._info: Info | None = None

    @property
    def goal(self) -> str:
        """The way out, door by door."""
        way = ", ".join(f"go {direction}" for direction in self._begun())
        return f"Find your way out of the corridor: {way}. Keep out of the pit."

    @property
    def content(self) -> str:
        """SHA-256 of the way out and of the room with the pit."""
        return _digest([self._begun(), self._pit])

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[str, dict[str, Any]]:
        """Begin corridor number ``seed``; without one the number is drawn from `np_random`."""
        super().reset(seed=seed)
        number = int(self.np_random.integers(2**31)) if seed is None else seed
        random, _ = gym.utils.seeding.np_random(number)
        self._route = _way(random, self.rooms)
        self._pit = int(random.integers(self.rooms))
        self._room, self._texts = 0, set()
        return self._read(self._here(), accepted=None, fell=False)

    def step(self, action: str) -> tuple[str, float, bool, bool, dict[str, Any]]:
        """Send one command; one that is not admissible is not accepted and changes nothing.

        The reward is the change of progress.
        """
        if self._info is None or self._info["won"] or self._info["lost"]:
            raise gym.error.ResetNeeded("The task has ended or not begun: call reset().")
        if action not in self._commands():
            self._info["accepted"] = False
            return NOT_A_COMMAND, 0.0, False, False, dict(self._info)
        before, fell = self._room, action == JUMP
        text = "You fall." if fell else self._walk(action.removeprefix("go "))
        observation, info = self._read(text, accepted=True, fell=fell)
        reward = (self._room - before) / self.rooms
        return observation, reward, info["won"] or info["lost"], False, info

    def close(self) -> None:
        """End the game. Closing twice does no harm."""
        self._info = None

    def _begun(self) -> list[str]:
        if not self._route:
            raise gym.error.ResetNeeded("There is no corridor before the first reset().")
        return self._route

    def _walk(self, direction: str) -> str:
        """Try a door; what is read then."""
        if direction == self._route[self._room]:
            self._room += 1
        elif self._room and direction == OPPOSITE[self._route[self._room - 1]]:
            self._room -= 1
        else:
            return f"The door to the {direction} is locked."
        return self._here()

    def _here(self) -> str:
        if self._room == self.rooms:
            return "You are out of the corridor."
        pit = " There is a pit in the floor." if self._room == self._pit else ""
        place = f"You are in room {self._room + 1} of {self.rooms}."
        return f"{place} There are doors to the east, north, south and west.{pit}"

    def _commands(self) -> tuple[str, ...]:
        """What is accepted here, sorted."""
        doors = (f"go {direction}" for direction in OPPOSITE)
        return (*doors, JUMP) if self._room == self._pit else tuple(doors)

    def _read(self, text: str, accepted: bool | None, fell: bool) -> tuple[str, dict[str, Any]]:
        """The text, and what is the case now that it was read."""
        self._texts.add(text)
        left = self.rooms - self._room
        over = fell or not left
        self._info = Info(
            admissible=() if over else self._commands(),
            expert=None if over else f"go {self._route[self._room]}",
            distance=None if fell else left,
            progress=self._room / self.rooms,
            state=_digest([self._room, fell, sorted(self._texts)]),
            accepted=accepted,
            violations=(),
            opportunity=False,
            won=not left,
            lost=fell,
        )
        return text, dict(self._info)


def _way(random: np.random.Generator, rooms: int) -> list[str]:
    """The door that leads on in each room; never the one through which the room was entered."""
    way: list[str] = []
    for _ in range(rooms):
        doors = [door for door in OPPOSITE if not way or door != OPPOSITE[way[-1]]]
        way.append(doors[int(random.integers(len(doors)))])
    return way


def _digest(value: object) -> str:
    return hashlib.sha256(json.dumps(value).encode()).hexdigest()
