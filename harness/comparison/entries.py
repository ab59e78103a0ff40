"""An entry: one line of a comparison, however many seeds and environments it was played on.

Runs that differ in their seed or in their environment alone are one entry, and their blocks are
its blocks: a panel of another seed is more blocks of the same kind. The same environment in another
form (levels, cap, length of a session) is not: such runs are entries of their own.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import pandas as pd

from harness.comparison.runs import Run
from harness.drift import (
    Causes,
    Failure,
    MatchedDrift,
    Measure,
    causes,
    failures,
    matched_drift,
    outcomes,
    played,
)
from harness.keyed import digest
from harness.records import Arm

_MAY_DIFFER = {"seed", "environment", "name", "reference", "group", "slots", "workers"} | {
    "runs",
    "report",
}
"""Keys of the configuration in which the runs of one entry can differ."""


@dataclass(frozen=True)
class Entry:
    """One line of a comparison."""

    name: str
    """Where two entries have the same, with what tells them apart."""
    runs: tuple[Run, ...]

    @property
    def finished(self) -> bool:
        """All that was to be played was played."""
        return all(run.finished for run in self.runs)

    @property
    def sees_history(self) -> bool:
        """False: its prompts are equal in all arms."""
        return any(run.manifest["sees_history"] for run in self.runs)

    @property
    def arms(self) -> list[Arm]:
        """The arms that it was asked to play."""
        return list(dict.fromkeys(arm for run in self.runs for arm in run.manifest["arms"]))

    @property
    def panels(self) -> frozenset[str]:
        """Digests of the panels that it played."""
        return frozenset(run.panel for run in self.runs)

    @cached_property
    def turns(self) -> pd.DataFrame:
        """`TurnRow`s with the error columns of `harness.errors.classify`."""
        return self._stack(lambda run: run.turns)

    @cached_property
    def measured(self) -> pd.DataFrame:
        """The same without the texts."""
        return self._stack(lambda run: run.measured)

    @cached_property
    def tasks(self) -> pd.DataFrame:
        """`TaskRow`s, with `environment`, `family` and `rules`."""
        return self._stack(lambda run: run.tasks)

    @cached_property
    def costs(self) -> pd.DataFrame:
        """`CostRow`s."""
        return self._stack(lambda run: run.costs)

    @cached_property
    def probes(self) -> pd.DataFrame:
        """`ProbeRow`s."""
        return self._stack(lambda run: run.probes)

    @cached_property
    def retention(self) -> pd.DataFrame:
        """`RetentionRow`s."""
        return self._stack(lambda run: run.retention)

    @cached_property
    def results(self) -> pd.DataFrame:
        """What each task came to in each arm: `harness.drift.outcomes`."""
        return outcomes(self.measured, self.tasks)

    @cached_property
    def lived(self) -> pd.DataFrame:
        """The turns of each task in each arm: `harness.drift.played`."""
        return played(self.measured, self.tasks)

    @cached_property
    def failed(self) -> tuple[Failure, ...]:
        """Where the machinery broke."""
        # Each run for itself: panels differ in how far their sessions go.
        return tuple(failure for run in self.runs for failure in failures(run.tasks))

    def matched(self, measure: Measure = "success") -> MatchedDrift:
        """Matched drift.

        Raises:
            ArmsDoNotMatch: two of the arms are not the same tasks.
        """
        if measure not in self._drifts:
            self._drifts[measure] = matched_drift(
                self.results,
                measure,
                arms=self.arms,
                failed=self.failed,
                finished=self.finished,
                sees_history=self.sees_history,
            )
        return self._drifts[measure]

    def causes(self, measure: Measure = "success") -> Causes | None:
        """Matched drift split into its causes; None if no arm was played that could tell.

        Raises:
            ArmsDoNotMatch: two of the arms are not the same tasks.
        """
        if measure not in self._causes:
            self._causes[measure] = causes(
                self.results,
                measure,
                failed=self.failed,
                finished=self.finished,
                sees_history=self.sees_history,
            )
        return self._causes[measure]

    @cached_property
    def _drifts(self) -> dict[Measure, MatchedDrift]:
        """What was found before: every table asks for it."""
        return {}

    @cached_property
    def _causes(self) -> dict[Measure, Causes | None]:
        return {}

    @property
    def caveat(self) -> str:
        """What is not played yet."""
        if self.finished:
            return ""
        planned = sum(run.manifest["tasks_total"] for run in self.runs)
        return f"unfinished: {len(self.tasks)} of {planned} tasks"

    def _stack(self, table: Callable[[Run], pd.DataFrame]) -> pd.DataFrame:
        return pd.concat([table(run) for run in self.runs], ignore_index=True)


def entries_of(runs: Sequence[Run]) -> list[Entry]:
    """Runs as entries, in the order of each entry's first run."""
    groups: dict[str, list[Run]] = {}
    for run in runs:
        groups.setdefault(_kind(run), []).append(run)
    apart = [part for group in groups.values() for part in _samples(group)]
    return [Entry(name, tuple(group)) for name, group in zip(_names(apart), apart, strict=True)]


def _kind(run: Run) -> str:
    """Equal for the runs of one entry."""
    config = {k: v for k, v in run.manifest["config"].items() if k not in _MAY_DIFFER}
    return digest([run.manifest["name"], config, run.manifest.get("model")])


def _samples(group: Sequence[Run]) -> Iterable[list[Run]]:
    """A panel that was played twice, or an environment in two forms, is no second sample."""
    panels = {run.panel for run in group}
    seeds = {(run.environment, run.manifest["seed"]) for run in group}
    forms = {(run.environment, _form(run)) for run in group}
    if len(panels) == len(seeds) == len(group) and len(forms) == len({id for id, _ in forms}):
        return [list(group)]
    return [[run] for run in group]


def _form(run: Run) -> str:
    """Equal for panels of an environment that are more blocks of the same kind."""
    shape = run.manifest["config"].get("environment", {})
    return digest({key: value for key, value in shape.items() if key != "blocks"})


def _names(groups: Sequence[Sequence[Run]]) -> list[str]:
    """The manifests' names; where one comes twice, with the first thing that tells them apart."""
    names = [str(group[0].manifest["name"]) for group in groups]
    labelled = list(names)
    for name in set(names):
        same = [i for i, other in enumerate(names) if other == name]
        for label in _LABELS:
            labels = [f"{name} {label(groups[i][0])}" for i in same]
            if len(same) > 1 and len(set(labels)) == len(same):
                for i, text in zip(same, labels, strict=True):
                    labelled[i] = text
                break
    return labelled


_LABELS: tuple[Callable[[Run], Any], ...] = (
    lambda run: f"seed {run.manifest['seed']}",
    lambda run: run.manifest["config_hash"][:8],
    lambda run: run.folder,
)
"""What can tell entries of one name apart."""
