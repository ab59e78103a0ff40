"""The hazard of an uncorrected error."""

import math
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from scipy.special import expit

from harness.drift.hazard import half_life, weibull_shape
from harness.drift.horizon import first_errors
from harness.keyed import generator
from harness.records import End
from harness.stats.weibull import weibull
from tests.harness.tables import ended, frames, play, task_row


def walked(last: list[tuple[int, bool]], sessions: int = 2) -> pd.DataFrame:
    """A task a session, `sessions` a block: how many turns it lasted, and was the last an error?"""
    turns, tasks = [], []
    for i, (length, lost) in enumerate(last):
        distances: list[int | None] = list(range(length, -1, -1))
        end: End = "won"
        if lost:
            distances[-1], end = None, "lost"
        block, order = divmod(i, sessions)
        where: dict[str, Any] = {"block": str(block), "order": order, "arm": "chained"}
        turns += play(str(i), distances, end)
        tasks.append(task_row(**where, play=str(i), end=end, turns=length, cap=length))
    return frames(turns, tasks).lived


def test_the_shape_is_that_of_the_times_to_the_first_uncorrected_error() -> None:
    """Geometric: a constant hazard."""
    first = generator("hazard").geometric(0.1, 48)
    lived = walked([(int(min(t, 20)), bool(t <= 20)) for t in first])
    ends = first_errors(lived)
    assert weibull_shape(lived) == weibull(ends["turn"], ends["happened"], ends["block"]).shape
    assert weibull_shape(lived).units == 24
    assert weibull_shape(lived).low < 1 < weibull_shape(lived).high


def test_errors_only_late_are_a_rising_hazard_and_errors_early_or_never_a_falling_one() -> None:
    late = walked([(9, True), (12, True), (11, True), (12, True), (10, True), (12, False)] * 2)
    early = walked([(1, True), (2, True), (1, True), (12, False), (12, False), (9, True)] * 2)
    assert weibull_shape(late).low > 1
    assert weibull_shape(early).high < 1


def test_the_half_life_is_that_of_events_per_turn_at_risk() -> None:
    """Two errors in 2 + 3 + 5 + 10 turns."""
    estimate = half_life(walked([(2, True), (3, True), (5, False), (10, False)], sessions=1))
    assert estimate.value == pytest.approx(math.log(0.5) / math.log(0.9))
    assert 0 < estimate.low < estimate.value < estimate.high < math.inf
    assert estimate.units == 4


def test_the_bounds_take_the_t_quantile_of_the_log_odds_over_blocks() -> None:
    """Blocks of equal turns: the standard error of the hazard is that of a mean over blocks."""
    late = [(4, True), (4, False), (4, True), (4, True), (4, False), (4, True)]
    hazard, hazards = 1 / 6, np.array([0.25, 0, 0.25, 0.25, 0, 0.25])
    error = hazards.std(ddof=1) / math.sqrt(6) * math.sqrt(6 / 5) / (hazard * (1 - hazard))
    log_odds = math.log(hazard / (1 - hazard)) + stats.t.ppf(0.975, 5) * error * np.array([1, -1])
    expected = math.log(0.5) / np.log(1 - expit(log_odds))
    assert half_life(walked(late, sessions=1))[1:3] == pytest.approx(expected)


def test_at_a_hazard_of_one_half_it_is_one_turn() -> None:
    assert half_life(walked([(1, True), (3, True), (1, True), (1, False)])).value == pytest.approx(
        1
    )


def test_turns_after_the_first_uncorrected_error_are_not_at_risk() -> None:
    """Lost at turn 2 of the session; what follows does not count, lost or won."""
    ends: dict[tuple[str, int, int], tuple[End | None, End | None]]
    ends = {(str(b), 0, 1): ("won", "lost") for b in range(3)}
    alone = half_life(ended(ends).lived)
    ends |= {(str(b), 0, 2): ("won", "lost" if b else "won") for b in range(3)}
    assert half_life(ended(ends).lived) == alone


def test_who_never_errs_has_an_infinite_half_life_with_a_lower_bound() -> None:
    estimate = half_life(walked([(20, False)] * 8))
    assert estimate.value == estimate.high == math.inf
    assert 0.5 ** (160 / estimate.low) == pytest.approx(0.025)  # chance of 160 turns without one
    assert estimate.note == "no error: the bound takes turns as independent"


def test_a_block_played_twice_counts_once() -> None:
    last = [(2, True), (3, True), (7, True), (5, False), (10, False)]
    once = half_life(walked(last, sessions=1))
    twice = half_life(walked([end for end in last for _ in range(2)]))
    assert twice[:3] == pytest.approx(once[:3])


@pytest.mark.parametrize(
    ("last", "value", "why"),
    [
        ([(4, True), (4, False)], 1 / 8, "one block"),
        ([(1, True)] * 6, 1.0, "all sessions erred at their first turn"),
        ([(4, True), (4, False)] * 3, 1 / 8, "all blocks agree"),
    ],
)
def test_where_the_half_life_has_no_interval_it_says_why(
    last: list[tuple[int, bool]], value: float, why: str
) -> None:
    estimate = half_life(walked(last))
    survives = 1 - value
    expected = math.log(0.5) / math.log(survives) if survives else 0.0
    assert estimate.value == pytest.approx(expected)
    assert math.isnan(estimate.low)
    assert math.isnan(estimate.high)
    assert estimate.note == f"interval not estimable: {why}"


def test_nothing_played_yet() -> None:
    lived = ended({}).lived
    assert np.isnan(half_life(lived).value)
    assert half_life(lived).note == "no session yet"
    assert weibull_shape(lived).note == "not estimable: no session yet"
