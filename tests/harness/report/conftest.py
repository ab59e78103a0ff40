"""Reports that the tests of this folder look at: an ordinary comparison, and a hostile one."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from harness.comparison import Comparison, load
from harness.records import write_manifest
from harness.report import write_report
from tests.harness.tables import manifest, write_run

CLOSE = "</script><script>alert(1)</script>"
IMAGE = "<img src=x onerror=alert(1)>"
LONG = "x" * 3000


@pytest.fixture(scope="session")
def comparison(tmp_path_factory: pytest.TempPathFactory) -> Comparison:
    folder = tmp_path_factory.mktemp("runs")
    write_run(folder, "in_context", blocks=8, tasks=4, chained_success=0.2)
    write_run(folder, "random_steering_of_a_single_layer", blocks=8, fresh_success=0.05)
    write_run(folder, "npm", blocks=8, chained_success=0.9, finished=False)
    return load(folder)


@pytest.fixture(scope="session")
def report(comparison: Comparison, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_report(comparison, tmp_path_factory.mktemp("report") / "new")


@pytest.fixture(scope="session")
def hostile_report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run whose every text tries to get out of the page."""
    run = write_run(tmp_path_factory.mktemp("hostile"), "npm", blocks=2, tasks=2)
    for table, columns in (
        ("turns", {"text": CLOSE, "feedback": f"{IMAGE}\u2028{LONG}", "expert": "<b>look</b>"}),
        ("tasks", {"reason": f"<!--{CLOSE}"}),
    ):
        path = run / f"{table}.jsonl"
        rows = [json.loads(line) | columns for line in path.read_text().splitlines()]
        path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    read: dict[str, Any] = json.loads((run / "manifest.json").read_text())
    write_manifest(run, read | {"name": f"{CLOSE}{LONG}", "command": f"driftgauge run {IMAGE}"})
    return write_report(load(run), tmp_path_factory.mktemp("hostile_report"))


@pytest.fixture
def just_started(tmp_path: Path) -> Comparison:
    """A run before its first turn."""
    folder = tmp_path / "started"
    folder.mkdir()
    write_manifest(folder, manifest("early", finished=False, tasks_total=64))
    return load(folder)
