"""How fast one environment is, in a process of its own that imports nothing else of ours.

    $ python -m tests.benchmarks.catalogue.speed '{"id": "driftgauge/Corridor-v0",
      "kwargs": [{}, {}], "rules": [[], []], "seeds": [0, 1], "turns": 200}'
    {"start": 0.41, "reset": 0.0001, "steps": 61034.2, "memory": 71.3, "processes": 1}

Turns are random admissible commands, the same at every start.
"""

from __future__ import annotations

import json
import random
import sys
import time
from pathlib import Path
from statistics import median
from typing import Any, NamedTuple


class Speed(NamedTuple):
    """What one process measured."""

    start: float
    """Seconds from the start of the import to the first observation."""
    reset: float
    """Seconds that beginning another game takes, a median."""
    steps: float
    """Turns a second."""
    memory: float
    """MiB at most, of the process and of those that it started."""
    processes: int


def measure(
    id: str, kwargs: list[dict[str, Any]], rules: list[list[str]], seeds: list[int], turns: int
) -> Speed:
    """Begin game after game, and play them by turns.

    Args:
        id: of the environment.
        kwargs: its options, of each game.
        rules: that are in force, in each game.
        seeds: of each game.
        turns: how many are played in all.
    """
    began = time.perf_counter()
    from environments.registry import make

    start = 0.0
    resets, played, spent = list[float](), 0, 0.0
    held: dict[str, Any] = {}
    for options, in_force, seed in zip(kwargs, rules, seeds, strict=True):
        before = time.perf_counter()
        key = json.dumps([options, in_force])
        env = held.get(key) or held.setdefault(key, make(id, options, in_force))
        _, info = env.reset(seed=seed)
        resets.append(time.perf_counter() - before)
        start = start or time.perf_counter() - began
        draws = random.Random(seed)
        due = (turns - played) // (len(seeds) - len(resets) + 1)
        before = time.perf_counter()
        for _ in range(due):
            if not info["admissible"]:
                break
            *_, info = env.step(draws.choice(info["admissible"]))
            played += 1
        spent += time.perf_counter() - before
    memory = _memory()
    for env in held.values():
        env.close()
    return Speed(start, median(resets[1:]), played / spent, sum(memory), len(memory))


def _memory() -> list[float]:
    """The most memory, in MiB, that this process and each of its children ever had."""
    children = " ".join(p.read_text() for p in Path("/proc/self/task").glob("*/children"))
    peaks = []
    for process in ("self", *children.split()):
        status = Path(f"/proc/{process}/status").read_text()
        peaks.append(int(status.partition("VmHWM:")[2].split()[0]) / 1024)
    return peaks


if __name__ == "__main__":
    print(json.dumps(measure(**json.loads(sys.argv[1]))._asdict()))
