"""Neural Procedural Memory: the procedure is kept in the activations, not in the prompt.

Zhao, Tan, He, Wang, Zhao, Liu, arXiv 2606.29824. Three phases, a file each: contrasts from
experience (`contrasts`), a memory of state pairs (`memory`), and, when a task begins, the
retrieval of similar tasks (`retrieval`), one direction a layer (`synthesis`) and its strength
(`strength`). What the paper leaves open is an option or a named reading.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import torch
from pydantic import ConfigDict, Field
from pydantic.dataclasses import dataclass
from torch import Tensor

from harness.agent import History, View
from harness.lm import Base, Divergence, Intervention, Steering
from harness.preparation import Preparation, Report, recipe
from npm_method.contrasts import Contrast, inter, intra, read_session
from npm_method.memory import Memory
from npm_method.retrieval import embed, nearest
from npm_method.strength import largest_within
from npm_method.synthesis import first_component

_DOSES = 8
"""Candidates for the strength, evenly spaced up to the largest."""


@dataclass(config=ConfigDict(extra="forbid"), kw_only=True)
class NPM(Intervention):
    """Steers each slot by its own vectors, retrieved for its own task."""

    layers: tuple[Annotated[int, Field(ge=0)], ...] = (9, 14, 19)
    """Decoder layers that are steered (the paper's example has three)."""
    contrast: Literal["inter", "intra", "both"] = "both"
    neighbours: Annotated[int, Field(ge=1)] = 8
    """K: tasks that are retrieved."""
    max_dose: Annotated[float, Field(gt=0, le=2)] = 0.4
    """Largest relative dose, norm of the change over norm of the residual. Coherence is
    reported to hold near 0.7; small models break earlier."""
    kl_bound: Annotated[float, Field(gt=0)] = 0.2
    """In nats."""

    def learn(self, preparation: Preparation, base: Base) -> None:
        """Read the states of the agent's own and the expert's training trajectories."""
        if max(self.layers) >= len(base.model.blocks):
            raise ValueError(
                f"intervention.layers: the model has layers 0 to {len(base.model.blocks) - 1}, "
                f"got {list(self.layers)}"
            )
        expert = preparation.expert_sessions()
        own = preparation.own_sessions(base.agent, base.made_of())
        fingerprint = f"{base.model.fingerprint}+{base.adapter_name}"
        made_of = {
            "part": recipe(self, ("torch", "transformers")),
            "agent": base.made_of(),
            "experience": preparation.made_of(),
        }

        def make(folder: Path, report: Report) -> None:
            winners = {t.task: t for session in expert for t in session}
            contrasts: list[Contrast] = []
            keys: dict[str, Tensor] = {}
            for done, session in enumerate(own, start=1):
                for read in read_session(base, session, self.layers):
                    if self.contrast in ("inter", "both"):
                        contrasts += inter(base, read, winners, self.layers)
                    if self.contrast in ("intra", "both"):
                        contrasts += intra(read)
                texts = [task_text(t.goal, t.rows[0].observation) for t in session]
                keys |= zip((t.task for t in session), embed(base.model, texts), strict=True)
                report(done, len(own))
            Memory.of(contrasts, keys, self.layers, fingerprint).save(folder)

        self._memory = Memory.load(
            preparation.artefact("procedural memory", made_of, make), fingerprint
        )
        self._model = base.model
        self._held: dict[int, tuple[tuple[str, History, str], Steering | None]] = {}

    def steer(self, view: View, divergence: Divergence) -> Steering | None:
        """The task's vectors; they are made when the task begins and hold until it ends."""
        task = task_text(view.episode.goal, view.episode.opening)
        begun = (view.brief, view.history, task)
        held = self._held.get(view.slot)
        if held is None or held[0] != begun:
            held = self._held[view.slot] = (begun, self._synthesise(task, divergence))
        return held[1]

    def _synthesise(self, task: str, divergence: Divergence) -> Steering | None:
        memory = self._memory
        if not memory.tasks:  # the agent won all its training tasks: nothing to contrast
            return None
        [query] = embed(self._model, [task])
        pooled = torch.isin(memory.owner, nearest(memory.keys, query, self.neighbours))
        direction = first_component(memory.differences[pooled])
        whole = Steering(self.layers, direction * memory.norms[:, None])
        doses = [self.max_dose * (i + 1) / _DOSES for i in range(_DOSES)]
        dose = largest_within(whole, doses, self.kl_bound, divergence)
        return whole.scaled(dose) if dose else None


def task_text(goal: str, opening: str) -> str:
    """What a task is retrieved by."""
    return f"{goal}\n\n{opening}"
