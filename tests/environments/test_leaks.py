"""Environments in a worker process never leak: many resets, flat memory, files and processes."""

from __future__ import annotations

import json
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from environments import CATALOGUE, child
from tests.environments import needs

RESETS = 500
SETTLED = 100
"""Resets after which everything that is kept on purpose is there."""

GAMES = 2
LANES = 2
OPTIONS: dict[str, dict[str, Any]] = {"driftgauge/ScienceWorld-v0": {"task": "use-thermometer"}}
"""A task that begins quickly, where others take long; what runs it is the same."""

MEMORY = 1.1
"""The memory after all resets over that when settled."""


class Held(NamedTuple):
    """What a worker and all processes below it hold."""

    memory: int
    """KiB, resident."""
    files: int
    processes: int


class Worker:
    """`environments.serve` in a process of its own."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            child.command("environments.serve"),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env=child.environ(),
        )

    def ask(self, **request: Any) -> dict[str, Any]:
        assert self._process.stdin is not None and self._process.stdout is not None
        print(json.dumps(request), file=self._process.stdin, flush=True)
        reply: dict[str, Any] = json.loads(self._process.stdout.readline())
        assert "error" not in reply, reply
        return reply

    def tree(self) -> list[int]:
        """Its process and all below it."""
        found, todo = list[int](), [self._process.pid]
        while todo:
            pid = todo.pop()
            found.append(pid)
            for path in Path(f"/proc/{pid}/task").glob("*/children"):
                todo += map(int, path.read_text().split())
        return found

    def held(self) -> Held:
        pids = self.tree()
        return Held(
            sum(_resident(pid) for pid in pids),
            sum(len(list(Path(f"/proc/{pid}/fd").iterdir())) for pid in pids),
            len(pids),
        )

    def end(self) -> None:
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait(30)


@contextmanager
def working() -> Iterator[Worker]:
    worker = Worker()
    try:
        yield worker
    finally:
        worker.end()


def _by_engine() -> list[Any]:
    """The ids of each folder of `environments`, which run in the same way, and what they need."""
    engines: dict[str, list[str]] = {}
    for id, entry in CATALOGUE.items():
        engines.setdefault(entry.entry_point.split(".")[1], []).append(id)
    return [
        pytest.param(
            tuple(ids), id=engine, marks=[mark for id in ids for mark in needs.environment(id)]
        )
        for engine, ids in engines.items()
    ]


@pytest.mark.skipif(not Path("/proc/self/task").is_dir(), reason="it counts in /proc, as Linux has")
@pytest.mark.parametrize("ids", _by_engine())
def test_hundreds_of_resets_leave_memory_files_and_processes_flat(ids: tuple[str, ...]) -> None:
    with working() as worker:
        settled = None
        for reset in range(RESETS):
            lane = reset % LANES
            if reset % 50 == lane:  # and hundreds of environments as well as games
                worker.ask(op="close", lane=lane)
            id, seed = ids[reset % len(ids)], reset % GAMES
            reply = worker.ask(op="reset", lane=lane, id=id, kwargs=OPTIONS.get(id, {}), seed=seed)
            for command in (reply["info"]["admissible"] or ("look",))[:2]:
                if not worker.ask(op="step", lane=lane, command=command)["info"]["admissible"]:
                    break
            if reset == SETTLED:
                settled = worker.held()
        assert settled is not None
        held, pids = worker.held(), worker.tree()
        assert held.memory <= MEMORY * settled.memory
        assert held.files <= settled.files and held.processes <= settled.processes
    deadline = time.monotonic() + 10
    while alive := [pid for pid in pids if Path(f"/proc/{pid}").exists()]:
        assert time.monotonic() < deadline, f"Processes {alive} outlive their worker."
        time.sleep(0.05)


def _resident(pid: int) -> int:
    status = Path(f"/proc/{pid}/status").read_text()
    return int(status.partition("VmRSS:")[2].split()[0])
