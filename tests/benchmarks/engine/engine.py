"""The engine's loads: (d) plain, (e) steered in every slot, (f) every second slot adapted.

lanes = Lanes(model, count=16)
lanes.bring(prompts)
Engine("d4", lanes, 4, agent, "choice").decide(views)

They share slots, whose keys and values were encoded unsteered and unadapted. So what (e) and (f)
decide means nothing, but they do the same work as if it did.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors.torch import save_file
from torch import Tensor, nn

from harness.agent import View
from harness.keyed import generator
from harness.lm import LanguageModel, LMAgent
from harness.lm.deciding import ActBy, Deciding
from harness.lm.model import Request
from harness.lm.steering import Steering
from tests.benchmarks.engine.loads import MAX_TOKENS, Load, Made

STEERED_LAYER = 14
"""As in conf/agent/npm.yaml."""
RANK = 16


class Lanes:
    """Slots at the turn before a window."""

    def __init__(self, model: LanguageModel, count: int) -> None:
        self.model = model
        self.slots = [model.slot() for _ in range(count)]
        self.starts = [0] * count

    def bring(self, prompts: Sequence[Sequence[int]]) -> None:
        """Encode what the prompts have new."""
        self.starts = [len(prompt) for prompt in prompts]
        for slot in self.slots:
            slot.steering, slot.adapter = None, None
        self.model.extend(
            [
                Request(slot, slot.missing(prompt))
                for slot, prompt in zip(self.slots, prompts, strict=True)
            ]
        )

    def back(self, count: int) -> None:
        """Forget in the first slots what came since.

        The last token is encoded once more, so that a cache whose room has become too large for
        it is made smaller now and not in the window, where this cannot happen in a real session.
        """
        again = []
        for slot, start in zip(self.slots[:count], self.starts[:count], strict=True):
            slot.steering, slot.adapter = None, None
            slot.truncate(start)
            last = slot.tokens[-1:]
            slot.truncate(start - 1)
            again.append(Request(slot, last))
        self.model.extend(again)


class Engine(Load):
    """(d) The engine, in some of the lanes."""

    def __init__(
        self,
        name: str,
        lanes: Lanes,
        slots: int,
        agent: LMAgent,
        act_by: ActBy,
        model: LanguageModel | None = None,
    ) -> None:
        """`model`: another with the same weights; None: the lanes' own."""
        self.name = name
        self.lanes = lanes
        self.slots = slots
        self.agent = agent
        self.act_by = act_by
        self.model = model or lanes.model
        self.deciding = Deciding(self.model, None, act_by, max_tokens=MAX_TOKENS)

    def bring(self, views: Sequence[View]) -> None:
        """Nothing: the lanes are brought once for all loads."""

    def back(self) -> None:
        """Its lanes at the turn before the window."""
        self.lanes.back(self.slots)

    def decide(self, views: Sequence[View]) -> list[Made]:
        """Decide in all slots at once, as `LMAgent.act` does."""
        slots = self.lanes.slots[: self.slots]
        wanted = [self.agent.wanted(view, self.agent.prompt(view)) for view in views]
        decided = self.deciding.decide(slots, wanted)
        made = []
        for slot, asked, one in zip(slots, wanted, decided, strict=True):
            length = len(asked.tokens)
            if slot.steering is not None:  # nothing that was steered stays in the cache
                slot.truncate(length - 1)
            generated = self._generated(one.text, one.outcome)
            made.append(Made(one.text, length, one.outcome.encoded, generated))
        return made

    @property
    def caches(self) -> list[Any]:
        """Its slots' layers."""
        return [slot.layers for slot in self.lanes.slots[: self.slots]]

    @property
    def tokens(self) -> int:
        """In its slots."""
        return sum(len(slot) for slot in self.lanes.slots[: self.slots])

    def _generated(self, text: str, outcome: Any) -> int:
        """By choice the forced tokens too; a free answer's last token was never run."""
        if self.act_by == "choice":
            return len(self.model.format.answer(text))
        return int(outcome.decoded) + 1


class Steered(Engine):
    """(e) A vector of its own in every slot."""

    comparable = False

    def back(self) -> None:
        """The same, and steered."""
        super().back()
        for index, slot in enumerate(self.lanes.slots[: self.slots]):
            slot.steering = Steering((STEERED_LAYER,), _vector(self.model.width, index))


class Adapted(Engine):
    """(f) Every second slot with an adapter of its own, the others with none."""

    comparable = False
    adapters: Sequence[str] = ()

    def back(self) -> None:
        """The same, and adapted."""
        super().back()
        for slot, adapter in zip(self.lanes.slots[: self.slots : 2], self.adapters, strict=False):
            slot.adapter = adapter


def write_adapter(network: nn.Module, folder: Path, index: int) -> Path:
    """An adapter of rank 16 on all linear layers, with small random factors, as peft writes it."""
    rng = generator("benchmark adapter", index)
    tensors: dict[str, Tensor] = {}
    for name, module in network.named_modules():
        if isinstance(module, nn.Linear) and not name.endswith("lm_head"):
            for part, shape in (
                ("lora_A", (RANK, module.in_features)),
                ("lora_B", (module.out_features, RANK)),
            ):
                factor = 0.01 * rng.standard_normal(shape, dtype="float32")
                tensors[f"base_model.model.{name}.{part}.weight"] = torch.from_numpy(factor)
    own = folder / f"adapter{index}"
    own.mkdir(parents=True)
    config = {"peft_type": "LORA", "r": RANK, "lora_alpha": RANK}
    (own / "adapter_config.json").write_text(json.dumps(config))
    save_file(tensors, own / "adapter_model.safetensors")
    return own


def _vector(width: int, index: int) -> Tensor:
    """Shape (1, width), of norm 1."""
    draws = generator("benchmark steering", index).standard_normal((1, width), dtype="float32")
    return torch.from_numpy(draws / np.linalg.norm(draws))
