"""The causes in words: which are named, or why none is."""

from __future__ import annotations

import math
from typing import Any

import pandas as pd
import pytest

from harness.comparison import Comparison
from harness.report.forest import pictures
from harness.report.why import UNLIKE, all_causes, why
from harness.report.words import Shown, remarks


def split(**columns: Any) -> pd.DataFrame:
    """One entry's causes, as `Comparison.causes()` gives them."""
    table = pd.DataFrame(
        {
            "entry": "lora",
            "measure": "success",
            "cause": ["length", "interference", "self-conditioning"],
            "value": [0.15, 0.3, 0.0],
            "low": [-0.05, 0.1, math.nan],
            "high": [0.35, 0.5, math.nan],
            "p": [0.2, 0.001, 1.0],
            "named": [False, True, False],
            "gap": 0.008,
            "blocks": 16,
            "note": ["", "", "interval not estimable: all blocks agree"],
        }
    )
    return table.assign(**columns)


def test_causes_in_figures() -> None:
    (found,) = why(split(), "success")
    assert [part.shown for part in found.parts] == [
        Shown("+0.15", "-0.05 to 0.35"),
        Shown("+0.30", "0.10 to 0.50"),
        Shown("0.00", "no interval"),
    ]
    assert (found.total, found.gap, found.finding) == (
        "+0.45",
        "1%",
        "interference: 30 of 45 points",
    )
    assert remarks(found.noted) == ["lora: interval not estimable: all blocks agree."]


@pytest.mark.parametrize(
    ("columns", "finding"),
    [
        ({}, "none shown"),
        ({"blocks": 6}, "too few blocks"),
        ({"note": f"{UNLIKE}the arms' histories differ by 30% in length"}, "histories unlike"),
        ({"note": "not assessable: fresh success 0.1 is below 0.25"}, "not assessable"),
        ({"note": "zero by construction: it sees no history"}, "by construction"),
        ({"note": "no pair yet", "value": math.nan, "blocks": 0}, "no pair yet"),
    ],
)
def test_where_no_cause_is_named_the_reason_is(columns: dict[str, Any], finding: str) -> None:
    (found,) = why(split(named=False, **columns), "success")
    assert found.finding == finding


def test_an_unknown_gap_is_not_zero() -> None:
    assert why(split(gap=math.nan), "success")[0].gap == "unknown"


def test_the_worst_case_says_of_which_cause_it_is() -> None:
    (found,) = why(split(note=["at worst 0.20", "", ""]), "success")
    assert remarks(found.noted) == ["lora: length at worst 0.20."]


def test_real_splits_are_read(four_arms: Comparison) -> None:
    table = four_arms.causes()
    drifting, steady = why(table, "success")
    assert [part.cause for part in drifting.named] == ["interference"]
    assert drifting.sum == pytest.approx(
        four_arms.drift().set_index("entry").loc["in_context", "value"]
    )
    assert steady.named == [] and steady.finding == "none shown"
    assert all_causes([drifting, steady]) == ["length", "interference", "self-conditioning"]
    assert len(why(table, "error_rate")) == 2


def test_pictures_are_drawn_on_one_axis_of_what_is_known() -> None:
    unknown = split(entry="npm", value=math.nan, low=math.nan, high=math.nan)
    (picture,) = pictures(why(pd.concat([split(), unknown]), "success"))
    assert picture.entry == "lora"
    assert [branch.label for branch in picture.branches] == [
        "drift",
        "length",
        "interference",
        "self-conditioning",
    ]
    assert [branch.named for branch in picture.branches] == [False, False, True, False]
    assert picture.reach == "0.5"
    assert "interference 0.30 [0.10, 0.50] p=.001" in picture.summary
