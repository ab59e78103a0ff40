"""Sessions and arms: which history the agent is given when a task begins.

An arm is a function from the session so far to a history: another arm is another function in
`ARMS`, and nothing else in the engine knows which arms there are.

    chained     the agent's own tasks before this one
    fresh       none: the brief only
    padded      neutral prose, message by message as long as the chained history
    expert      the same tasks as the expert plays them, filled up with neutral turns
    undamaged   none, in a world in which the expert has done the tasks before this one

chained - fresh is drift; padded - fresh is what the mere length does, expert - padded what the
content of the earlier tasks does, chained - expert what the agent's own errors do.

In a world that persists, every arm but the last begins where the agent's own commands have led.
There is no expert arm in it, since the expert's history would have led elsewhere; fresh - undamaged
is what the agent has done to its world.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

from harness.agent import Agent, Episode, Exchange, History, turns_in
from harness.keyed import Key, digest
from harness.neutral import NeutralText
from harness.task import Block, Panel, Task


class Past(NamedTuple):
    """A session so far: what the arms make their histories of."""

    own: Sequence[Episode]
    """The tasks before this one as the agent played them."""
    expert: Sequence[Episode]
    """The same tasks as the expert plays them; only the arms `BY_EXPERT` read them."""
    length: Callable[[str], int]
    """How long a message is for the agent (`Agent.length`)."""
    key: Key
    """Draws where in the neutral prose the session begins."""
    commands: Sequence[str] | None = None
    """What the agent has sent in the tasks before this one; None if each task has its own world."""

    def neutral(self) -> NeutralText:
        """The session's neutral prose, from its beginning."""
        return NeutralText(self.length, *self.key)


def chained(past: Past) -> History:
    """The agent's own tasks before this one."""
    return tuple(past.own)


def fresh(past: Past) -> History:
    """None: the brief only."""
    del past
    return ()


def padded(past: Past) -> History:
    """Neutral prose, message by message as long as the chained history."""
    prose = past.neutral()

    def like(text: str) -> str:
        return prose.message(past.length(text))

    return tuple(
        Episode(
            like(episode.goal),
            like(episode.opening),
            tuple(Exchange(like(e.said), like(e.observation)) for e in episode.exchanges),
        )
        for episode in past.own
    )


def expert(past: Past) -> History:
    """The expert's play of the earlier tasks, behind neutral turns that make up the length.

    There are as many neutral turns as the chained history has more than the expert's, together as
    long as what it has more in text. Where the expert's play is the longer one, nothing is filled
    in, and the gap shows in the recorded prompt lengths (`harness.drift.causes`).
    """
    plays = tuple(past.expert)
    missing = _length(past.own, past.length) - _length(plays, past.length)
    if missing <= 0:
        return plays
    turns = max(0, turns_in(tuple(past.own)) - turns_in(plays))
    answers = [past.length(e.said) for episode in past.own for e in episode.exchanges]
    answer = round(sum(answers) / max(1, len(answers)))
    goal, opening, *observations = _shares(missing - turns * answer, turns + 2)
    prose = past.neutral()
    filler = Episode(
        prose.message(goal),
        prose.message(opening),
        tuple(Exchange(prose.message(answer), prose.message(o)) for o in observations),
    )
    return (filler, *plays)


ARMS: Mapping[str, Callable[[Past], History]] = {
    "chained": chained,
    "fresh": fresh,
    "padded": padded,
    "expert": expert,
    "undamaged": fresh,  # what differs is the world
}

BY_EXPERT = ("expert", "undamaged")
"""The arms that need the expert's play."""


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
        return self.tasks[self.position - 1]

    @property
    def tasks(self) -> tuple[Task, ...]:
        """All tasks of the session, in its order."""
        return tuple(self.block.tasks[i] for i in self.block.orders[self.order])

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
    past: tuple[str, ...] | None = None
    """All commands before it in the same world; None if it has a world of its own."""


def play_of(cell: Cell, past: Past, agent: Agent) -> Play:
    """What has to be played for a cell, given the session before it."""
    history = ARMS[cell.arm](past) if agent.sees_history else ()
    world = _world(cell.arm, past)
    made_of: list[object] = [cell.task.model_dump(mode="json"), cell.block.brief, history, world]
    if not agent.deterministic:
        made_of.append(list(cell.name))
    return Play(digest(made_of)[:16], cell.task, cell.block.brief, history, world)


def _world(arm: str, past: Past) -> tuple[str, ...] | None:
    """The commands that have made the world what it is when the task begins."""
    if past.commands is None:
        return None
    if arm == "undamaged":
        return tuple(e.said for episode in past.expert for e in episode.exchanges)
    return tuple(past.commands)


def age(cell: Cell, own: Sequence[Episode]) -> int:
    """Turns of the session before a cell's task: none in the arms without a history.

    Not of the play: an agent that sees no history plays a task once for all ages.
    """
    return 0 if ARMS[cell.arm] is fresh else turns_in(tuple(own))


def cells(panel: Panel, arms: Sequence[str], orders: int | None = None) -> list[Cell]:
    """All rows that the task table will have; `orders` limits the orders of each block."""
    return [
        Cell(block, order, position, arm)
        for arm in arms
        for block in panel.blocks
        for order in range(len(block.orders))[:orders]
        for position in range(1, len(block.tasks) + 1)
    ]


def _length(history: Sequence[Episode], length: Callable[[str], int]) -> int:
    """Length of all messages of a history."""
    return sum(
        length(episode.goal)
        + length(episode.opening)
        + sum(length(e.said) + length(e.observation) for e in episode.exchanges)
        for episode in history
    )


def _shares(total: int, parts: int) -> list[int]:
    """`total` in so many parts that differ by one at most."""
    return [total * (i + 1) // parts - total * i // parts for i in range(parts)]
