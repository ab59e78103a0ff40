"""Decoding answers in many slots at once: what an answer may be decides how it is decoded.

`Choice` picks among admissible commands, token by token along the prefix tree of what tells
them apart. At a fork the model's logits decide; where only one token can follow, nothing is
decoded, and once one command is left the rest of it is never run at all: it is encoded with
the next turn's prompt. So a choice among thirty commands costs the prompt and one or two
decoding steps. `FreeText` writes until its line or its turn ends.
"""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from harness.keyed import Key, gumbel
from harness.lm.model import LanguageModel, Request
from harness.lm.sharing import share, waves
from harness.lm.slots import Slot

_Logits = dict[int, Tensor]
"""Behind each slot's last token, shape (vocabulary,)."""

_COMMAND = re.compile(r"[a-z][a-z0-9 '-]{0,79}")


class Sampling(NamedTuple):
    """How a token is picked: the best one at temperature 0, else by keyed Gumbel-max."""

    temperature: float
    key: Key


class Answer(ABC):
    """An answer that is being decoded."""

    def __init__(self, sampling: Sampling) -> None:
        self.sampling = sampling
        self.tokens: tuple[int, ...] = ()
        self.margin: float | None = None

    @abstractmethod
    def advance(self, logits: Tensor) -> Sequence[int]:
        """Decide on from `logits`, shape (vocabulary,), behind the tokens so far.

        Returns:
            The tokens to be run before the next decision; none if the answer is complete.
        """

    def pick(self, logits: Tensor, options: Sequence[int] | None = None) -> int:
        """The best token (of `options`, ascending); notes its lead over the runner-up."""
        scores = (logits if options is None else logits[list(options)]).double()
        if self.sampling.temperature > 0:
            noise = gumbel((*self.sampling.key, len(self.tokens)), len(logits))
            own = noise if options is None else noise[list(options)]
            scores = scores / self.sampling.temperature + torch.from_numpy(own).to(scores.device)
        (best, runner_up), (first, _) = (found.tolist() for found in scores.topk(2))
        lead = best - runner_up
        self.margin = lead if self.margin is None else min(self.margin, lead)
        return int(first) if options is None else options[int(first)]


class Choice(Answer):
    """One of several candidates, each ending with the end token, so that none begins another."""

    def __init__(self, candidates: Sequence[tuple[int, ...]], sampling: Sampling) -> None:
        super().__init__(sampling)
        self.alive = list(candidates)

    def advance(self, logits: Tensor) -> Sequence[int]:
        """Decide at this fork of the prefix tree, then walk on to the next fork or to the end."""
        if len(self.alive) > 1:
            depth = len(self.tokens)
            options = sorted({candidate[depth] for candidate in self.alive})
            if len(options) > 1:  # else all candidates begin alike
                best = self.pick(logits, options)
                self.alive = [c for c in self.alive if c[depth] == best]
            fork = depth + 1
            while len(self.alive) > 1 and len({c[fork] for c in self.alive}) == 1:
                fork += 1
            self.tokens = self.alive[0][:fork]
            if len(self.alive) > 1:
                return self.tokens[depth:]
        [self.tokens] = self.alive
        return ()


class FreeText(Answer):
    """Whatever the model writes, to the end of its line, of its turn, or to `max_tokens`."""

    def __init__(self, model: LanguageModel, sampling: Sampling, max_tokens: int) -> None:
        super().__init__(sampling)
        self.format = model.format
        self.max_tokens = max_tokens

    def advance(self, logits: Tensor) -> Sequence[int]:
        """Write one more token."""
        token = self.pick(logits)
        self.tokens = (*self.tokens, token)
        complete = (
            token == self.format.end
            or len(self.tokens) >= self.max_tokens
            or "\n" in self.format.decode([token])
        )
        return () if complete else (token,)


class Outcome(NamedTuple):
    """What decoding an answer took."""

    encoded: int
    """Prompt tokens that were run."""
    decoded: int
    """Answer tokens that were run."""
    steered: int
    """Tokens at which the slot's steering was added."""
    dose: float
    """Its mean relative dose there; 0 if nothing was steered."""


def encode(
    model: LanguageModel,
    slots: Sequence[Slot],
    prompts: Sequence[Sequence[int]],
    others: Iterable[Slot] = (),
) -> None:
    """Encode all but the last token of a prompt in every slot, all slots together.

    Args:
        model: the language model.
        slots: what is steered is the last token, so none of them is steered here.
        prompts: token ids.
        others: slots that hold what prompts may begin with.
    """
    wanted = [np.asarray(prompt[:-1], dtype=np.int64) for prompt in prompts]
    share(slots, wanted, others)
    for wave in waves(slots, wanted):
        model.extend([Request(slots[i], slots[i].missing(wanted[i])) for i in wave])


def decode(
    model: LanguageModel,
    slots: Sequence[Slot],
    prompts: Sequence[Sequence[int]],
    answers: Sequence[Answer],
    others: Iterable[Slot] = (),
) -> list[Outcome]:
    """Decode one answer in every slot, all slots together.

    Args:
        model: the language model.
        slots: each ends up holding its prompt and those tokens of the answer that were run.
        prompts: token ids up to where the answer begins.
        answers: filled in place.
        others: slots that hold what prompts may begin with.
    """
    wanted = [np.asarray(prompt, dtype=np.int64) for prompt in prompts]
    encoded, decoded = [0] * len(slots), [0] * len(slots)
    doses: list[list[float]] = [[] for _ in slots]

    def run(tokens: Mapping[int, Sequence[int] | np.ndarray], steered: int | None) -> _Logits:
        """Run tokens in some slots, the last `steered` of them steered; None: all."""
        requests = []
        for i, new in tokens.items():
            last = len(new) if steered is None else steered
            requests.append(Request(slots[i], new, 0 if slots[i].steering is None else last))
        logits = model.extend(requests)
        for i, dose in zip(tokens, model.doses, strict=True):
            doses[i] += dose
        return dict(zip(tokens, logits, strict=True))

    share(slots, wanted, others)
    behind: _Logits = {}
    for wave in waves(slots, wanted):
        missing = {i: slots[i].missing(wanted[i]) for i in wave}
        behind |= run(missing, steered=1)
        for i, new in missing.items():
            encoded[i] = len(new)
    while behind:
        chosen = {i: answers[i].advance(logits) for i, logits in behind.items()}
        going_on = {i: tokens for i, tokens in chosen.items() if len(tokens)}
        for i, tokens in going_on.items():
            decoded[i] += len(tokens)
        behind = run(going_on, steered=None) if going_on else {}
    return [
        Outcome(e, d, len(dose), float(np.mean(dose)) if dose else 0.0)
        for e, d, dose in zip(encoded, decoded, doses, strict=True)
    ]


def read_command(text: str) -> str | None:
    """The command in a model's output, or None if there is none.

    It is the first line that is not empty, without a prompt sign, quotes or a full stop:

        >>> read_command("> Go north.")
        'go north'
        >>> read_command("1. I would go north, then take the key.") is None
        True
    """
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    if not lines:
        return None
    command = " ".join(lines[0].lstrip(">").strip(" .!\"'`*").lower().split())
    return command if _COMMAND.fullmatch(command) else None
