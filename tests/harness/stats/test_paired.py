"""Differences: sign flips over blocks, and their inversion."""

import math
import tracemalloc

import numpy as np
import numpy.typing as npt
import pytest

from harness.keyed import generator
from harness.stats import difference, sign_flip_p, smallest_p

EVERYWHERE = (-math.inf, math.inf)


def p_by_hand(values: npt.NDArray[np.float64], supposed: float = 0.0) -> float:
    """The definition: the share of all sign patterns with a sum as far from zero."""
    d = values - supposed
    signs = 1 - 2 * ((np.arange(2 ** len(d))[:, None] >> np.arange(len(d))) & 1)
    tie = 1e-9 * np.abs(d).sum()
    return float(np.mean(np.abs(signs @ d) >= abs(d.sum()) - tie))


@pytest.mark.parametrize("blocks", [2, 5, 6, 9])
@pytest.mark.parametrize("tied", [True, False])
def test_p_is_the_share_of_sign_patterns(blocks: int, tied: bool) -> None:
    for draw in range(10):
        d = generator("p", blocks, draw).normal(0.2, 0.3, blocks)
        d = np.round(4 * d) / 4 if tied else d
        assert difference(d, "test").p == pytest.approx(p_by_hand(d))


@pytest.mark.parametrize("blocks", [6, 7, 9])
@pytest.mark.parametrize("tied", [True, False])
def test_the_interval_holds_just_what_the_test_does_not_reject(blocks: int, tied: bool) -> None:
    for draw in range(10):
        d = generator("inversion", blocks, draw).normal(0.2, 0.3, blocks)
        d = np.round(4 * d) / 4 if tied else d
        if np.ptp(d) == 0:
            continue
        e = difference(d, "test", bounds=EVERYWHERE)
        assert p_by_hand(d, e.low) > 0.05 >= p_by_hand(d, e.low - 1e-6)
        assert p_by_hand(d, e.high) > 0.05 >= p_by_hand(d, e.high + 1e-6)
        assert (e.p <= 0.05) == (not e.low <= 0 <= e.high)


@pytest.mark.parametrize("blocks", [8, 16])
def test_the_interval_holds_just_what_sign_flip_p_does_not_reject(blocks: int) -> None:
    for draw in range(10):
        d = generator("typical values", blocks, draw).normal(0.2, 0.3, blocks)
        e = difference(d, "test", bounds=EVERYWHERE)
        step = 1e-6
        supposed = [e.low - step, e.low, e.low + step, e.value, e.high - step, e.high]
        p = sign_flip_p(d - np.array([*supposed, e.high + step])[:, None], "test")
        assert (p > 0.05).tolist() == [False, True, True, True, True, True, False]


@pytest.mark.parametrize("blocks", [1, 5, 9, 16])
def test_many_replications_have_the_p_of_each(blocks: int) -> None:
    values = np.round(4 * generator("replications", blocks).normal(0.2, 0.3, (600, blocks))) / 4
    p = sign_flip_p(values, "test")
    assert p.shape == (600,)
    for row in (0, 255, 256, 599):  # also across the seam of two chunks
        assert p[row] == difference(values[row], "test").p
    assert sign_flip_p(values[:0], "test").shape == (0,)


def test_a_block_without_a_difference_does_not_change_p() -> None:
    d = generator("missing").normal(0.3, 0.3, 7)
    gaps = np.insert(d, [0, 4, 7], math.nan)
    assert sign_flip_p(gaps[None], "test")[0] == pytest.approx(p_by_hand(d))
    nothing = sign_flip_p(np.full((2, 5), math.nan), "test")
    assert np.isnan(nothing).all()
    assert np.isnan(sign_flip_p(np.empty((2, 0)), "test")).all()


def test_ten_thousand_replications_need_little_memory() -> None:
    values = generator("many").normal(size=(10_000, 24))
    tracemalloc.start()
    p = sign_flip_p(values, "test")
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 200e6
    assert np.mean(p <= 0.05) == pytest.approx(0.05, abs=0.008)


def test_drawn_flips_agree_with_all_flips() -> None:
    d = generator("large").normal(0.15, 0.3, 16)
    drawn, exact = difference(d, "test"), p_by_hand(d)
    assert drawn.p == pytest.approx(exact, abs=0.01)
    assert (drawn.p <= 0.05) == (not drawn.low <= 0 <= drawn.high)
    assert drawn == difference(d, "test")
    assert drawn.p != difference(d, "another key").p


@pytest.mark.parametrize(("blocks", "p"), [(1, 1.0), (4, 0.125), (5, 0.0625), (6, 0.03125)])
def test_smallest_p(blocks: int, p: float) -> None:
    assert smallest_p(blocks) == p
    assert difference(np.linspace(0.5, 1, blocks), "test").p == p


def test_four_blocks_describe_and_cannot_test() -> None:
    e = difference([0.5, 0.75, 1.0, 0.75], "test")
    assert e.p == 0.125
    assert e.note == "descriptive: the smallest p of 4 blocks is .125"
    assert (e.low, e.high) == (-1.0, 1.0)  # no difference can be ruled out


def test_where_all_blocks_agree_there_is_a_p_but_no_interval() -> None:
    e = difference([0.5] * 8, "test")
    assert e.value == 0.5
    assert e.p == 2 / 2**8
    assert math.isnan(e.low)
    assert e.note == "interval not estimable: all blocks agree"
    assert difference([0.0] * 8, "test").p == 1.0


def test_blocks_that_agree_may_also_be_too_few() -> None:
    assert difference([0.5] * 4, "test").note == (
        "descriptive: the smallest p of 4 blocks is .125; interval not estimable: all blocks agree"
    )


def test_nothing_to_compare() -> None:
    e = difference([math.nan], "test")
    assert math.isnan(e.value)
    assert e.note == "no pair yet"


def test_it_is_clipped_to_the_range_of_the_measure() -> None:
    d = [0.9, 1.0, 1.0, 0.2, 1.0, 0.1]
    assert difference(d, "test", bounds=(0.0, 0.8)).high == 0.8


@pytest.mark.parametrize(("blocks", "replications"), [(8, 1000), (16, 150)])
def test_false_alarms_and_coverage(blocks: int, replications: int) -> None:
    """Two sessions of three pairs a block, the arms independent; near the ceiling too."""
    rng = generator("alarms", blocks)
    for success, drift in ((0.8, 0.0), (0.95, 0.0), (0.8, 0.3)):
        alarms = held = estimable = 0
        for r in range(replications):
            fresh = rng.random((blocks, 6)) < success
            chained = rng.random((blocks, 6)) < success - drift
            e = difference(fresh.mean(axis=1) - chained.mean(axis=1), r)
            alarms += drift == 0 and e.p <= 0.05
            if not math.isnan(e.low):
                estimable += 1
                held += e.low <= drift <= e.high
        noise = 3 * math.sqrt(0.05 * 0.95 / replications)
        assert alarms / replications <= 0.05 + noise
        assert held / estimable >= 0.95 - noise
