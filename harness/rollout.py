"""The loop: views → agent → environments → turn records.

    Rollout(agent, panel, ("chained", "fresh"), records, hooks, slots=16, workers=2).run()

Slots are filled from the queue of the schedule. All lanes that are ready decide together, in one
batch; their commands are sent; whoever has been answered by then is in the next batch. So a game
steps while the model works for the others, and a slow one holds up its own slot. A slot whose
play has ended is refilled at once.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from itertools import takewhile

from environments.registry import environment_class
from harness.agent import Agent, Episode, History
from harness.events import Hooks, TurnTaken
from harness.lane import Decided, Diverged, Lane
from harness.probes import Probe, Prober
from harness.records import End, Records
from harness.schedule import Played, Schedule
from harness.task import Panel
from harness.workers import Answer, Broken, EnvironmentPool, Reply

GRACE = 0.05
"""Share of a decision's time that those who are ready wait for the others."""


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
        experts: the panel's tasks, by name, as the expert plays them: for the arms that need it.
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
        self.records = records
        self.hooks = hooks
        self._messages = environment_class(panel.spec.id).messages
        self._schedule = Schedule(agent, panel, arms, records, hooks, orders, experts or {})
        self._prober = Prober(agent, probes, records.probes)
        self._pool = EnvironmentPool(workers)
        self._lanes: dict[int, Lane] = {}
        self._lived: dict[int, History] = {slot: () for slot in range(slots)}
        """What each slot has played last, episode after episode."""
        self._deciding = 1.0
        """Seconds that the last batch took; a guess before the first."""

    def run(self) -> None:
        """Play until every cell has its row in the task table."""
        with self._pool:
            self._schedule.begin()
            self._fill()
            while self._lanes:
                self._decide()
                self._listen()

    def _fill(self) -> None:
        """Put plays into the free slots."""
        while free := [slot for slot in self._lived if slot not in self._lanes]:
            play = self._schedule.take()
            if play is None:
                return
            slot = max(free, key=partial(self._fits, play.history))
            self._lanes[slot] = Lane(slot, play, self._schedule.recorded(play))
            self._begin(self._lanes[slot])

    def _fits(self, history: History, slot: int) -> tuple[int, int]:
        """How much of a history a slot has lived, and has encoded; then, how little it loses."""
        lived = self._lived[slot]
        pairs = zip(lived, history, strict=False)
        same = sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], pairs))
        return same, -len(lived)

    def _begin(self, lane: Lane) -> None:
        lane.begin()
        self._pool.reset(lane.slot, lane.play.task, lane.play.past)

    def _decide(self) -> None:
        """One decision in every lane that is ready; the commands are sent."""
        lanes = [lane for lane in self._lanes.values() if lane.ready]
        if not lanes:
            return
        start = time.perf_counter()
        views = [lane.view(self.panel.seed, self._messages) for lane in lanes]
        self._prober.ask([lane.play for lane in lanes], views)
        asked = time.perf_counter()
        decisions = self.agent.act(views)
        end = time.perf_counter()
        self._deciding = end - start
        seconds = (end - asked) / len(lanes)
        for lane, decision in zip(lanes, decisions, strict=True):
            lane.decided = Decided(decision, seconds, self.agent.chooses)
            if decision.command is None:
                self._record(lane, None)
            else:
                self._pool.step(lane.slot, decision.command)
        self._fill()

    def _listen(self) -> None:
        """Take in what the environments answered, and wait where that is worth it."""
        if self._lanes and not any(lane.ready for lane in self._lanes.values()):
            self._hear(self._pool.collect())
        # A model is fastest with a full batch, so whoever is nearly there is waited for; but no
        # longer than costs next to nothing, or the slowest game would set the pace for all.
        until = time.perf_counter() + GRACE * self._deciding
        while not all(lane.ready for lane in self._lanes.values()):
            answers = self._pool.collect(max(0.0, until - time.perf_counter()))
            if not answers:
                return
            self._hear(answers)

    def _hear(self, answers: Iterable[Answer]) -> None:
        for slot, reply in answers:
            lane = self._lanes.get(slot)
            if lane is None:
                continue  # its process died, but it has nothing to play
            if isinstance(reply, Broken):
                self._broke(lane, reply)
            elif lane.decided is not None:
                self._record(lane, reply)
            else:
                self._replay(lane, reply)
        # Not before: a process that died is told of in slots that have nothing to play, too.
        self._fill()

    def _record(self, lane: Lane, reply: Reply | None) -> None:
        """Record what came of a lane's decision."""
        row = lane.record(reply)
        self.records.turns.append(row)
        self.hooks.turn_taken(TurnTaken(row))
        if lane.end is not None:
            self._finish(lane, lane.end)

    def _replay(self, lane: Lane, reply: Reply) -> None:
        """Bring a lane on towards where its rows end."""
        try:
            command = lane.replay(reply)
        except Diverged as error:
            self._broke(lane, Broken(str(error)))
            return
        if command is not None:
            self._pool.step(lane.slot, command)
        elif lane.end is not None:
            self._finish(lane, lane.end, lane.void)

    def _broke(self, lane: Lane, broken: Broken) -> None:
        """The machinery broke: try once more by replay, then the task has failed."""
        if lane.retried and not broken.bystander:
            self._finish(lane, "failed", broken.reason)
            return
        # A bystander is replayed as well, but nothing counts against its task.
        lane.retried = lane.retried or not broken.bystander
        self._begin(lane)

    def _finish(self, lane: Lane, end: End, reason: str = "") -> None:
        del self._lanes[lane.slot]
        self._lived[lane.slot] = (*lane.play.history, lane.episode)
        self._schedule.played(lane.play, Played(lane.episode, lane.rows, end, reason))
