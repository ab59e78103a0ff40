"""Holm's correction."""

import math

import numpy as np
import pytest
from statsmodels.stats.multitest import multipletests

from harness.keyed import generator
from harness.stats import holm


def test_the_numbers_of_a_textbook() -> None:
    assert holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])


def test_one_test_is_not_corrected() -> None:
    assert holm([0.03]) == [0.03]
    assert holm([]) == []


def test_an_adjusted_p_is_at_most_one() -> None:
    assert holm([0.6, 0.9]) == [1.0, 1.0]


def test_what_was_not_tested_does_not_count() -> None:
    adjusted = holm([math.nan, 0.01, math.nan, 0.04])
    assert adjusted == pytest.approx([math.nan, 0.02, math.nan, 0.04], nan_ok=True)
    assert holm([math.nan]) == pytest.approx([math.nan], nan_ok=True)


def test_the_order_of_p_is_kept_and_none_falls() -> None:
    p = generator("order").random(30) ** 3
    adjusted = np.array(holm(p.tolist()))
    assert (adjusted >= p).all()
    assert (np.diff(adjusted[np.argsort(p)]) >= 0).all()


@pytest.mark.parametrize("tests", [1, 2, 7, 40])
def test_it_agrees_with_statsmodels(tests: int) -> None:
    p = np.round(generator("statsmodels", tests).random(tests) ** 3, 2)  # with ties
    assert holm(p.tolist()) == pytest.approx(multipletests(p, method="holm")[1])
