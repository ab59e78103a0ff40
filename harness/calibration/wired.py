"""The wiring as a table: every agent of known drift, through the whole engine, in real games.

table = wiring(folder)      # a minute: TextWorld's games are made and played
print(text(table))
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

import pandas as pd

from harness.calibration.players import CORRIDOR, STRONG, disagreements, wire
from harness.comparison import Entry
from harness.drift import lock_in
from harness.stats import number
from harness.task import PanelSpec

HUNT = PanelSpec(
    id="driftgauge/TextWorldTreasureHunter-v0",
    draw={"level": (3, 4)},
    brief="Hunt.",
    blocks=4,
    tasks=3,
    cap=10,
)
CHAIN = PanelSpec(
    id="driftgauge/TextWorldCoinCollector-v0",
    draw={"level": (8,)},
    brief="Collect.",
    blocks=1,
    tasks=2,
    cap=20,
)
"""Long enough to pace in; a treasure hunt is not."""

PANELS: Mapping[str, PanelSpec] = {"corridor": CORRIDOR, "TextWorld": HUNT}


class Wired(NamedTuple):
    """One agent in one environment."""

    environment: str
    agent: str
    drift: float
    """Matched drift in the error rate: the quickest to show on a few blocks."""
    low: float
    high: float
    named: str
    """The causes that are shown to make it drift."""
    locked: float
    """Share of chained sessions that lock in."""
    turns: int
    disagreements: int
    """Turns whose error flag is not what the agent knows that it did; 0, or the wiring is wrong."""


def wiring(folder: Path, progress: Callable[[int, int], None] | None = None) -> pd.DataFrame:
    """Play every agent in every environment.

    Args:
        folder: runs are recorded in it, and what was played there before is not played again.
        progress: called after each with how many are done, and of how many.

    Returns:
        One row an environment and agent, with the columns of `Wired`.
    """
    todo = list(_todo())
    rows = []
    for done, (environment, agent, panel) in enumerate(todo, start=1):
        rows.append(_wired(environment, agent, wire(STRONG[agent], panel, folder)))
        if progress is not None:
            progress(done, len(todo))
    return pd.DataFrame(rows, columns=Wired._fields)


def text(table: pd.DataFrame) -> str:
    """The table for a terminal, at most 100 columns wide."""
    head = ("drift in error rate", "named", "locked", "amiss")
    lines = ["  {:37}{:>24}  {:20}{:>7}{:>7}".format("in a real engine", *head)]
    for row in table.to_dict("records"):
        drift = f"{number(row['drift'])} [{number(row['low'])}, {number(row['high'])}]"
        agent = f"{row['environment']}: {row['agent']}"
        lines.append(
            f"  {agent:37}{drift:>24}  {row['named'] or '-':20}{number(row['locked']):>7}"
            f"{row['disagreements']:>7}"
        )
    amiss, turns = table["disagreements"].sum(), table["turns"].sum()
    lines.append(
        f"\nOf {turns:,} turns, {amiss} are not recorded as the agent knows that it played them."
    )
    return "\n".join(lines)


def _todo() -> Iterator[tuple[str, str, PanelSpec]]:
    for environment, panel in PANELS.items():
        for agent in STRONG:
            paces = (environment, agent) == ("TextWorld", "pacer")
            yield environment, agent, CHAIN if paces else panel


def _wired(environment: str, agent: str, entry: Entry) -> Wired:
    drift, split = entry.matched("error_rate").estimate, entry.causes("error_rate")
    return Wired(
        environment,
        agent,
        drift.value,
        drift.low,
        drift.high,
        ", ".join(split.named) if split else "",
        lock_in(entry.lived).sessions.value,
        len(entry.measured),
        len(disagreements(entry)),
    )
