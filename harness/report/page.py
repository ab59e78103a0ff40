"""The report's page: one file that opens from disk, loads nothing and sends nothing.

What stands on it was written by games and by models, and is hostile until shown otherwise: the
template escapes everything, the script writes text nodes only, and a Content-Security-Policy
lets nothing run or load but this file's own style and script, by their hashes.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Sequence
from importlib.metadata import PackageNotFoundError, version
from importlib.resources import files
from typing import NamedTuple

import pandas as pd
from jinja2 import Environment, FunctionLoader, StrictUndefined
from markupsafe import Markup, escape

from harness.comparison import Comparison
from harness.report.against import CAPTION as AGAINST_CAPTION
from harness.report.against import Against, AgainstRow, against
from harness.report.chart import Chart, chart
from harness.report.forest import Forest, forest, pictures, reach
from harness.report.headline import headline
from harness.report.matrix import breakdown, rules, secondary
from harness.report.provenance import provenance
from harness.report.series import Curves, Multiple, last_x
from harness.report.tables import Tables
from harness.report.transcripts import Transcripts, transcripts
from harness.report.why import CAPTION as WHY_CAPTION
from harness.report.why import all_causes, why
from harness.report.words import Row, caption, going, records, remarks, rows, whole
from harness.stats import number

STYLES = ("page.css", "transcripts.css")
SCRIPTS = ("page.js", "task.js")
COSTS = {
    "prompt_tokens": "Prompt tokens a turn",
    "encoded_tokens": "Encoded tokens a turn",
    "generated_tokens": "Tokens made a turn",
    "seconds": "Seconds a turn",
    "preparation_seconds": "Preparation, seconds",
    "turns": "Turns played",
}
"""Columns of the comparison table, and what they are called."""


class Drawn(NamedTuple):
    """A chart and what it is of."""

    title: str
    chart: Chart


class Costs(NamedTuple):
    """What an entry cost, in the order of `COSTS`."""

    entry: str
    cells: tuple[str, ...]


def render(comparison: Comparison, tables: Tables, curves: Curves) -> str:
    """The whole page as HTML.

    Args:
        comparison: the runs.
        tables: their tables.
        curves: `harness.report.series.curves` of them.
    """
    css = "".join(_source(name) for name in STYLES)
    script = "".join(_source(name) for name in SCRIPTS)
    environment = Environment(
        autoescape=True, undefined=StrictUndefined, loader=FunctionLoader(_source)
    )
    environment.filters["breakable"] = _breakable
    words = rows(tables.table)
    compared = against(comparison, tables)
    whys = why(tables.causes, "success")
    kept = transcripts(comparison)
    names = [entry.name for entry in comparison.entries]
    return environment.get_template("page.html").render(
        policy=_policy(css, script),
        css=Markup(css),  # our own file
        script=Markup(script),  # our own file
        data=Markup(kept.json),  # holds none of < > &
        version=_version(),
        title=f"DriftGauge: {', '.join(names)}",
        names=names,
        headline=headline(words, whys, compared),
        going=going(comparison),
        caption=caption(comparison),
        rows=_with_forests(words),
        remarks=remarks((row.entry, row.note) for row in words),
        against=compared,
        against_caption=AGAINST_CAPTION,
        against_rows=_against_forests(compared),
        against_remarks=remarks(noted for row in compared.rows for noted in row.noted),
        why_caption=WHY_CAPTION,
        pictures=pictures(whys),
        splits=[
            (measure, all_causes(found), found, remarks(noted for w in found for noted in w.noted))
            for measure, found in (
                ("success", whys),
                ("error rate", why(tables.causes, "error_rate")),
            )
            if found
        ],
        success=_charts(curves.success, "position in the session", "Tasks won"),
        adherence=_charts(curves.adherence, "position in the session", "Rules kept"),
        rules=rules(tables.rules),
        errors=_charts(curves.errors, "turn of the session", "Turns in error"),
        probes=_charts(curves.probes, "turn of the session", "Right answers"),
        breakdowns=[
            matrix
            for matrix in (
                breakdown(tables.environments, "environment"),
                breakdown(tables.families, "family"),
            )
            if matrix
        ],
        secondary=secondary(tables.secondary),
        cost_names=list(COSTS.values()),
        costs=_costs(tables.table),
        left_out=_left_out(kept),
        runs=provenance(comparison),
    )


def _source(name: str) -> str:
    return files("harness.report").joinpath(name).read_text("utf-8")


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


def _with_forests(words: Sequence[Row]) -> list[tuple[Row, Forest | None]]:
    return [(row, forest(row.estimate, reach=1.0)) for row in words]


def _against_forests(found: Against) -> list[tuple[AgainstRow, Forest | None]]:
    far = max(1.0, reach(row.drift.estimate for row in found.rows))
    return [(row, forest(row.drift.estimate, far)) for row in found.rows]


def _charts(multiples: Sequence[Multiple], x_label: str, measure: str) -> list[Drawn]:
    last = last_x(multiples)
    return [Drawn(m.title, chart(m.lines, x_label, measure, last)) for m in multiples]


def _costs(table: pd.DataFrame) -> list[Costs]:
    return [
        Costs(
            row["entry"],
            tuple(number(row[c]) if c == "seconds" else whole(row[c]) for c in COSTS),
        )
        for row in records(table)
    ]


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
