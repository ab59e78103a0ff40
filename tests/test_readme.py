"""What the README shows works: its complete method is played, its snippets run."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

from environments import CATALOGUE
from harness.records import TaskRow, read_rows
from harness.trying import specs_by_name

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text()
PYTHON = re.findall(r"```python\n(.*?)```", README, flags=re.DOTALL)


def _block(beginning: str) -> str:
    [block] = [block for block in PYTHON if beginning in block]
    return block


def test_the_method_of_twenty_lines_plays_from_the_command_line(tmp_path: Path) -> None:
    method = _block("class Persistent")
    assert len(method.splitlines()) <= 20
    (tmp_path / "my_method.py").write_text(method)
    small = ["environment.blocks=1", "environment.tasks=2", "environment.cap=3"]
    command = [sys.executable, "-c", "import sys; from harness.cli import main; sys.exit(main())"]
    subprocess.run(
        [
            *[*command, "run", "agent=custom", "agent._target_=my_method.Persistent"],
            *["name=persistent", *small],
        ],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": f"{tmp_path}{os.pathsep}{ROOT}", "WANDB_MODE": "disabled"},
        check=True,
    )
    [run] = (tmp_path / "runs").iterdir()
    tasks = list(read_rows(run / "tasks.jsonl", TaskRow))
    # two orders of two tasks, in two arms
    assert len(tasks) == 8
    assert {task.end for task in tasks} <= {"won", "lost", "capped"}


def test_the_environment_snippets_run_and_give_what_they_say() -> None:
    names: dict[str, Any] = {}
    exec(_block("TreasureHunter"), names)
    assert isinstance(names["observation"], str)
    said = re.findall(r'info\["opportunity"\]\s+# (.+)', README)
    shown = []
    for block in ("StandingOrders", "Support-v0"):
        exec(_block(block), names)
        info = names["info"]
        shown.append((info["expert"], info["violations"], info["opportunity"]))
    assert [repr(each) for each in shown] == [f"({each})" for each in said]


def test_the_table_of_environments_has_them_all_under_their_names() -> None:
    rows = re.findall(r"^\| `(\w+)` \| `(driftgauge/\S+)` \|", README, flags=re.MULTILINE)
    plain = {n: spec for n, spec in specs_by_name().items() if not n.endswith("_orders")}
    assert dict(rows) == {name: spec.id for name, spec in plain.items()}
    for name in specs_by_name().keys() - plain.keys():
        assert f"`{name}`" in README
    assert {id for _, id in rows} == set(CATALOGUE)


def test_the_measured_table_is_what_the_benchmark_wrote() -> None:
    table, _, commit = (ROOT / "results/environments/table.txt").read_text().rpartition("\nCommit ")
    for text in (README, (ROOT / "results/README.md").read_text()):
        assert table.strip() in text
        assert commit.strip(".\n") in text
