"""A run's folder and its tables, each read once, when it is first asked for."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import pandas as pd

from harness.errors import classify
from harness.records import (
    CostRow,
    ProbeRow,
    RetentionRow,
    TaskRow,
    TurnRow,
    read_frame,
    read_manifest,
)
from harness.task import read_lock

TEXTS = ("observation", "admissible", "text", "feedback")
"""Columns that transcripts show and no measure reads: most of a table's bytes."""

_MEASURED = [name for name in TurnRow.__dataclass_fields__ if name not in TEXTS]


@dataclass(frozen=True)
class Run:
    """One run's folder.

    `prefix` goes before the names of its blocks, so that blocks of several panels stay apart.
    """

    folder: Path
    manifest: dict[str, Any]
    prefix: str = ""

    @property
    def name(self) -> str:
        """The name that its configuration gives it."""
        return str(self.manifest["name"])

    @property
    def finished(self) -> bool:
        """All that was to be played was played."""
        return bool(self.manifest["finished"])

    @property
    def environment(self) -> str:
        """The Gymnasium id of its environment."""
        return str(self.manifest["config"].get("environment", {}).get("id", "unknown"))

    @property
    def panel(self) -> str:
        """Digest of its panel; empty before that is made."""
        return self.manifest["panel"] or ""

    @cached_property
    def turns(self) -> pd.DataFrame:
        """`TurnRow`s with the error columns of `harness.errors.classify`."""
        return self._turns(None)

    @cached_property
    def measured(self) -> pd.DataFrame:
        """The same without `TEXTS`: what measures start from."""
        return self._turns(_MEASURED)

    @cached_property
    def tasks(self) -> pd.DataFrame:
        """`TaskRow`s, with `environment`, and `family` and `rules` of the panel's `Task`."""
        tasks = read_frame(self.folder / "tasks.jsonl", TaskRow)
        # In the panel's order, not in that in which games happened to end: the draws of the
        # bootstrap go by it, and equal runs have equal intervals.
        tasks["block length"] = tasks["block"].str.len()
        tasks = tasks.sort_values(["block length", "block", "order", "position", "arm"])
        tasks = tasks.drop(columns="block length").reset_index(drop=True)
        # An empty column that something was added to can no longer be merged (pandas 3.1).
        tasks["block"] = tasks["block"].map(self.prefix.__add__)
        tasks["environment"] = self.environment
        lock = self.folder / "panel.lock.json"
        drawn = {task.name: task for task in read_lock(lock).tasks} if lock.exists() else {}
        found = [drawn.get(name) for name in tasks["task"]]
        tasks["family"] = [task.family if task else "unknown" for task in found]
        tasks["rules"] = [task.rules if task else () for task in found]
        return tasks

    @cached_property
    def costs(self) -> pd.DataFrame:
        """`CostRow`s."""
        return read_frame(self.folder / "costs.jsonl", CostRow)

    @cached_property
    def probes(self) -> pd.DataFrame:
        """`ProbeRow`s."""
        return read_frame(self.folder / "probes.jsonl", ProbeRow)

    @cached_property
    def retention(self) -> pd.DataFrame:
        """`RetentionRow`s."""
        return read_frame(self.folder / "retention.jsonl", RetentionRow)

    def recorded(
        self, columns: Sequence[str] | None = None, plays: Collection[str] | None = None
    ) -> pd.DataFrame:
        """`TurnRow`s as they are read now, each turn of a play once.

        Args:
            columns: the only ones wanted, `play` and `turn` among them; None: all.
            plays: the only ones wanted; None: all.
        """
        turns = read_frame(self.folder / "turns.jsonl", TurnRow, columns, plays=plays)
        # A run that was killed inside a play plays it again: the later turn is the one that counts.
        return turns.drop_duplicates(["play", "turn"], keep="last", ignore_index=True)

    def _turns(self, columns: Sequence[str] | None) -> pd.DataFrame:
        turns = self.recorded(columns)
        return pd.concat([turns, classify(turns)], axis="columns")


def read_runs(*folders: str | Path) -> list[Run]:
    """The runs of some folders, in the order in which they were given.

    A folder that holds runs stands for all of them, sorted by name; one that is named twice is
    read once.

    Raises:
        ValueError: no folder was given.
        FileNotFoundError: a folder is neither a run nor holds any.
    """
    if not folders:
        raise ValueError("load expects at least one run folder, such as runs/3f2a91c0.")
    found = dict.fromkeys(run for folder in folders for run in run_folders(Path(folder)))
    manifests = {folder: read_manifest(folder) for folder in found}
    several = len({manifest["panel"] for manifest in manifests.values()}) > 1
    return [
        Run(folder, manifest, f"{(manifest['panel'] or 'no panel')[:8]}/" if several else "")
        for folder, manifest in manifests.items()
    ]


def run_folders(folder: Path) -> list[Path]:
    """The run folders that a folder stands for.

    Raises:
        FileNotFoundError: it is no run and holds none.
    """
    if (folder / "manifest.json").exists():
        return [folder.resolve()]
    inside = sorted(path.parent.resolve() for path in folder.glob("*/manifest.json"))
    runs = [path for path in inside if read_manifest(path)["kind"] == "run"]
    if not runs:
        read_manifest(folder)  # says what was expected
    return runs
