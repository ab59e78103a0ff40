"""Rates, their intervals and their targets."""

import math

import numpy as np
import pytest
from scipy import stats

from harness.calibration.findings import ALARMS, NOMINAL, Tally, at_least


def test_a_target_says_what_it_asks_for() -> None:
    assert [str(target) for target in (NOMINAL, ALARMS, at_least(0.95))] == [
        "93.5-96.5%",
        "≤ 6%",
        "≥ 95%",
    ]


def test_a_target_holds_its_bounds() -> None:
    assert [NOMINAL.holds(rate) for rate in (0.934, 0.935, 0.965, 0.966)] == [
        False,
        True,
        True,
        False,
    ]


def test_chunks_add_up() -> None:
    values = np.array([1.0, 0.0, np.nan, 1.0, 1.0])
    assert Tally.of(values[:2]).plus(Tally.of(values[2:])) == Tally.of(values)
    assert Tally.of(values).rate == 0.75
    assert Tally.of(values).unknown == 1


def test_a_share_has_wilsons_interval() -> None:
    low, high = Tally.of(np.arange(100) < 10).interval(share=True)
    z = stats.norm.ppf(0.975)
    for bound in (low, high):  # the shares that a score test does not reject
        assert abs(0.1 - bound) == pytest.approx(z * math.sqrt(bound * (1 - bound) / 100))


def test_a_mean_has_its_standard_errors() -> None:
    low, high = Tally.of([1.0, 2.0, 3.0]).interval(share=False)
    reach = stats.norm.ppf(0.975) * math.sqrt((2 / 3) / 3)
    assert (low, high) == pytest.approx((2 - reach, 2 + reach))


def test_where_nothing_is_known_there_is_no_rate() -> None:
    tally = Tally.of([np.nan])
    assert math.isnan(tally.rate)
    assert all(map(math.isnan, tally.interval(share=True)))
