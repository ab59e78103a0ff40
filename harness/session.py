"""Sessions and arms: which history the agent is given when a task begins.

An arm is a function from the chained session so far to a history. `chained` is that session
itself, `fresh` is nothing; another arm is another function in `ARMS`, and nothing else in the
engine knows which arms there are.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

from harness.agent import Agent, Episode, History
from harness.keyed import digest
from harness.task import Block, Panel, Task


def chained(session: Sequence[Episode]) -> History:
    """The agent's own tasks before this one."""
    return tuple(session)


def fresh(session: Sequence[Episode]) -> History:
    """None: the brief only."""
    del session
    return ()


ARMS: Mapping[str, Callable[[Sequence[Episode]], History]] = {"chained": chained, "fresh": fresh}


class Cell(NamedTuple):
    """One task at one position of one session, in one arm: a row of the task table."""

    block: Block
    order: int
    position: int
    """From 1."""
    arm: str

    @property
    def task(self) -> Task:
        """What is played there."""
        return self.block.tasks[self.block.orders[self.order][self.position - 1]]

    @property
    def name(self) -> tuple[str, int, int, str]:
        """How the task table names it."""
        return (self.block.name, self.order, self.position, self.arm)

    def following(self) -> Cell | None:
        """The next position of the same session and arm; None at the end."""
        if self.position == len(self.block.orders[self.order]):
            return None
        return self._replace(position=self.position + 1)


class Play(NamedTuple):
    """A task to be played from a history.

    A deterministic agent plays equal (history, state) once, so a play may serve several cells.
    """

    id: str
    task: Task
    brief: str
    history: History


def play_of(cell: Cell, session: Sequence[Episode], agent: Agent) -> Play:
    """What has to be played for a cell, given the chained session before it."""
    history = ARMS[cell.arm](session) if agent.sees_history else ()
    made_of: list[object] = [cell.task.model_dump(mode="json"), cell.block.brief, history]
    if not agent.deterministic:
        made_of.append(list(cell.name))
    return Play(digest(made_of)[:16], cell.task, cell.block.brief, history)


def cells(panel: Panel, arms: Sequence[str], orders: int | None = None) -> list[Cell]:
    """All rows that the task table will have; `orders` limits the orders of each block."""
    return [
        Cell(block, order, position, arm)
        for arm in arms
        for block in panel.blocks
        for order in range(len(block.orders))[:orders]
        for position in range(1, len(block.tasks) + 1)
    ]
