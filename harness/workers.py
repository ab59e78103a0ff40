"""Environments in their own processes: a crash costs one task, not the run.

Each worker is a fresh interpreter that runs `environments.serve` and speaks JSON lines. It
imports no torch, has one thread and a fixed hash seed, and ends when its parent does.
"""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterable, Mapping
from contextlib import suppress
from types import TracebackType
from typing import Any, NamedTuple, Self, cast

from environments import child
from environments.contract import Info
from harness.task import Task


class Reply(NamedTuple):
    """What an environment answered."""

    observation: str
    info: Info
    ended: bool
    goal: str = ""
    """At reset only."""
    content: str = ""
    """At reset only: the hash of the game's content."""


class Broken(NamedTuple):
    """The machinery broke, not the agent: an error of the environment, or its process died."""

    reason: str
    bystander: bool = False
    """The lane was lost because of what another lane of its process did."""


WAVE = 64
"""Most requests that wait in a worker's pipe: with more, both sides could wait for each other."""


class EnvironmentPool:
    """Lanes of environments, spread over worker processes.

    Args:
        workers: number of processes; lane i lives in process i mod `workers`.
    """

    def __init__(self, workers: int) -> None:
        self._processes: list[subprocess.Popen[str] | None] = [None] * workers
        self._begun: set[int] = set()

    def reset(self, tasks: Mapping[int, Task]) -> dict[int, Reply | Broken]:
        """Begin a task in some lanes."""
        self._begun.update(tasks)
        return self._exchange(
            {
                lane: {"op": "reset", "id": t.environment, "kwargs": t.kwargs, "seed": t.seed}
                for lane, t in tasks.items()
            }
        )

    def step(self, commands: Mapping[int, str]) -> dict[int, Reply | Broken]:
        """Send a command in some lanes."""
        return self._exchange(
            {lane: {"op": "step", "command": command} for lane, command in commands.items()}
        )

    def close(self) -> None:
        """End all workers."""
        for process in self._processes:
            if process is not None:
                _end(process)
        self._processes = [None] * len(self._processes)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def _exchange(self, requests: Mapping[int, dict[str, Any]]) -> dict[int, Reply | Broken]:
        """Write all requests, then read the answers: the workers work at the same time."""
        lanes: dict[int, list[int]] = {}
        for lane in requests:
            lanes.setdefault(lane % len(self._processes), []).append(lane)
        replies: dict[int, Reply | Broken] = {}
        for start in range(0, max(map(len, lanes.values()), default=0), WAVE):
            wave = {worker: own[start : start + WAVE] for worker, own in lanes.items()}
            for worker, own in wave.items():
                self._send(worker, [{"lane": i, **requests[i]} for i in own if i in self._begun])
            for worker, own in wave.items():
                replies |= {lane: self._receive(worker, lane) for lane in own}
        return {lane: replies[lane] for lane in requests}

    def _send(self, worker: int, requests: Iterable[dict[str, Any]]) -> None:
        process = self._processes[worker]
        if process is None:
            process = self._processes[worker] = _start()
        assert process.stdin is not None
        # A death is found, and reported lane by lane, when the answer is read.
        with suppress(BrokenPipeError):
            for request in requests:
                process.stdin.write(json.dumps(request) + "\n")
            process.stdin.flush()

    def _receive(self, worker: int, lane: int) -> Reply | Broken:
        """The next answer of a worker.

        Answers come in the order of the requests, so the first lane without one is the lane
        whose request ended the process; all others that lived there have to begin again.
        """
        process = self._processes[worker]
        if lane not in self._begun or process is None:
            return Broken("the environment's process died in another task", bystander=True)
        assert process.stdout is not None
        line = process.stdout.readline()
        if not line.endswith("\n"):
            _end(process)
            self._processes[worker] = None
            self._begun = {i for i in self._begun if i % len(self._processes) != worker}
            return Broken("the environment's process died")
        reply: dict[str, Any] = json.loads(line)
        if "error" in reply:
            return Broken(reply["error"])
        info = reply["info"]
        for key in ("admissible", "violations"):
            info[key] = None if info[key] is None else tuple(info[key])
        return Reply(
            reply["observation"],
            cast(Info, info),
            bool(reply["terminated"]),
            reply.get("goal", ""),
            reply.get("content", ""),
        )


def _start() -> subprocess.Popen[str]:
    return subprocess.Popen(
        child.command("environments.serve"),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        encoding="utf-8",
        env=child.environ(),
        # Ctrl-C is for us: a worker ends when its input does.
        start_new_session=True,
    )


def _end(process: subprocess.Popen[str]) -> None:
    for stream in (process.stdin, process.stdout):
        if stream is not None:
            with suppress(BrokenPipeError):
                stream.close()
    try:
        process.wait(timeout=5)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
