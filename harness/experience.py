"""Experience: what the parts of an agent learn from, recorded like any run.

A declared budget of training games is played once by the expert and once by the agent itself,
and every part that learns gets the same tables. That is what makes LoRA and NPM comparable.
Training games never share content with a panel that is evaluated.
"""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, NamedTuple

from pydantic import BaseModel, ConfigDict, Field

from harness.agent import Agent, Episode, History, View
from harness.events import Hooks
from harness.records import End, Records, TaskRow, TurnRow, read_rows
from harness.rollout import Rollout
from harness.schedule import exchanges
from harness.session import BY_EXPERT
from harness.task import Panel, read_lock


class ExperienceSpec(BaseModel):
    """The budget (`experience` in the configuration), in sessions of as many tasks as a block."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    expert_sessions: Annotated[int, Field(ge=1)] = 24
    """Training sessions that the expert plays."""
    own_sessions: Annotated[int, Field(ge=1)] = 4
    """The first of the same sessions, played by the agent itself without what it will learn."""


class Trajectory(NamedTuple):
    """One task as it was played, with the history in which it was played."""

    task: str
    brief: str
    history: History
    goal: str
    rows: Sequence[TurnRow]
    end: End

    @property
    def episode(self) -> Episode:
        """The task as it stands in a history."""
        return Episode(self.goal, self.rows[0].observation, exchanges(self.rows))

    def view(self, turn: int) -> View:
        """What the agent saw when it decided on turn `turn`, from 1."""
        row = self.rows[turn - 1]
        return View(
            slot=0,
            brief=self.brief,
            history=self.history,
            episode=self.episode._replace(exchanges=exchanges(self.rows[: turn - 1])),
            admissible=row.admissible or (),
            key=(),
            expert=row.expert,
        )


def read_experience(folder: Path) -> list[list[Trajectory]]:
    """The chained sessions of a run folder, each the list of its tasks in order."""
    briefs = {block.name: block.brief for block in read_lock(folder / "panel.lock.json").blocks}
    turns: dict[str, list[TurnRow]] = {}
    for row in read_rows(folder / "turns.jsonl", TurnRow):
        turns.setdefault(row.play, []).append(row)
    sessions: dict[tuple[str, int], list[Trajectory]] = {}
    tasks = [row for row in read_rows(folder / "tasks.jsonl", TaskRow) if row.arm == "chained"]
    for task in sorted(tasks, key=lambda row: (int(row.block), row.order, row.position)):
        if task.end in ("failed", "void"):
            continue
        session = sessions.setdefault((task.block, task.order), [])
        session.append(
            Trajectory(
                task=task.task,
                brief=briefs[task.block],
                history=tuple(trajectory.episode for trajectory in session),
                goal=task.goal,
                rows=turns[task.play],
                end=task.end,
            )
        )
    return list(sessions.values())


def record_sessions(
    agent: Agent, panel: Panel, folder: Path, hooks: Hooks, slots: int, workers: int
) -> None:
    """Play the first chained session of every block into a folder, or what is left of them."""
    folder.mkdir(parents=True, exist_ok=True)
    panel.save(folder / "panel.lock.json")
    records = Records(folder)
    try:
        Rollout(agent, panel, ("chained",), records, hooks, slots, workers, orders=1).run()
    finally:
        records.close()


def expert_plays(
    expert: Agent, panel: Panel, folder: Path, slots: int, workers: int
) -> dict[str, Episode]:
    """A panel's tasks, by name, as the expert plays them.

    They are recorded in `folder` like any run.

    Raises:
        ValueError: the expert did not win a task, or the environment has none; nothing is kept.
    """
    record_sessions(expert, panel, folder, Hooks(), slots, workers)
    trajectories = [t for session in read_experience(folder) for t in session]
    won = {t.task: t.episode for t in trajectories if t.end == "won"}
    for task in panel.tasks:
        if task.name not in won:
            shutil.rmtree(folder)
            raise ValueError(
                f"The arms {' and '.join(BY_EXPERT)} need an expert that wins, but it did not win "
                f"{task.name} ({task.environment}, seed {task.seed}): leave them out."
            )
    return won
