"""Times to an event."""

import math

import numpy as np
import pytest
from scipy import stats

from harness.keyed import generator
from harness.stats import kaplan_meier, time_to


def test_the_curve_of_a_textbook() -> None:
    """1: one of four; 2: censored; 3: one of two left; 4: censored."""
    curve = kaplan_meier([1, 2, 3, 4], [True, False, True, False], ["a", "b", "c", "d"])
    assert curve.time.tolist() == [1, 2, 3, 4]
    assert curve.at_risk.tolist() == [4, 3, 2, 1]
    assert curve.survival == pytest.approx([0.75, 0.75, 0.375, 0.375])


def test_with_a_session_a_block_the_variance_is_greenwoods() -> None:
    rng = generator("greenwood")
    time, happened = rng.integers(1, 15, 40), rng.random(40) < 0.7
    ours = kaplan_meier(time, happened, np.arange(40))
    theirs = stats.ecdf(stats.CensoredData(uncensored=time[happened], right=time[~happened])).sf
    inner = (ours.survival > 0) & (ours.survival < 1)
    band = theirs.confidence_interval(method="log-log")
    # Ours takes a t quantile and n / (n - 1): undo both on the complementary log-log scale.
    widen = stats.t.ppf(0.975, 39) / stats.norm.ppf(0.975) * math.sqrt(40 / 39)
    cloglog = [np.log(-np.log(s[inner])) for s in (ours.low, ours.survival, band.low.probabilities)]
    assert cloglog[0] - cloglog[1] == pytest.approx(widen * (cloglog[2] - cloglog[1]))


def test_sessions_that_share_games_count_once() -> None:
    """Every block's session twice: the band is that of the blocks, not narrower."""
    time, happened = np.array([1, 2, 2, 5, 6, 8]), np.array([1, 1, 0, 1, 1, 0], bool)
    once = kaplan_meier(time, happened, np.arange(6))
    twice = kaplan_meier(np.r_[time, time], np.r_[happened, happened], np.r_[0:6, 0:6])
    assert twice.low == pytest.approx(once.low)
    assert twice.high == pytest.approx(once.high)


def test_the_first_time_below_a_share() -> None:
    curve = kaplan_meier([2, 4, 6, 8], [True] * 4, ["a", "b", "c", "d"])
    assert time_to(0.5, curve).value == 6  # at 4 it is .5, not below
    assert time_to(0.8, curve).value == 2


def test_what_never_happened_is_infinitely_far() -> None:
    curve = kaplan_meier([8, 8, 3, 8], [False, False, True, False], ["a", "b", "c", "d"])
    h50 = time_to(0.5, curve)
    assert h50.value == math.inf
    assert h50.high == math.inf
    assert h50.low <= 8


@pytest.mark.parametrize(
    ("time", "happened", "block", "note"),
    [
        ([], [], [], "no session yet"),
        ([3, 4], [True, True], ["a", "a"], "interval not estimable: one block"),
        ([3, 3], [True, True], ["a", "b"], "interval not estimable: all blocks agree"),
        ([8, 8], [False, False], ["a", "b"], "interval not estimable: all blocks agree"),
    ],
)
def test_where_there_is_no_interval_it_says_why(
    time: list[int], happened: list[bool], block: list[str], note: str
) -> None:
    estimate = time_to(0.5, kaplan_meier(time, happened, block))
    assert math.isnan(estimate.low)
    assert estimate.note == note


@pytest.mark.parametrize("blocks", [8, 24])
def test_the_bounds_cover_the_true_median(blocks: int) -> None:
    """Two sessions a block that share a hazard of .1 ± half of it, watched for 32 turns."""
    hazards = np.array([0.05, 0.15])
    true = next(t for t in range(1, 99) if np.mean((1 - hazards) ** t) < 0.5)
    rng = generator("median", blocks)
    held = 0
    for _ in range(300):
        time = rng.geometric(np.repeat(rng.choice(hazards, blocks), 2))
        curve = kaplan_meier(np.minimum(time, 32), time <= 32, np.repeat(np.arange(blocks), 2))
        estimate = time_to(0.5, curve)
        held += estimate.low <= true <= estimate.high
    assert held / 300 >= 0.92
