"""One run: what it leaves behind, and that the same configuration resumes."""

import json
import os
import subprocess
import sys
import time
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest

from harness import load
from harness.config import RunConfig, validate
from harness.events import Hooks, RunEnded, RunStarted, StepDone, TurnTaken
from harness.records import CostRow, read_manifest, read_rows
from harness.run import is_finished, run
from harness.task import PanelMismatch, read_lock
from tests.harness.walks import ID, Played

TOY = [
    "environment=custom",
    f"environment.id={ID}",
    "environment.blocks=3",
    "environment.tasks=3",
    "environment.cap=6",
    "workers=1",
]


def _config(runs: Path, *overrides: str) -> RunConfig:
    [config] = validate([*TOY, "agent=random", f"runs={runs}", *overrides])
    return config


class Heard(Hooks):
    """Writes down what it hears, and stops the run after so many turns."""

    def __init__(self, stop_after: int | None = None) -> None:
        self.events: list[str] = []
        self.started: RunStarted | None = None
        self.stop_after = stop_after

    def run_started(self, event: RunStarted) -> None:
        self.started = event
        self.events.append("started")

    def step_done(self, event: StepDone) -> None:
        self.events.append(event.row.step)

    def turn_taken(self, event: TurnTaken) -> None:
        self.events.append("turn")
        if self.events.count("turn") == self.stop_after:
            raise KeyboardInterrupt

    def run_ended(self, event: RunEnded) -> None:
        self.events.append("ended")

    def close(self) -> None:
        self.events.append("closed")


def _rows(folder: Path) -> list[list[dict[str, Any]]]:
    played = Played(folder)
    turns = [{**asdict(row), "seconds": 0} for row in played.turns]
    return [sorted(rows, key=str) for rows in (turns, [asdict(row) for row in played.tasks])]


def test_a_run_leaves_its_tables_its_lock_and_its_manifest(tmp_path: Path) -> None:
    heard = Heard()
    config = _config(tmp_path)
    folder = run(config, [heard])
    assert folder == config.folder and is_finished(config)
    assert heard.events[:2] == ["started", "games"] and heard.events[-2:] == ["ended", "closed"]
    manifest = read_manifest(folder)
    assert manifest["finished"] and manifest["name"] == "random" and manifest["seed"] == 0
    assert manifest["panel"] == read_lock(folder / "panel.lock.json").digest
    assert manifest["tasks_total"] == len(Played(folder).tasks) == 2 * 3 * 2 * 3
    assert manifest["sees_history"] is False
    assert manifest["config"]["environment"]["id"] == ID
    assert manifest["versions"]["gymnasium"] and manifest["error_definition"] == 2
    assert RunConfig.model_validate(manifest["config"]) == config  # it can be played again from it
    assert load(folder).runs[0].finished


def test_a_finished_run_is_not_touched(tmp_path: Path) -> None:
    config = _config(tmp_path)
    run(config, [])
    before = {path: path.stat().st_mtime_ns for path in config.folder.iterdir()}
    heard = Heard()
    assert run(config, [heard]) == config.folder
    assert heard.events == []
    assert {path: path.stat().st_mtime_ns for path in config.folder.iterdir()} == before


def test_a_stopped_run_goes_on_under_the_same_name(tmp_path: Path) -> None:
    whole = _config(tmp_path / "whole")
    run(whole, [])
    torn = _config(tmp_path / "torn", "slots=2")  # how it is run may be changed on the way
    assert torn.hash == whole.hash
    stopped = Heard(stop_after=20)
    with pytest.raises(KeyboardInterrupt):
        run(torn, [stopped])
    assert stopped.events[-1] == "closed" and not is_finished(torn)
    manifest = read_manifest(torn.folder)
    finished = len(Played(torn.folder).tasks)
    heard = Heard()
    run(torn, [heard])
    assert heard.started is not None and heard.started.finished_tasks == finished > 0
    assert _rows(torn.folder) == _rows(whole.folder)
    assert 20 + heard.events.count("turn") == len(Played(whole.folder).turns)
    assert read_manifest(torn.folder)["started"] == manifest["started"]
    assert [row.step for row in read_rows(torn.folder / "costs.jsonl", CostRow)] == ["games"]


def test_a_run_whose_games_changed_is_not_mixed(tmp_path: Path) -> None:
    config = _config(tmp_path)
    with pytest.raises(KeyboardInterrupt):
        run(config, [Heard(stop_after=5)])
    lock = config.folder / "panel.lock.json"
    values = json.loads(lock.read_text())
    values["blocks"][0]["tasks"][0]["content"] = "f" * 64
    lock.write_text(json.dumps(values))
    with pytest.raises(PanelMismatch, match=r"test0/0/A|names other games"):
        run(config, [])


def test_a_seed_plays_other_games(tmp_path: Path) -> None:
    contents = [
        {task.content for task in read_lock(run(config, []) / "panel.lock.json").tasks}
        for config in (_config(tmp_path), _config(tmp_path, "seed=1"))
    ]
    assert contents[0] != contents[1]


def test_a_killed_command_goes_on(tmp_path: Path) -> None:
    """SIGKILL in the middle: nothing is closed, no handler runs."""
    agent = ["agent=custom", "agent._target_=tests.harness.walks.Waiting", "slots=2"]
    torn, whole = (_config(tmp_path / name, *agent) for name in ("torn", "whole"))
    command = [sys.executable, "-c", "from harness.cli import main; main()", "run"]
    with subprocess.Popen(
        [*command, *TOY, *agent, f"runs={torn.runs}"],
        cwd=tmp_path,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={
            **os.environ,
            "PYTHONPATH": str(Path(__file__).parents[2]),
            "WANDB_MODE": "disabled",
            "WAIT_AT": "25",  # from there on the agent waits for a line that never comes
        },
    ) as process:
        assert process.stdout is not None and process.stdout.readline() == "waiting\n"
        workers = _workers_of(process.pid)
        process.kill()
    assert workers
    deadline = time.monotonic() + 20
    while any(map(_is_worker, workers)) and time.monotonic() < deadline:
        time.sleep(0.02)
    assert not any(map(_is_worker, workers))  # they die with their parent
    turns = torn.folder / "turns.jsonl"
    played = len(turns.read_bytes().splitlines())
    assert 25 <= played < 28 and not is_finished(torn)
    with turns.open("ab") as file:
        file.write(b'{"play": "torn')
    assert len(load(torn.folder).turns) == played  # it can be read as it lies there
    heard = Heard()
    run(torn, [heard])
    run(whole, [])
    assert _rows(torn.folder) == _rows(whole.folder)
    assert played + heard.events.count("turn") == len(Played(whole.folder).turns)


def _is_worker(pid: int) -> bool:
    try:
        return b"environments.serve" in Path(f"/proc/{pid}/cmdline").read_bytes()
    except FileNotFoundError:
        return False


def _workers_of(pid: int) -> list[int]:
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text()
    return [int(child) for child in children.split() if _is_worker(int(child))]
