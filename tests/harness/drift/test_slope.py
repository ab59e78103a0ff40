"""Drift slope of the errors over the session's turns."""

import math

import numpy as np
import pandas as pd
import pytest
import statsmodels.formula.api as smf
from scipy.special import expit
from statsmodels.genmod.cov_struct import Independence
from statsmodels.genmod.families import Binomial

from harness.drift.slope import drift_slope
from harness.keyed import generator
from tests.harness.tables import Ends, ended

TASKS, TURNS = 5, 12


def lived(rng: np.random.Generator, blocks: int, b: float, level: float = -1.0) -> pd.DataFrame:
    """Two chained sessions a block, with errors at log odds level + b t, t the session turn.

    Tasks last 4 to 12 turns; the families alternate and differ by one in the log odds.
    """
    every = np.indices((blocks, 2, TASKS, TURNS)).reshape(4, -1)
    frame = pd.DataFrame(dict(zip(("block", "order", "position", "turn"), every, strict=True)))
    lengths = rng.integers(4, TURNS + 1, (blocks, 2, TASKS))
    age = np.cumsum(lengths, axis=2) - lengths
    task = frame["block"], frame["order"], frame["position"]
    frame["session_turn"] = age[task] + frame["turn"] + 1
    frame = frame[frame["turn"] < lengths[task]].assign(arm="chained")
    frame["turn"] += 1
    frame["family"] = np.where(frame["position"] % 2, "textworld", "alfworld")
    log_odds = level + b * frame["session_turn"] + frame["position"] % 2
    frame["error"] = rng.random(len(frame)) < expit(log_odds)
    return frame.reset_index(drop=True)


def test_it_is_the_regression_of_its_formula() -> None:
    frame = lived(generator("formula"), 12, 0.02)
    theirs = smf.gee(
        "error ~ I(session_turn / 100) + turn + C(family)",
        groups="block",
        data=frame.astype({"error": int}),
        family=Binomial(),
        cov_struct=Independence(),
    ).fit(cov_type="bias_reduced")
    ours = drift_slope(frame)
    name = "I(session_turn / 100)"
    assert ours.odds_ratio.value == pytest.approx(math.exp(theirs.params[name]), rel=1e-6)
    half = (ours.coefficient.high - ours.coefficient.low) / 2
    assert half == pytest.approx(2.228139 * theirs.bse[name] / 100, rel=1e-6)  # t, 12 - 2
    assert ours.odds_ratio.units == 12
    assert ours.odds_ratio.note == ""


def test_the_odds_ratio_of_100_turns_is_the_coefficient_of_one() -> None:
    slope = drift_slope(lived(generator("ratio"), 8, 0.01))
    for ratio, per_turn in zip(slope.odds_ratio[:3], slope.coefficient[:3], strict=True):
        assert math.log(ratio) == pytest.approx(100 * per_turn)
    assert slope.odds_ratio[3:] == slope.coefficient[3:]


@pytest.mark.parametrize("b", [-0.02, 0.0, 0.02])
def test_the_interval_covers_the_slope_that_was_simulated(b: float) -> None:
    """60 replications: fewer than 53 would be too few with p < .02."""
    rng = generator("coverage", str(b))
    held = agrees = 0
    for _ in range(60):
        e = drift_slope(lived(rng, 12, b)).coefficient
        held += e.low <= b <= e.high
        agrees += (e.p <= 0.05) == (not e.low <= 0 <= e.high)
    assert held >= 53
    assert agrees == 60


def test_only_the_chained_arm_counts() -> None:
    frame = lived(generator("arms"), 6, 0.02)
    fresh = frame.assign(arm="fresh", error=True)
    assert drift_slope(pd.concat([frame, fresh])) == drift_slope(frame)


def test_a_kind_that_is_unknown_at_some_turns_is_looked_at_where_it_is_known() -> None:
    frame = lived(generator("unknown"), 6, 0.02)
    frame["stalled"] = frame["error"].astype("boolean").mask(frame["turn"] == 3)
    known = drift_slope(frame[frame["turn"] != 3]).odds_ratio
    unknown = int((frame["turn"] == 3).sum())
    note = f"turns where it is unknown, left out: {unknown}"
    assert drift_slope(frame, "stalled").odds_ratio == known._replace(note=note)


def test_what_does_not_vary_is_left_out() -> None:
    frame = lived(generator("constant"), 8, 0.02).query("turn == 1")
    of_one_turn = frame.assign(session_turn=frame["position"] + 1)
    slope = drift_slope(of_one_turn.assign(family="textworld")).odds_ratio
    assert slope == drift_slope(of_one_turn.drop(columns="family")).odds_ratio
    assert math.isfinite(slope.low)


def test_neither_the_names_of_blocks_nor_the_order_of_turns_matter() -> None:
    frame = lived(generator("names"), 6, 0.02)
    named = frame.assign(block="block " + frame["block"].astype(str)).sample(frac=1, random_state=0)
    assert drift_slope(named).odds_ratio[:4] == pytest.approx(drift_slope(frame).odds_ratio[:4])


FRAME = lived(generator("refused"), 4, 0.02)


@pytest.mark.parametrize(
    ("frame", "why"),
    [
        (FRAME[FRAME["block"] < 2], "fewer than 3 blocks"),
        (FRAME.assign(error=False), "no turn is in error"),
        (FRAME.assign(error=True), "every turn is in error"),
        (FRAME[FRAME["position"] == 0], "all tasks began at the same age"),
        (FRAME.assign(error=FRAME["session_turn"] > 20), "separation, the coefficients run away"),
        (
            FRAME.assign(error=FRAME["error"] & (FRAME["family"] == "textworld")),
            "separation, the coefficients run away",
        ),
        (
            FRAME.assign(family=np.where(FRAME["block"] == 1, "alfworld", "textworld")),
            "one block alone determines a coefficient",
        ),
    ],
)
def test_where_it_is_not_estimable_it_says_why(frame: pd.DataFrame, why: str) -> None:
    for estimate in drift_slope(frame):
        assert math.isnan(estimate.value)
        assert math.isnan(estimate.low)
        assert estimate.note == f"not estimable: {why}"
        assert estimate.units == frame["block"].nunique()


def test_a_kind_that_is_unknown_everywhere_says_so() -> None:
    tables = ended({(str(b), 0, p): ("won", "won") for b in range(4) for p in (1, 2)})
    estimate = drift_slope(tables.lived, "premature").odds_ratio
    assert estimate.note == (
        "not estimable: no turn where it is known; turns where it is unknown, left out: 16"
    )


def test_errors_that_come_with_age_have_an_odds_ratio_above_one() -> None:
    """Three positions, the later lost the oftener; of the two turns of a loss both are errors."""
    ends: Ends = {
        (str(b), o, p): ("won", "lost" if (b + o + 3 * p) % 8 < p else "won")
        for b in range(8)
        for o in range(2)
        for p in (1, 2, 3)
    }
    slope = drift_slope(ended(ends).lived)
    assert slope.odds_ratio.value > 1
    assert slope.coefficient.value > 0


def test_nothing_played_yet() -> None:
    estimate = drift_slope(ended({}).lived).odds_ratio
    assert estimate.note == "not estimable: no turn where it is known"
