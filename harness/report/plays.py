"""The turns of plays as a page holds them: each play once, each text once.

store = Store()
plays = Plays(entry, {"3f2a91c0", ...}, store)     # reads the texts of these plays only
plays.stored("3f2a91c0")                           # "0": where it stands in store.plays
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from typing import Any

import numpy as np
import pandas as pd

from harness.comparison import Entry
from harness.errors import KINDS

TEXTS = ("command", "text", "feedback", "observation", "expert", "violations")
READ = ("play", "turn", "text", "feedback", "observation")
"""Texts that no measure reads, and what tells whose they are."""
NUMBERS = (
    "turn",
    "margin",
    "prompt_tokens",
    "encoded_tokens",
    "generated_tokens",
    "dropped_turns",
    "steered_tokens",
    "dose",
    "recomputed",
    "distance_before",
    "distance_after",
    "seconds",
)
COLUMNS = (*TEXTS, "errors", *NUMBERS)
"""What a turn's row holds: texts as indices, errors as a sum of bits in the order of `KINDS`."""
SHORTEST = len(str([0] * len(COLUMNS)))
"""Characters that a turn takes at least."""


class Store:
    """Strings and plays, each kept once."""

    def __init__(self) -> None:
        self.strings: dict[str, int] = {}
        self.plays: dict[str, list[list[Any]]] = {}
        self.size = 0
        """Characters, about."""

    def string(self, text: str | None) -> int | None:
        """The index of a text."""
        if text is None:
            return None
        if text not in self.strings:
            self.strings[text] = len(self.strings)
            self.size += len(json.dumps(text))
        return self.strings[text]

    def add(self, turns: Iterable[Sequence[Any]]) -> str:
        """Keep a play and return its name here.

        Args:
            turns: a row a turn, of `COLUMNS` with the texts themselves.
        """
        rows = []
        before: str | None = None
        for turn in turns:
            texts = dict(zip(TEXTS, turn, strict=False))
            feedback = texts["feedback"]
            if texts["observation"] == before:
                texts["observation"] = None  # what the last turn's feedback said
            if texts["text"] == texts["command"]:
                texts["text"] = None
            before = feedback
            rows.append([*map(self.string, texts.values()), *turn[len(TEXTS) :]])
        id = str(len(self.plays))
        self.plays[id] = rows
        self.size += sum(len(str(row)) for row in rows)
        return id


class Plays:
    """Some plays of one entry, kept in a store when they are first asked for."""

    def __init__(self, entry: Entry, plays: Collection[str], store: Store) -> None:
        self._turns = _read(entry, plays)
        self._store = store
        self._stored: dict[str, str] = {}

    def stored(self, play: str) -> str:
        """The play's name in the store."""
        if play not in self._stored:
            self._stored[play] = self._store.add(self._turns.get(play, []))
        return self._stored[play]


def _read(entry: Entry, plays: Collection[str]) -> dict[str, list[list[Any]]]:
    """The rows of some plays' turns, as `Store.add` takes them."""
    texts = pd.concat(run.recorded(READ, plays) for run in entry.runs)
    measured = entry.measured[entry.measured["play"].isin(plays)]
    # On the left what was measured: a run that is still going has written more since.
    turns = measured.merge(texts, on=["play", "turn"], how="left").sort_values(["play", "turn"])
    errors = np.zeros(len(turns), int)
    for i, kind in enumerate(KINDS):
        errors |= turns[kind].fillna(False).to_numpy(int) << i
    columns = [
        *(map(_text, turns[name]) for name in TEXTS),
        errors.tolist(),
        *(_numbers(turns[name]) for name in NUMBERS),
    ]
    rows: dict[str, list[list[Any]]] = defaultdict(list)
    for play, *row in zip(turns["play"], *columns, strict=True):
        rows[play].append(row)
    return rows


def _text(value: Any) -> str | None:
    if isinstance(value, (tuple, list)):
        return ", ".join(map(str, value)) or None
    return None if value is None or pd.isna(value) else str(value)


def _numbers(column: pd.Series) -> list[float | int | None]:
    numbers = np.round(column.to_numpy(float, na_value=np.nan), 4)
    return [
        None if not np.isfinite(x) else int(x) if x.is_integer() else x for x in numbers.tolist()
    ]
