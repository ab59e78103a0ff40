"""The fast path is the gauge: real tables of the same sessions give the very same numbers."""

import numpy as np
import pytest

from harness.calibration.known import HazardWeibull, SelfConditioning, Slope
from harness.calibration.others import aging_slopes
from harness.calibration.readings import differences, first_errors, turns
from harness.calibration.simulation import WORLD, Measured, Simulated, simulate
from harness.drift import matched_drift
from harness.drift.causes import FOUR_ARMS, STEPS, causes
from harness.drift.hazard import weibull_shape
from harness.drift.horizon import horizon, survival
from harness.drift.pairs import difference_by_block
from harness.drift.published import aging_slope
from harness.drift.slope import drift_slope
from harness.stats import kaplan_meier, sign_flip_p, time_to
from harness.stats.weibull import weibull
from tests.harness.calibration.export import to_tables
from tests.harness.tables import Tables

BLOCKS = 16
"""More than are flipped in every way, so that drawn flips have to agree too."""


@pytest.fixture(scope="module")
def drifting() -> Simulated:
    return simulate(SelfConditioning(-1.3, 0.06), WORLD, 2, BLOCKS, "tables", arms=FOUR_ARMS)


@pytest.fixture(scope="module")
def tables(drifting: Simulated) -> Tables:
    """Of the second replication."""
    return to_tables(drifting, 1)


@pytest.mark.parametrize("measure", ["success", "error_rate"])
def test_matched_drift_of_tables_is_that_of_the_arrays(
    drifting: Simulated, tables: Tables, measure: Measured
) -> None:
    d = differences(drifting, measure)
    rows = tables.results[tables.results["position"] > 1]
    of_tables = difference_by_block(rows, measure, "chained", "fresh")
    assert of_tables.to_numpy() == pytest.approx(d[1], abs=1e-12)
    found = matched_drift(tables.results, measure).estimate
    assert found.value == pytest.approx(d[1].mean())
    assert found.p == sign_flip_p(d, "matched", measure)[1]
    for supposed in (0.0, 0.1, 0.2, 0.3):
        inside = found.low <= supposed <= found.high
        assert inside == (sign_flip_p(d - supposed, "matched", measure)[1] > 0.05)


def test_the_causes_of_tables_are_those_of_the_arrays(drifting: Simulated, tables: Tables) -> None:
    found = causes(tables.results)
    assert found
    assert list(found.parts) == list(STEPS[FOUR_ARMS])
    for of, step in STEPS[FOUR_ARMS].items():
        d = differences(drifting, "success", *step)
        assert found.parts[of].value == pytest.approx(d[1].mean())
        assert found.parts[of].p == sign_flip_p(d, of, "success")[1]
    assert found.total == pytest.approx(differences(drifting, "success")[1].mean())


def test_the_drift_slope_of_tables_is_that_of_the_arrays() -> None:
    simulated = simulate(Slope(-1.5, 1.0), WORLD, 1, BLOCKS, "tables", arms=["chained"])
    of_tables = drift_slope(to_tables(simulated, 0).lived).coefficient
    of_arrays = drift_slope(turns(simulated, 0)).coefficient
    assert of_arrays[:5] == pytest.approx(of_tables[:5], rel=1e-6)


def test_first_errors_of_tables_are_those_of_the_arrays() -> None:
    agent = HazardWeibull(1.5, 30.0)
    simulated = simulate(agent, WORLD, 1, BLOCKS, "tables", arms=["chained"])
    lived = to_tables(simulated, 0, fatal=True).lived
    turn, happened = (values[0] for values in first_errors(simulated))
    assert 0 < happened.mean() < 1
    block = np.repeat(np.arange(BLOCKS), 2)
    curve = kaplan_meier(turn, happened, block)
    assert survival(lived).survival == pytest.approx(curve.survival)
    assert horizon(lived) == time_to(0.5, curve)
    assert weibull_shape(lived)[:5] == pytest.approx(weibull(turn, happened, block).shape[:5])


def test_the_aging_slope_of_tables_is_that_of_the_arrays(
    drifting: Simulated, tables: Tables
) -> None:
    of_tables = aging_slope(tables.results).value
    assert aging_slopes(drifting)[1].mean() == pytest.approx(of_tables)
