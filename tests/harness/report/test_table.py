from __future__ import annotations

import io

import pandas as pd

from harness.comparison import Comparison
from harness.report import csv, text


def test_table_fits_a_terminal(comparison: Comparison) -> None:
    lines = text(comparison, comparison.table()).splitlines()
    assert max(map(len, lines)) <= 100
    assert any("in_context" in line for line in lines)


def test_table_says_what_it_is_and_what_is_unfinished(comparison: Comparison) -> None:
    shown = " ".join(text(comparison, comparison.table()).split())
    assert "Endpoint: matched drift in success" in shown
    assert "8 blocks of 2 orders of 4 tasks" in shown
    assert "Arms: chained and fresh" in shown
    assert "npm is still going: 122 of 128 tasks." in shown


def test_what_cannot_fall_is_not_assessed(comparison: Comparison) -> None:
    lines = text(comparison, comparison.table()).splitlines()
    first = next(i for i, line in enumerate(lines) if line.startswith("random_"))
    assert "not" in lines[first]
    assert "assessable" in lines[first + 1]


def test_long_names_go_on_below(comparison: Comparison) -> None:
    table = comparison.table()
    table["entry"] = [f"{'a_very_long_name_' * 3}{i}\x1b[31m" for i in range(len(table))]
    shown = text(comparison, table)
    assert max(map(len, shown.splitlines())) <= 100
    assert "\x1b" not in shown


def test_csv_gives_back_the_table(comparison: Comparison) -> None:
    table = comparison.table()
    again = pd.read_csv(io.StringIO(csv(table)), keep_default_na=True)
    again["note"] = again["note"].fillna("")
    pd.testing.assert_frame_equal(again, table, check_dtype=False, check_exact=True)


def test_table_of_a_run_that_has_just_started(just_started: Comparison) -> None:
    shown = text(just_started, just_started.table())
    assert "early is still going: 0 of 64 tasks." in shown
