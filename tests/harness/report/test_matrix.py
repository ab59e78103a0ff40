"""Tables with a column an entry: nothing that is known is left out, nothing unknown is a number."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import pandas as pd

from harness.comparison import Comparison, load
from harness.report.matrix import LABELS, SPLIT, breakdown, rules, secondary
from tests.harness.tables import write_run


def measures(*rows: dict[str, Any]) -> pd.DataFrame:
    """Secondary measures as `Comparison.secondary()` gives them."""
    base = {
        "entry": "lora",
        "measure": "Weibull shape",
        "arm": "chained",
        "value": 1.5,
        "low": 1.1,
        "high": 2.0,
        "p": math.nan,
        "blocks": 8,
        "note": "",
        "source": "interval-censored",
    }
    return pd.DataFrame([base | row for row in rows])


def test_every_measure_of_a_real_comparison_is_shown_or_said_to_be_unknown(
    four_arms: Comparison,
) -> None:
    table = four_arms.secondary()
    shown = {line.label for matrix in secondary(table) for line in matrix.lines}
    unknown = " ".join(sentence for matrix in secondary(table) for sentence in matrix.unknown)
    names = {LABELS.get(name, name).replace("_", " ") for name in table["measure"]}
    missing = {n for n in names if n not in shown and n not in unknown and SPLIT not in n}
    assert not missing


def test_groups_stand_in_their_order() -> None:
    table = measures(
        {"measure": "negative control: chained - fresh at position 1"},
        {"measure": "aging slope, as published"},
        {"measure": "facts lost against the unmodified model"},
        {"measure": "Weibull shape"},
        {"measure": "drift in regret"},
        {"measure": "success"},
        {"measure": "length, share of drift in success"},
    )
    assert [matrix.title for matrix in secondary(table)] == [
        "Levels, arm by arm",
        "Matched drift in other measures",
        "Errors over the session",
        "Declarative retention",
        "As others publish them",
        "Negative control",
    ]


def test_a_cell_has_value_interval_and_p() -> None:
    (matrix,) = secondary(measures({"p": 0.008}, {"entry": "npm", "low": math.nan}))
    (line,) = matrix.lines
    assert (line.label, line.under) == ("Weibull shape", "chained · interval-censored")
    lora, npm = line.cells
    assert (lora.value, lora.under, lora.note) == ("1.50", ("1.10–2.00", "p .008"), 0)
    assert npm.under == ("no interval",)


def test_numbers_are_as_long_as_they_need_to_be() -> None:
    rows = (
        {"measure": "horizon H50, turns", "value": 11.0, "low": 7.0, "high": math.inf},
        {"measure": "drift slope", "value": 866.8, "low": -0.5, "high": 13588.4},
        {"measure": "error after error (association)", "value": 0.2, "low": 0.1, "high": 0.3},
    )
    (matrix,) = secondary(measures(*rows))
    cells = [line.cells[0] for line in matrix.lines]
    assert [(cell.value, cell.under[0]) for cell in cells] == [
        ("11", "7–∞"),
        ("867", "-0.50 to 13588"),
        ("+0.20", "0.10 to 0.30"),
    ]


def test_a_note_is_numbered_once_for_all_that_it_is_about() -> None:
    table = measures({"note": "x"}, {"entry": "npm", "note": "y"}, {"measure": "z", "note": "x"})
    (matrix,) = secondary(table)
    assert matrix.notes == ("x", "y")
    assert [cell.note for line in matrix.lines for cell in line.cells] == [1, 2, 1, 0]
    assert matrix.lines[1].cells[1].value == ""  # no such measure of that entry


def test_what_is_known_of_no_entry_is_a_sentence_and_no_line() -> None:
    unknown = {"value": math.nan, "low": math.nan, "high": math.nan, "note": "not estimable: why"}
    (matrix,) = secondary(measures(unknown, unknown | {"entry": "npm"}))
    assert matrix.lines == ()
    assert matrix.unknown == ("Weibull shape (chained): not estimable: why.",)


def test_what_is_known_of_one_entry_keeps_its_line() -> None:
    unknown = {"entry": "npm", "value": math.nan, "note": "not estimable: why"}
    (matrix,) = secondary(measures({}, unknown))
    assert [cell.value for cell in matrix.lines[0].cells] == ["1.50", "-"]
    assert matrix.notes == ("not estimable: why",)


def test_kinds_of_tasks_have_a_line_each(comparison: Comparison) -> None:
    matrix = breakdown(comparison.breakdown("family"), "family")
    assert matrix is not None and matrix.title == "By kind of task"
    assert [line.label for line in matrix.lines] == ["level 9", "level 10"]
    cell = matrix.lines[0].cells[matrix.entries.index("in_context")]
    assert cell.value.startswith("+")
    assert cell.under[1].startswith("p ") and "→" in cell.under[2]


def test_one_environment_is_no_breakdown(comparison: Comparison, tmp_path: Path) -> None:
    assert breakdown(comparison.breakdown("environment"), "environment") is None
    write_run(tmp_path / "a", blocks=2, environment="a/Cooking-v0")
    write_run(tmp_path / "b", blocks=2, environment="b/Quest-v0")
    both = load(tmp_path / "a", tmp_path / "b")
    matrix = breakdown(both.breakdown("environment"), "environment")
    assert matrix is not None
    assert [line.label for line in matrix.lines] == ["a/Cooking-v0", "b/Quest-v0"]


def test_nothing_played_is_no_breakdown() -> None:
    assert breakdown(pd.DataFrame(), "family") is None


def test_rules_have_a_line_each_with_how_often_they_were_broken(ruled: Comparison) -> None:
    table = rules(ruled.rules())
    assert table is not None
    assert [(line.label, line.under) for line in table.lines] == [
        ("look", "24 tasks in 4 blocks"),
        ("sign", "24 tasks in 4 blocks"),
    ]
    assert [cell.value for line in table.lines for cell in line.cells] == [
        "0.00 → 0.00",
        "0.00 → 1.00",
    ]


def test_where_no_rule_was_told_there_is_no_table_of_rules(comparison: Comparison) -> None:
    assert rules(comparison.rules()) is None
