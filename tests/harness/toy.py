"""A corridor that the engine's tests play, agents that walk it, and a small panel of it.

    Room 2 of 4.  →  north · south · east · jump · wait

In every room one of north, south and east leads on; the other two refuse, `wait` is accepted
and does nothing, `jump` loses. Workers import this file, so it must be importable as
`tests.harness.toy` from the repository's root.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import gymnasium as gym
from gymnasium import spaces

from environments import Info, TextEnv
from harness.agent import Agent, Decision, View, turns_in
from harness.events import Hooks
from harness.keyed import generator
from harness.records import Records, TaskRow, TurnRow
from harness.rollout import Rollout
from harness.task import Panel, PanelSpec

ID = "tests.harness.toy:toy/Corridor-v0"
DOORS = ("east", "north", "south")


class Corridor(TextEnv):
    """Find the door of every room.

    Args:
        rooms: how many; a different route for every seed.
        games: how many different routes there are.
        fuse: a file. `explode` ends the process, if this file is there or none is named, after
            taking it away: so a process can be made to die at every such command, or once.
        drifts: the state depends on how often this process was reset: it breaks the contract.
    """

    observation_space = spaces.Text(100, min_length=0)
    action_space = spaces.Text(20)

    resets = 0

    def __init__(
        self, rooms: int = 3, games: int = 1000, fuse: str = "", drifts: bool = False
    ) -> None:
        self.rooms, self.games, self.fuse, self.drifts = rooms, games, fuse, drifts

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
        self.game = (seed or 0) % self.games
        self.route = [DOORS[(self.game // 3**room) % 3] for room in range(self.rooms)]
        self.room, self.fell = 0, False
        return self.text, self.info(None)

    def step(self, action: str) -> tuple[str, float, bool, bool, Info]:  # type: ignore[override]
        if action == "explode" and (not self.fuse or Path(self.fuse).exists()):
            if self.fuse:
                Path(self.fuse).unlink()
            os._exit(3)
        accepted = action in ("wait", "jump", "explode", self.route[self.room])
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
            "won": not left,
            "lost": self.fell,
        }


gym.register("toy/Corridor-v0", Corridor, disable_env_checker=True)


class Walker(Agent):
    """Decides by a function of the view, and remembers what it was shown."""

    def __init__(
        self,
        decide: Callable[[View], Decision],
        deterministic: bool = True,
        sees_history: bool = True,
        chooses: bool = True,
    ) -> None:
        self.decide = decide
        self.deterministic, self.sees_history = deterministic, sees_history
        self.chooses = chooses
        self.views: list[View] = []
        self.batches: list[int] = []

    def act(self, views: Sequence[View]) -> list[Decision]:
        self.views += views
        self.batches.append(len(views))
        return [self.decide(view) for view in views]


def moody(view: View) -> Decision:
    """An admissible command, drawn anew for every age of the session: it drifts."""
    draw = generator(*view.key, turns_in(view.history)).integers(len(view.admissible))
    command = view.admissible[int(draw)]
    return Decision(command, f"I think I will {command}.", prompt_tokens=turns_in(view.history))


def expert(view: View) -> Decision:
    return Decision(view.expert)


def spec(**changes: Any) -> PanelSpec:
    return PanelSpec(**{"id": ID, "brief": "Walk.", "blocks": 2, "tasks": 3, "cap": 5, **changes})


def panel(**changes: Any) -> Panel:
    return Panel.build(spec(**changes), seed=0)


class Played:
    """What a rollout left behind."""

    def __init__(self, folder: Path) -> None:
        records = Records(folder)
        self.turns: list[TurnRow] = list(records.turns)
        self.tasks: list[TaskRow] = list(records.tasks)
        records.close()

    def task(self, block: str, order: int, position: int, arm: str) -> TaskRow:
        [row] = [
            row
            for row in self.tasks
            if (row.block, row.order, row.position, row.arm) == (block, order, position, arm)
        ]
        return row

    def turns_of(self, row: TaskRow) -> list[TurnRow]:
        return [turn for turn in self.turns if turn.play == row.play]


def play(
    folder: Path,
    agent: Agent,
    panel: Panel,
    arms: Sequence[str] = ("chained", "fresh"),
    hooks: Hooks | None = None,
    slots: int = 4,
    workers: int = 1,
) -> Played:
    """Play the panel, or what is left of it in the folder."""
    records = Records(folder)
    try:
        Rollout(agent, panel, arms, records, hooks or Hooks(), slots, workers).run()
    finally:
        records.close()
    return Played(folder)
