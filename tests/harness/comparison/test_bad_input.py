"""Records as they should not be: a clear sentence or an honest value, never a crash, never silence.

Each case is a run on disk that was made so, and what the entry's row says of it.
"""

import math
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple, get_args

import pandas as pd
import pytest

from harness.comparison import Comparison, load
from harness.comparison.breakdown import By
from harness.report import write_report
from tests.harness.comparison.edits import Row, change, edit, keep_tasks, the
from tests.harness.tables import write_run

pytestmark = pytest.mark.filterwarnings("error")


class Case(NamedTuple):
    make: Callable[[Path], Path]
    said: str
    """Stands in the entry's note; empty: nothing is to be said."""
    known: bool = True
    """Its drift has a value."""


def _run(folder: Path, blocks: int = 6, fresh: float = 0.9, chained: float = 0.5) -> Path:
    return write_run(
        folder,
        blocks=blocks,
        tasks=3,
        cap=6,
        fresh_success=fresh,
        chained_success=chained,
        padded_success=chained,
        expert_success=chained,
    )


def _empty(folder: Path) -> Path:
    run = _run(folder)
    for table in ("tasks", "turns", "costs"):
        (run / f"{table}.jsonl").write_text("")
    return run


def _distances(of: Callable[[Row], tuple[int | None, int | None]]) -> Callable[[Path], Path]:
    def make(folder: Path) -> Path:
        def row(turn: Row) -> Row:
            before, after = of(turn)
            return turn | {"distance_before": before, "distance_after": after}

        return edit(_run(folder), "turns", row)

    return make


def _torn(table: str) -> Callable[[Path], Path]:
    def make(folder: Path) -> Path:
        path = _run(folder) / f"{table}.jsonl"
        path.write_bytes(path.read_bytes()[:-25])
        return path.parent

    return make


def _twice(table: str) -> Callable[[Path], Path]:
    def make(folder: Path) -> Path:
        path = _run(folder) / f"{table}.jsonl"
        path.write_text(path.read_text() * 2)
        return path.parent

    return make


def _progress(of: Callable[[Row], float | None]) -> Callable[[Path], Path]:
    return lambda folder: edit(_run(folder), "turns", lambda row: row | {"progress": of(row)})


CASES = {
    "nothing played": Case(_empty, "no pair yet", known=False),
    "one task": Case(
        lambda folder: change(keep_tasks(_run(folder), slice(1)), finished=False),
        "no pair yet; unfinished: 1 of 144 tasks",
        known=False,
    ),
    "one block": Case(
        lambda folder: _run(folder, blocks=1),
        "descriptive: the smallest p of 1 block is 1.000; interval not estimable: one block",
    ),
    "all errors": Case(_distances(lambda row: (3, 4)), ""),
    "no errors": Case(lambda folder: _run(folder, fresh=1, chained=1), "all blocks agree"),
    "a family separates": Case(_distances(lambda row: (3, 4 if row["task"][-1] == "B" else 2)), ""),
    "NaN progress": Case(_progress(lambda row: math.nan if row["turn"] % 2 else 0.5), ""),
    "every turn twice": Case(_twice("turns"), ""),
    "every task twice": Case(
        _twice("tasks"), "refused: Played more than once in one arm: test0/0/A", known=False
    ),
    "a torn last turn": Case(_torn("turns"), "turns are missing of 1 of 144 tasks"),
    "a torn last task": Case(_torn("tasks"), "refused: The expert arm has no play of", known=False),
    "tasks without turns": Case(
        lambda folder: edit(_run(folder), "turns", lambda row: None),
        "turns are missing of 144 of 144 tasks",
    ),
}


@pytest.fixture(params=CASES)
def case(request: pytest.FixtureRequest) -> Case:
    return CASES[request.param]


@pytest.fixture(scope="module")
def reference(tmp_path_factory: pytest.TempPathFactory) -> Comparison:
    """A run in which nothing is wrong, on the same panel."""
    folder = tmp_path_factory.mktemp("reference")
    return load(write_run(folder, "in_context", blocks=6, tasks=3, cap=6))


@pytest.fixture
def comparison(case: Case, reference: Comparison, tmp_path: Path) -> Comparison:
    bad = load(case.make(tmp_path))
    return Comparison(reference.runs + bad.runs, reference.entries + bad.entries)


def test_it_is_said_and_every_table_and_the_report_are_there(
    case: Case, comparison: Comparison, tmp_path: Path
) -> None:
    drift = the(comparison.drift(), entry="lora")
    assert case.said in drift["note"] if case.said else drift["note"] == ""
    assert math.isnan(drift["value"]) != case.known
    _is_honest(comparison.drift())

    compared = comparison.compare()
    assert compared["quantity"].tolist() == ["drift", "success", "error_rate"]
    _is_honest(compared)
    _is_honest(comparison.causes())
    for by in get_args(By):
        groups = comparison.breakdown(by)
        assert "in_context" in set(groups["entry"])
        _is_honest(groups.rename(columns={"drift": "value"}))
    secondary = comparison.secondary()
    assert secondary["entry"].nunique() == 2
    _is_honest(secondary)

    assert write_report(comparison, tmp_path / "report").exists()


def _is_honest(table: pd.DataFrame) -> None:
    """Where there is no value or no interval, a note says why; else one holds the other."""
    silent = table["note"] == ""
    assert not (silent & table["value"].isna()).any()
    assert not (silent & table["low"].isna()).any()
    known = table.dropna(subset=["value", "low"])
    assert (known["low"] <= known["value"] + 1e-12).all()
    assert (known["value"] <= known["high"] + 1e-12).all()
    assert table["p"].dropna().between(0, 1).all()


@pytest.mark.parametrize("line", ["null", "{", '{"play": 1}', "[]", "0,1"])
def test_a_line_that_is_no_row_is_named(tmp_path: Path, line: str) -> None:
    run = _run(tmp_path, blocks=1)
    with (run / "tasks.jsonl").open("a") as file:
        file.write(line + "\n")
    comparison = load(run)
    with pytest.raises(ValueError, match=r"tasks.jsonl:25 "):
        comparison.table()
