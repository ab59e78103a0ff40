"""Runs on disk, changed by a test; and what is then read of them.

change(run, seed=1)                                                      # the manifest
edit(run, "turns", lambda row: row | {"progress": None})                 # every row of a table
the(load(run).compare(), entry="lora", quantity="drift")["p_holm"]
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd

from harness.records import read_manifest, write_manifest

Row = dict[str, Any]


def change(run: Path, **entries: object) -> Path:
    """The run, with other entries in its manifest."""
    write_manifest(run, read_manifest(run) | entries)
    return run


def edit(run: Path, table: str, of: Callable[[Row], Row | None]) -> Path:
    """The run, with every row of a table as `of` makes it; None: without it."""
    path = run / f"{table}.jsonl"
    rows = [of(json.loads(line)) for line in path.read_text().splitlines()]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows if row is not None))
    return run


def keep_tasks(run: Path, keep: slice) -> Path:
    """The run, with some lines of its task table."""
    path = run / "tasks.jsonl"
    path.write_text("".join(path.read_text().splitlines(keepends=True)[keep]))
    return run


def fail(run: Path, block: str, order: int, position: int, arm: str = "chained") -> Path:
    """The run, had the machinery broken there: nothing of the session was played after it."""
    at = {"block": block, "order": order, "position": position, "arm": arm}

    def broken(row: Row) -> Row | None:
        if {name: row[name] for name in at} == at:
            return row | {"end": "failed", "reason": "no memory"}
        same = (row["block"], row["order"]) == (block, order)
        return None if same and row["position"] > position else row

    return edit(run, "tasks", broken)


def the(table: pd.DataFrame, **where: object) -> Row:
    """The only row of a table that has these values."""
    for column, value in where.items():
        table = table[table[column] == value]
    (row,) = table.to_dict("records")
    return {str(column): value for column, value in row.items()}
