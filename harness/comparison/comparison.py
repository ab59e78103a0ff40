"""Entries beside each other: the tables of a comparison.

Every number is computed from the recorded tables, here and now; none is stored.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import pandas as pd

from harness.comparison.against import COLUMNS, QUANTITIES, against
from harness.comparison.breakdown import By, breakdown
from harness.comparison.caveats import caveats
from harness.comparison.endpoint import endpoint
from harness.comparison.entries import Entry, entries_of
from harness.comparison.runs import Run, read_runs
from harness.comparison.secondary import secondary
from harness.comparison.splits import split, splits
from harness.drift import Measure, broken_rules, by_position, drift_by_block, overall
from harness.stats import Estimate, detectable, notes

PER_TURN = ("prompt_tokens", "encoded_tokens", "generated_tokens", "seconds")
"""The costs of a turn that the comparison table averages."""

POSITIONED: tuple[Measure, ...] = ("success", "error_rate", "adherence")
"""What the table by position holds."""


@dataclass(frozen=True)
class Comparison:
    """Entries beside each other, in the order in which their runs were given."""

    runs: tuple[Run, ...]
    entries: tuple[Entry, ...]

    @cached_property
    def turns(self) -> pd.DataFrame:
        """The turns of all entries, with the column `entry`."""
        return _stack((entry.name, entry.turns) for entry in self.entries)

    @cached_property
    def tasks(self) -> pd.DataFrame:
        """The tasks of all entries, with the column `entry`."""
        return _stack((entry.name, entry.tasks) for entry in self.entries)

    @cached_property
    def costs(self) -> pd.DataFrame:
        """The costs of all entries, with the column `entry`."""
        return _stack((entry.name, entry.costs) for entry in self.entries)

    @property
    def reference(self) -> str | None:
        """The entry that was declared as the reference before the runs; None if it is not here."""
        declared = {str(run.manifest["reference"]) for run in self.runs}
        here = [entry.name for entry in self.entries if entry.name in declared]
        return here[0] if len(declared) == 1 and here else None

    def drift(self) -> pd.DataFrame:
        """Matched drift in success, the endpoint: an entry a row.

        Returns:
            Columns `entry`, `value`, `low`, `high`, `p`, `detectable` (the smallest drift that the
            panel would have shown with 80% power), `blocks`, `note`. Where the entry's arms do not
            match there is no value, and the note says which tasks.
        """
        rows = []
        for entry in self.entries:
            e = endpoint(entry)
            could = math.nan if math.isnan(e.p) else detectable(drift_by_block(entry.results))
            note = notes(e.note, self._caveat(entry))
            rows.append((entry.name, e.value, e.low, e.high, e.p, could, e.units, note))
        columns = ["entry", "value", "low", "high", "p", "detectable", "blocks", "note"]
        return pd.DataFrame(rows, columns=columns)

    def compare(self, reference: str | None = None) -> pd.DataFrame:
        """Every entry against the reference, paired by block, with Holm's correction.

        Args:
            reference: an entry's name; None: the one that was declared before the runs.

        Returns:
            Rows for `quantity` drift (in success, the endpoint), then success and error_rate in
            the chained arm from position 2 on, as losses: above zero is worse than the reference.
            Columns `quantity`, `entry`, `reference`, `value`, `low`, `high`, `p`, `p_holm` (over
            the entries, for each quantity apart), `detectable` (with 80% power at the first step
            of Holm), `blocks`, `pairs`, `note`; where failures took pairs away also
            `worst_value`, `worst_low`, `worst_high`, `worst_p`, else NaN. What cannot be compared
            (no shared panel, arms that do not match; in drift: not assessable) has no value and
            does not count in Holm's correction; the note says why. Empty if the declared reference
            is not among the entries.

        Raises:
            ValueError: no entry has the name given.
        """
        names = [entry.name for entry in self.entries]
        if reference is not None and reference not in names:
            raise ValueError(f"The reference {reference!r} is none of the entries {names}.")
        chosen = reference or self.reference
        if chosen is None:
            return pd.DataFrame(columns=COLUMNS)
        base = self.entries[names.index(chosen)]
        return against([entry for entry in self.entries if entry is not base], base)

    def causes(self) -> pd.DataFrame:
        """Matched drift split into its causes: an entry, a measure and a cause a row.

        Returns:
            Columns `entry`, `measure`, `cause`, `value`, `low`, `high`, `p`, `named` (it is shown
            to make the entry drift: above zero after Holm's correction over the causes), `gap`
            (between the lengths of the histories), `blocks`, `pairs`, `note`.
        """
        return splits(self.entries)

    def breakdown(self, by: By) -> pd.DataFrame:
        """The endpoint and its two arms, apart for each environment or each family of tasks.

        Not corrected for the number of groups: a secondary table.

        Returns:
            Columns `entry`, the group, `success_fresh`, `success_chained`, `drift`, `low`, `high`,
            `p`, `blocks`, `pairs`, `note`.
        """
        return breakdown(self.entries, by)

    def positions(self) -> pd.DataFrame:
        """Success, error rate and adherence by arm and position, where they are known.

        Returns:
            Columns `entry`, `measure` and those of `harness.drift.by_position`.
        """
        found = {
            entry.name: pd.concat(
                [
                    by_position(entry.results, measure).assign(measure=measure)
                    for measure in POSITIONED
                ]
            )
            for entry in self.entries
        }
        return _stack(found.items())

    def rules(self) -> pd.DataFrame:
        """Which rules were broken: an entry and a rule a row, empty where there are none.

        Returns:
            Columns `entry`, `rule` and those of `harness.drift.broken_rules`.
        """
        found = ((entry.name, broken_rules(entry.lived)) for entry in self.entries)
        return _stack((name, table.reset_index()) for name, table in found)

    def secondary(self) -> pd.DataFrame:
        """All secondary measures, columns as of `harness.comparison.secondary`, and `entry`."""
        return _stack(self._secondary.items())

    def table(self) -> pd.DataFrame:
        """The comparison table: an entry a row, NaN where there is nothing yet.

        | column | unit |
        |---|---|
        | `entry` | |
        | `success_fresh`, `success_chained` (`…_low`, `…_high`) | share of tasks; over all \
positions, and over the positions ≥ 2 |
        | `drift` (`…_low`, `…_high`), `p`, `detectable` | matched drift in success, the endpoint |
        | `length`, `interference`, `self-conditioning`, `content` | its causes, where the arms \
were played |
        | `against` (`…_low`, `…_high`), `p_holm` | drift against the declared reference's |
        | `error_rate_fresh`, `error_rate_chained` | share of turns, as `success_…` |
        | `h50` | turns until half of the sessions had an uncorrected error |
        | `locked` | share of chained sessions that lock in |
        | `prompt_tokens`, `encoded_tokens`, `generated_tokens`, `seconds` | per turn played |
        | `preparation_seconds` | what all that it learned took when it was made |
        | `turns`, `blocks` | turns played, each once; blocks |
        | `note` | what to know before comparing |
        """
        drift = self.drift().set_index("entry")
        compared = self.compare()
        compared = compared[compared["quantity"] == QUANTITIES[0]].set_index("entry")
        return pd.DataFrame([self._row(entry, drift, compared) for entry in self.entries])

    @cached_property
    def _secondary(self) -> dict[str, pd.DataFrame]:
        """By entry: the table of the comparison needs some of them too."""
        return {entry.name: secondary(entry) for entry in self.entries}

    def _row(self, entry: Entry, drift: pd.DataFrame, compared: pd.DataFrame) -> dict[str, Any]:
        success = overall(entry.results, "success")
        error_rate = overall(entry.results, "error_rate")
        own = drift.loc[entry.name]
        other = compared.loc[entry.name] if entry.name in compared.index else None
        other_of = {"against": "value", "against_low": "low", "against_high": "high"}
        parts = split(entry, "success")
        measured = self._secondary[entry.name].set_index("measure")
        return {
            "entry": entry.name,
            **_interval("success_fresh", success["fresh"]),
            **_interval("success_chained", success["chained"]),
            "drift": own["value"],
            "drift_low": own["low"],
            "drift_high": own["high"],
            "p": own["p"],
            "detectable": own["detectable"],
            **{cause: part.value for cause, part in (parts.parts if parts else {}).items()},
            **{
                name: math.nan if other is None else other[column]
                for name, column in (other_of | {"p_holm": "p_holm"}).items()
            },
            "error_rate_fresh": error_rate["fresh"].value,
            "error_rate_chained": error_rate["chained"].value,
            "h50": measured.loc["horizon H50, turns", "value"],
            "locked": measured.loc["sessions locked", "value"],
            **{cost: float(entry.measured[cost].mean()) for cost in PER_TURN},
            "preparation_seconds": _learning_seconds(entry.costs),
            "turns": len(entry.measured),
            "blocks": entry.tasks["block"].nunique(),
            "note": own["note"],
        }

    def _caveat(self, entry: Entry) -> str:
        """What to know before comparing this entry with the others."""
        first = self.entries[0]
        shared = len(entry.panels & first.panels)
        other = ""
        if not shared:
            other = f"another panel than {first.name}: not comparable with it"
        elif entry.panels != first.panels:
            other = f"shares {shared} of {len(first.panels)} panels with {first.name}"
        return notes(caveats(entry), other)


def load(*folders: str | Path) -> Comparison:
    """Read one or several runs; a folder that holds runs stands for all of them, sorted by name.

    Runs that differ in seed or environment alone are one entry. A run that is still going can be
    read: what was played so far is there, a torn last line is passed over.

    Raises:
        ValueError: no folder was given.
        FileNotFoundError: a folder is neither a run nor holds any.
    """
    runs = read_runs(*folders)
    return Comparison(tuple(runs), tuple(entries_of(runs)))


def _learning_seconds(costs: pd.DataFrame) -> float:
    """Steps without an artefact (games, the model) are left out: they are nobody's learning.

    What the runs of an entry share was made once.
    """
    learned = costs[costs["artefact"] != ""].drop_duplicates(["step", "artefact"])
    return float(learned["made_in_seconds"].sum())


def _interval(name: str, estimate: Estimate) -> dict[str, float]:
    return {name: estimate.value, f"{name}_low": estimate.low, f"{name}_high": estimate.high}


def _stack(tables: Iterable[tuple[str, pd.DataFrame]]) -> pd.DataFrame:
    named = [table.assign(entry=name) for name, table in tables]
    return pd.concat(named, ignore_index=True)
