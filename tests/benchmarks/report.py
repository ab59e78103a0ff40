"""How long it takes to report a large run, and how much memory; run by hand.

    python -m tests.benchmarks.report --turns 1000000

writes a synthetic run (about 100 blocks of 30 tasks in two orders and four arms), reads it and
reports on it in a fresh process, and prints the seconds of each stage, the peak memory, and the
ratio to what any reader of JSON lines takes at least: `json.loads` of every line.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import resource
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any, NamedTuple, TextIO

import harness
from harness.keyed import digest, generator
from harness.records import Arm, CostRow, End, Records, write_manifest
from harness.report import tables, write_report
from tests.harness.tables import manifest, task_row, turn_row

TASKS = 30
CAP = 80
ARMS: tuple[Arm, ...] = ("chained", "fresh", "padded", "expert")
FILLER = "The floor is made of worn oak, and a draught comes from somewhere behind the shelves. "
ROOMS = [f"-= Room {room} =-\n{FILLER}There are exits to the east and west." for room in range(200)]
COMMANDS = ("go east", "look", "go west", "open trapdoor")
BASE = asdict(turn_row(opportunity=True, prompt_tokens=2000))


class Stage(NamedTuple):
    name: str
    wall: float
    cpu: float


class Measured(NamedTuple):
    stages: tuple[Stage, ...]
    peak: float
    """GiB of memory, at most."""


class Played(NamedTuple):
    end: End
    turns: int


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0] if __doc__ else None)
    parser.add_argument("--turns", type=int, default=1_000_000)
    wanted = parser.parse_args().turns
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        clock: list[Stage] = []
        with stage("write", clock):
            turns = write(folder / "run", wanted)
        table = folder / "run" / "turns.jsonl"
        print(f"{turns:,} turns, {table.stat().st_size / 2**30:.2f} GiB")
        with stage("json.loads of every line", clock), table.open("rb") as lines:
            for line in lines:
                json.loads(line)
        spawn = multiprocessing.get_context("spawn")
        with ProcessPoolExecutor(1, mp_context=spawn) as process:
            measured = process.submit(measure, folder).result()
    stages = measured.stages
    total = Stage("all", sum(s.wall for s in stages), sum(s.cpu for s in stages))
    for name, wall, cpu in (*clock, *stages, total):
        print(f"{name:26} {wall:7.1f} s {cpu:7.1f} s of processor")
    print(f"{'ratio to json.loads':26} {total.cpu / clock[1].cpu:7.1f}")
    print(f"{'peak memory':26} {measured.peak:7.2f} GiB")


def measure(folder: Path) -> Measured:
    """Load, compare and report `folder / "run"`."""
    clock: list[Stage] = []
    with stage("read and classify", clock):
        comparison = harness.load(folder / "run")
        (entry,) = comparison.entries
        assert len(entry.measured) and len(entry.tasks)
    with stage("outcomes, turns lived", clock):
        assert len(entry.results) and len(entry.lived)
    with stage("secondary measures", clock):
        assert len(comparison.secondary())
    with stage("tables", clock):
        found = tables(comparison)
    with stage("page, figures, files", clock):
        write_report(comparison, folder / "report", found)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    return Measured(tuple(clock), peak)


@contextmanager
def stage(name: str, clock: list[Stage]) -> Iterator[None]:
    wall, cpu = time.perf_counter(), time.process_time()
    yield
    clock.append(Stage(name, time.perf_counter() - wall, time.process_time() - cpu))


def write(run: Path, turns: int) -> int:
    """Write whole blocks until there are at least so many turns; returns how many there are."""
    records = Records(run)
    written = block = 0
    with records.turns.path.open("w", encoding="utf-8") as file:
        while written < turns:
            written += write_block(block, records, file)
            block += 1
    records.costs.append(CostRow("training", 0.0, 95.0, "ab12"))
    records.close()
    total = 2 * block * TASKS * len(ARMS)
    write_manifest(run, manifest("synthetic", arms=list(ARMS), tasks_total=total))
    return written


def write_block(block: int, records: Records, file: TextIO) -> int:
    """Two mirrored orders; fresh plays are shared by them, and by position 1 of every arm."""
    tasks = [f"test0/{block}/{i}" for i in range(TASKS)]
    shared = {task: write_play(f"{task}/fresh", task, "fresh", 0, file) for task in tasks}
    written = sum(play.turns for play in shared.values())
    for order, sequence in enumerate((tasks, tasks[::-1])):
        age = 0
        for position, task in enumerate(sequence, start=1):
            for arm in ARMS:
                play, id = shared[task], f"{task}/fresh"
                if arm != "fresh" and position > 1:
                    id = f"{task}/{arm}/{order}"
                    play = write_play(id, task, arm, age, file)
                    written += play.turns
                row = task_row(
                    block=str(block),
                    order=order,
                    position=position,
                    arm=arm,
                    task=task,
                    play=id,
                    end=play.end,
                    turns=play.turns,
                    cap=CAP,
                    age=0 if arm == "fresh" else age,
                )
                records.tasks.append(row)
                if arm == "chained":
                    ended = play
            age += ended.turns
    return written


def write_play(id: str, task: str, arm: Arm, age: int, file: TextIO) -> Played:
    """Walk to the door; the older the history, the more often the wrong way."""
    draws = generator("benchmark", id)
    room = int(draws.integers(20, 40))
    right = 0.75 - 0.15 * min(1.0, age / 1500) * (arm == "chained")
    steps = draws.choice(4, size=CAP, p=[right, 0.5 - right / 2, 0.499 - right / 2, 0.001])
    margins = draws.exponential(size=CAP)
    state = digest(task)[:12]
    for turn, (step, margin) in enumerate(zip(steps.tolist(), margins.tolist(), strict=True), 1):
        after, lost = room + (-1, 0, 1, 0)[step], step == 3
        won = after == 0
        row: dict[str, Any] = {
            "play": id,
            "task": task,
            "turn": turn,
            "age": age,
            "observation": ROOMS[room],
            "command": COMMANDS[step],
            "text": COMMANDS[step],
            "feedback": ROOMS[after],
            "state_before": f"{state}{room:04d}",
            "state_after": f"{state}{after:04d}",
            "distance_before": room,
            "distance_after": None if lost else after,
            "violations": ["no looking"] if step == 1 and margin < 0.1 else [],
            "opportunity": turn % 10 == 0 or (step == 1 and margin < 0.1),
            "won": won,
            "lost": lost,
            "margin": margin,
        }
        file.write(json.dumps(BASE | row, ensure_ascii=False) + "\n")
        room = after
        if won or lost:
            return Played("won" if won else "lost", turn)
    return Played("capped", CAP)


if __name__ == "__main__":
    main()
