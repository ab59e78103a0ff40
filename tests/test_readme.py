"""What the README shows works: its complete method is played, its snippets run."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from harness.records import TaskRow, read_rows

ROOT = Path(__file__).parents[1]
PYTHON = re.findall(r"```python\n(.*?)```", (ROOT / "README.md").read_text(), flags=re.DOTALL)


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


def test_the_environment_snippet_runs() -> None:
    names: dict[str, object] = {}
    exec(_block("gym.make"), names)
    assert isinstance(names["observation"], str)


@pytest.mark.parametrize(
    "id",
    re.findall(r"^\| `(driftgauge/\S+)` \|", (ROOT / "README.md").read_text(), flags=re.MULTILINE),
)
def test_the_environments_of_the_table_are_registered(id: str) -> None:
    import gymnasium as gym

    import environments  # noqa: F401 - registers

    assert gym.spec(id).id == id
