"""Knowledge that a changed model lost, against the unmodified one."""

import math
from collections.abc import Callable, Iterable
from dataclasses import asdict, fields

import pandas as pd
import pytest

from harness.drift.retention import facts_change, perplexity_ratio
from harness.records import RetentionRow
from harness.stats import Estimate


def facts(modified: str, unmodified: str) -> pd.DataFrame:
    """A letter a question: r is right."""
    return frame(
        RetentionRow(f"question {i}", "fact", float(new == "r"), float(old == "r"), 0)
        for i, (new, old) in enumerate(zip(modified, unmodified, strict=True))
    )


def text(*paragraphs: tuple[float, float, int]) -> pd.DataFrame:
    """(modified, unmodified, tokens) a paragraph."""
    return frame(
        RetentionRow(f"paragraph {i}", "perplexity", new, old, tokens)
        for i, (new, old, tokens) in enumerate(paragraphs)
    )


def frame(rows: Iterable[RetentionRow]) -> pd.DataFrame:
    columns = [field.name for field in fields(RetentionRow)]
    return pd.DataFrame([asdict(row) for row in rows], columns=columns)


def test_facts_lost_are_positive_and_facts_won_are_negative() -> None:
    assert facts_change(facts("wwrr", "rrrr")).value == pytest.approx(0.5)
    assert facts_change(facts("rrrr", "wwrr")).value == pytest.approx(-0.5)


def test_a_question_lost_and_one_won_cancel() -> None:
    estimate = facts_change(facts("wrr", "rwr"))
    assert estimate.value == 0
    assert estimate.low <= 0 <= estimate.high


def test_the_question_is_the_unit() -> None:
    """Six lost of twelve, none won: two of the 2^6 patterns of signs are as far from zero."""
    estimate = facts_change(facts("wwwwwwrrrrrr", "r" * 12))
    assert estimate.units == 12
    assert estimate.p == pytest.approx(2 / 2**6)
    assert 0 < estimate.low < 0.5 < estimate.high


def test_an_untouched_model_has_no_change_and_no_interval() -> None:
    estimate = facts_change(facts("rwrw", "rwrw"))
    assert (estimate.value, estimate.p) == (0, 1)
    assert math.isnan(estimate.low)
    assert "all questions agree" in estimate.note


def test_the_note_says_how_much_there_was_to_lose() -> None:
    assert "unmodified 0.75 right, chance 0.25" in facts_change(facts("wrrr", "rrrw")).note


def test_the_ratio_is_the_exponential_of_the_mean_over_tokens() -> None:
    rows = text((3.2, 3.0, 100), (4.0, 4.1, 300))
    mean = (100 * (3.2 - 3.0) + 300 * (4.0 - 4.1)) / 400
    assert perplexity_ratio(rows).value == pytest.approx(math.exp(mean))


def test_the_ratios_interval_is_over_paragraphs_and_its_p_is_that_of_one() -> None:
    worse = perplexity_ratio(text(*[(3.1 + 0.01 * i, 3.0, 90 + i) for i in range(10)]))
    assert worse.units == 10
    assert worse.p == pytest.approx(2 / 2**10)
    assert 1 < worse.low < worse.value < worse.high
    mixed = perplexity_ratio(text(*[(3.0 + 0.1 * (-1) ** i, 3.0, 100) for i in range(10)]))
    assert mixed.low < 1 < mixed.high


def test_a_model_that_reads_as_before_has_a_ratio_of_one() -> None:
    estimate = perplexity_ratio(text((3.2, 3.2, 100), (4.0, 4.0, 70)))
    assert (estimate.value, estimate.p) == (1, 1)
    assert "paragraphs agree" in estimate.note


@pytest.mark.parametrize("measure", [facts_change, perplexity_ratio])
def test_without_rows_the_change_is_unknown_and_not_zero(
    measure: Callable[[pd.DataFrame], Estimate],
) -> None:
    estimate = measure(frame([]))
    assert math.isnan(estimate.value)
    assert "not estimable" in estimate.note


def test_each_measure_reads_its_own_rows() -> None:
    both = pd.concat([facts("wr", "rr"), text((3.2, 3.0, 100), (3.1, 3.0, 100))])
    assert facts_change(both).units == perplexity_ratio(both).units == 2
