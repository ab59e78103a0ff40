"""The page's data: every turn that was played, stored once, its texts stored once.

    {"strings": ["go east", ...],
     "columns": ["turn", "errors", ...],             what a turn's row holds
     "texts":   ["command", "feedback", ...],        which of these are indices into strings
     "plays":   {"0": [[1, 0, ...], ...]},           a row a turn
     "arms":    ["chained", "fresh", ...],           that were played
     "entries": [{"name": ..., "sessions": [{"block": ..., "order": ..., "count": 4,
                  "tasks": [{"position": 1, "task": ..., "goal": 3, "arms": {...}}]}]}]}

Fresh plays are shared by the orders of a block, and the same games are read by every entry, so
a page of half a million words stays a few megabytes.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import pandas as pd

from harness.comparison import Comparison
from harness.drift import arms_in
from harness.errors import KINDS
from harness.report.plays import COLUMNS, SHORTEST, TEXTS, Plays, Store
from harness.report.words import records

LIMIT = 5_000_000
"""Characters of transcript that a page holds; what is above it stays in the run folders."""

Place = tuple[str, int, int]
"""Block, order, position."""

Tasks = Mapping[Place, Sequence[Mapping[str, Any]]]
"""An entry's task rows, one an arm, by their place."""


class Transcripts(NamedTuple):
    """What the page's script reads, and how much of the runs it is."""

    json: str
    tasks_shown: int
    tasks_played: int


def transcripts(comparison: Comparison, limit: int = LIMIT) -> Transcripts:
    """Gather the transcripts of all entries, block by block, until `limit` is reached.

    The cut falls between positions and is the same for all entries, so that what can be read of
    one can be read of the others. Texts are read only of plays that can be shown.
    """
    store = Store()
    tasks = [_by_place(entry.tasks) for entry in comparison.entries]
    places = list(_first(tasks, limit // SHORTEST))
    plays = [
        Plays(entry, {row["play"] for p in places for row in of_entry.get(p, ())}, store)
        for entry, of_entry in zip(comparison.entries, tasks, strict=True)
    ]
    shown: list[dict[Place, dict[str, Any]]] = [{} for _ in tasks]
    for place in places:
        if store.size > limit:
            break
        for of_entry, own, kept in zip(tasks, plays, shown, strict=True):
            if rows := of_entry.get(place):
                kept[place] = _task(rows, own, store)
    data = {
        "kinds": KINDS,
        "arms": arms_in(comparison.tasks),
        "columns": COLUMNS,
        "texts": TEXTS,
        "strings": list(store.strings),
        "plays": store.plays,
        "entries": [
            {"name": entry.name, "sessions": _sessions(kept, max((p[2] for p in of), default=0))}
            for entry, of, kept in zip(comparison.entries, tasks, shown, strict=True)
        ],
    }
    return Transcripts(
        inert_json(data),
        sum(len(task["arms"]) for kept in shown for task in kept.values()),
        sum(len(entry.tasks) for entry in comparison.entries),
    )


def inert_json(data: object) -> str:
    """JSON that can stand in a script element whatever its strings hold.

    ASCII only, so U+2028 and lone surrogates are escaped too; without `<`, `>` and `&` no text
    can close the element or open a comment in it.
    """
    text = json.dumps(data, ensure_ascii=True, allow_nan=False, separators=(",", ":"))
    return text.replace("&", "\\u0026").replace("<", "\\u003c").replace(">", "\\u003e")


def _by_place(tasks: pd.DataFrame) -> Tasks:
    rows: dict[Place, list[Mapping[str, Any]]] = defaultdict(list)
    for row in records(tasks):
        rows[str(row["block"]), int(row["order"]), int(row["position"])].append(row)
    return dict(rows)


def _first(tasks: Sequence[Tasks], turns: int) -> Iterator[Place]:
    """The first places of all entries, until their plays have more turns than that."""
    plays: set[tuple[int, str]] = set()
    for place in sorted({place for of_entry in tasks for place in of_entry}, key=_in_order):
        if turns < 0:
            return
        yield place
        for i, of_entry in enumerate(tasks):
            for row in of_entry.get(place, ()):
                if (i, row["play"]) not in plays:
                    plays.add((i, row["play"]))
                    turns -= row["turns"]


def _in_order(place: Place) -> tuple[int, str, int, int]:
    block, order, position = place
    return len(block), block, order, position  # block 10 comes after block 9


def _task(rows: Sequence[Mapping[str, Any]], plays: Plays, store: Store) -> dict[str, Any]:
    return {
        "position": int(rows[0]["position"]),
        "task": rows[0]["task"],
        "goal": store.string(rows[0]["goal"]),
        "arms": {
            row["arm"]: {
                "play": plays.stored(row["play"]),
                "end": row["end"],
                "age": int(row["age"]),
                "reason": row["reason"],
            }
            for row in rows
        },
    }


def _sessions(tasks: Mapping[Place, Mapping[str, Any]], count: int) -> list[dict[str, Any]]:
    """The tasks that are shown by session, each of which has so many."""
    sessions: dict[tuple[str, int], dict[str, Any]] = {}
    for (block, order, _), task in tasks.items():
        session = {"block": block, "order": order, "count": count, "tasks": []}
        sessions.setdefault((block, order), session)["tasks"].append(task)
    return list(sessions.values())
