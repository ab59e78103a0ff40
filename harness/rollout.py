"""The loop: views → agent → environments → turn records.

Slots are filled from a queue of plays. All slots decide together, in one batch; then their
environments step, in their own processes. A slot whose task has ended goes on with the next
task of its session, for its history is already encoded there, and otherwise with whatever is
next in the queue.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from environments.contract import Info
from harness.agent import Agent, Decision, Episode, Exchange, View, turns_in
from harness.events import Hooks, SessionEnded, TaskEnded, TurnTaken
from harness.probes import Probe, Prober
from harness.records import End, Records, TaskRow, TurnRow
from harness.session import Cell, Past, Play, age, cells, play_of
from harness.task import Panel, PanelMismatch, Task
from harness.workers import Broken, EnvironmentPool, Reply

UNREADABLE = "That is not a command."
"""What the agent reads when no command could be read from its output."""


class Played(NamedTuple):
    """A play that is finished."""

    episode: Episode
    rows: Sequence[TurnRow]
    end: End
    reason: str = ""


@dataclass
class Lane:
    """A play that is going on in a slot."""

    slot: int
    play: Play
    rows: list[TurnRow]
    goal: str = ""
    opening: str = ""
    info: Info | None = None
    """None until the environment was brought to where the rows end."""
    retried: bool = False

    @property
    def episode(self) -> Episode:
        """The task so far, as it stands in a history."""
        return Episode(self.goal, self.opening, exchanges(self.rows))

    @property
    def end(self) -> End | None:
        """How the task ended, or None while it goes on."""
        if self.rows and self.rows[-1].won:
            return "won"
        if self.rows and self.rows[-1].lost:
            return "lost"
        return "capped" if len(self.rows) >= self.play.task.cap else None


class Rollout:
    """Plays a panel with one agent and records it.

    Args:
        agent: prepared already.
        panel: what to play.
        arms: names in `harness.session.ARMS`; `chained` must be among them.
        records: what they hold from an earlier start is not played again.
        hooks: they hear of turns, tasks and sessions.
        slots: how many plays go on at once.
        workers: how many processes the environments are spread over.
        orders: play only the first of each block's orders; None: all.
        experts: the panel's tasks, by name, as the expert plays them: for the expert arm.
        probes: what is asked on the way; no decision depends on it.
    """

    def __init__(
        self,
        agent: Agent,
        panel: Panel,
        arms: Sequence[str],
        records: Records,
        hooks: Hooks,
        slots: int = 16,
        workers: int = 2,
        orders: int | None = None,
        experts: Mapping[str, Episode] | None = None,
        probes: Sequence[Probe] = (),
    ) -> None:
        self.agent = agent
        self.panel = panel
        self.arms = arms
        self.records = records
        self.hooks = hooks
        self.experts = experts or {}
        self._prober = Prober(agent, probes, records.probes)
        self.first = [cell for cell in cells(panel, arms, orders) if cell.position == 1]
        self._pool = EnvironmentPool(workers)
        self._free = list(range(slots))[::-1]
        self._lanes: dict[int, Lane] = {}
        self._queue: deque[tuple[Play, int | None]] = deque()
        self._waiting: dict[str, list[Cell]] = {}
        self._sessions: dict[tuple[str, int], list[Episode]] = {}
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

    def run(self) -> None:
        """Play until every cell has its row in the task table."""
        with self._pool:
            for cell in self.first:
                self._want(cell, home=None)
            while self._lanes or self._queue:
                self._fill()
                self._turn()

    def _want(self, cell: Cell, home: int | None) -> None:
        """Have a cell played, in slot `home` if that is free, or served by an equal play."""
        play = play_of(cell, self._past(cell), self.agent)
        if play.id in self._played:
            self._serve(cell, play, home)
        elif play.id in self._waiting:
            self._waiting[play.id].append(cell)
        else:
            self._waiting[play.id] = [cell]
            # A chained session goes on first: its slot has the history encoded.
            if cell.arm == "chained":
                self._queue.appendleft((play, home))
            else:
                self._queue.append((play, None))

    def _session(self, cell: Cell) -> list[Episode]:
        return self._sessions.setdefault((cell.block.name, cell.order), [])

    def _past(self, cell: Cell) -> Past:
        before = cell.tasks[: cell.position - 1]
        return Past(
            own=self._session(cell)[: cell.position - 1],
            expert=[self.experts[task.name] for task in before] if cell.arm == "expert" else (),
            length=self.agent.length,
            key=(self.panel.seed, cell.block.name, cell.order),
        )

    def _serve(self, cell: Cell, play: Play, home: int | None) -> None:
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
            age=age(cell, session[: cell.position - 1]),
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
        session.append(played.episode)
        following = cell.following()
        # After a failed task the session's later positions are missing, in every arm.
        if following is None or played.end == "failed":
            if new:
                self.hooks.session_ended(SessionEnded(cell.block.name, cell.order))
            return
        for arm in self.arms:
            self._want(following._replace(arm=arm), home)

    def _fill(self) -> None:
        """Put waiting plays into free slots and bring their environments to where they begin."""
        while self._queue and self._free:
            play, home = self._queue.popleft()
            slot = home if home in self._free else self._free[-1]
            self._free.remove(slot)
            self._lanes[slot] = Lane(slot, play, self._rows.pop(play.id, []))
        self._begin([lane for lane in self._lanes.values() if lane.info is None])

    def _begin(self, lanes: Sequence[Lane]) -> None:
        """Reset the lanes' environments and replay what is recorded of their plays."""
        if not lanes:
            return
        replies = self._pool.reset({lane.slot: lane.play.task for lane in lanes})
        for lane in lanes:
            reply = replies[lane.slot]
            if isinstance(reply, Reply):
                _check_content(lane.play.task, reply.content)
                lane.goal, lane.opening = reply.goal, reply.observation
                reply = self._replay(lane, reply)
            if isinstance(reply, Broken):
                self._broke(lane, reply)
            else:
                lane.info = reply.info
                if lane.end is not None:
                    self._finish(lane, lane.end)

    def _replay(self, lane: Lane, reply: Reply | Broken) -> Reply | Broken:
        for row in lane.rows:
            if row.command is not None:
                [reply] = self._pool.step({lane.slot: row.command}).values()
            if isinstance(reply, Broken):
                return reply
            if reply.info["state"] != row.state_after:
                return Broken(f"replay diverged at turn {row.turn}: {row.command!r}")
        return reply

    def _turn(self) -> None:
        """One decision in every slot."""
        lanes = [lane for lane in self._lanes.values() if lane.info is not None]
        if not lanes:
            return
        views = [self._view(lane) for lane in lanes]
        self._prober.ask([lane.play for lane in lanes], views)
        start = time.perf_counter()
        decisions = self.agent.act(views)
        seconds = (time.perf_counter() - start) / len(lanes)
        replies = self._pool.step(
            {
                lane.slot: decision.command
                for lane, decision in zip(lanes, decisions, strict=True)
                if decision.command is not None
            }
        )
        for lane, decision in zip(lanes, decisions, strict=True):
            reply = replies.get(lane.slot)
            if isinstance(reply, Broken):
                self._broke(lane, reply)
                continue
            row = self._turn_row(lane, decision, reply, seconds)
            self.records.turns.append(row)
            self.hooks.turn_taken(TurnTaken(row))
            lane.rows.append(row)
            if reply is not None:
                lane.info = reply.info
            if lane.end is not None:
                self._finish(lane, lane.end)

    def _view(self, lane: Lane) -> View:
        assert lane.info is not None
        return View(
            slot=lane.slot,
            brief=lane.play.brief,
            history=lane.play.history,
            episode=lane.episode,
            admissible=lane.info["admissible"] or (),
            key=("act", self.panel.seed, lane.play.task.name, len(lane.rows) + 1),
            expert=lane.info["expert"],
        )

    def _turn_row(
        self, lane: Lane, decision: Decision, reply: Reply | None, seconds: float
    ) -> TurnRow:
        """The row of a turn; without a reply the game was not stepped and its state stays."""
        before = lane.info
        assert before is not None
        after = before if reply is None else reply.info
        return TurnRow(
            play=lane.play.id,
            task=lane.play.task.name,
            turn=len(lane.rows) + 1,
            age=turns_in(lane.play.history),
            observation=lane.episode.observation,
            admissible=before["admissible"],
            command=decision.command,
            text=decision.said,
            feedback=UNREADABLE if reply is None else reply.observation,
            chosen=self.agent.chooses,
            expert=before["expert"],
            state_before=before["state"],
            state_after=after["state"],
            distance_before=before["distance"],
            distance_after=after["distance"],
            progress=after["progress"],
            accepted=None if reply is None else after["accepted"],
            violations=() if reply is None else after["violations"],
            opportunity=False if reply is None else after["opportunity"],
            won=after["won"],
            # A game that ends and is not won is lost, whatever it calls it.
            lost=after["lost"] or (reply is not None and reply.ended and not after["won"]),
            margin=decision.margin,
            recomputed=decision.recomputed,
            prompt_tokens=decision.prompt_tokens,
            encoded_tokens=decision.encoded_tokens,
            generated_tokens=decision.generated_tokens,
            dropped_turns=decision.dropped_turns,
            steered_tokens=decision.steered_tokens,
            dose=decision.dose,
            seconds=seconds,
        )

    def _broke(self, lane: Lane, broken: Broken) -> None:
        """The machinery broke: try once more by replay, then the task has failed."""
        lane.info = None
        if broken.bystander:
            return  # replayed as well, but nothing that counts against this task
        if lane.retried:
            self._finish(lane, "failed", broken.reason)
        lane.retried = True

    def _finish(self, lane: Lane, end: End, reason: str = "") -> None:
        del self._lanes[lane.slot]
        self._free.append(lane.slot)
        self._played[lane.play.id] = Played(lane.episode, lane.rows, end, reason)
        for cell in self._waiting.pop(lane.play.id):
            self._serve(cell, lane.play, home=lane.slot)

    def _from_records(self, row: TaskRow) -> Played:
        rows = self._rows.get(row.play, [])
        opening = rows[0].observation if rows else ""
        return Played(Episode(row.goal, opening, exchanges(rows)), rows, row.end, row.reason)


def exchanges(rows: Sequence[TurnRow]) -> tuple[Exchange, ...]:
    """A play's turns as they stand in a history."""
    return tuple(Exchange(row.text, row.feedback) for row in rows)


def _check_content(task: Task, content: str) -> None:
    if content != task.content:
        raise PanelMismatch(
            f"Task {task.name} came out as {content[:12]} when it was played, but the panel has "
            f"{task.content[:12]}: the game has changed since the panel was made."
        )
