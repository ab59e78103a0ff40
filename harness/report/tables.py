"""The tables of a report, each computed once; text, page and files are functions of them.

found = tables(harness.load("runs/demo"), reference="lora")
found.against                # every entry against lora
found.files["against.csv"]   # the same
"""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from harness.comparison import Comparison


@dataclass(frozen=True)
class Tables:
    """The results of a comparison."""

    table: pd.DataFrame
    """`Comparison.table()`."""
    against: pd.DataFrame
    """`Comparison.compare(reference)`."""
    causes: pd.DataFrame
    """`Comparison.causes()`."""
    secondary: pd.DataFrame
    """`Comparison.secondary()`."""
    positions: pd.DataFrame
    """`Comparison.positions()`."""
    environments: pd.DataFrame
    families: pd.DataFrame
    """`Comparison.breakdown()`, by environment and by family of tasks."""
    rules: pd.DataFrame
    """`Comparison.rules()`."""
    reference: str | None
    """The entry that the others are compared with; None: the declared one is not here."""
    by_hand: bool
    """It is another than the one that was declared before the runs."""

    @property
    def files(self) -> dict[str, pd.DataFrame]:
        """Every table by the name of its file, the entry in the first column."""
        named = {
            "table.csv": self.table,
            "against.csv": self.against,
            "causes.csv": self.causes,
            "secondary.csv": self.secondary,
            "positions.csv": self.positions,
            "environments.csv": self.environments,
            "families.csv": self.families,
            "rules.csv": self.rules,
        }
        return {name: _entry_first(frame) for name, frame in named.items()}


def tables(comparison: Comparison, reference: str | None = None) -> Tables:
    """Compute them all.

    Args:
        comparison: the runs.
        reference: an entry's name; None: the one that was declared before the runs.

    Raises:
        ValueError: no entry has the name given.
    """
    against = comparison.compare(reference)
    return Tables(
        table=comparison.table(),
        against=against,
        causes=comparison.causes(),
        secondary=comparison.secondary(),
        positions=comparison.positions(),
        environments=comparison.breakdown("environment"),
        families=comparison.breakdown("family"),
        rules=comparison.rules(),
        reference=reference or comparison.reference,
        by_hand=reference not in (None, comparison.reference),
    )


def _entry_first(frame: pd.DataFrame) -> pd.DataFrame:
    if "entry" not in frame:
        return frame
    return frame[["entry", *(name for name in frame.columns if name != "entry")]]
