"""Read runs and lay them beside each other.

    run = harness.load("runs/3f2a91c0")      # or several, or a folder of runs
    run.turns, run.tasks                     # frames, with the entry's name and the errors
    run.table()                              # the comparison table, an entry a row
    run.drift()                              # matched drift, an entry a row

Every number is computed from the recorded tables, here and now; none is stored.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import pandas as pd

from harness.drift import (
    ArmsDoNotMatch,
    MatchedDrift,
    Measure,
    horizon,
    lock_in,
    matched_drift,
    overall,
)
from harness.errors import classify
from harness.records import CostRow, TaskRow, TurnRow, read_frame, read_manifest
from harness.stats import Estimate, notes

MEASURES: tuple[Measure, ...] = ("success", "error_rate", "regret")
"""What `Run.drift` reports; the first is the declared endpoint."""

PER_TURN = ("prompt_tokens", "encoded_tokens", "generated_tokens", "seconds")
"""The costs of a turn that the comparison table averages."""


@dataclass(frozen=True)
class Run:
    """One entry of a comparison: a run's tables, read once."""

    folder: Path
    manifest: dict[str, Any]
    name: str
    """The entry's name; where two runs have the same, with what tells them apart."""

    @property
    def finished(self) -> bool:
        """All that was to be played was played."""
        return bool(self.manifest["finished"])

    @cached_property
    def turns(self) -> pd.DataFrame:
        """`TurnRow`s with the error columns of `harness.errors.classify`."""
        recorded = read_frame(self.folder / "turns.jsonl", TurnRow)
        # A run that was killed inside a play plays it again: the later turn is the one that counts.
        turns = recorded.drop_duplicates(["play", "turn"], keep="last", ignore_index=True)
        return pd.concat([turns, classify(turns)], axis="columns")

    @cached_property
    def tasks(self) -> pd.DataFrame:
        """`TaskRow`s."""
        return read_frame(self.folder / "tasks.jsonl", TaskRow)

    @cached_property
    def costs(self) -> pd.DataFrame:
        """`CostRow`s."""
        return read_frame(self.folder / "costs.jsonl", CostRow)

    def matched(self, measure: Measure = "success") -> MatchedDrift:
        """Matched drift of this run.

        Raises:
            ArmsDoNotMatch: the run's two arms are not the same tasks.
        """
        return matched_drift(
            self.turns,
            self.tasks,
            measure,
            finished=self.finished,
            sees_history=bool(self.manifest["sees_history"]),
        )

    def drift(self) -> pd.DataFrame:
        """Matched drift, a measure a row; the first is the endpoint, the others are secondary.

        Returns:
            Columns `measure`, `value`, `low`, `high`, `p`, `blocks`, `pairs`, `note`, and, where
            failures took pairs away, `worst_value`, `worst_low`, `worst_high`, `worst_p` with every
            missing pair set against the entry (else NaN).

        Raises:
            ArmsDoNotMatch: the run's two arms are not the same tasks.
        """
        rows = []
        for measure in MEASURES:
            found = self.matched(measure)
            e, worst = found.estimate, found.worst or Estimate(math.nan)
            rows.append(
                {
                    "measure": measure,
                    "value": e.value,
                    "low": e.low,
                    "high": e.high,
                    "p": e.p,
                    "blocks": e.units,
                    "pairs": found.pairs,
                    "note": notes(e.note, *found.failed),
                    "worst_value": worst.value,
                    "worst_low": worst.low,
                    "worst_high": worst.high,
                    "worst_p": worst.p,
                }
            )
        return pd.DataFrame(rows)


@dataclass(frozen=True)
class Comparison:
    """Runs beside each other, in the order in which they were given."""

    runs: tuple[Run, ...]

    @property
    def turns(self) -> pd.DataFrame:
        """The turns of all runs, with the column `entry`."""
        return _stack((run.name, run.turns) for run in self.runs)

    @property
    def tasks(self) -> pd.DataFrame:
        """The tasks of all runs, with the column `entry`."""
        return _stack((run.name, run.tasks) for run in self.runs)

    @property
    def costs(self) -> pd.DataFrame:
        """The costs of all runs, with the column `entry`."""
        return _stack((run.name, run.costs) for run in self.runs)

    def drift(self) -> pd.DataFrame:
        """Matched drift in success, the endpoint: an entry a row.

        Returns:
            Columns `entry`, `value`, `low`, `high`, `p`, `note`. Where the entry's arms do not
            match there is no value, and the note says which tasks.
        """
        rows = []
        for run in self.runs:
            e = _drift(run)
            rows.append((run.name, e.value, e.low, e.high, e.p, notes(e.note, self._caveat(run))))
        return pd.DataFrame(rows, columns=["entry", "value", "low", "high", "p", "note"])

    def table(self) -> pd.DataFrame:
        """The comparison table: an entry a row, NaN where there is nothing yet.

        Returns:
            | column | unit |
            |---|---|
            | `entry` | |
            | `success_fresh`, `success_chained` (`…_low`, `…_high`) | share of tasks; over all \
positions, and over the positions ≥ 2 |
            | `drift` (`…_low`, `…_high`), `p` | matched drift in success, the endpoint |
            | `error_rate_fresh`, `error_rate_chained` | share of turns, as `success_…` |
            | `h50` | turns until half of the sessions had an uncorrected error |
            | `locked` | share of chained sessions that lock in |
            | `prompt_tokens`, `encoded_tokens`, `generated_tokens`, `seconds` | per turn played |
            | `preparation_seconds` | what all that it learned took when it was made |
            | `turns`, `blocks` | turns played, each once; blocks |
            | `note` | what to know before comparing |
        """
        return pd.DataFrame([self._row(run) for run in self.runs])

    def _row(self, run: Run) -> dict[str, Any]:
        turns, tasks = run.turns, run.tasks
        success = overall(turns, tasks, "success")
        error_rate = overall(turns, tasks, "error_rate")
        drift = _drift(run)
        return {
            "entry": run.name,
            **_interval("success_fresh", success["fresh"]),
            **_interval("success_chained", success["chained"]),
            **_interval("drift", drift),
            "p": drift.p,
            "error_rate_fresh": error_rate["fresh"].value,
            "error_rate_chained": error_rate["chained"].value,
            "h50": horizon(turns, tasks).value,
            "locked": lock_in(turns, tasks).sessions.value,
            **{cost: float(turns[cost].mean()) for cost in PER_TURN},
            "preparation_seconds": _learning_seconds(run.costs),
            "turns": len(turns),
            "blocks": tasks["block"].nunique(),
            "note": notes(drift.note, self._caveat(run)),
        }

    def _caveat(self, run: Run) -> str:
        """What keeps this entry from being compared with the others."""
        first = self.runs[0]
        played, planned = len(run.tasks), run.manifest["tasks_total"]
        return notes(
            "" if run.finished else f"unfinished: {played} of {planned} tasks",
            ""
            if run.manifest["panel"] == first.manifest["panel"]
            else f"another panel than {first.name}: not comparable with it",
        )


def load(*folders: str | Path) -> Comparison:
    """Read one or several runs; a folder that holds runs stands for all of them, sorted by name.

    A run that is still going can be read: what was played so far is there, a torn last line is
    passed over. A folder that is named twice is read once.

    Raises:
        ValueError: no folder was given.
        FileNotFoundError: a folder is neither a run nor holds any.
    """
    if not folders:
        raise ValueError("load expects at least one run folder, such as runs/3f2a91c0.")
    found = dict.fromkeys(run for folder in folders for run in _run_folders(Path(folder)))
    manifests = {folder: read_manifest(folder) for folder in found}
    names = _entry_names(manifests)
    return Comparison(tuple(Run(folder, manifests[folder], names[folder]) for folder in found))


def _run_folders(folder: Path) -> list[Path]:
    if (folder / "manifest.json").exists():
        return [folder.resolve()]
    inside = sorted(path.parent.resolve() for path in folder.glob("*/manifest.json"))
    runs = [path for path in inside if read_manifest(path)["kind"] == "run"]
    if not runs:
        read_manifest(folder)  # says what was expected
    return runs


def _entry_names(manifests: dict[Path, dict[str, Any]]) -> dict[Path, str]:
    """The manifests' names; where one comes twice, with the first thing that tells them apart."""
    names = {folder: str(manifest["name"]) for folder, manifest in manifests.items()}
    for name, count in Counter(names.values()).items():
        if count == 1:
            continue
        same = [folder for folder in manifests if names[folder] == name]
        for labels in (
            [f"{name} seed {manifests[folder]['seed']}" for folder in same],
            [f"{name} {manifests[folder]['config_hash'][:8]}" for folder in same],
            [f"{name} {folder}" for folder in same],
        ):
            if len(set(labels)) == count:
                names.update(zip(same, labels, strict=True))
                break
    return names


def _drift(run: Run) -> Estimate:
    try:
        found = run.matched()
    except ArmsDoNotMatch as mismatch:
        return Estimate(math.nan, note=f"refused: {mismatch}")
    worst = f"at worst {found.worst}" if found.worst else ""
    return found.estimate._replace(note=notes(found.estimate.note, worst, *found.failed))


def _learning_seconds(costs: pd.DataFrame) -> float:
    """Steps without an artefact (games, the model) are left out: they are nobody's learning."""
    return float(costs.loc[costs["artefact"] != "", "made_in_seconds"].sum())


def _interval(name: str, estimate: Estimate) -> dict[str, float]:
    return {name: estimate.value, f"{name}_low": estimate.low, f"{name}_high": estimate.high}


def _stack(tables: Iterable[tuple[str, pd.DataFrame]]) -> pd.DataFrame:
    named = [table.assign(entry=name) for name, table in tables]
    return pd.concat(named, ignore_index=True)
