"""Notes as the measures really write them are told apart."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from harness.comparison import load
from harness.report.verdict import Verdict, verdict
from harness.report.words import rows
from harness.stats import difference
from tests.harness.tables import write_run


@pytest.mark.parametrize(
    ("blocks", "success", "expected", "words"),
    [
        (8, 1.0, Verdict.TESTED, ".008"),
        (3, 1.0, Verdict.DESCRIPTIVE, "descriptive"),
        (8, 0.0, Verdict.NOT_ASSESSABLE, "not assessable"),
    ],
)
def test_a_run_is_judged_by_what_it_can_show(
    tmp_path: Path, blocks: int, success: float, expected: Verdict, words: str
) -> None:
    run = write_run(tmp_path, blocks=blocks, fresh_success=success, chained_success=0.0)
    (row,) = rows(load(run).table())
    assert (row.verdict, row.p) == (expected, words)


def test_an_agent_that_reads_no_history_is_not_tested(tmp_path: Path) -> None:
    run = write_run(tmp_path)
    manifest = json.loads((run / "manifest.json").read_text())
    (run / "manifest.json").write_text(json.dumps(manifest | {"sees_history": False}))
    (row,) = rows(load(run).table())
    assert row.verdict is Verdict.BY_CONSTRUCTION


def test_arms_that_do_not_match_are_refused(tmp_path: Path) -> None:
    run = write_run(tmp_path)
    path = run / "tasks.jsonl"
    kept = [line for line in path.read_text().splitlines() if json.loads(line)["arm"] == "chained"]
    path.write_text("".join(f"{line}\n" for line in kept))
    (row,) = rows(load(run).table())
    assert row.verdict is Verdict.REFUSED


def test_without_a_pair_there_is_nothing_to_test() -> None:
    e = difference([], "drift")
    assert verdict(e.note, e.p) is Verdict.NO_PAIR


def test_a_note_that_is_about_something_else_leaves_the_test_alone() -> None:
    e = difference([1.0] * 8, "drift")
    assert e.note.startswith("interval not estimable")
    assert verdict(e.note, e.p) is Verdict.TESTED


def test_without_p_and_reason_it_is_unknown() -> None:
    assert verdict("not comparable: it shares no panel with lora", float("nan")).words(0) == "-"
