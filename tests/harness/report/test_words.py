"""How a row of the comparison reads."""

from __future__ import annotations

import math
from pathlib import Path

import pandas as pd
import pytest

from harness.comparison import Comparison, load
from harness.report.verdict import Verdict
from harness.report.words import Shown, caption, difference, going, level, remarks, rows
from harness.stats import Estimate
from tests.harness.comparison.edits import edit
from tests.harness.report.test_headline import entry
from tests.harness.tables import write_run


def test_a_row_in_figures() -> None:
    (row,) = rows(pd.DataFrame([entry("lora", 0.4, 0.008, detectable=math.inf)]))
    assert row.drift == Shown("+0.40", "0.30 to 0.50")
    assert row.chained == Shown("0.50", "0.40–1.00")
    assert (row.p, row.detectable, row.tested) == (".008", "∞", True)


def test_zero_by_construction_has_no_interval_and_no_p() -> None:
    (row,) = rows(pd.DataFrame([entry("a", note="zero by construction: it sees no history")]))
    assert row.drift == Shown("0.00")
    assert (row.p, row.verdict, row.tested) == (
        "by construction",
        Verdict.BY_CONSTRUCTION,
        False,
    )


def test_a_run_that_still_goes_on_makes_the_panel_no_smaller(tmp_path: Path) -> None:
    write_run(tmp_path, "whole")
    early = write_run(tmp_path, "early")
    edit(early, "tasks", lambda row: row if row["position"] == 1 else None)
    told = caption(load(tmp_path))
    assert told.count("Panel ") == 1
    assert "4 blocks of 2 orders of 4 tasks" in told


@pytest.mark.parametrize(
    ("estimate", "shown"),
    [
        (Estimate(0.4), Shown("+0.40", "no interval")),
        (Estimate(-0.4, -0.5, -0.3), Shown("-0.40", "-0.50 to -0.30")),
        (Estimate(-0.001, -0.5, 0.5), Shown("0.00", "-0.50 to 0.50")),
        (Estimate(math.nan), Shown("-", "")),
    ],
)
def test_a_difference_shows_its_sign_and_whether_it_has_an_interval(
    estimate: Estimate, shown: Shown
) -> None:
    assert difference(estimate) == shown


def test_a_level_needs_no_sign() -> None:
    assert level(Estimate(0.4, 0.3, 0.5)) == Shown("0.40", "0.30–0.50")


def test_each_remark_once_and_how_far_a_run_is_nowhere() -> None:
    note = "descriptive: the smallest p of 4 blocks is .125"
    noted = [
        ("a", note),
        ("b", f"{note}; unfinished: 3 of 64 tasks; at worst 0.50"),
        ("b", note),
        ("c", "unfinished: 3 of 64 tasks"),
    ]
    assert remarks(noted) == [f"a, b: {note}.", "b: at worst 0.50."]


def test_what_is_not_finished_says_how_far_it_is(comparison: Comparison) -> None:
    assert going(comparison) == ["npm is still going: 122 of 128 tasks."]
