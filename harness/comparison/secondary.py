"""The secondary measures of an entry, one after the other: what each is, and where it comes from.

They explain the comparison; they do not decide it. A measure that cannot be known of an entry has
no value there, and its note says why.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import NamedTuple

import pandas as pd

from harness.comparison.caveats import blind
from harness.comparison.endpoint import drift_in
from harness.comparison.entries import Entry
from harness.drift import (
    ArmsDoNotMatch,
    Measure,
    aging_detected,
    aging_half_life,
    aging_slope,
    damage,
    drift_slope,
    error_association,
    facts_change,
    goal_drift,
    half_life,
    horizon,
    lock_in,
    overall,
    pass_hat_k,
    perplexity_ratio,
    position_one,
    stability_index,
    weibull_shape,
)
from harness.drift.arms import check_arms
from harness.stats import Estimate, notes

LEVELS: tuple[Measure, ...] = (
    "success",
    "progress",
    "progress_last",
    "error_rate",
    "adherence",
    "regret",
)
"""Reported as levels, an arm a row."""

DRIFTS: tuple[Measure, ...] = ("progress", "error_rate", "adherence", "regret")
"""Matched drift is also reported in these; in success it is the endpoint."""

SPLITS: tuple[Measure, ...] = ("success", "error_rate")
"""Drift in these is split into its causes, where the arms were played."""


class Secondary(NamedTuple):
    """One secondary measure of one entry."""

    measure: str
    arm: str
    """Empty where it is a difference between arms."""
    estimate: Estimate
    source: str


class _Single(NamedTuple):
    """A measure that is one function of one of the entry's frames."""

    measure: str
    arm: str
    of: Callable[[Entry], Estimate]
    source: str


_SINGLE = (
    _Single(
        "drift slope, odds of error per 100 turns",
        "chained",
        lambda e: drift_slope(e.lived).odds_ratio,
        "GEE by block",
    ),
    _Single("horizon H50, turns", "chained", lambda e: horizon(e.lived, 0.5), "arXiv 2509.09677"),
    _Single("horizon H80, turns", "chained", lambda e: horizon(e.lived, 0.8), "arXiv 2510.02712"),
    _Single("Weibull shape", "chained", lambda e: weibull_shape(e.lived), "interval-censored"),
    _Single("half-life, turns", "chained", lambda e: half_life(e.lived), "tobyord.com half-life"),
    _Single("sessions locked", "chained", lambda e: lock_in(e.lived).sessions, "this project"),
    _Single("turns locked", "chained", lambda e: lock_in(e.lived).turns, "this project"),
    _Single(
        "error after error (association)",
        "chained",
        lambda e: error_association(e.lived),
        "arXiv 2509.09677",
    ),
    _Single(
        "goal drift, as published", "chained", lambda e: goal_drift(e.lived), "arXiv 2505.02709"
    ),
    _Single(
        "stability index, two of its dimensions",
        "chained",
        lambda e: stability_index(e.lived),
        "arXiv 2601.04170",
    ),
    _Single(
        "aging slope, as published", "chained", lambda e: aging_slope(e.results), "arXiv 2605.26302"
    ),
    _Single(
        "aging detected, as published",
        "chained",
        lambda e: aging_detected(e.results),
        "arXiv 2605.26302",
    ),
    _Single(
        "aging half-life, tasks, as published",
        "chained",
        lambda e: aging_half_life(e.results),
        "arXiv 2605.26302",
    ),
    _Single("pass^2", "chained", lambda e: pass_hat_k(e.results, 2), "arXiv 2406.12045"),
    _Single(
        "facts lost against the unmodified model",
        "",
        lambda e: _of_modified(e, facts_change(e.retention)),
        "this project",
    ),
    _Single(
        "perplexity ÷ the unmodified model's",
        "",
        lambda e: _of_modified(e, perplexity_ratio(e.retention)),
        "this project",
    ),
    _Single(
        "negative control: chained - fresh at position 1",
        "",
        lambda e: position_one(e.results),
        "this project",
    ),
)


def _of_modified(entry: Entry, estimate: Estimate) -> Estimate:
    if len(entry.retention):
        return estimate
    return estimate._replace(
        note="not measured: who changes no model loses nothing, by construction"
    )


def secondary(entry: Entry) -> pd.DataFrame:
    """All secondary measures of an entry.

    Returns:
        Columns `measure`, `arm`, `value`, `low`, `high`, `p`, `blocks`, `note`, `source`.
    """
    rows = [
        (s.measure, s.arm, e.value, e.low, e.high, e.p, e.units, e.note, s.source)
        for s in _all(entry)
        for e in [s.estimate]
    ]
    columns = ["measure", "arm", "value", "low", "high", "p", "blocks", "note", "source"]
    return pd.DataFrame(rows, columns=columns)


def _all(entry: Entry) -> Iterator[Secondary]:
    for measure in LEVELS:
        source = "arXiv 2401.13178" if "prog" in measure else ""
        for arm, level in overall(entry.results, measure).items():
            yield Secondary(measure, arm, _seen(entry, measure, level), source)
    for measure in DRIFTS:
        drift = _seen(entry, measure, drift_in(entry, measure))
        yield Secondary(f"drift in {measure}", "", drift, "this project")
    # The rows above say which tasks do not match; what rests on one arm stands.
    with suppress(ArmsDoNotMatch):
        yield from _parts(entry)
    for measure in SPLITS:
        if (harm := damage(entry.results, measure)) is not None:
            yield Secondary(f"damage to its world, in {measure}", "", harm, "this project")
    obstacles = {arm: _obstacle(entry, arm) for arm in {single.arm for single in _SINGLE}}
    for single in _SINGLE:
        obstacle = obstacles[single.arm]
        estimate = Estimate(math.nan, note=obstacle) if obstacle else single.of(entry)
        yield Secondary(single.measure, single.arm, estimate, single.source)


def _obstacle(entry: Entry, arm: str) -> str:
    """Why an arm has no sessions that could be measured; empty if it has."""
    if not arm:
        return ""
    try:
        check_arms(entry.results, finished=False)
    except ArmsDoNotMatch as mismatch:  # two plays at one place, or of two panels
        return f"refused: {mismatch}"
    return "" if (entry.lived["arm"] == arm).any() else "no turn yet"


def _seen(entry: Entry, measure: Measure, estimate: Estimate) -> Estimate:
    """With what the measure does not see, which else would pass for zero."""
    return estimate._replace(
        note=notes(estimate.note, blind(entry) if measure == "error_rate" else "")
    )


def _parts(entry: Entry) -> Iterator[Secondary]:
    for measure in SPLITS:
        if (split := entry.causes(measure)) is not None:
            for cause, part in split.parts.items():
                yield Secondary(f"{cause}, share of drift in {measure}", "", part, "this project")
