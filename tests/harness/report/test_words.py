from __future__ import annotations

import math
from typing import Any

import pandas as pd

from harness.report.words import headline, remarks, rows


def entry(name: str, drift: float = 0.0, p: float = math.nan, **columns: Any) -> dict[str, Any]:
    """A row of the comparison with an interval of ±.1 around its drift."""
    row: dict[str, Any] = {
        "entry": name,
        "drift": drift,
        "drift_low": drift - 0.1,
        "drift_high": drift + 0.1,
        "p": p,
        "note": "",
    }
    for arm, value in (("fresh", 0.9), ("chained", 0.5)):
        row |= {f"success_{arm}": value, f"success_{arm}_low": 0.4, f"success_{arm}_high": 1.0}
    return row | columns


def said(*entries: dict[str, Any]) -> list[str]:
    shown = headline(rows(pd.DataFrame(entries)))
    return [sentence.replace("\N{NO-BREAK SPACE}", " ") for sentence in shown]


def test_one_entry_that_drifts() -> None:
    assert said(entry("lora", 0.4, 0.008)) == [
        "lora gets worse with age, by 40 points of success (95% interval 30 to 50, p = .008)."
    ]


def test_a_learner_is_not_called_drifting() -> None:
    assert said(entry("lora", -0.4, 0.0001)) == [
        "No entry is shown to get worse with age.",
        "lora gets better with age, by 40 points of success (95% interval 30 to 50, p < .001).",
    ]


def test_several_entries() -> None:
    sentences = said(
        entry("a", 0.2, 0.04),
        entry("b", 0.4, 0.008),
        entry("c", 0.05, 0.5, success_chained=0.8),
        entry("d", math.nan, note="not assessable: fresh success 0.10 is below 0.25"),
        entry("e", note="zero by construction: it sees no history"),
    )
    assert sentences == [
        "2 of 5 entries get worse with age, b most: by 40 points of success "
        "(95% interval 30 to 50, p = .008).",
        "Then a (20).",
        "Not shown to drift: c.",
        "Not assessable, because they win too little even fresh: d.",
        "Without drift by construction, because they read no history: e.",
        "In sessions c wins most: 80% of the tasks after the first.",
    ]


def test_too_few_blocks_decide_nothing() -> None:
    first, largest = said(
        entry("a", 0.4, 0.125, note="descriptive: the smallest p of 4 blocks is .125")
    )
    assert "descriptive" in first
    assert largest == (
        "The largest drift seen is that of a: 40 points of success (95% interval 30 to 50)."
    )


def test_no_interval_is_said_so() -> None:
    (sentence,) = said(entry("a", 1.0, 0.03, drift_low=math.nan, drift_high=math.nan))
    assert "interval not estimable, p = .030" in sentence


def test_each_remark_once() -> None:
    note = "descriptive: the smallest p of 4 blocks is .125"
    table = pd.DataFrame(
        [
            entry("a", note=note),
            entry("b", note=f"{note}; unfinished: 3 of 64 tasks"),
            entry("c", note="unfinished: 3 of 64 tasks"),
        ]
    )
    assert remarks(rows(table)) == [f"a, b: {note}."]
