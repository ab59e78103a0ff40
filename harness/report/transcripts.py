"""The page's data: every turn that was played, stored once, its texts stored once.

    {"strings": ["go east", ...],
     "columns": ["turn", "errors", ...],             what a turn's row holds
     "texts":   ["command", "feedback", ...],        which of these are indices into strings
     "plays":   {"0": [[1, 0, ...], ...]},           a row a turn
     "entries": [{"name": ..., "sessions": [{"block": ..., "order": ..., "count": 4,
                  "tasks": [{"position": 1, "task": ..., "goal": 3, "arms": {...}}]}]}]}

Fresh plays are shared by the orders of a block, and the same games are read by every entry, so
a page of half a million words stays a few megabytes.
"""

from __future__ import annotations

import json
from collections import defaultdict
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from harness.comparison import Comparison, Run
from harness.errors import KINDS
from harness.report.words import records

LIMIT = 5_000_000
"""Characters of transcript that a page holds; what is above it stays in the run folders."""

TEXTS = ("command", "text", "feedback", "observation", "expert", "violations")
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


class Transcripts(NamedTuple):
    """What the page's script reads, and how much of the runs it is."""

    json: str
    tasks_shown: int
    tasks_played: int


def transcripts(comparison: Comparison, limit: int = LIMIT) -> Transcripts:
    """Gather the transcripts of all entries, block by block, until `limit` is reached.

    The cut falls between positions and is the same for all entries, so that what can be read of
    one can be read of the others.
    """
    store = _Store()
    readers = [_Reader(run, store) for run in comparison.runs]
    sessions: list[dict[tuple[str, int], dict[str, Any]]] = [{} for _ in readers]
    shown = 0
    places = sorted({place for reader in readers for place in reader.rows}, key=_place)
    for block, order, position in places:
        if store.size > limit:
            break
        for reader, of_entry in zip(readers, sessions, strict=True):
            rows = reader.rows.get((block, order, position), [])
            if not rows:
                continue
            shown += len(rows)
            session = of_entry.setdefault(
                (block, order),
                {"block": block, "order": order, "count": reader.positions, "tasks": []},
            )
            session["tasks"].append(
                {
                    "position": position,
                    "task": rows[0]["task"],
                    "goal": store.string(rows[0]["goal"]),
                    "arms": {row["arm"]: reader.arm(row) for row in rows},
                }
            )
    data = {
        "kinds": KINDS,
        "columns": COLUMNS,
        "texts": TEXTS,
        "strings": list(store.strings),
        "plays": store.plays,
        "entries": [
            {"name": run.name, "sessions": list(of_entry.values())}
            for run, of_entry in zip(comparison.runs, sessions, strict=True)
        ],
    }
    return Transcripts(inert_json(data), shown, sum(len(run.tasks) for run in comparison.runs))


def inert_json(data: object) -> str:
    """JSON that can stand in a script element whatever its strings hold.

    ASCII only, so U+2028 and lone surrogates are escaped too; without `<`, `>` and `&` no text
    can close the element or open a comment in it.
    """
    text = json.dumps(data, ensure_ascii=True, allow_nan=False, separators=(",", ":"))
    return text.replace("&", "\\u0026").replace("<", "\\u003c").replace(">", "\\u003e")


class _Store:
    """Strings and plays, each kept once."""

    def __init__(self) -> None:
        self.strings: dict[str, int] = {}
        self.plays: dict[str, list[list[Any]]] = {}
        self.size = 0

    def string(self, text: str | None) -> int | None:
        if text is None:
            return None
        if text not in self.strings:
            self.strings[text] = len(self.strings)
            self.size += len(json.dumps(text))
        return self.strings[text]

    def add(self, turns: pd.DataFrame) -> str:
        rows = []
        before: str | None = None
        for turn in records(turns.sort_values("turn")):
            texts = {name: _text(turn[name]) for name in TEXTS}
            feedback = texts["feedback"]
            if texts["observation"] == before:
                texts["observation"] = None  # what the last turn's feedback said
            if texts["text"] == texts["command"]:
                texts["text"] = None
            before = feedback
            errors = sum(1 << i for i, kind in enumerate(KINDS) if _true(turn[kind]))
            rows.append(
                [
                    *(self.string(text) for text in texts.values()),
                    errors,
                    *(_number(turn[name]) for name in NUMBERS),
                ]
            )
        id = str(len(self.plays))
        self.plays[id] = rows
        self.size += sum(len(str(row)) for row in rows)
        return id


class _Reader:
    """One entry's rows by place, and its plays as they get stored."""

    def __init__(self, run: Run, store: _Store) -> None:
        self.store = store
        self.turns = run.turns
        self.indices = run.turns.groupby("play", sort=False).indices
        self.stored: dict[str, str] = {}
        self.rows: dict[tuple[str, int, int], list[dict[str, Any]]] = defaultdict(list)
        for row in records(run.tasks):
            self.rows[str(row["block"]), int(row["order"]), int(row["position"])].append(row)
        self.positions = max((position for _, _, position in self.rows), default=0)

    def arm(self, row: dict[str, Any]) -> dict[str, Any]:
        play = row["play"]
        if play not in self.stored:
            self.stored[play] = self.store.add(self.turns.iloc[self.indices.get(play, [])])
        return {
            "play": self.stored[play],
            "end": row["end"],
            "age": int(row["age"]),
            "reason": row["reason"],
        }


def _place(place: tuple[str, int, int]) -> tuple[int, str, int, int]:
    block, order, position = place
    return len(block), block, order, position  # block 10 comes after block 9


def _text(value: Any) -> str | None:
    if isinstance(value, (tuple, list)):
        return ", ".join(map(str, value)) or None
    return None if value is None or pd.isna(value) else str(value)


def _true(value: Any) -> bool:
    return value is not pd.NA and bool(value)


def _number(value: Any) -> float | int | None:
    if value is None or pd.isna(value) or not np.isfinite(value):
        return None
    number = float(value)
    return int(number) if number.is_integer() else round(number, 4)
