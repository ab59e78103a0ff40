"""Two runs beside each other: who they are, which settings differ, where their tasks part.

difference = diff(Path("runs/3f2a91c0"), Path("runs/b10c44e7"))
difference.settings[0]        # Setting(key="agent.temperature", a=0.0, b=0.7)
difference.partings[0].turn   # 3
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from harness.comparison import Run, load
from harness.diff.partings import COLUMNS, PLACE, Parting, Place, partings, places
from harness.drift import ARM_ORDER

ABOUT = {
    "model": "model fingerprint",
    "panel": "panel",
    "commit": "commit",
    "error_definition": "error_definition",
    "versions": "versions",
    "machine": "machine",
}
"""What stands in a manifest beside the configuration and can change a result, and its name here."""

READ = ("play", "turn", *COLUMNS)
"""What of a turn is compared, and where it belongs."""


@dataclass(frozen=True)
class Side:
    """One of the two runs."""

    name: str
    seed: int
    folder: str
    finished: bool
    tasks: int
    """Rows of the task table so far."""
    tasks_total: int


@dataclass(frozen=True)
class Setting:
    """A key of the manifest whose value differs; None: it is null, or not there."""

    key: str
    """Dotted, as on the command line of `driftgauge run`."""
    a: Any
    b: Any


@dataclass(frozen=True)
class Difference:
    """What is not the same in two runs."""

    a: Side
    b: Side
    settings: tuple[Setting, ...]
    refusal: str
    """Why no decisions are compared; empty where they are."""
    compared: int
    """Tasks in an arm that both have played."""
    partings: tuple[Parting, ...]
    """One for each task that parts, by block, order, position and arm."""
    only_a: tuple[Place, ...]
    only_b: tuple[Place, ...]

    @property
    def same(self) -> bool:
        """There are tasks to compare, both runs have all of them, and none parts.

        Settings do not count: they are there to explain.
        """
        return self.compared > 0 and not (self.partings or self.only_a or self.only_b)


def diff(a: Path, b: Path) -> Difference:
    """Compare two runs, finished or still going.

    Raises:
        FileNotFoundError: a folder is neither a run nor holds one.
        ValueError: a folder holds several runs, or a table is damaged.
    """
    here, there = _run(a), _run(b)
    known = _side(here), _side(there), _settings(here, there), _refusal(here, there)
    if known[-1]:
        return Difference(*known, 0, (), (), ())
    tasks = _tasks(here, there)
    shared = tasks[tasks["in"] == "both"]
    return Difference(
        *known,
        len(shared),
        partings(shared, *(run.recorded(READ) for run in (here, there))),
        places(tasks[tasks["in"] == "left_only"]),
        places(tasks[tasks["in"] == "right_only"]),
    )


def _run(folder: Path) -> Run:
    runs = load(folder).runs
    if len(runs) > 1:
        names = ", ".join(str(run.folder) for run in runs)
        raise ValueError(f"{folder} holds {len(runs)} runs, and diff takes one: {names}")
    return runs[0]


def _side(run: Run) -> Side:
    manifest = run.manifest
    return Side(
        run.name,
        manifest["seed"],
        str(run.folder),
        run.finished,
        len(run.tasks),
        manifest["tasks_total"],
    )


def _settings(a: Run, b: Run) -> tuple[Setting, ...]:
    return (
        *_unequal(a.manifest["config"], b.manifest["config"]),
        *_unequal(*({ABOUT[key]: run.manifest.get(key) for key in ABOUT} for run in (a, b))),
    )


def _unequal(here: Mapping[str, Any], there: Mapping[str, Any]) -> list[Setting]:
    a, b = _flat(here), _flat(there)
    keys = sorted(a | b)
    return [Setting(key, a.get(key), b.get(key)) for key in keys if a.get(key) != b.get(key)]


def _flat(values: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    """Nested mappings as one, by dotted names; lists stay whole."""
    flat: dict[str, Any] = {}
    for key, value in values.items():
        inner = isinstance(value, Mapping)
        flat |= _flat(value, f"{prefix}{key}.") if inner else {f"{prefix}{key}": value}
    return flat


def _refusal(a: Run, b: Run) -> str:
    for run in (a, b):
        if run.manifest["panel"] is None:
            return f"{run.name} has not made its games yet: there is no decision to compare."
    here, there = a.manifest["panel"], b.manifest["panel"]
    if here == there:
        return ""
    return (
        f"{a.name} (A) plays panel {here[:8]} and {b.name} (B) panel {there[:8]}: decisions in "
        "different games are not compared."
    )


def _tasks(a: Run, b: Run) -> pd.DataFrame:
    """All tasks of both runs in the order in which they are walked; `in` says whose they are."""
    of_run = [*PLACE, "task", "play", "end"]
    tasks = a.tasks[of_run].merge(
        b.tasks[of_run], on=[*PLACE, "task"], how="outer", suffixes=("_a", "_b"), indicator="in"
    )
    tasks["digits"] = tasks["block"].str.len()  # block 10 comes after block 9
    tasks["rank"] = tasks["arm"].map(ARM_ORDER.index)
    return tasks.sort_values(["digits", "block", "order", "position", "rank"], ignore_index=True)
