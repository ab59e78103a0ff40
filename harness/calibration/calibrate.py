"""All claims, in two processes.

table = calibrate(replications=500, slow=100)    # in a quarter of a minute, and rough
print(text(table))                               # `harness.calibration.table`
"""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from typing import NamedTuple

import pandas as pd

from harness.calibration.claims import CLAIMS
from harness.calibration.findings import Row, Tally
from harness.stats import fewest_blocks

PROCESSES = 2
CHUNK, SLOW_CHUNK = 500, 100
"""Replications that are simulated together: each chunk has a key of its own, so that the number of
processes changes nothing."""


class Job(NamedTuple):
    """One chunk of one claim."""

    claim: str
    chunk: int
    replications: int
    blocks: int
    seed: int


class Line(NamedTuple):
    """One row of the table."""

    claim: str
    agent: str
    """What was simulated; with its true matched drift in success, where that is measured."""
    estimator: str
    measured: str
    rate: float
    """The share of the replications, or the mean of what each gave; NaN if none gave anything."""
    low: float
    high: float
    """95%, for the noise of the simulation: Wilson's for a share, else by the normal law."""
    target: str
    """Empty where nothing was promised: with other harnesses' estimators, and with power."""
    target_low: float
    target_high: float
    holds: bool | None
    """Does `rate` lie within the target? None where there is none, or no rate."""
    replications: int
    """With lock-in: sessions."""
    not_estimable: int
    """Replications that gave no answer, and are left out of `rate`."""


def calibrate(
    replications: int = 10_000,
    slow: int = 2_000,
    blocks: int = 24,
    seed: int = 0,
    progress: Callable[[int, int], None] | None = None,
) -> pd.DataFrame:
    """Put every claim to the test.

    Args:
        replications: experiments with each agent; slow: with those that take long.
        blocks: of each experiment.
        seed: equal seeds and sizes give equal tables.
        progress: called after each chunk with how many are done, and of how many.

    Returns:
        One row a claim and estimator, with the columns of `Line`.

    Raises:
        ValueError: no replications, or so few blocks that no outcome could be significant.
    """
    if min(replications, slow) < 1:
        raise ValueError("calibrate expects at least one replication of each agent.")
    if blocks < (least := fewest_blocks()):
        raise ValueError(
            f"calibrate expects at least {least} blocks: on {blocks} nothing could become "
            "significant."
        )
    jobs = [
        job
        for name, claim in CLAIMS.items()
        for job in chunks(name, slow if claim.slow else replications, blocks, seed)
    ]
    tallies: dict[tuple[str, Row], Tally] = {}
    with ProcessPoolExecutor(PROCESSES, multiprocessing.get_context("spawn")) as pool:
        for done, (job, found) in enumerate(zip(jobs, pool.map(run, jobs), strict=True), start=1):
            for row, tally in found.items():
                so_far = tallies.get((job.claim, row), Tally())
                tallies[job.claim, row] = so_far.plus(tally)
            if progress:
                progress(done, len(jobs))
    lines = [line(claim, row, tally) for (claim, row), tally in tallies.items()]
    return pd.DataFrame(lines, columns=Line._fields).astype({"holds": "boolean"})


def chunks(claim: str, replications: int, blocks: int, seed: int) -> Iterator[Job]:
    """The jobs of one claim."""
    size = SLOW_CHUNK if CLAIMS[claim].slow else CHUNK
    for chunk, start in enumerate(range(0, replications, size)):
        yield Job(claim, chunk, min(size, replications - start), blocks, seed)


def run(job: Job) -> dict[Row, Tally]:
    """Simulate one chunk; what it finds is a function of the job alone."""
    key = ("calibration", job.seed, job.claim, job.chunk)
    findings = CLAIMS[job.claim].check(job.replications, job.blocks, *key)
    return {finding.row: Tally.of(finding.values) for finding in findings}


def line(claim: str, row: Row, tally: Tally) -> Line:
    """The row of the table."""
    target, rate = row.target, tally.rate
    return Line(
        claim,
        row.agent,
        row.estimator,
        row.measured,
        rate,
        *tally.interval(row.share),
        str(target or ""),
        target.low if target else float("nan"),
        target.high if target else float("nan"),
        target.holds(rate) if target and tally.known else None,
        tally.known + tally.unknown,
        tally.unknown,
    )
