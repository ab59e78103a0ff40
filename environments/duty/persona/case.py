"""A conversation of a persona: how its answers are made and understood."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from environments.duty.case import Case
from environments.duty.persona.words import (
    ADDRESSES,
    CALM,
    GOODBYE,
    MORE,
    NEVER_MIND,
    OPENERS,
    PHRASES,
    SIGNATURES,
    TOPICS,
    Manner,
    answer,
    ask,
    in_manner,
)
from environments.duty.rules import Style, Turn

_GOODBYE = re.compile(r"\b(goodbye|auf wiedersehen|adios)\b(?=\W*$|[,.!])")
"""Said as such, not spoken of."""


class Conversation(Case):
    """Questions of a partner, one after the other.

    Args:
        name: of the persona.
        life: what is true of it, by topic.
        asked: topics, in the order in which they come up.
        manners: of the partner at each question, and at the end.
    """

    ending = "goodbye"

    def __init__(
        self, name: str, life: Mapping[str, str], asked: Sequence[str], manners: Sequence[Manner]
    ) -> None:
        self.name = name
        self.life = life
        self.asked = asked
        self.manners = manners
        self.at = 0

    @property
    def goal(self) -> str:
        """Who one is."""
        life = ", ".join(f"{TOPICS[topic].called} {value}" for topic, value in self.life.items())
        return (
            f"In this conversation you are {self.name}: {life}. Answer what you are asked; when "
            "your partner has no more questions, say goodbye."
        )

    @property
    def opening(self) -> str:
        """The first question."""
        return self._question()

    @property
    def solved(self) -> bool:
        """Every question was answered."""
        return self.at == len(self.asked)

    @property
    def progress(self) -> float:
        """Share of the questions that were answered; the goodbye counts as one."""
        return (self.at + (self.over and self.solved)) / (len(self.asked) + 1)

    def plan(self) -> str:
        """Answer, and at the end say goodbye."""
        return "goodbye" if self.solved else f"answer {self.asked[self.at]}"

    def acts(self) -> Sequence[str]:
        """Any answer, none, goodbye."""
        return [*(f"answer {topic}" for topic in TOPICS), "never mind", "goodbye"]

    def rivals(self, act: str) -> Sequence[str]:
        """Not to answer."""
        return ["never mind"]

    def styles(self) -> Mapping[str, Sequence[Any]]:
        """The forms that an answer can have."""
        return {
            "language": ("en", "de", "es"),
            "opener": ("", *OPENERS),
            "address": ("", *ADDRESSES),
            "phrase": ("", *PHRASES),
            "signature": ("", *SIGNATURES),
            "more": (False, True),
            "letters": ("", "small", "capitals"),
            "calm": (False, True),
            "loud": (False, True),
        }

    def say(self, act: str, style: Style) -> str:
        """An answer in its form."""
        said = self._core(act, style.get("language", "en"))
        for phrase in (style.get("phrase"), style.get("address")):
            said = f"{said[:-1]}, {phrase}." if phrase else said
        parts = [
            f"{style['opener']}{'!' if style.get('loud') else '.'}" if style.get("opener") else "",
            f"{CALM.capitalize()}." if style.get("calm") else "",
            f"{said[:-1]}!" if style.get("loud") else said,
            MORE[style.get("language", "en")] if style.get("more") else "",
            f"{style['signature']}." if style.get("signature") else "",
        ]
        text = " ".join(filter(None, parts))
        match style.get("letters"):
            case "small":
                return text.lower()
            case "capitals":
                return text.upper()
            case _:
                return text

    def read(self, reply: str) -> frozenset[str]:
        """What of the persona's life is told, or the end."""
        plain = reply.lower()
        found = {f"answer {t}" for t, value in self.life.items() if _mentions(plain, value)}
        if any(no.lower()[:-1] in plain for no in NEVER_MIND.values()):
            found.add("never mind")
        if _GOODBYE.search(plain):
            found.add("goodbye")
        return frozenset(found)

    def hear(self, turn: Turn) -> str:
        """The next question, or the same again."""
        if "goodbye" in turn.acts:
            self.over = True
            return in_manner("Goodbye.", self.manners[self.at])
        if not turn.acts:
            return "What do you mean?"
        answers = [act for act in turn.acts if act.startswith("answer ")]
        if len(answers) > 1:
            return f"So much at once! {self._question()}"
        if not self.solved and f"answer {self.asked[self.at]}" in answers:
            self.at += 1
        return self._question()

    def facts(self) -> Any:
        """Who talks with whom, and how far they are."""
        manners = [int(manner) for manner in self.manners]
        return [self.name, dict(self.life), list(self.asked), manners, self.at, self.over]

    def _question(self) -> str:
        manner = self.manners[self.at]
        if self.solved:
            return in_manner("I have no more questions.", manner)
        return ask(self.asked[self.at], manner)

    def _core(self, act: str, language: str) -> str:
        kind, _, topic = act.partition(" ")
        if kind == "answer":
            return answer(topic, self.life[topic], language)
        return (GOODBYE if kind == "goodbye" else NEVER_MIND)[language]


def _mentions(text: str, value: str) -> bool:
    return re.search(rf"(?<!\w){re.escape(value.lower())}(?!\w)", text) is not None
