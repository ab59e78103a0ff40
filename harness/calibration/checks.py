"""The claims of the gauge, one function each: simulate, ask the gauge's own estimators, compare.

    cause(SelfConditioning(-1.3, 0.06), "self-conditioning", 500, 24, "example", 0)

Every one takes an agent, the numbers of replications and of blocks, and the key of its randomness,
and returns its findings.
"""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np
import pandas as pd

from harness.calibration import others
from harness.calibration.circles import walk
from harness.calibration.expected import expected, expected_drift
from harness.calibration.findings import ALARMS, NOMINAL, Finding, Row, at_least, at_most
from harness.calibration.known import (
    Agent,
    Difficulty,
    Floats,
    HazardWeibull,
    Learner,
    LoopLocker,
    Pacer,
    Slope,
)
from harness.calibration.readings import differences, first_errors, turns
from harness.calibration.simulation import WORLD, Measured, World, simulate
from harness.drift.causes import FOUR_ARMS, STEPS, Cause, Causes
from harness.drift.lockin import locked
from harness.drift.slope import drift_slope
from harness.stats import ALPHA, Estimate, kaplan_meier, sign_flip_p, time_to
from harness.stats.weibull import weibull

LONG = World(distances=(66, 70, 74), difficulties=(0.0,), cap=80)
"""About 420 turns a session. H50 is a whole turn; in sessions of 45 turns one turn is a fifth of
its standard error, and the interval covers more often than it should (97%)."""

NEAR = 2
"""Turns by which a detected onset may miss the true one."""


def slope(agent: Slope, replications: int, blocks: int, *key: str | int) -> list[Finding]:
    """The interval of the drift slope holds b."""
    simulated = simulate(agent, WORLD, replications, blocks, *key, arms=["chained"])
    covers = [
        _covers(drift_slope(turns(simulated, r)).coefficient, agent.per_100 / 100)
        for r in range(replications)
    ]
    return [Finding(Row(str(agent), "drift slope", "covers b", NOMINAL), covers)]


def difficulty(agent: Difficulty, replications: int, blocks: int, *key: str | int) -> list[Finding]:
    """Matched drift finds nothing; the slope over an episode calls the agent drifting."""
    simulated = simulate(agent, WORLD, replications, blocks, *key)
    slopes = others.aging_slopes(simulated)
    measures: tuple[Measured, ...] = ("success", "error_rate")
    matched = [
        Finding(
            Row(str(agent), f"matched drift in {measure}", "false alarms", ALARMS),
            _p(differences(simulated, measure), measure) <= ALPHA,
        )
        for measure in measures
    ]
    episode = Row(str(agent), "slope over an episode, t test", "false alarms")
    session = Row(str(agent), "aging slope of a session, threshold", "false alarms", share=False)
    entry = Row(str(agent), "aging slope, mean, threshold", "false alarms")
    return [
        *matched,
        Finding(episode, others.episode_slope_alarms(simulated)),
        Finding(session, others.says_aging(slopes).mean(axis=1)),
        Finding(entry, others.says_aging(slopes.mean(axis=1))),
    ]


def cause(
    agent: Agent, right: Cause, replications: int, blocks: int, *key: str | int
) -> list[Finding]:
    """Just the right one of the three causes is named."""
    simulated = simulate(agent, WORLD, replications, blocks, *key, arms=FOUR_ARMS)
    drift = expected_drift(agent, WORLD, "success")
    name = f"{agent}: drift {drift:+.2f}"
    parts = {of: differences(simulated, "success", *step) for of, step in STEPS[FOUR_ARMS].items()}
    p = {of: _p(d, "success", of) for of, d in parts.items()}
    alarms = [
        Finding(
            Row(name, f"cause: {of}", "power")
            if of == right
            else Row(name, f"cause: {of}", "false alarms", ALARMS),
            p[of] <= ALPHA,
        )
        for of in parts
    ]
    exactly = [
        _named({of: Estimate(float(d[r].mean()), p=float(p[of][r])) for of, d in parts.items()})
        == [right]
        for r in range(replications)
    ]
    score = 1 - float(expected(agent, WORLD, "chained").error_rate[-1])
    runs = others.mean_and_sd_cover(simulated, score)
    return [
        *alarms,
        Finding(Row(name, "causes, by Holm", "just the right one", at_least(0.95)), exactly),
        _covered(name, differences(simulated, "success"), drift),
        Finding(Row(name, "last score, mean ± 1.96 SD", "covers"), runs),
    ]


def learner(agent: Learner, replications: int, blocks: int, *key: str | int) -> list[Finding]:
    """Its drift is negative: it is not called drifting."""
    simulated = simulate(agent, WORLD, replications, blocks, *key)
    d, drift = differences(simulated, "success"), expected_drift(agent, WORLD, "success")
    name = f"{agent}: drift {drift:+.2f}"
    drifting = (_p(d, "success") <= ALPHA) & (d.mean(axis=1) > 0)
    return [
        Finding(Row(name, "matched drift in success", "drifting", at_most(0.025)), drifting),
        _covered(name, d, drift),
    ]


def hazard(agent: HazardWeibull, replications: int, blocks: int, *key: str | int) -> list[Finding]:
    """The intervals of the Weibull shape and of H50 hold the truth."""
    simulated = simulate(agent, LONG, replications, blocks, *key, arms=["chained"])
    ends, truth = first_errors(simulated), agent.horizon()
    block = np.repeat(np.arange(blocks), ends.turn.shape[1] // blocks)
    shape, horizon = [], []
    for turn, happened in zip(*ends, strict=True):
        shape.append(_covers(weibull(turn, happened, block).shape, agent.shape))
        horizon.append(_covers(time_to(0.5, kaplan_meier(turn, happened, block)), truth))
    life = others.mean_life(*ends) / truth
    return [
        Finding(Row(str(agent), "Weibull shape", "covers k", NOMINAL), shape),
        Finding(Row(str(agent), "horizon H50", "covers", NOMINAL), horizon),
        Finding(Row(str(agent), "half-life, mean of who reached it", "÷ H50", share=False), life),
    ]


def locks(agent: LoopLocker, replications: int, blocks: int, *key: str | int) -> list[Finding]:
    """Lock-in begins where it was made to begin; of the sessions that lock, a value each."""
    walked = walk(agent, 2 * replications * blocks, *key)
    truth = np.isfinite(walked.onset)
    late = np.abs(_onsets(walked.lived, len(truth))[truth] - walked.onset[truth])
    row = Row(str(agent), "lock-in, a session each", f"within {NEAR} turns", at_least(0.95))
    return [Finding(row, late <= NEAR)]


def paces(agent: Pacer, replications: int, blocks: int, *key: str | int) -> list[Finding]:
    """Who paces is not locked; a value a session."""
    sessions = 2 * replications * blocks
    found = np.isfinite(_onsets(walk(agent, sessions, *key).lived, sessions))
    row = Row(str(agent), "lock-in, a session each", "false locks", at_most(0.01))
    return [Finding(row, found)]


def _p(d: Floats, measure: Measured, of: str = "matched") -> Floats:
    """As `matched_drift` and `causes` test it: with the same flips."""
    return sign_flip_p(d, of, measure)


def _named(parts: Mapping[Cause, Estimate]) -> list[Cause]:
    """What `causes` names where the arms' histories are as long as the chained one."""
    return Causes("success", parts, {}, math.nan, 0.0, 0, "").named


def _covered(name: str, d: Floats, drift: float) -> Finding:
    """Does matched drift's interval hold the truth? It does where the test of d - drift does not
    reject (see `harness.stats.difference`)."""
    row = Row(name, "matched drift in success", "covers", NOMINAL)
    return Finding(row, _p(d - drift, "success") > ALPHA)


def _covers(estimate: Estimate, truth: float) -> float:
    """1.0 or 0.0; NaN where there is no interval."""
    return np.nan if np.isnan(estimate.low) else float(estimate.low <= truth <= estimate.high)


def _onsets(lived: pd.DataFrame, sessions: int) -> Floats:
    """Session turn at which each session locks first, as `lock_in` has it; inf: never."""
    first = lived[locked(lived).begins].groupby("block")["session_turn"].min()
    return first.reindex(range(sessions)).fillna(np.inf).to_numpy(float)
