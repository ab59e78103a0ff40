"""What is to be played, and what it serves: from the panel's cells to plays and task rows.

    schedule.begin()                     # every session's position 1 is wanted
    while play := schedule.take():
        ...                              # it is played from `schedule.recorded(play)` on
        schedule.played(play, Played(episode, rows, "won"))     # its rows; what it opens is queued

A cell is served by a play, and a play may serve several cells: a deterministic agent plays equal
(history, state) once. What an earlier start has played serves its cells at once.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from harness.agent import Agent, Episode, Exchange
from harness.events import Hooks, SessionEnded, TaskEnded
from harness.records import End, Records, TaskRow, TurnRow
from harness.session import BY_EXPERT, Cell, Past, Play, age, cells, play_of
from harness.task import Panel


class Played(NamedTuple):
    """A play that is finished."""

    episode: Episode
    rows: Sequence[TurnRow]
    end: End
    reason: str = ""


class Schedule:
    """Which plays are still to be played, and the task rows of those that were.

    Args:
        agent: says what makes two plays equal.
        panel: what to play.
        arms: names in `harness.session.ARMS`; `chained` must be among them.
        records: what they hold from an earlier start is not played again.
        hooks: they hear of tasks and sessions.
        orders: play only the first of each block's orders; None: all.
        experts: the panel's tasks, by name, as the expert plays them: for the arms `BY_EXPERT`.
    """

    def __init__(
        self,
        agent: Agent,
        panel: Panel,
        arms: Sequence[str],
        records: Records,
        hooks: Hooks,
        orders: int | None,
        experts: Mapping[str, Episode],
    ) -> None:
        self.agent = agent
        self.panel = panel
        self.arms = arms
        self.records = records
        self.hooks = hooks
        self.orders = orders
        self.experts = experts
        self._queue: deque[Play] = deque()
        self._waiting: dict[str, list[Cell]] = {}
        self._sessions: dict[tuple[str, int], list[Played]] = {}
        self._rows: dict[str, list[TurnRow]] = {}
        for turn in records.turns:
            self._rows.setdefault(turn.play, []).append(turn)
        ended = list(records.tasks)
        self._written = {(row.block, row.order, row.position, row.arm) for row in ended}
        # A machine that lost power can have kept a task's row and lost the end of its turns.
        self._played = {
            row.play: self._from_records(row)
            for row in ended
            if len(self._rows.get(row.play, [])) == row.turns
        }

    def begin(self) -> None:
        """Want the first position of every session, and with it what earlier starts left open."""
        for cell in cells(self.panel, self.arms, self.orders):
            if cell.position == 1:
                self._want(cell)

    def take(self) -> Play | None:
        """The next play, off the queue; None while there is none."""
        return self._queue.popleft() if self._queue else None

    def recorded(self, play: Play) -> list[TurnRow]:
        """The turns that an earlier start took of a play without finishing it."""
        return self._rows.pop(play.id, [])

    def played(self, play: Play, played: Played) -> None:
        """Serve all cells that waited for a play."""
        self._played[play.id] = played
        for cell in self._waiting.pop(play.id):
            self._serve(cell, play)

    def _want(self, cell: Cell) -> None:
        """Have a cell played, or served by an equal play."""
        play = play_of(cell, self._past(cell), self.agent)
        if play.id in self._played:
            self._serve(cell, play)
        elif play.id in self._waiting:
            self._waiting[play.id].append(cell)
        else:
            self._waiting[play.id] = [cell]
            # A chained session goes on first: its slot has the history encoded.
            if cell.arm == "chained":
                self._queue.appendleft(play)
            else:
                self._queue.append(play)

    def _serve(self, cell: Cell, play: Play) -> None:
        """Write a cell's row, and go on to what it opens."""
        played = self._played[play.id]
        session = self._session(cell)
        row = TaskRow(
            block=cell.block.name,
            order=cell.order,
            position=cell.position,
            arm=cell.arm,
            task=cell.task.name,
            play=play.id,
            end=played.end,
            turns=len(played.rows),
            cap=cell.task.cap,
            age=age(cell, _episodes(session[: cell.position - 1])),
            context_tokens=played.rows[0].prompt_tokens if played.rows else 0,
            goal=played.episode.goal,
            reason=played.reason,
        )
        new = cell.name not in self._written
        if new:
            self.records.tasks.append(row)
            self.hooks.task_ended(TaskEnded(row, tuple(played.rows)))
        if cell.arm != "chained":
            return
        session.append(played)
        following = cell.following()
        # After a failed task the session's later positions are missing, in every arm.
        if following is None or played.end == "failed":
            if new:
                self.hooks.session_ended(SessionEnded(cell.block.name, cell.order))
            return
        for arm in self.arms:
            self._want(following._replace(arm=arm))

    def _session(self, cell: Cell) -> list[Played]:
        return self._sessions.setdefault((cell.block.name, cell.order), [])

    def _past(self, cell: Cell) -> Past:
        before = cell.tasks[: cell.position - 1]
        own = self._session(cell)[: cell.position - 1]
        sent = None
        if self.panel.spec.persistent:
            sent = [row.command for played in own for row in played.rows if row.command is not None]
        return Past(
            own=_episodes(own),
            expert=[self.experts[task.name] for task in before] if cell.arm in BY_EXPERT else (),
            length=self.agent.length,
            key=(self.panel.seed, cell.block.name, cell.order),
            commands=sent,
        )

    def _from_records(self, row: TaskRow) -> Played:
        rows = self._rows.get(row.play, [])
        opening = rows[0].observation if rows else ""
        return Played(Episode(row.goal, opening, exchanges(rows)), rows, row.end, row.reason)


def _episodes(session: Sequence[Played]) -> list[Episode]:
    """The tasks of a session as they stand in a history: what was void was never played."""
    return [played.episode for played in session if played.end != "void"]


def exchanges(rows: Sequence[TurnRow]) -> tuple[Exchange, ...]:
    """A play's turns as they stand in a history."""
    return tuple(Exchange(row.text, row.feedback) for row in rows)
