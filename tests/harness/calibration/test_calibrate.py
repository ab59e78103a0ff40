"""The whole calibration, in small."""

import math

import pandas as pd
import pytest

from harness.calibration import calibrate, text
from harness.calibration.calibrate import Line, chunks, line, run
from harness.calibration.claims import CLAIMS
from harness.calibration.findings import Row, Tally, at_least

SIZES = {"replications": 6, "slow": 2, "blocks": 6, "seed": 3}


@pytest.fixture(scope="module")
def table() -> pd.DataFrame:
    return calibrate(**SIZES)


def test_every_claim_has_its_rows(table: pd.DataFrame) -> None:
    assert tuple(table.columns) == Line._fields
    assert table["claim"].unique().tolist() == list(CLAIMS)
    assert not table.duplicated(["agent", "estimator", "measured"]).any()
    assert table["holds"].dtype == "boolean"
    assert table.loc[table["target"] == "", "holds"].isna().all()


def test_two_processes_find_what_one_finds(table: pd.DataFrame) -> None:
    for claim in ("self-conditioning", "paces"):
        replications = SIZES["slow"] if CLAIMS[claim].slow else SIZES["replications"]
        [job] = chunks(claim, replications, SIZES["blocks"], SIZES["seed"])
        rates = [tally.rate for tally in run(job).values()]
        assert table.loc[table["claim"] == claim, "rate"].tolist() == rates


def test_chunks_are_of_one_size_but_for_the_last_and_have_keys_of_their_own() -> None:
    jobs = list(chunks("difficulty", 1200, 24, 0))
    assert [job.replications for job in jobs] == [500, 500, 200]
    assert len(set(jobs)) == 3
    small = [job._replace(replications=3, blocks=4) for job in jobs[:2]]
    assert run(small[0]) == run(small[0]) != run(small[1])


def test_the_text_fits_and_says_whether_all_holds(table: pd.DataFrame) -> None:
    lines = text(table).splitlines()
    assert max(map(len, lines)) <= 100
    promised = table.loc[table["target"] != "", "holds"]
    assert lines[-1] == f"{promised.sum()} of {len(promised)} rates lie within their targets."


def test_what_fails_and_what_is_not_estimable_is_said() -> None:
    row = Row("An agent", "an estimator", "covers", at_least(0.95))
    fails = line("claim", row, Tally.of([1.0] * 20 + [0.0] * 20 + [math.nan] * 2000))
    held = line("claim", row, Tally.of([1.0] * 40))
    other = line("claim", row._replace(target=None), Tally.of([1.0] * 20 + [0.0] * 20))
    table = pd.DataFrame([fails, held, other]).astype({"holds": "boolean"})
    *_, failed, unknown, holds, none, _, end = text(table).splitlines()
    assert failed.endswith("50.0%    35.2-64.8       ≥ 95%  FAILS")
    assert unknown == "    not estimable in 2,000 of 2,040"
    assert holds.endswith("≥ 95%  holds")
    assert none.endswith("50.0%    35.2-64.8")
    assert end == "1 of 2 rates lie within their targets."


@pytest.mark.parametrize(
    ("sizes", "sentence"),
    [
        ({"replications": 0}, "at least one replication"),
        ({"slow": -1}, "at least one replication"),
        ({"blocks": 5}, "at least 6 blocks: on 5 nothing could become significant"),
    ],
)
def test_a_size_that_shows_nothing_is_refused(sizes: dict[str, int], sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence):
        calibrate(**(SIZES | sizes))
