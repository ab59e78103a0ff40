"""The whole measurement, in the order in which it happens.

found = Bench(Scale.quick(), frozenset({"a", "d16"}), scratch).run()
found.rows[1].ratio_to_a
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple, Self

import torch
from transformers import AutoModelForCausalLM, AutoTokenizer

from harness.config import RunConfig
from harness.lm import LanguageModel, LMAgent
from harness.lm.embedded import embedded_model
from tests.benchmarks.engine.ceilings import Ceilings, Shape, measure, shape_of
from tests.benchmarks.engine.choice import Steps, commands_of, count_steps
from tests.benchmarks.engine.continuous import Continuous
from tests.benchmarks.engine.engine import Adapted, Engine, Lanes, Steered, write_adapter
from tests.benchmarks.engine.in_vivo import Vivo, in_vivo
from tests.benchmarks.engine.loads import Cached, Load, Naive
from tests.benchmarks.engine.measure import Stage, Window, note
from tests.benchmarks.engine.passes import CONTEXTS, NEW, ContextCost, PassTime, context_cost
from tests.benchmarks.engine.recording import Session, prepared, record, session_config
from tests.benchmarks.engine.table import Row, paired_cost, summarise

PASS = 16 * NEW
"""Tokens of a prefill pass of sixteen slots."""


class Scale(NamedTuple):
    """How much is measured."""

    repeats: int = 3
    slots: int = 16
    tasks: int = 6
    depths: int = 4
    many: int = 64
    """Slots on sessions of two tasks."""
    many_depths: int = 2
    longest: int = CONTEXTS[-1]
    choices: int = 8

    @classmethod
    def quick(cls) -> Self:
        """Enough to see that it works."""
        return cls(1, slots=4, tasks=2, depths=1, many=4, many_depths=1, longest=512, choices=2)


@dataclass
class Found:
    """Everything that was measured; None where it was not asked for."""

    ceilings: Ceilings
    rows: list[Row] = field(default_factory=list)
    passes: list[PassTime] = field(default_factory=list)
    steering_cost: float | None = None
    """Of (e) over (d16): the median over windows that were timed twice."""
    context: ContextCost | None = None
    choice: Steps | None = None
    vivo: Vivo | None = None


class Bench:
    """Measures what is chosen.

    Args:
        scale: how much.
        chosen: names of loads and of what stands beside them (`__main__`).
        scratch: an empty folder.
    """

    def __init__(self, scale: Scale, chosen: frozenset[str], scratch: Path) -> None:
        self.scale = scale
        self.chosen = chosen
        self.scratch = scratch
        self.folder = embedded_model()
        self.network = self._pristine()
        self.shape: Shape = shape_of(self.network)
        self.config: RunConfig = session_config(scale.slots, scale.tasks)
        self.agent: LMAgent = prepared(self.config, scratch / "prepared")

    def run(self) -> Found:
        """All that is chosen, one after the other."""
        note("ceilings")
        found = Found(measure(self.shape, PASS))
        if self.chosen & {"a", "b", "c", "d1", "d4", "d16", "e", "f", "passes"}:
            self._long(found)
        if "d64" in self.chosen:
            self._many(found)
        if "context" in self.chosen:
            note("context")
            found.context = context_cost(
                self.model, self._text(), self.shape, 2 + self.scale.repeats, self.scale.longest
            )
        if "choice" in self.chosen:
            note("choice")
            found.choice = count_steps(
                self.model,
                [self._prompt(session, -1) for session in self.sessions[: self.scale.choices]],
                commands_of(self.sessions),
            )
        if "vivo" in self.chosen:
            note("in vivo")
            found.vivo = in_vivo(self.config, self.scratch / "vivo")
        return found

    @property
    def model(self) -> LanguageModel:
        """The engine."""
        return self.agent.model

    @cached_property
    def sessions(self) -> list[Session]:
        """The long ones."""
        note("recording the long sessions, if they are not there")
        return record(self.config, self.scratch / "long")

    def _long(self, found: Found) -> None:
        """Sessions of 60 turns."""
        lanes = Lanes(self.model, len(self.sessions))
        ceilings = found.ceilings if "passes" in self.chosen else None
        stage = Stage(self.agent, self.sessions, lanes, self._loads(lanes), self.shape, ceilings)
        windows = list(stage.run(self.scale.depths, self.scale.repeats))
        found.passes = stage.passes
        found.rows += self._rows(windows, self.sessions)
        if {"e", "d16"} <= self.chosen:
            found.steering_cost = paired_cost("e", "d16", windows)

    def _many(self, found: Found) -> None:
        """64 sessions of 20 turns: contexts to 2,000 tokens."""
        note("recording the short sessions, if they are not there")
        sessions = record(session_config(self.scale.many, 2), self.scratch / "many")
        lanes = Lanes(self.model, len(sessions))
        loads: list[Load] = []
        for act_by in ("choice", "generation"):
            loads += [
                Naive(self.network, self.agent, act_by),
                Cached(self.network, self.agent, act_by),
                Engine("d64", lanes, len(sessions), self.agent, act_by),
            ]
        stage = Stage(self.agent, sessions, lanes, loads, self.shape)
        windows = list(stage.run(self.scale.many_depths, self.scale.repeats))
        found.rows += self._rows(windows, sessions)

    def _loads(self, lanes: Lanes) -> list[Load]:
        """What is chosen of the loads on the long sessions; (e) beside what it is compared with."""
        every = len(lanes.slots)
        loads: list[Load] = []
        for act_by in ("choice", "generation"):
            loads += [
                Naive(self.network, self.agent, act_by),
                Cached(self.network, self.agent, act_by),
                Engine("d1", lanes, 1, self.agent, act_by),
                Engine("d4", lanes, min(4, every), self.agent, act_by),
                Engine("d16", lanes, every, self.agent, act_by),
            ]
            if act_by == "choice":
                loads.append(Steered("e", lanes, every, self.agent, act_by))
                if "f" in self.chosen:
                    loads.append(self._adapted(lanes))
        loads.append(Continuous(self.network, self.agent, every))
        return [load for load in loads if load.name in self.chosen]

    def _adapted(self, lanes: Lanes) -> Adapted:
        """In an engine of its own: a model with adapters has hooks, which the others must not."""
        tokenizer = AutoTokenizer.from_pretrained(self.folder)
        model = LanguageModel(self._pristine(), tokenizer)
        load = Adapted("f", lanes, len(lanes.slots), self.agent, "choice", model)
        load.adapters = [
            model.add_adapter(write_adapter(self.network, self.scratch, index))
            for index in range((len(lanes.slots) + 1) // 2)
        ]
        return load

    def _rows(self, windows: Sequence[Window], sessions: Sequence[Session]) -> list[Row]:
        return summarise(windows, self.shape.weight_bytes, max(map(len, sessions)))

    def _pristine(self) -> Any:
        """The model as transformers loads it: what users run, untouched by the engine."""
        network = AutoModelForCausalLM.from_pretrained(
            self.folder, dtype=torch.float32, attn_implementation="sdpa"
        )
        return network.eval().requires_grad_(False)

    def _prompt(self, session: Session, turn: int) -> list[int]:
        return self.agent.prompt(session[turn].view).tokens

    def _text(self) -> list[int]:
        """Tokens of prompts, one behind the other, longer than any context that is timed."""
        text: list[int] = []
        for session in self.sessions * (1 + self.scale.longest // 1000):
            text += self._prompt(session, -1)
            if len(text) > self.scale.longest + NEW:
                break
        return text
