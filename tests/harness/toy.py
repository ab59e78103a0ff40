"""A corridor that the engine's tests play, and a pantry where they need a world that persists.

    Room 2 of 4.  →  north · south · east · jump · wait

In every room one of north, south and east leads on; the other two refuse, `wait` is accepted
and does nothing, `jump` loses. Workers import this file as `tests.harness.toy` from the
repository root; that is why it imports nothing that is slow.
"""

from __future__ import annotations

import hashlib
import os
import string
import time
from pathlib import Path
from typing import Any

import gymnasium as gym
from gymnasium import spaces

from environments import Info, TextEnv
from environments.digest import canonical, digest
from environments.numbered import NumberedEnv, Situation

DOORS = ("east", "north", "south")


class Corridor(TextEnv):
    """Find the door of every room.

    Args:
        rooms: how many; a different route for every seed.
        games: how many different routes there are.
        fuse: a file. `explode` ends the process, if this file is there or none is named, after
            taking it away: so a process can be made to die at every such command, or once.
        drifts: the state depends on how often this process was reset: it breaks the contract.
        gate: a file. `knock`, which is accepted and does nothing, is answered once it is there.
        naps: a file. While it is there, every step takes some milliseconds, drawn from the seed.
    """

    observation_space = spaces.Text(100, min_length=0)
    action_space = spaces.Text(20)

    resets = 0

    def __init__(
        self,
        rooms: int = 3,
        games: int = 1000,
        fuse: str = "",
        drifts: bool = False,
        gate: str = "",
        naps: str = "",
    ) -> None:
        self.rooms, self.routes, self.fuse, self.drifts = rooms, games, fuse, drifts
        self.gate, self.naps = gate, naps

    @property
    def goal(self) -> str:
        return f"Leave corridor {self.game} by its last room."

    @property
    def content(self) -> str:
        return hashlib.sha256(f"{self.rooms} {self.route}".encode()).hexdigest()

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[str, Info]:  # type: ignore[override]
        super().reset(seed=seed)
        type(self).resets += 1
        self.game = (seed or 0) % self.routes
        self.route = [DOORS[(self.game // 3**room) % 3] for room in range(self.rooms)]
        self.room, self.fell = 0, False
        return self.text, self.info(None)

    def step(self, action: str) -> tuple[str, float, bool, bool, Info]:  # type: ignore[override]
        if action == "explode" and (not self.fuse or Path(self.fuse).exists()):
            if self.fuse:
                Path(self.fuse).unlink()
            os._exit(3)
        if self.naps and Path(self.naps).exists():
            time.sleep(self.np_random.uniform(0, 0.004))
        if action == "knock":
            _wait_for(Path(self.gate))
        accepted = action in ("wait", "jump", "explode", "knock", self.route[self.room])
        self.fell = action == "jump"
        self.room += action == self.route[self.room]
        won = self.room == self.rooms
        text = self.text if accepted else "There is a wall."
        return text, float(won), won or self.fell, False, self.info(accepted)

    @property
    def text(self) -> str:
        return "You fall." if self.fell else f"Room {self.room} of {self.rooms}."

    def info(self, accepted: bool | None) -> Info:
        left = self.rooms - self.room
        over = self.fell or not left
        visit = f", visit {self.resets}" if self.drifts else ""
        return {
            "admissible": () if over else tuple(sorted(("jump", "wait", self.route[self.room]))),
            "expert": None if over else self.route[self.room],
            "distance": None if self.fell else left,
            "progress": self.room / self.rooms,
            "state": f"{self.text}{visit}",
            "accepted": accepted,
            "violations": (),
            "opportunity": False,
            "required": False,
            "won": not left,
            "lost": self.fell,
        }


def _wait_for(path: Path, seconds: float = 30) -> None:
    """Wait for a file; the time limit is for a test that fails."""
    until = time.monotonic() + seconds
    while not path.exists():
        if time.monotonic() > until:
            raise TimeoutError(f"{path} did not come")
        time.sleep(0.001)


gym.register("walks/Corridor-v0", Corridor, disable_env_checker=True)


class Pantry(NumberedEnv):
    """A world that persists: jar after jar is to be put on the shelf.

    `move 2` puts jar 2 there, if it is on the floor. `hide 2` makes it take one command more,
    `smash 2` makes it impossible.

    Args:
        errand: the number of the jar.
    """

    persistent = True
    observation_space = spaces.Text(100, min_length=0, charset=string.printable)
    action_space = spaces.Text(20, charset=string.printable)
    jars = 4
    commands = tuple(
        f"{verb} {jar}" for verb in ("find", "hide", "move", "smash") for jar in "0123"
    )

    def __init__(self, errand: int = 0) -> None:
        super().__init__()
        self.errand = errand

    @property
    def goal(self) -> str:
        return f"Put jar {self.errand} on the shelf."

    @property
    def content(self) -> str:
        return digest([self.number, self.errand])

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[str, dict[str, Any]]:
        self.past = (options or {}).get("past", ())
        return super().reset(seed=seed)

    def _begin(self, number: int) -> Situation:
        self.number = number
        self.where = ["floor"] * self.jars
        for command in self.past:
            self._take(command)
        return self._now(f"You are in pantry {number}.")

    def _take(self, command: str) -> Situation | None:
        if command not in self.commands:
            return None
        verb, _, number = command.partition(" ")
        jar = int(number)
        match verb, self.where[jar]:
            case "move", "floor":
                self.where[jar] = "shelf"
            case "find", "hidden":
                self.where[jar] = "floor"
            case "hide", "floor" | "shelf":
                self.where[jar] = "hidden"
            case "smash", _:
                self.where[jar] = "broken"
        return self._now("Well.")

    def _now(self, text: str) -> Situation:
        plan = {
            "floor": [f"move {self.errand}"],
            "hidden": [f"find {self.errand}", f"move {self.errand}"],
        }.get(self.where[self.errand], [])
        done, broken = (self.where[self.errand] == end for end in ("shelf", "broken"))
        return Situation(
            observation=text,
            facts=canonical(self.where),
            admissible=self.commands,
            expert=plan[0] if plan else None,
            distance=None if broken else len(plan),
            progress=float(done),
            won=done,
            lost=broken,
        )


gym.register("walks/Pantry-v0", Pantry, disable_env_checker=True)
