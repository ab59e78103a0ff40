"""Agents that walk the toy corridor, a small panel of it, and what playing it leaves behind."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from harness.agent import Agent, Decision, View, turns_in
from harness.events import Hooks
from harness.experience import expert_plays
from harness.keyed import generator
from harness.records import Records, TaskRow, TurnRow
from harness.rollout import Rollout
from harness.session import BY_EXPERT
from harness.task import Panel, PanelSpec

ID = "tests.harness.toy:walks/Corridor-v0"


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


class Waiting(Walker):
    """Moody; after `$WAIT_AT` decisions it says that it waits, and waits for a line."""

    def __init__(self) -> None:
        super().__init__(moody)

    def act(self, views: Sequence[View]) -> list[Decision]:
        if len(self.views) >= int(os.environ.get("WAIT_AT", "1000000")):
            print("waiting", flush=True)
            sys.stdin.readline()
        return super().act(views)


def expert(view: View) -> Decision:
    return Decision(view.expert)


def spec(**changes: Any) -> PanelSpec:
    return PanelSpec(**{"id": ID, "brief": "Walk.", "blocks": 2, "tasks": 3, "cap": 5, **changes})


def panel(**changes: Any) -> Panel:
    return Panel.draw(spec(**changes), seed=0)


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
    experts = {}
    if set(BY_EXPERT) & set(arms):
        experts = expert_plays(Walker(expert), panel, folder / "expert", slots, workers)
    records = Records(folder)
    try:
        Rollout(
            agent, panel, arms, records, hooks or Hooks(), slots, workers, experts=experts
        ).run()
    finally:
        records.close()
    return Played(folder)


PANEL = panel(blocks=2, tasks=3)
ARMS = ("chained", "fresh", "padded", "expert")


def say(command: str) -> Decision:
    """Just this command."""
    return Decision(command)


def untimed(played: Played) -> list[list[dict[str, Any]]]:
    """Both tables without time, and without the order in which rows were written."""
    turns = [{**asdict(row), "seconds": 0} for row in played.turns]
    tasks = [asdict(row) for row in played.tasks]
    return [sorted(rows, key=str) for rows in (turns, tasks)]


def lived(played: Played, *cell: Any) -> list[tuple[str | None, str]]:
    """What was done in a cell, and where it led."""
    return [(turn.command, turn.state_after) for turn in played.turns_of(played.task(*cell))]
