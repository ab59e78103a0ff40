"""How many blocks a difference needs, and about how long they take.

$ driftgauge plan --difference 0.2 --environment treasure_hunter
A difference of 0.2 in matched drift of success needs 19 blocks, for 80% power at p ≤ 0.05.
Spread between blocks: 0.29, assumed for 6 independent pairs a block and success 0.5 in both arms: …
treasure_hunter: 19 blocks of 2 orders of 4 tasks are 190 plays of an entry, at most 1,520 turns.
in_context 8ca6c215: at most 8 min at 3 turns/s
"""

from __future__ import annotations

import math
import textwrap
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np

from harness.comparison import Entry, load
from harness.config import validate
from harness.drift import drift_by_block
from harness.orders import DESIGNS
from harness.stats import ALPHA, number, p_value, smallest_p
from harness.stats.power import blocks_needed, detectable, fewest_blocks
from harness.task import PanelSpec
from harness.terminal import WIDTH, printable
from harness.tracking.progress import read_speeds, span, turns_a_second

SUCCESS = 0.5
"""Assumed in both arms where nothing was measured: at no other success is the spread larger."""


class Spread(NamedTuple):
    """A standard deviation between blocks, and where it is from."""

    value: float
    source: str


@dataclass(frozen=True)
class Duration:
    """How long an entry plays, without its preparation."""

    entry: str
    """For earlier runs of this machine with the digest of the model's configuration behind it."""
    speed: float
    """Turns a second."""
    seconds: float


@dataclass(frozen=True)
class Plan:
    """A panel for a difference, and what it costs."""

    difference: float
    """In matched drift of success: of an entry or, of several entries, against the reference."""
    entries: int
    comparisons: int
    """Tested together, with Holm's correction."""
    spread: float
    """Standard deviation of the difference between blocks."""
    spread_source: str
    blocks_needed: int
    """To show the difference with 80% power."""
    blocks: int
    """Of the panel: what was asked for, else what is needed."""
    detectable: float
    """The smallest difference that the panel shows with 80% power."""
    environment: str
    orders: int
    tasks: int
    """Of a session."""
    plays: int
    """Of an entry."""
    turns: int
    """Of an entry: about so many, or at most, as `turns_measured` says."""
    turns_measured: bool
    """A play is as long as in the runs on average; else it is taken to go on to the cap."""
    durations: tuple[Duration, ...]
    """One for each entry whose speed is known; empty: nothing was played here yet."""


def plan(
    difference: float,
    environment: str | None = None,
    arms: Sequence[str] = ("chained", "fresh"),
    entries: int = 1,
    blocks: int | None = None,
    runs: Sequence[Path] = (),
) -> Plan:
    """Plan a panel: blocks, turns and time.

    The spread between blocks is that of the runs (standard deviation of their blocks' matched drift
    in success, pooled), else that of independent pairs, √(2 p (1 - p) / pairs) at p = `SUCCESS`.
    For an entry against the reference it is taken times √2.

    Args:
        difference: in matched drift of success, in (0, 1].
        environment: a file of `conf/environment`; None: that of the first run, or the default.
        arms: that are played. Other arms than chained and fresh take time and show causes.
        entries: that are compared, the reference among them. One: its drift is compared with zero.
        blocks: of the panel; None: as many as the difference needs.
        runs: what spread, turns a play and speed are measured on.

    Raises:
        ValueError: the difference is out of range, the environment or an arm unknown, or nothing
            could become significant on so few blocks.
        FileNotFoundError: a folder is neither a run nor holds any.
    """
    comparisons = max(1, entries - 1)
    _check(difference, entries, blocks, comparisons)
    played = load(*runs).entries if runs else ()
    spec = _panel_spec(environment, arms, played)
    orders = len(DESIGNS[spec.orders](spec.tasks))
    spread = _spread(played, pairs=orders * (spec.tasks - 1))
    if entries > 1:  # the difference of two drifts, with nothing in common but the panel
        twice = f"{spread.source}; times √2, as two entries differ by what spreads in both"
        spread = Spread(math.sqrt(2) * spread.value, twice)
    needed = blocks_needed(difference, spread.value, comparisons)
    chosen = blocks or needed
    plays = chosen * _plays(played, spec, orders, len(set(arms)))
    turns_a_play = _turns_a_play(played)
    turns = round(plays * (turns_a_play or spec.cap))
    return Plan(
        difference=difference,
        entries=entries,
        comparisons=comparisons,
        spread=spread.value,
        spread_source=spread.source,
        blocks_needed=needed,
        blocks=chosen,
        detectable=_detectable(spread.value, chosen, comparisons),
        environment=environment or spec.id,
        orders=orders,
        tasks=spec.tasks,
        plays=plays,
        turns=turns,
        turns_measured=turns_a_play is not None,
        durations=_durations(turns, played),
    )


def text(plan: Plan) -> str:
    """A plan for a terminal, at most 100 columns wide."""
    between = " between an entry and the reference" if plan.entries > 1 else ""
    about = "about" if plan.turns_measured else "at most"
    sentences = [
        f"A difference of {plan.difference:g} in matched drift of success{between} needs "
        f"{plan.blocks_needed:,} blocks, for 80% power at p ≤ {_level(plan.comparisons)}.",
        f"Spread between blocks: {number(plan.spread)}, {plan.spread_source}.",
    ]
    if plan.blocks != plan.blocks_needed:
        sentences.append(
            f"{plan.blocks:,} blocks show a difference of {number(plan.detectable)} or more."
        )
    sentences.append(
        f"{plan.environment}: {plan.blocks:,} blocks of {plan.orders} orders of {plan.tasks} tasks "
        f"are {plan.plays:,} plays of an entry, {about} {plan.turns:,} turns."
    )
    sentences += [
        f"{duration.entry}: {about} {span(duration.seconds)} at {turns_a_second(duration.speed)}"
        for duration in plan.durations
    ] or ["How long that takes is unknown: nothing was played and timed here yet."]
    return "\n".join(
        textwrap.fill(printable(sentence), WIDTH, break_on_hyphens=False) for sentence in sentences
    )


def _check(difference: float, entries: int, blocks: int | None, comparisons: int) -> None:
    if not 0 < difference <= 1:
        raise ValueError(f"A difference in success is above 0 and at most 1, not {difference:g}.")
    if entries < 1 or (blocks is not None and blocks < 1):
        raise ValueError("A panel has at least one entry and one block.")
    if blocks and blocks < (fewest := fewest_blocks(comparisons)):
        raise ValueError(
            f"Too few blocks, {blocks}: the smallest p that they can reach is "
            f"{p_value(smallest_p(blocks))}, above {_level(comparisons)}, so that nothing could "
            f"become significant. It takes at least {fewest}."
        )


def _panel_spec(environment: str | None, arms: Sequence[str], played: Sequence[Entry]) -> PanelSpec:
    if environment == "custom":
        raise ValueError("An environment of your own is planned from its runs: name one instead.")
    chosen = [] if environment is None else [f"environment={environment}"]
    # Which agent makes no difference; this one loads no library of models.
    [config] = validate([*chosen, f"arms=[{','.join(arms)}]", "agent=random"])
    if "fresh" not in arms:
        raise ValueError("Matched drift needs the fresh arm beside the chained one.")
    spec = config.environment
    if played and environment is None:
        spec = PanelSpec(**played[0].runs[0].manifest["config"]["environment"])
    if spec.tasks == 1:
        raise ValueError("Sessions of one task have no position ≥ 2, so no drift: play more tasks.")
    return spec


def _spread(played: Sequence[Entry], pairs: int) -> Spread:
    """Of one entry's drift, between blocks: pooled over the runs, else derived."""
    squares, freedom = 0.0, 0
    on, not_on = [], []
    for entry in played:
        drift = drift_by_block(entry.results).dropna().to_numpy(float)
        tested = not math.isnan(entry.matched().estimate.p)
        if tested and len(drift) > 1 and np.ptp(drift) > 1e-12:
            squares += float(((drift - drift.mean()) ** 2).sum())
            freedom += len(drift) - 1
            on.append(f"{entry.name} ({len(drift)} blocks)")
        else:
            not_on.append(entry.name)
    without = f", without drift that spreads: {', '.join(not_on)}" if not_on else ""
    if on:
        return Spread(math.sqrt(squares / freedom), f"measured on {', '.join(on)}{without}")
    # The mean of independent differences between two outcomes that are each 0 or 1.
    return Spread(
        math.sqrt(2 * SUCCESS * (1 - SUCCESS) / pairs),
        f"assumed for {pairs} independent pairs a block and success {SUCCESS} in both arms"
        f"{without or ': measure it by naming runs'}",
    )


def _level(comparisons: int) -> str:
    """What p is compared with."""
    return f"{ALPHA:g}" + (f" ÷ {comparisons} comparisons" if comparisons > 1 else "")


def _detectable(spread: float, blocks: int, comparisons: int) -> float:
    # Only the spread of the differences counts, not what they are.
    evenly = np.arange(blocks) / np.arange(blocks).std(ddof=1)
    return detectable(spread * evenly, comparisons)


def _plays(played: Sequence[Entry], spec: PanelSpec, orders: int, arms: int) -> int:
    """Of a block. Equal histories are played once, but not in bf16, as the runs show."""
    for entry in played:
        first = entry.tasks[entry.tasks["position"] == 1]
        if first["play"].is_unique and first.duplicated(["block", "order"]).any():
            return orders * spec.tasks * arms
    # Fresh, and with it position 1 of every arm, once for all orders.
    return spec.tasks + (arms - 1) * orders * (spec.tasks - 1)


def _turns_a_play(played: Sequence[Entry]) -> float | None:
    plays = sum(entry.measured["play"].nunique() for entry in played)
    return sum(len(entry.measured) for entry in played) / plays if plays else None


def _durations(turns: int, played: Sequence[Entry]) -> tuple[Duration, ...]:
    speeds = read_speeds()
    if played:
        measured = [(entry.name, entry.measured["seconds"]) for entry in played]
        speeds = {name: len(times) / times.sum() for name, times in measured if times.sum() > 0}
    return tuple(Duration(entry, speed, turns / speed) for entry, speed in speeds.items())
