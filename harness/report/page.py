"""The report's page: one file that opens from disk, loads nothing and sends nothing.

What stands on it was written by games and by models, and is hostile until shown otherwise: the
template escapes everything, the script writes text nodes only, and a Content-Security-Policy
lets nothing run or load but this file's own style and script, by their hashes.
"""

from __future__ import annotations

import base64
import hashlib
import math
from importlib.metadata import PackageNotFoundError, version
from importlib.resources import files
from typing import Any, NamedTuple

import pandas as pd
from jinja2 import Environment, StrictUndefined
from markupsafe import Markup, escape

from harness.comparison import Comparison, Run
from harness.drift import horizon, lock_in, overall
from harness.report.chart import Chart, Forest, chart, forest
from harness.report.provenance import provenance
from harness.report.series import Multiple, errors_by_turn, last_x, success_by_position
from harness.report.transcripts import Transcripts, transcripts
from harness.report.words import (
    Row,
    caption,
    going,
    headline,
    interval_words,
    records,
    remarks,
    rows,
    whole,
)
from harness.stats import Estimate, number

SECONDARY = (
    "Error rate fresh",
    "Error rate chained",
    "H50, turns",
    "Sessions locked",
    "Prompt tokens a turn",
    "Encoded tokens a turn",
    "Tokens made a turn",
    "Seconds a turn",
    "Preparation, seconds",
    "Turns played",
)


class Cell(NamedTuple):
    """A value with its interval under it."""

    value: str
    interval: str = ""


class Secondary(NamedTuple):
    """One entry's secondary measures and costs, in the order of `SECONDARY`."""

    entry: str
    cells: tuple[Cell, ...]


class Drawn(NamedTuple):
    """One entry's chart."""

    entry: str
    chart: Chart


def render(comparison: Comparison, table: pd.DataFrame) -> str:
    """The whole page as HTML.

    Args:
        comparison: the runs.
        table: its `Comparison.table()`.
    """
    source = files("harness.report")
    css = source.joinpath("page.css").read_text("utf-8")
    script = source.joinpath("page.js").read_text("utf-8")
    environment = Environment(autoescape=True, undefined=StrictUndefined)
    environment.filters["breakable"] = _breakable
    template = environment.from_string(source.joinpath("page.html").read_text("utf-8"))
    of_rows = rows(table)
    names = [run.name for run in comparison.runs]
    kept = transcripts(comparison)
    return template.render(
        policy=_policy(css, script),
        css=Markup(css),  # our own file
        script=Markup(script),  # our own file
        data=Markup(kept.json),  # holds none of < > &
        version=_version(),
        title=f"DriftGauge: {', '.join(names)}",
        names=names,
        headline=headline(of_rows),
        going=going(comparison),
        caption=caption(comparison),
        rows=[(row, _forest(row)) for row in of_rows],
        remarks=remarks(of_rows),
        columns=SECONDARY,
        secondary=[
            _secondary(run, row) for run, row in zip(comparison.runs, records(table), strict=True)
        ],
        success=_charts(success_by_position(comparison), "position in the session", "Tasks won"),
        errors=_charts(errors_by_turn(comparison), "turn of the session", "Turns in error"),
        left_out=_left_out(kept),
        runs=provenance(comparison),
    )


def _policy(css: str, script: str) -> str:
    return (
        f"default-src 'none'; style-src {_hash(css)}; script-src {_hash(script)}; "
        "base-uri 'none'; form-action 'none'"
    )


def _hash(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


def _breakable(name: str) -> Markup:
    """Let a long name go on in the next line behind an underscore."""
    return escape(name).replace("_", Markup("_<wbr>"))


def _forest(row: Row) -> Forest | None:
    return None if math.isnan(row.value) else forest(row.value, row.low, row.high)


def _charts(multiples: list[Multiple], x_label: str, measure: str) -> list[Drawn]:
    last = last_x(multiples)
    return [Drawn(m.entry, chart(m.lines, x_label, measure, last)) for m in multiples]


def _secondary(run: Run, row: dict[str, Any]) -> Secondary:
    error_rate = overall(run.turns, run.tasks, "error_rate")
    measured = (
        error_rate["fresh"],
        error_rate["chained"],
        horizon(run.turns, run.tasks),
        lock_in(run.turns, run.tasks).sessions,
    )
    digits = (2, 2, 0, 2)
    costs = ("prompt_tokens", "encoded_tokens", "generated_tokens")
    return Secondary(
        run.name,
        (
            *map(_estimate, measured, digits),
            *(Cell(whole(row[cost])) for cost in costs),
            Cell(number(row["seconds"])),
            Cell(whole(row["preparation_seconds"])),
            Cell(whole(row["turns"])),
        ),
    )


def _estimate(estimate: Estimate, digits: int) -> Cell:
    return Cell(
        number(estimate.value, digits),
        interval_words(estimate.value, estimate.low, estimate.high, digits=digits),
    )


def _left_out(kept: Transcripts) -> str:
    if kept.tasks_shown == kept.tasks_played:
        return ""
    return (
        f"To keep this page light it holds {kept.tasks_shown:,} of the {kept.tasks_played:,} tasks "
        "that were played: the first blocks, the same for every entry. A report of fewer runs "
        "(driftgauge report RUN) shows more of each, and turns.jsonl in each run's folder "
        "holds every turn."
    )


def _version() -> str:
    try:
        return version("driftgauge")
    except PackageNotFoundError:  # run from a checkout that is not installed
        return "(not installed)"
