"""The report's first sentences say what the tests support, and no more."""

from __future__ import annotations

import math
from typing import Any

import pandas as pd
import pytest

from harness.report.against import Against, AgainstRow, Compared
from harness.report.headline import headline
from harness.report.verdict import Verdict
from harness.report.why import why
from harness.report.words import Shown, rows
from harness.stats import Estimate


def entry(name: str, drift: float = 0.0, p: float = math.nan, **columns: Any) -> dict[str, Any]:
    """A row of the comparison with an interval of ±.1 around its drift."""
    row: dict[str, Any] = {
        "entry": name,
        "drift": drift,
        "drift_low": drift - 0.1,
        "drift_high": drift + 0.1,
        "p": p,
        "detectable": 0.2,
        "note": "",
    }
    for arm, value in (("fresh", 0.9), ("chained", 0.5)):
        row |= {f"success_{arm}": value, f"success_{arm}_low": 0.4, f"success_{arm}_high": 1.0}
    return row | columns


def causes(entry: str, *named: str, **parts: float) -> pd.DataFrame:
    """An entry's causes as `Comparison.causes()` gives them, some of them named."""
    table = pd.DataFrame(
        {"cause": [name.replace("_", "-") for name in parts], "value": parts.values()}
    )
    table["named"] = table["cause"].isin(named)
    return table.assign(
        entry=entry, measure="success", low=-1.0, high=1.0, p=0.5, gap=0.01, blocks=16, note=""
    )


def compared(value: float, p: float, verdict: Verdict = Verdict.TESTED) -> Compared:
    return Compared(Estimate(value, p=p), Shown(""), verdict, "")


def plain(sentences: list[str]) -> list[str]:
    return [sentence.replace("\N{NO-BREAK SPACE}", " ") for sentence in sentences]


def said(*entries: dict[str, Any]) -> list[str]:
    return plain(headline(rows(pd.DataFrame(entries))))


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


def test_a_named_cause_is_said_with_its_share_and_the_others_are_not_denied() -> None:
    table = causes("lora", "interference", length=0.15, interference=0.25, self_conditioning=0.06)
    first, because = headline(
        rows(pd.DataFrame([entry("lora", 0.46, 0.001)])), why(table, "success")
    )
    assert first.startswith("lora gets worse with age")
    assert because == (
        "lora drifts because of what stands in its context (interference: 25 of 46 points); that "
        "length or self-conditioning adds to it is not shown."
    )


def test_several_named_causes_stand_in_one_sentence() -> None:
    table = causes("lora", "length", "content", length=0.2, content=0.2)
    _, because = headline(rows(pd.DataFrame([entry("lora", 0.4, 0.001)])), why(table, "success"))
    assert because == (
        "lora drifts because its context grows long and because of what stands in its context, its "
        "own errors among it (length: 20, content: 20 of 40 points)."
    )


@pytest.mark.parametrize(
    ("named", "p"),
    [((), 0.001), (("interference",), 0.4)],
    ids=["no cause is named", "it is not shown to drift"],
)
def test_no_cause_is_given_that_the_tests_do_not_support(named: tuple[str, ...], p: float) -> None:
    table = causes("lora", *named, length=0.1, interference=0.3)
    sentences = headline(rows(pd.DataFrame([entry("lora", 0.4, p)])), why(table, "success"))
    assert not any("because" in sentence for sentence in sentences)


def test_what_differs_from_the_reference_after_correction_is_said() -> None:
    against = Against(
        "lora",
        "declared before the runs",
        (
            AgainstRow("a", compared(0.12, 0.01), compared(-0.3, 0.002), compared(0.5, 0.001)),
            AgainstRow("b", compared(-0.2, 0.04), compared(0.2, 0.06), compared(0.0, 1.0)),
            AgainstRow("c", *[compared(0.9, 0.03, Verdict.DESCRIPTIVE)] * 3),
        ),
        "",
    )
    *_, sentence = plain(headline(rows(pd.DataFrame([entry("a", 0.1, 0.5)])), (), against))
    assert sentence == (
        "Against lora, declared before the runs, after Holm's correction: a drifts more (by 12 "
        "points, p = .010); a wins more in sessions (by 30 points, p = .002); b drifts less (by 20 "
        "points, p = .040)."
    )


def test_where_nothing_differs_from_the_reference_nothing_is_said() -> None:
    against = Against("lora", "", (AgainstRow("a", *[compared(0.4, 0.2)] * 3),), "")
    assert not any("Against" in s for s in headline(rows(pd.DataFrame([entry("a")])), (), against))
