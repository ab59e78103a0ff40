"""Weibull distribution of times to an event."""

import math
from functools import partial
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pytest
from scipy import optimize, stats

from harness.keyed import generator
from harness.stats.weibull import weibull

BLOCKS = 24
SESSIONS = np.repeat(np.arange(BLOCKS), 2)


class Seen(NamedTuple):
    turn: npt.NDArray[np.float64]
    happened: npt.NDArray[np.bool_]


def seen(rng: np.random.Generator, shape: float, scale: float, last: int, units: int = 48) -> Seen:
    """At which turn each unit had its event, watched up to three quarters of `last` or longer."""
    turn = np.ceil(scale * rng.weibull(shape, units))
    until = rng.integers(3 * last // 4, last + 1, units)
    return Seen(np.minimum(turn, until), turn <= until)


def scipys(data: stats.CensoredData) -> list[float]:
    """Shape and scale, by a search that goes further than SciPy's own."""
    search = partial(optimize.fmin, xtol=1e-9, ftol=1e-12)
    k, _, scale = stats.weibull_min.fit(data, floc=0, optimizer=search)
    return [k, scale]


@pytest.mark.parametrize("shape", [0.7, 1.0, 1.5, 6.0])
@pytest.mark.parametrize(("scale", "last"), [(20, 40), (300, 200), (3, 9)])
def test_the_estimates_are_scipys(shape: float, scale: float, last: int) -> None:
    turn, happened = seen(generator("scipy", str(shape)), shape, scale, last)
    ours = weibull(turn, happened, SESSIONS)
    within = np.column_stack([turn[happened] - 1, turn[happened]])
    theirs = scipys(stats.CensoredData(interval=within, right=turn[~happened]))
    assert [ours.shape.value, ours.scale.value] == pytest.approx(theirs, rel=1e-5)


def test_taking_turns_as_exact_times_would_bias_the_shape_upwards() -> None:
    """A constant hazard, k = 1, of one half in three and a half turns."""
    turn, happened = seen(generator("bias"), 1.0, 5.0, 20, units=4000)
    interval_censored = weibull(turn, happened, np.arange(4000)).shape
    exact = scipys(stats.CensoredData(uncensored=turn[happened], right=turn[~happened]))[0]
    assert exact > 1.15
    assert interval_censored.value == pytest.approx(1.0, abs=0.04)
    assert interval_censored.low < 1 < interval_censored.high


@pytest.mark.parametrize("shape", [0.7, 1.0, 1.5])
def test_the_interval_of_the_shape_covers_the_truth(shape: float) -> None:
    """200 replications: fewer than 182 would be too few with p < .01, more than 198 too many."""
    rng = generator("coverage", str(shape))
    fits = [weibull(*seen(rng, shape, 20.0, 40), SESSIONS) for _ in range(200)]
    assert 182 <= sum(fit.shape.low <= shape <= fit.shape.high for fit in fits) <= 198
    assert 182 <= sum(fit.scale.low <= 20.0 <= fit.scale.high for fit in fits) <= 199


def test_sessions_that_share_games_count_once() -> None:
    """Every block's session twice: the intervals are those of the blocks, not narrower."""
    turn, happened = seen(generator("twice"), 1.5, 20.0, 30)
    once = weibull(turn, happened, SESSIONS)
    twice = weibull(np.r_[turn, turn], np.r_[happened, happened], np.r_[SESSIONS, SESSIONS])
    for one, two in zip(once, twice, strict=True):
        assert two[:4] == pytest.approx(one[:4], nan_ok=True)


def test_p_is_that_of_a_constant_hazard() -> None:
    rng = generator("p")
    for shape in (0.7, 1.0, 1.5) * 10:
        k = weibull(*seen(rng, shape, 20.0, 40), SESSIONS).shape
        assert (k.p <= 0.05) == (not k.low <= 1 <= k.high)


def test_the_interval_of_the_shape_does_not_reach_below_zero() -> None:
    k = weibull([1, 1, 1, 9, 2], [True, True, True, True, False], list("abcde")).shape
    assert k.low == 0
    assert 0 < k.value < k.high


@pytest.mark.parametrize(
    ("turn", "happened", "block", "why"),
    [
        ([], [], "", "no session yet"),
        ([9, 9], [0, 0], "ab", "no event"),
        ([3, 9], [1, 1], "aa", "fewer than 2 blocks"),
        ([1, 1, 9], [1, 1, 0], "abc", "all events are at the first turn"),
        ([5, 5, 5], [1, 1, 1], "abc", "all events lie around one turn, which no session outlives"),
        ([5, 6, 5], [1, 1, 0], "abc", "all events lie around one turn, which no session outlives"),
    ],
)
def test_where_it_is_not_estimable_it_says_why(
    turn: list[int], happened: list[int], block: str, why: str
) -> None:
    for estimate in weibull(turn, happened, list(block)):
        assert math.isnan(estimate.value)
        assert estimate.note == f"not estimable: {why}"


@pytest.mark.parametrize(
    ("turn", "happened", "block"),
    [
        ([5, 6, 6], [1, 1, 0], "abc"),  # one outlives the turn between 5 and 6
        ([5, 7, 5], [1, 1, 0], "abc"),  # no one instant is in both turns
        ([1, 2, 9], [1, 1, 0], "abc"),
    ],
)
def test_a_step_further_it_is_estimable(turn: list[int], happened: list[int], block: str) -> None:
    assert 0 < weibull(turn, happened, list(block)).shape.value < math.inf


@pytest.mark.parametrize(
    ("turn", "happened", "block", "why"),
    [
        ([5, 9, 9], [1, 0, 0], "abc", "one block alone determines a parameter"),
        ([2, 9, 2, 9], [1, 1, 1, 1], "aabb", "all blocks agree"),
    ],
)
def test_where_there_is_no_interval_it_says_why(
    turn: list[int], happened: list[int], block: str, why: str
) -> None:
    for estimate in weibull(turn, happened, list(block)):
        assert math.isfinite(estimate.value)
        assert math.isnan(estimate.low)
        assert math.isnan(estimate.high)
        assert estimate.note == f"interval not estimable: {why}"


def test_a_scale_beyond_all_numbers_is_infinite() -> None:
    """Forty fell at once, one more in the next 999 turns, and six hundred never."""
    turn = np.r_[np.ones(40), 9, np.full(600, 1000)]
    fit = weibull(turn, turn < 1000, np.arange(641))
    assert 0 < fit.shape.value < 0.01
    assert fit.scale.value == fit.scale.high == math.inf
