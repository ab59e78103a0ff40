"""Events of a run, and the hooks that receive them.

Tracking stays out of the engine: it emits frozen events, and `Hooks` do nothing with them
until a method is overridden. W&B is one set of hooks, the progress line another.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from harness.records import CostRow, TaskRow, TurnRow


@dataclass(frozen=True, slots=True)
class RunStarted:
    """Before preparation. `finished_tasks` were played by an earlier start of the same run."""

    folder: Path
    manifest: dict[str, Any]
    tasks: int
    """Rows that the task table will have."""
    finished_tasks: int


@dataclass(frozen=True, slots=True)
class StepProgress:
    """A long step of preparation goes on: games made, episodes trained on."""

    step: str
    done: int
    total: int


@dataclass(frozen=True, slots=True)
class StepDone:
    """A step of preparation is finished, or was found finished."""

    row: CostRow


@dataclass(frozen=True, slots=True)
class TurnTaken:
    """A decision was taken and the game has answered."""

    row: TurnRow


@dataclass(frozen=True, slots=True)
class TaskEnded:
    """A task ended, in one arm at one position, with the turns of its play."""

    row: TaskRow
    turns: tuple[TurnRow, ...]


@dataclass(frozen=True, slots=True)
class SessionEnded:
    """The chained session of (block, order) is over."""

    block: str
    order: int


@dataclass(frozen=True, slots=True)
class RunEnded:
    """All that was to be played was played."""

    folder: Path
    manifest: dict[str, Any]


class Hooks:
    """Override what you want to hear of."""

    def run_started(self, event: RunStarted) -> None:
        """Before preparation."""

    def step_progress(self, event: StepProgress) -> None:
        """During a long step of preparation."""

    def step_done(self, event: StepDone) -> None:
        """After each step of preparation."""

    def turn_taken(self, event: TurnTaken) -> None:
        """After each turn."""

    def task_ended(self, event: TaskEnded) -> None:
        """After each task."""

    def session_ended(self, event: SessionEnded) -> None:
        """After each chained session."""

    def run_ended(self, event: RunEnded) -> None:
        """After the last task."""

    def close(self) -> None:
        """Always called, also when the run broke."""


class AllHooks(Hooks):
    """Passes every event on to several hooks, in order."""

    def __init__(self, hooks: Iterable[Hooks]) -> None:
        self.hooks = tuple(hooks)

    def run_started(self, event: RunStarted) -> None:
        """Pass on."""
        for hook in self.hooks:
            hook.run_started(event)

    def step_progress(self, event: StepProgress) -> None:
        """Pass on."""
        for hook in self.hooks:
            hook.step_progress(event)

    def step_done(self, event: StepDone) -> None:
        """Pass on."""
        for hook in self.hooks:
            hook.step_done(event)

    def turn_taken(self, event: TurnTaken) -> None:
        """Pass on."""
        for hook in self.hooks:
            hook.turn_taken(event)

    def task_ended(self, event: TaskEnded) -> None:
        """Pass on."""
        for hook in self.hooks:
            hook.task_ended(event)

    def session_ended(self, event: SessionEnded) -> None:
        """Pass on."""
        for hook in self.hooks:
            hook.session_ended(event)

    def run_ended(self, event: RunEnded) -> None:
        """Pass on."""
        for hook in self.hooks:
            hook.run_ended(event)

    def close(self) -> None:
        """Pass on."""
        for hook in self.hooks:
            hook.close()
