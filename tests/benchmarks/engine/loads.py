"""What plays: the loop that users would otherwise write, and the engine in its variants.

    load = Naive(network, agent, "choice")
    load.bring([before]); load.back(); load.decide([view])    # [Made("go north", 812, 812, 3)]

A load is brought to the turn before a window once, and goes back there before it is timed.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Any, NamedTuple

import torch
from torch import Tensor
from transformers import DynamicCache, GenerationConfig

from harness.agent import View
from harness.lm import LMAgent
from harness.lm.deciding import ActBy

MAX_TOKENS = 16
"""Longest free answer."""


class Made(NamedTuple):
    """One decision, and the tokens that it took."""

    text: str
    prompt: int
    encoded: int
    """Of the prompt, what was run; the rest was cached."""
    generated: int
    """Of the answer, whether they were run or forced."""


class Load(ABC):
    """One way to decide for some sessions at once."""

    name: str
    act_by: ActBy
    slots: int
    comparable = True
    """It decides what the recording has: its model is neither steered nor adapted."""

    @abstractmethod
    def bring(self, views: Sequence[View]) -> None:
        """Encode the prompts of the turn before the window."""

    @abstractmethod
    def back(self) -> None:
        """Forget what was done since then."""

    @abstractmethod
    def decide(self, views: Sequence[View]) -> list[Made]:
        """Decide a turn in every session."""

    @property
    def caches(self) -> list[Any]:
        """What holds its keys and values."""
        return []

    @property
    def tokens(self) -> int:
        """How many tokens are cached in all sessions."""
        return 0


class Naive(Load):
    """(a) One episode at a time, `generate` on the whole prompt each turn."""

    name = "a"
    slots = 1

    def __init__(self, network: Any, agent: LMAgent, act_by: ActBy) -> None:
        self.network = network
        self.agent = agent
        self.format = agent.model.format
        self.act_by = act_by
        vocabulary = int(network.config.vocab_size)
        newlines = [i for i in range(vocabulary) if "\n" in self.format.decode([i])]
        # A free answer ends with its line, as in the engine.
        self.ends = [self.format.end, *(newlines if act_by == "generation" else [])]

    def settings(self, most: int = MAX_TOKENS) -> GenerationConfig:
        """The best token always, to an end or for `most` tokens."""
        return GenerationConfig(
            do_sample=False,
            max_new_tokens=most,
            eos_token_id=self.ends,
            pad_token_id=self.format.end,
        )

    def bring(self, views: Sequence[View]) -> None:
        """Nothing: it remembers nothing."""

    def back(self) -> None:
        """Nothing."""

    def decide(self, views: Sequence[View]) -> list[Made]:
        """Decide for one session."""
        [view] = views
        prompt = self.agent.prompt(view).tokens
        answer = self._generate(prompt, self._options(prompt, view.admissible))
        text = self.format.decode(answer).strip()
        return [Made(text, len(prompt), self._encoded(prompt), len(answer))]

    def _generate(self, prompt: list[int], options: dict[str, Any]) -> list[int]:
        ids = torch.tensor([prompt])
        with torch.inference_mode():
            output: Tensor = self.network.generate(
                ids,
                attention_mask=torch.ones_like(ids),
                **options,
            )
        answer: list[int] = output[0, len(prompt) :].tolist()
        return answer

    def _options(self, prompt: list[int], admissible: Sequence[str]) -> dict[str, Any]:
        """By choice only what goes on with a command is allowed, which is transformers' way."""
        if self.act_by == "generation":
            return {"generation_config": self.settings()}
        candidates = [self.format.answer(text) for text in admissible]

        def allowed(batch: int, ids: Tensor) -> list[int]:
            told = ids[len(prompt) :].tolist()
            return [c[len(told)] for c in candidates if c[: len(told)] == told]

        return {
            "prefix_allowed_tokens_fn": allowed,
            "generation_config": self.settings(max(map(len, candidates))),
        }

    def _encoded(self, prompt: list[int]) -> int:
        return len(prompt)


class Cached(Naive):
    """(b) The same with the episode's keys and values kept, cropped to what still stands."""

    name = "b"

    def __init__(self, network: Any, agent: LMAgent, act_by: ActBy) -> None:
        super().__init__(network, agent, act_by)
        self.cache = DynamicCache(config=network.config)
        self.held: list[int] = []
        """The tokens that are cached."""
        self.start: list[int] = []
        self.missing = 0

    def bring(self, views: Sequence[View]) -> None:
        """Encode what the prompt before the window has new."""
        [view] = views
        self.start = self.agent.prompt(view).tokens
        self._crop(self.start)
        with torch.inference_mode():
            for piece in torch.split(torch.tensor([self.start[len(self.held) :]]), 2048, dim=1):
                self.network(piece, past_key_values=self.cache, logits_to_keep=1)
        self.held = self.start

    def back(self) -> None:
        """Crop the cache to the turn before the window."""
        self._crop(self.start)

    @property
    def caches(self) -> list[Any]:
        """The episode's cache."""
        return [self.cache]

    @property
    def tokens(self) -> int:
        """Of the episode."""
        return len(self.held)

    def _generate(self, prompt: list[int], options: dict[str, Any]) -> list[int]:
        self._crop(prompt[:-1])  # the last token has to be run
        self.missing = len(prompt) - len(self.held)
        answer = super()._generate(prompt, {**options, "past_key_values": self.cache})
        self.held = [*prompt, *answer[:-1]]
        return answer

    def _encoded(self, prompt: list[int]) -> int:
        return self.missing

    def _crop(self, tokens: list[int]) -> None:
        """Keep the longest beginning that is common with `tokens`."""
        common = 0
        for ours, theirs in zip(self.held, tokens, strict=False):
            if ours != theirs:
                break
            common += 1
        if common < len(self.held):
            self.cache.crop(common - len(self.held))
            self.held = self.held[:common]
