"""Windows: some turns in a row, at depths spread evenly over the sessions, load by load in turn.

    stage = Stage(agent, sessions, lanes, loads, shape)
    for window in stage.run(depths=4, repeats=3): ...

At each depth all loads are brought to the turn before, untimed; then each repeat times every
load once, forwards or backwards by turns, so that what a machine does meanwhile falls on all.
A cost that grows about linearly with depth has its mean over the session at the midpoints.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import torch

from harness.lm import LMAgent
from tests.benchmarks.engine.ceilings import Ceilings, Shape
from tests.benchmarks.engine.continuous import Continuous
from tests.benchmarks.engine.engine import Lanes
from tests.benchmarks.engine.loads import Load, Made
from tests.benchmarks.engine.memory import growth, held
from tests.benchmarks.engine.passes import PassTime, time_passes
from tests.benchmarks.engine.recording import Session, Turn

WINDOW = 2
"""Turns in a row."""


class Window(NamedTuple):
    """What one load did in one window."""

    load: str
    act_by: str
    slots: int
    depth: int
    repeat: int
    seconds: float
    turns: int
    prompt: int
    encoded: int
    generated: int
    compared: int
    """Decisions that another load or the recording has too, those at ties left out."""
    differing: int
    held: int
    """Bytes of the keys and values that it holds when the window begins."""
    needed: int
    """Bytes that its live tokens need then."""
    grown: float
    """Bytes by which the process grew in the window; NaN if unknown."""
    busy: float
    """Share of the window's time that torch's threads ran: low if others had the machine."""


@dataclass
class Stage:
    """Loads on the sessions of one panel."""

    agent: LMAgent
    sessions: Sequence[Session]
    lanes: Lanes
    loads: Sequence[Load]
    shape: Shape
    ceilings: Ceilings | None = None
    """Where given, a prefill and some decoding steps of all lanes are timed as well."""
    passes: list[PassTime] = field(default_factory=list)
    _said: dict[tuple[str, int, int], str] = field(default_factory=dict)
    """Free answers by mode, session and turn: (a)'s where it decided, else who came first."""

    def run(self, depths: int, repeats: int) -> Iterator[Window]:
        """All windows; `passes` is filled on the way."""
        for depth in range(depths):
            share = (2 * depth + 1) / (2 * depths)
            # Each session at its own turn, should one have ended early.
            starts = [first_turn(len(session), share) for session in self.sessions]
            before = [s[at - 1].view for s, at in zip(self.sessions, starts, strict=True)]
            note(f"depth {depth + 1} of {depths}: encoding up to turn {min(starts)}")
            self.lanes.bring([self.agent.prompt(view).tokens for view in before])
            loads = [x for x in self.loads if depth == 0 or not isinstance(x, Continuous)]
            for load in loads:
                load.bring(before[: load.slots])
            for repeat in range(repeats):
                for load in loads if (repeat + depth) % 2 == 0 else loads[::-1]:
                    yield self._window(load, starts, depth, repeat)
                if self.ceilings is not None:
                    after = [s[at].view for s, at in zip(self.sessions, starts, strict=True)]
                    self.lanes.back(len(after))
                    prompts = [self.agent.prompt(view).tokens for view in after]
                    found = time_passes(self.lanes, prompts, self.shape, self.ceilings)
                    self.passes.append(found)
        for load in self.loads:
            if isinstance(load, Continuous):
                load.close()

    def _window(self, load: Load, starts: Sequence[int], depth: int, repeat: int) -> Window:
        load.back()
        bytes_held, needed = held(load.caches), self.shape.live_bytes(load.tokens)
        turns = [
            [session[start + step] for session, start in zip(self.sessions, starts, strict=True)]
            for step in range(WINDOW)
        ]
        made: list[list[Made]] = []
        with growth() as grown:
            began, ran = time.perf_counter(), time.process_time()
            for step in turns:
                made.append(load.decide([turn.view for turn in step[: load.slots]]))
            seconds, ran = time.perf_counter() - began, time.process_time() - ran
        everything = [one for step in made for one in step]
        same = [
            self._same(load, i, starts[i] + step, turns[step][i], one.text)
            for step, decided in enumerate(made)
            for i, one in enumerate(decided)
        ]
        note(f"  {load.name} by {load.act_by}, repeat {repeat + 1}: {seconds:.1f} s")
        return Window(
            load=load.name,
            act_by=load.act_by,
            slots=load.slots,
            depth=depth,
            repeat=repeat,
            seconds=seconds,
            turns=len(everything),
            prompt=sum(one.prompt for one in everything),
            encoded=sum(one.encoded for one in everything),
            generated=sum(one.generated for one in everything),
            compared=sum(one is not None for one in same),
            differing=sum(one is False for one in same),
            held=bytes_held,
            needed=needed,
            grown=grown.bytes,
            busy=ran / seconds / torch.get_num_threads(),
        )

    def _same(self, load: Load, session: int, at: int, turn: Turn, text: str) -> bool | None:
        """Whether a decision is what it has to be; None: there is nothing to compare it with."""
        if not load.comparable:
            return None
        if load.act_by == "choice":
            return None if turn.tied else text == turn.said
        key = (load.act_by, session, at)
        if key not in self._said:
            self._said[key] = text
            return None
        return text == self._said[key]


def first_turn(turns: int, share: float) -> int:
    """Index of the first turn of a window at a share of a session; at least one is before it."""
    return min(max(1, round(share * turns)), turns - WINDOW)


def note(text: str) -> None:
    """Progress, on standard error."""
    print(text, file=sys.stderr, flush=True)
