"""The rules that a session can be under: told once, in the brief, and drawn anew for each session.

    >>> book.draw(2, np.random.default_rng(0))
    ('sign_birch', 'one_question')
    >>> book.tell(("sign_birch", "one_question"))
    'Rules for every case: (1) End every message with: Birch. (2) Ask at most one question …'

What a rule means is the environment's business; here is only which there are and what the brief
says of them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

import numpy as np


class Rulebook(NamedTuple):
    """Some rules by the names under which violations are reported."""

    sentences: Mapping[str, str]
    """What the brief says of each."""
    preface: str
    """What the brief says before them."""
    ending: str = ""
    """What it says after them."""
    topics: Mapping[str, str] = {}
    """Rules with the same topic exclude each other; one that is not named here has its own."""
    always: tuple[str, ...] = ()
    """Topics of which a rule is always drawn."""

    @property
    def names(self) -> tuple[str, ...]:
        """All of them."""
        return tuple(self.sentences)

    def draw(
        self, count: int, rng: np.random.Generator, pool: Sequence[str] = ()
    ) -> tuple[str, ...]:
        """So many rules that can be in force together, in the order of the brief.

        Args:
            count: how many.
            rng: draws them.
            pool: of which; empty: of all.

        Raises:
            ValueError: there are not so many, or a name in the pool is none of them.
        """
        pool = pool or self.names
        self._know(pool)
        drawn: dict[str, str] = {}
        for name in rng.permutation(list(pool)).tolist():
            drawn.setdefault(self._topic(name), name)
        wanted = [topic for topic in drawn if topic in self.always]
        wanted += [topic for topic in drawn if topic not in self.always]
        if not len(self.always) <= count <= len(drawn):
            raise ValueError(
                f"Expected {len(self.always)} to {len(drawn)} rules, got {count}: "
                f"{', '.join(pool)}."
            )
        return tuple(drawn[topic] for topic in wanted[:count])

    def check(self, rules: Sequence[str]) -> None:
        """Refuse names that are none of the rules, and rules that exclude each other.

        Raises:
            ValueError: it says which.
        """
        self._know(rules)
        by_topic: dict[str, str] = {}
        for name in rules:
            other = by_topic.setdefault(self._topic(name), name)
            if other is not name:
                raise ValueError(f"The rules {other} and {name} cannot both be in force.")

    def tell(self, rules: Iterable[str]) -> str:
        """What the brief says of the rules that are in force; empty if none are."""
        sentences = [self.sentences[name] for name in rules]
        if not sentences:
            return ""
        listed = (f"({i}) {sentence}" for i, sentence in enumerate(sentences, start=1))
        return " ".join([self.preface, *listed, *([self.ending] if self.ending else [])])

    def _know(self, names: Sequence[str]) -> None:
        if unknown := [name for name in names if name not in self.sentences]:
            raise ValueError(
                f"Expected rules among {', '.join(self.names)}, got {', '.join(unknown)}."
            )

    def _topic(self, name: str) -> str:
        return self.topics.get(name, name)
