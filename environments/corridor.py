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

import string

import gymnasium as gym
import numpy as np
from gymnasium import spaces

from environments.digest import canonical, digest
from environments.numbered import NumberedEnv, Situation

OPPOSITE = {"east": "west", "north": "south", "south": "north", "west": "east"}
"""Each direction, and the one that leads back."""

JUMP = "jump into pit"

LONGEST = 100


class Corridor(NumberedEnv):
    """Walk from room to room by the way that the goal tells.

    Args:
        rooms: how many, 1 to 100: the right moves that it takes.
    """

    observation_space = spaces.Text(120, charset=string.printable)
    action_space = spaces.Text(20, charset=string.ascii_lowercase + " ")

    def __init__(self, rooms: int = 8) -> None:
        if isinstance(rooms, bool) or rooms not in range(1, LONGEST + 1):
            raise ValueError(f"Expected rooms from 1 to {LONGEST}, got {rooms!r}.")
        super().__init__()
        self.rooms = rooms
        self._route: list[str] = []
        self._pit = self._room = 0

    @property
    def goal(self) -> str:
        """The way out, door by door."""
        way = ", ".join(f"go {direction}" for direction in self._begun())
        return f"Find your way out of the corridor: {way}. Keep out of the pit."

    @property
    def content(self) -> str:
        """SHA-256 of the way out and of the room with the pit."""
        return digest([self._begun(), self._pit])

    def _begin(self, number: int) -> Situation:
        random, _ = gym.utils.seeding.np_random(number)
        self._route = _way(random, self.rooms)
        self._pit = int(random.integers(self.rooms))
        self._room = 0
        return self._now(self._here(), fell=False)

    def _take(self, command: str) -> Situation | None:
        if command not in self._commands():
            return None
        fell = command == JUMP
        text = "You fall." if fell else self._walk(command.removeprefix("go "))
        return self._now(text, fell)

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

    def _now(self, text: str, fell: bool) -> Situation:
        left = self.rooms - self._room
        return Situation(
            observation=text,
            facts=canonical([self._room, fell]),
            admissible=self._commands(),
            expert=f"go {self._route[self._room]}" if left else None,
            distance=left,
            progress=self._room / self.rooms,
            won=not left,
            lost=fell,
        )


def _way(random: np.random.Generator, rooms: int) -> list[str]:
    """The door that leads on in each room; never the one through which the room was entered."""
    way: list[str] = []
    for _ in range(rooms):
        doors = [door for door in OPPOSITE if not way or door != OPPOSITE[way[-1]]]
        way.append(doors[int(random.integers(len(doors)))])
    return way
