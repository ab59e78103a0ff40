"""Decoding answers in many slots at once: what an answer may be decides how it is decoded.

`Choice` picks among admissible commands, token by token along the prefix tree of what tells
them apart. At a fork the model's logits decide; where only one token can follow, nothing is
decoded, and once one command is left the rest of it is never run at all: it is encoded with
the next turn's prompt. So a choice among thirty commands costs the prompt and one or two
decoding steps. `FreeText` writes until its line or its turn ends; what it may turn out to say is
run ahead of its decisions, and a step takes all of them that were guessed right.
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
"""Behind the tokens that are read in each slot, shape (read, vocabulary)."""

_COMMAND = re.compile(r"[a-z][a-z0-9 '-]{0,79}")


class Sampling(NamedTuple):
    """How a token is picked: the best one at temperature 0, else by keyed Gumbel-max."""

    temperature: float
    key: Key


class Answer(ABC):
    """An answer that is being decoded."""

    reads_every_token = False
    """It decides behind each token that is run for it, not only behind the last."""

    def __init__(self, sampling: Sampling) -> None:
        self.sampling = sampling
        self.tokens: tuple[int, ...] = ()
        self.margin: float | None = None

    @abstractmethod
    def advance(self, logits: Tensor) -> Sequence[int]:
        """Decide on from the logits behind the tokens that were run, shape (read, vocabulary).

        Returns:
            The tokens to be run before the next decision; none if the answer is complete. Those
            that do not become part of the answer are forgotten again.
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
                best = self.pick(logits[-1], options)
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
    """Whatever the model writes, to the end of its line, of its turn, or to `max_tokens`.

    Guesses change nothing in it (speculative decoding: Leviathan, Kalman, Matias, ICML 2023; from
    known texts instead of a small model: Saxena, prompt lookup decoding, 2023).

    Args:
        model: the language model.
        sampling: how a token is picked.
        max_tokens: the longest answer.
        guesses: answers that it may turn out to be, likeliest first.
    """

    reads_every_token = True

    def __init__(
        self,
        model: LanguageModel,
        sampling: Sampling,
        max_tokens: int,
        guesses: Sequence[Sequence[int]] = (),
    ) -> None:
        super().__init__(sampling)
        self.format = model.format
        self.max_tokens = max_tokens
        self.guesses = [tuple(guess) for guess in guesses]
        self._ahead: tuple[int, ...] = ()

    def advance(self, logits: Tensor) -> Sequence[int]:
        """Write tokens as long as they are those that were run ahead, and one more."""
        for behind, guessed in zip(logits, (*self._ahead, None), strict=True):
            token = self.pick(behind)
            self.tokens = (*self.tokens, token)
            if self._complete(token):
                return ()
            if token != guessed:
                break
        self._ahead = self._guess()
        return (self.tokens[-1], *self._ahead)

    def _complete(self, token: int) -> bool:
        return (
            token == self.format.end
            or len(self.tokens) >= self.max_tokens
            or "\n" in self.format.decode([token])
        )

    def _guess(self) -> tuple[int, ...]:
        """How the likeliest answer that begins so goes on; its last token is never run."""
        written = len(self.tokens)
        for guess in self.guesses:
            if len(guess) > written and guess[:written] == self.tokens:
                return guess[written : min(len(guess), self.max_tokens) - 1]
        return ()


class Outcome(NamedTuple):
    """What decoding an answer took."""

    encoded: int
    """Prompt tokens that were run."""
    decoded: int
    """Answer tokens that were run, without those guessed wrong."""
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
    encoded = [0] * len(slots)
    doses: list[list[float]] = [[] for _ in slots]

    def run(requests: Mapping[int, Request]) -> _Logits:
        logits = model.extend(list(requests.values()))
        for i, dose in zip(requests, model.doses, strict=True):
            doses[i] += dose
        read = [request.read for request in requests.values()]
        return dict(zip(requests, torch.split(logits, read), strict=True))

    def steered(i: int, tokens: int) -> int:
        return 0 if slots[i].steering is None else tokens

    share(slots, wanted, others)
    behind: _Logits = {}
    for wave in waves(slots, wanted):
        missing = {i: slots[i].missing(wanted[i]) for i in wave}
        behind |= run({i: Request(slots[i], new, steered(i, 1)) for i, new in missing.items()})
        for i, new in missing.items():
            encoded[i] = len(new)
    while behind:
        chosen = {i: answers[i].advance(logits) for i, logits in behind.items()}
        for i in chosen:  # what was run and did not become part of the answer is forgotten
            slots[i].truncate(len(wanted[i]) + len(answers[i].tokens) - 1)
            # The prompt's last token was steered too.
            del doses[i][steered(i, 1 + len(slots[i]) - len(wanted[i])) :]
        going_on = {
            i: Request(
                slots[i],
                tokens,
                steered(i, len(tokens)),
                read=len(tokens) if answers[i].reads_every_token else 1,
            )
            for i, tokens in chosen.items()
            if len(tokens)
        }
        behind = run(going_on) if going_on else {}
    return [
        Outcome(e, len(slot) - len(prompt), len(dose), float(np.mean(dose)) if dose else 0.0)
        for e, slot, prompt, dose in zip(encoded, slots, wanted, doses, strict=True)
    ]


def read_message(text: str) -> str | None:
    """The message in a model's output: its first line that is not empty, or None."""
    return next((line.strip() for line in text.splitlines() if line.strip()), None)


def read_command(text: str) -> str | None:
    """The command in a model's output, or None if there is none.

    It is the first line that is not empty, without a prompt sign, quotes or a full stop:

        >>> read_command("> Go north.")
        'go north'
        >>> read_command("1. I would go north, then take the key.") is None
        True
    """
    line = read_message(text) or ""
    command = " ".join(line.lstrip(">").strip(" .!\"'`*").lower().split())
    return command if _COMMAND.fullmatch(command) else None
