"""From prompts to texts: what an agent does in its slots when it acts, and when it is asked.

[decided] = Deciding(model, adapter, "choice").decide([slot], [Wanted(tokens, commands, key)])
decided.text, decided.margin
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Literal, NamedTuple

from harness.keyed import Key
from harness.lm.decoding import Answer, Choice, FreeText, Outcome, Sampling, decode
from harness.lm.model import LanguageModel
from harness.lm.slots import Slot

TIE = 1e-4
"""A smaller margin is recomputed alone and uncached, so that no batch ever decides it."""

ActBy = Literal["choice", "generation"]


class Wanted(NamedTuple):
    """What is to be decided in a slot."""

    tokens: Sequence[int]
    """The prompt's."""
    among: Sequence[str]
    """What can be chosen."""
    key: Key
    guesses: Sequence[str] = ()
    """What a free answer may turn out to be, likeliest first: it takes less if it is one."""


class Decided(NamedTuple):
    """What was decided, and what it took."""

    text: str
    margin: float | None
    outcome: Outcome
    recomputed: bool


class Deciding(NamedTuple):
    """How texts are decoded in the slots of one model."""

    model: LanguageModel
    adapter: str | None
    act_by: ActBy
    temperature: float = 0.0
    max_tokens: int = 16
    """Longest free answer."""

    def decide(
        self, slots: Sequence[Slot], wanted: Sequence[Wanted], others: Iterable[Slot] = ()
    ) -> list[Decided]:
        """Decode in all slots at once; a tie is decided again, alone, uncached, as steered.

        Args:
            slots: one for each that is wanted.
            wanted: prompts, options, keys.
            others: slots that hold what prompts may begin with.
        """
        answers = [self._answer(one) for one in wanted]
        outcomes = decode(self.model, slots, [one.tokens for one in wanted], answers, others)
        decided = []
        for slot, one, answer, outcome in zip(slots, wanted, answers, outcomes, strict=True):
            tied = answer.margin is not None and answer.margin < TIE
            if tied:
                alone = self.model.slot(self.adapter)
                alone.steering = slot.steering
                answer = self._answer(one)
                [outcome] = decode(self.model, [alone], [one.tokens], [answer])
            decided.append(Decided(self._text(one, answer), answer.margin, outcome, tied))
        return decided

    def _answer(self, wanted: Wanted) -> Answer:
        sampling = Sampling(self.temperature, wanted.key)
        if self.act_by == "generation":
            guesses = [self.model.format.answer(text) for text in wanted.guesses]
            return FreeText(self.model, sampling, self.max_tokens, guesses)
        if not wanted.among:
            raise ValueError(
                "The game does not say which commands it accepts, so there is nothing to choose "
                "from: use agent.act_by=generation."
            )
        return Choice(list(self._candidates(wanted)), sampling)

    def _text(self, wanted: Wanted, answer: Answer) -> str:
        if self.act_by == "generation":
            return self.model.format.decode(answer.tokens).strip()
        return self._candidates(wanted)[answer.tokens]

    def _candidates(self, wanted: Wanted) -> dict[tuple[int, ...], str]:
        return {tuple(self.model.format.answer(text)): text for text in wanted.among}
