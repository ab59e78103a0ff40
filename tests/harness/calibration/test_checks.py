"""The checks find what holds, and notice a gauge that is wrong."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from harness.calibration import checks
from harness.calibration.claims import CLAIMS
from harness.calibration.findings import Finding, Tally
from harness.calibration.known import Difficulty, HazardWeibull, Interference, LoopLocker, Slope
from harness.drift.lockin import Locked, locked
from harness.drift.slope import drift_slope
from harness.stats import sign_flip_p


def plausible(finding: Finding) -> bool:
    """Could so many of so few replications come of a rate within the target?"""
    tally, target = Tally.of(finding.values), finding.row.target
    assert target is not None
    fewest = stats.binom.ppf(5e-4, tally.known, target.low)
    most = stats.binom.ppf(1 - 5e-4, tally.known, target.high)
    return tally.unknown == 0 and bool(fewest <= tally.total <= most)


def promised(findings: list[Finding]) -> list[Finding]:
    return [finding for finding in findings if finding.row.target]


@pytest.mark.parametrize("name", CLAIMS)
def test_every_claim_holds_as_far_as_few_replications_can_tell(name: str) -> None:
    claim = CLAIMS[name]
    findings = promised(claim.check(40 if claim.slow else 150, 24, "test", name))
    assert findings
    for finding in findings:
        assert plausible(finding), (finding.row, np.mean(finding.values))


def test_other_harnesses_and_power_have_no_target() -> None:
    findings = CLAIMS["difficulty"].check(4, 8, "test")
    assert [finding.row.target is None for finding in findings] == [False] * 2 + [True] * 3
    power = [f for f in CLAIMS["length"].check(4, 8, "test") if f.row.measured == "power"]
    assert [finding.row.target for finding in power] == [None]


def test_a_test_that_alarms_too_often_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checks, "sign_flip_p", lambda d, *key: sign_flip_p(d, *key) / 5)
    findings = promised(checks.difficulty(Difficulty(-2.0, 0.15), 200, 24, "broken"))
    assert not any(map(plausible, findings))


def test_a_cause_with_another_name_is_noticed() -> None:
    findings = promised(checks.cause(Interference(-1.3, 0.18), "length", 100, 24, "broken"))
    wrong = {f.row.estimator for f in findings if not plausible(f)}
    assert wrong == {"cause: interference", "causes, by Holm"}


def halved(estimator: Callable[..., Any], field: str) -> Callable[..., Any]:
    """With an interval half as wide as it should be."""

    def broken(*data: Any) -> Any:
        found = estimator(*data)
        e = getattr(found, field)
        low, high = ((e.value + bound) / 2 for bound in (e.low, e.high))
        return found._replace(**{field: e._replace(low=low, high=high)})

    return broken


def test_a_slope_interval_that_is_too_narrow_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checks, "drift_slope", halved(drift_slope, "coefficient"))
    [finding] = checks.slope(Slope(-1.2, 0.0), 100, 24, "broken")
    assert not plausible(finding)


def test_a_shape_interval_that_is_too_narrow_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checks, "weibull", halved(checks.weibull, "shape"))
    shape, horizon, _ = checks.hazard(HazardWeibull(1.0, 430.0), 100, 24, "broken")
    assert not plausible(shape)
    assert plausible(horizon)


def test_a_late_onset_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    def late(lived: pd.DataFrame) -> Locked:
        found = locked(lived)
        return found._replace(begins=np.roll(found.begins, checks.NEAR + 1))

    monkeypatch.setattr(checks, "locked", late)
    [finding] = checks.locks(LoopLocker(0.05, 0.1), 10, 24, "broken")
    assert not plausible(finding)


def test_what_is_not_estimable_is_unknown_and_not_a_miss() -> None:
    [finding] = checks.slope(Slope(-60.0, 0.0), 3, 4, "no error")
    assert np.isnan(finding.values).all()
