"""Neutral prose for the `padded` and `expert` arms: a history's length without its content.

    neutral = NeutralText(lambda text: len(text.split()), 2, "test0", 3)
    neutral.message(9)    # "A comet is a small body of ice, dust"
    neutral.message(5)    # "and rock, left over from"

The prose (``prose.txt``, CC0 1.0, see ``LICENSE`` beside it) was written for this repository. It
names no object or room of TextWorld's games and holds no verb with which one of their commands
begins: tests/harness/test_neutral.py reads both from the installed TextWorld.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable
from functools import cache
from importlib.resources import files
from itertools import accumulate
from typing import NamedTuple

from harness.keyed import generator


class Prose(NamedTuple):
    """The neutral prose, in words."""

    words: tuple[str, ...]
    paragraphs: tuple[int, ...]
    """Where each paragraph begins, counted in words from 0."""


@cache
def prose() -> Prose:
    """The prose that lies beside this module."""
    text = files("harness.neutral").joinpath("prose.txt").read_text(encoding="utf-8")
    paragraphs = [paragraph.split() for paragraph in text.split("\n\n")]
    *begins, _ = accumulate(map(len, paragraphs), initial=0)
    return Prose(tuple(word for paragraph in paragraphs for word in paragraph), tuple(begins))


class NeutralText:
    """Neutral prose, dealt out in messages of given lengths.

    `length` says how long a text is for the agent, in tokens or words: from 0, and growing with
    the text. `key` draws the paragraph at which the first message begins. Every message goes on
    where the last one stopped, and after the prose's end comes its beginning.
    """

    def __init__(self, length: Callable[[str], int], *key: str | int) -> None:
        self._length = length
        self._position = int(generator("neutral", *key).choice(prose().paragraphs))
        self._owed = 0

    def message(self, length: int) -> str:
        """The next words of the prose, as many as fit into `length` (from 0), and at least one.

        What a message is too short is added to the next one; what its only word is too long is
        taken off. So the messages together are never a word shorter than asked for, and they are
        longer only while the last ones had not even room for a word each.
        """
        self._owed += length
        high = 1
        while self._measure(high) <= self._owed:
            high *= 2
        # The last doubling has shown that high words are too many and that high // 2 fit.
        fitting = bisect_right(range(1, high), self._owed, lo=high // 2, key=self._measure)
        count = max(1, fitting)
        text = self._words(count)
        self._owed -= self._length(text)
        self._position += count
        return text

    def _measure(self, count: int) -> int:
        return self._length(self._words(count))

    def _words(self, count: int) -> str:
        words = prose().words
        places = range(self._position, self._position + count)
        return " ".join(words[place % len(words)] for place in places)
