"""Environments in their own processes: they step while the model works, and a crash costs a task.

    pool.reset(0, task)                        # only sends
    [answer] = pool.collect()                  # Answer(lane=0, reply=Reply("Room 0 of 3.", …))
    pool.step(0, "go north")

Each worker is a fresh interpreter that runs `environments.serve` and speaks JSON lines. It
imports no torch, has one thread and a fixed hash seed, and ends when its parent does.
"""

from __future__ import annotations

import json
import subprocess
import threading
from collections import deque
from collections.abc import Mapping, Sequence
from contextlib import suppress
from queue import Empty, SimpleQueue
from types import TracebackType
from typing import IO, Any, NamedTuple, Self, cast

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


class Answer(NamedTuple):
    """What came of a lane: the answer to its request, or that it was lost, asked or not."""

    lane: int
    reply: Reply | Broken


class EnvironmentPool:
    """Lanes of environments, spread over worker processes.

    A process serves its lanes one after another, so a slow game holds up the lanes that share its
    process until it has answered, and no others. Lanes keep their process: it has their games
    loaded, and games of one panel are alike, so that equal numbers are equal loads.

    Args:
        workers: number of processes; lane i lives in process i mod `workers`.
    """

    def __init__(self, workers: int) -> None:
        self._workers: list[_Worker | None] = [None] * workers
        self._heard: SimpleQueue[_Heard] = SimpleQueue()

    def reset(self, lane: int, task: Task, past: Sequence[str] | None = None) -> None:
        """Have a lane begin a task. It must have answered what it was asked before.

        Args:
            lane: which.
            task: what is played.
            past: all commands of earlier tasks in the same world, where tasks share one.
        """
        self._send(
            lane,
            {
                "op": "reset",
                "id": task.environment,
                "kwargs": task.kwargs,
                "rules": task.rules,
                "seed": task.seed,
                "options": None if past is None else {"past": past},
            },
        )

    def step(self, lane: int, command: str) -> None:
        """Send a command to a lane that has begun a task and answered what it was asked before."""
        self._send(lane, {"op": "step", "command": command})

    def collect(self, timeout: float | None = None) -> list[Answer]:
        """What came next: an answer, or that a process died.

        Args:
            timeout: seconds to wait for it, 0 or more; None: until it comes.

        Returns:
            One answer; none if nothing came in time. A death, which comes behind the answers that
            the process still gave, is told by a `Broken` in every lane that lived there, asked or
            not: the lane whose request ended it first. All of them have to be reset.
        """
        try:
            worker, line = self._heard.get(timeout=timeout)
        except Empty:
            return []
        if line is None:
            return self._lost(worker)
        worker.last = worker.asked.popleft()
        return [Answer(worker.last, _parse(line))]

    def close(self) -> None:
        """End all workers."""
        for worker in self._workers:
            if worker is not None:
                worker.end()
        self._workers = [None] * len(self._workers)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def _send(self, lane: int, request: Mapping[str, Any]) -> None:
        index = lane % len(self._workers)
        worker = self._workers[index]
        if worker is None:
            worker = self._workers[index] = _Worker(self._heard)
        worker.send(lane, request)

    def _lost(self, worker: _Worker) -> list[Answer]:
        worker.end()
        self._workers[self._workers.index(worker)] = None
        # Answers come in the order of the requests, so the first lane without one is the lane
        # whose request ended the process. If none is, what it did last is the likeliest cause.
        guilty = worker.asked[0] if worker.asked else worker.last
        bystander = Broken("the environment's process died in another task", bystander=True)
        return [
            Answer(guilty, Broken("the environment's process died")),
            *(Answer(lane, bystander) for lane in sorted(worker.lanes - {guilty})),
        ]


class _Worker:
    """A process, what it was asked, and the thread that listens to it.

    The thread takes every line as it comes, so that no worker waits for room in its pipe.
    """

    def __init__(self, heard: SimpleQueue[_Heard]) -> None:
        self.asked: deque[int] = deque()
        """Lanes with a request that is not answered, in the order of the requests."""
        self.lanes: set[int] = set()
        """All that live here."""
        self.last = -1
        """The lane that was answered last."""
        self._process = subprocess.Popen(
            child.command("environments.serve"),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            encoding="utf-8",
            env=child.environ(),
            # Ctrl-C is for us: a worker ends when its input does.
            start_new_session=True,
        )
        assert self._process.stdin is not None and self._process.stdout is not None
        self._requests, self._answers = self._process.stdin, self._process.stdout
        self._listener = threading.Thread(
            target=_listen, args=(self, self._answers, heard), daemon=True
        )
        self._listener.start()

    def send(self, lane: int, request: Mapping[str, Any]) -> None:
        self.asked.append(lane)
        self.lanes.add(lane)
        # A death is found by the thread, and told lane by lane.
        with suppress(BrokenPipeError):
            self._requests.write(json.dumps({"lane": lane, **request}) + "\n")
            self._requests.flush()

    def end(self) -> None:
        with suppress(BrokenPipeError):
            self._requests.close()
        try:
            self._process.wait(timeout=5)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._listener.join()
        self._answers.close()


class _Heard(NamedTuple):
    """A line that a worker wrote; None: it will write no more."""

    worker: _Worker
    line: str | None


def _listen(worker: _Worker, answers: IO[str], heard: SimpleQueue[_Heard]) -> None:
    try:
        for line in answers:
            if line.endswith("\n"):  # else the process died while it wrote
                heard.put(_Heard(worker, line))
    finally:
        heard.put(_Heard(worker, None))


def _parse(line: str) -> Reply | Broken:
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
