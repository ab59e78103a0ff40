"""The tables for a terminal: what they say, and that they fit."""

from __future__ import annotations

from dataclasses import replace

import pytest

from harness.comparison import Comparison
from harness.report import Tables, tables, text
from harness.report.grid import grid

NAME = "a_very_long_name_" * 3


def plain(shown: str) -> str:
    """Without line breaks and columns."""
    return " ".join(shown.split())


@pytest.fixture(scope="module")
def two(comparison: Comparison, found: Tables) -> str:
    """Of two arms."""
    return text(comparison, found)


@pytest.fixture(scope="module")
def four(four_arms: Comparison, four_arms_found: Tables) -> str:
    """Of four arms."""
    return text(four_arms, four_arms_found)


def test_tables_fit_a_terminal(two: str, four: str) -> None:
    for shown in (two, four):
        assert max(map(len, shown.splitlines())) <= 100
        assert "\nin_context" in shown


def test_table_says_what_it_is_and_what_is_unfinished(two: str) -> None:
    shown = plain(two)
    assert "Endpoint: matched drift in success" in shown
    assert "8 blocks of 2 orders of 4 tasks" in shown
    assert "Arms: chained and fresh" in shown
    assert "npm is still going: 122 of 128 tasks." in shown


def test_the_endpoint_stands_first(two: str) -> None:
    lines = two.splitlines()
    at = next(i for i, line in enumerate(lines) if line.startswith("entry"))
    above = lines[at - 1]
    assert above.index("drift in") < above.index("detect-") < above.index("success")


def test_what_cannot_fall_is_not_assessed(two: str) -> None:
    shown = two.splitlines()
    first = next(i for i, line in enumerate(shown) if line.startswith("random_"))
    assert "not" in shown[first]
    assert "assessable" in shown[first + 1]


def test_entries_stand_against_the_declared_reference(two: str) -> None:
    shown = plain(two)
    assert "Against in_context, declared before the runs." in shown
    assert "p by Holm's correction over the entries" in shown
    assert "random_steering_of_a_single_layer: not assessable: fresh success" in shown


def test_a_reference_named_by_hand_is_said_to_be(comparison: Comparison) -> None:
    shown = plain(text(comparison, tables(comparison, "npm")))
    assert "Against npm, chosen after the runs (declared: in_context)." in shown


def test_why_needs_more_arms_than_two(two: str, four: str) -> None:
    assert "Why: " not in two
    shown = plain(four)
    assert "Why: drift in success, over the pairs that have all arms." in shown
    assert "length interference tioning named gap" in shown
    assert "interference: " in shown and "none shown" in shown


def test_long_names_go_on_below(four_arms: Comparison, four_arms_found: Tables) -> None:
    renamed = {
        name: getattr(four_arms_found, name).assign(entry=lambda t: NAME + t["entry"] + "\x1b[31m")
        for name in ("table", "against", "causes")
    }
    shown = text(four_arms, replace(four_arms_found, **renamed))
    assert max(map(len, shown.splitlines())) <= 100
    assert "\x1b" not in shown


def test_cells_of_several_lines_stand_under_each_other() -> None:
    shown = grid([["entry"], ["drift in", "success"]], [[["lora"], ["+0.40", "0.22 to 0.56"]]])
    assert shown == [
        "           drift in",
        "entry       success",
        "─" * 19,
        "lora          +0.40",
        "       0.22 to 0.56",
        "─" * 19,
    ]


def test_table_of_a_run_that_has_just_started(just_started: Comparison) -> None:
    shown = text(just_started, tables(just_started))
    assert "early is still going: 0 of 64 tasks." in shown
