"""Reports that the tests of this folder look at: ordinary comparisons, and a hostile one."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from harness.comparison import Comparison, load
from harness.records import ProbeRow, Records, TaskRow, read_rows, write_manifest
from harness.report import Tables, tables, write_report
from tests.harness.comparison.edits import Row, edit
from tests.harness.tables import manifest, write_run

CLOSE = "</script><script>alert(1)</script>"
IMAGE = "<img src=x onerror=alert(1)>"
LONG = "x" * 3000


@pytest.fixture(scope="session")
def comparison(tmp_path_factory: pytest.TempPathFactory) -> Comparison:
    """Two arms; the declared reference is among the entries."""
    folder = tmp_path_factory.mktemp("runs")
    write_run(folder, "in_context", blocks=8, tasks=4, chained_success=0.2)
    write_run(folder, "random_steering_of_a_single_layer", blocks=8, fresh_success=0.05)
    write_run(folder, "npm", blocks=8, chained_success=0.9, finished=False)
    return load(folder)


@pytest.fixture(scope="session")
def ruled(tmp_path_factory: pytest.TempPathFactory) -> Comparison:
    """Under a rule that binds at every turn, and that is forgotten once anything was lived."""

    def judged(row: Row) -> Row:
        return row | {"opportunity": True, "violations": ["sign"] if row["age"] else []}

    run = write_run(tmp_path_factory.mktemp("ruled"), rules=("look", "sign"))
    return load(edit(run, "turns", judged))


@pytest.fixture(scope="session")
def four_arms(tmp_path_factory: pytest.TempPathFactory) -> Comparison:
    """Entries of which one drifts, because of what stands in its context; one is probed."""
    folder = tmp_path_factory.mktemp("four_arms")
    drifting = write_run(
        folder,
        "in_context",
        blocks=10,
        fresh_success=1.0,
        padded_success=1.0,
        expert_success=0.2,
        chained_success=0.2,
    )
    write_run(
        folder,
        "lora",
        blocks=10,
        fresh_success=0.9,
        padded_success=0.9,
        expert_success=0.9,
        chained_success=0.9,
    )
    probe(drifting)
    return load(folder)


def probe(run: Path) -> None:
    """Ask once a play; in the chained arm the answers are wrong at position 3."""
    records = Records(run)
    plays = {row.play: row for row in read_rows(run / "tasks.jsonl", TaskRow)}
    for row in plays.values():
        records.probes.append(
            ProbeRow(
                play=row.play,
                task=row.task,
                turn=1,
                age=row.age,
                name="goal recall",
                question="Which of these is what you have to do now?",
                options=("A", "B"),
                expected="A",
                answer="A",
                correct=(row.arm, row.position) != ("chained", 3),
                context="c",
                encoded_tokens=12,
                seconds=0.1,
            )
        )
    records.close()


@pytest.fixture(scope="session")
def found(comparison: Comparison) -> Tables:
    """The tables of `comparison`."""
    return tables(comparison)


@pytest.fixture(scope="session")
def four_arms_found(four_arms: Comparison) -> Tables:
    """The tables of `four_arms`."""
    return tables(four_arms)


@pytest.fixture(scope="session")
def report(comparison: Comparison, found: Tables, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_report(comparison, tmp_path_factory.mktemp("report") / "new", found)


@pytest.fixture(scope="session")
def four_arms_report(
    four_arms: Comparison, four_arms_found: Tables, tmp_path_factory: pytest.TempPathFactory
) -> Path:
    return write_report(four_arms, tmp_path_factory.mktemp("four_arms_report"), four_arms_found)


@pytest.fixture(scope="session")
def hostile_report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Runs whose every text tries to get out of the page."""
    folder = tmp_path_factory.mktemp("hostile")
    run, other = (
        write_run(folder, name, blocks=2, tasks=2, padded_success=0.9, expert_success=0.4)
        for name in ("npm", "in_context")
    )
    for table, columns in (
        ("turns", {"text": CLOSE, "feedback": f"{IMAGE}\u2028{LONG}", "expert": "<b>look</b>"}),
        ("tasks", {"reason": f"<!--{CLOSE}"}),
    ):
        path = run / f"{table}.jsonl"
        rows = [json.loads(line) | columns for line in path.read_text().splitlines()]
        path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    for folder, name in ((run, f"{CLOSE}{LONG}"), (other, f"{IMAGE}{LONG}")):
        read: dict[str, Any] = json.loads((folder / "manifest.json").read_text())
        changed = {
            "name": name,
            "command": f"driftgauge run {IMAGE}",
            "reference": f"{IMAGE}{LONG}",
        }
        write_manifest(folder, read | changed)
    return write_report(load(run, other), tmp_path_factory.mktemp("hostile_report"))


@pytest.fixture
def just_started(tmp_path: Path) -> Comparison:
    """A run before its first turn."""
    folder = tmp_path / "started"
    folder.mkdir()
    write_manifest(folder, manifest("early", finished=False, tasks_total=64))
    return load(folder)
