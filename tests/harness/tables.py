"""Synthetic runs for tests: a corridor with a coin at its end, walked by an agent that tires.

    run = write_run(tmp_path, name="lora", blocks=4, fresh_success=.9, chained_success=.4)

leaves `run/manifest.json`, `panel.lock.json`, `turns.jsonl`, `tasks.jsonl` and `costs.jsonl` as a
run does: two mirrored orders a block, fresh plays shared by both orders and by position 1 of
`chained`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from harness.drift import outcomes, played
from harness.errors import classify
from harness.keyed import digest, generator
from harness.orders import mirrored_pair
from harness.records import Arm, CostRow, End, Records, TaskRow, TurnRow, write_manifest
from harness.task import Block, Panel, PanelSpec, Task

ADMISSIBLE = ("go east", "go west", "inventory", "look", "open trapdoor", "take coin")


class Play(NamedTuple):
    turns: tuple[TurnRow, ...]
    end: End


def turn_row(**columns: Any) -> TurnRow:
    """A turn on which the agent did as the expert does, but for the given columns."""
    row: dict[str, Any] = {
        "play": "p",
        "task": "t",
        "turn": 1,
        "age": 0,
        "observation": "You are in a corridor.",
        "admissible": ADMISSIBLE,
        "command": "go east",
        "text": "go east",
        "feedback": "You go east.",
        "chosen": False,
        "expert": "go east",
        "state_before": "s0",
        "state_after": "s1",
        "distance_before": 3,
        "distance_after": 2,
        "progress": 0.0,
        "accepted": True,
        "violations": (),
        "opportunity": False,
        "required": False,
        "won": False,
        "lost": False,
        "margin": 1.0,
        "recomputed": False,
        "prompt_tokens": 100,
        "encoded_tokens": 20,
        "generated_tokens": 4,
        "dropped_turns": 0,
        "steered_tokens": 0,
        "dose": 0.0,
        "seconds": 0.05,
    }
    unknown = columns.keys() - row.keys()
    assert not unknown, unknown
    return TurnRow(**(row | columns))


def task_row(**columns: Any) -> TaskRow:
    """A task won fresh, but for the given columns."""
    row: dict[str, Any] = {
        "block": "0",
        "order": 0,
        "position": 1,
        "arm": "fresh",
        "task": "t",
        "play": "p",
        "end": "won",
        "turns": 1,
        "cap": 8,
        "age": 0,
        "context_tokens": 100,
        "reason": "",
    }
    return TaskRow(**(row | columns))


def manifest(name: str = "lora", **entries: Any) -> dict[str, Any]:
    """The manifest of a finished run, but for the given entries."""
    made = {
        "name": name,
        "kind": "run",
        "driftgauge": "0.1.0",
        "commit": "0" * 40,
        "config": {"agent": {"name": name}},
        "config_hash": digest([name, entries.get("seed", 0)]),
        "panel": digest("panel"),
        "seed": 0,
        "arms": ["chained", "fresh"],
        "tasks_total": 0,
        "error_definition": 2,
        "finished": True,
        "reference": None,
        "sees_history": True,
        "command": f"driftgauge run agent={name}",
        "machine": {"cpu": "synthetic", "gpu": None},
        "versions": {"python": "3.11"},
        "started": "2025-01-01T00:00:00+00:00",
        "seconds": 1.0,
    }
    return made | entries


def write_run(
    folder: Path,
    name: str = "lora",
    blocks: int = 4,
    tasks: int = 4,
    cap: int = 8,
    seed: int = 0,
    fresh_success: float = 0.9,
    chained_success: float = 0.4,
    padded_success: float | None = None,
    expert_success: float | None = None,
    finished: bool = True,
    environment: str = "tests/Corridor-v0",
    rules: tuple[str, ...] = (),
) -> Path:
    """Write one run under `folder / name-seed` and return that folder.

    Runs of equal sizes, seed and environment share a panel, whatever their name. The success of
    every arm but fresh holds from position 2; None: the arm is not played. All histories are as
    long as the chained one. Unfinished: the last session has its first task only, and its table a
    torn line.
    """
    run = folder / f"{name}-{seed}"
    records = Records(run)
    panel = _panel(blocks, tasks, cap, seed, environment, rules)
    chances: dict[Arm, float | None] = {
        "chained": chained_success,
        "fresh": fresh_success,
        "padded": padded_success,
        "expert": expert_success,
    }
    success = {arm: chance for arm, chance in chances.items() if chance is not None}
    plays: dict[str, Play] = {}

    def play_of(task: str, key: str, age: int, success: float) -> tuple[str, Play]:
        id = f"{environment}/{key}"
        if id not in plays:
            plays[id] = _walk(id, task, age, cap, success, generator(name, key))
            for turn in plays[id].turns:
                records.turns.append(turn)
        return id, plays[id]

    for block in panel.blocks:
        for o, order in enumerate(block.orders):
            session_age = 0
            for position, index in enumerate(order, start=1):
                going = (block, o) == (panel.blocks[-1], len(block.orders) - 1) and not finished
                if going and position > 1:
                    break
                task = block.tasks[index].name
                after = session_age
                for arm, chance in success.items():
                    age = 0 if arm == "fresh" else session_age
                    if arm == "fresh" or position == 1:
                        id, played = play_of(task, f"{task}/fresh", 0, fresh_success)
                    else:
                        id, played = play_of(task, f"{task}/{arm}/{o}", age, chance)
                    records.tasks.append(
                        TaskRow(
                            block=block.name,
                            order=o,
                            position=position,
                            arm=arm,
                            task=task,
                            play=id,
                            end=played.end,
                            turns=len(played.turns),
                            cap=cap,
                            age=age,
                            context_tokens=played.turns[0].prompt_tokens,
                        )
                    )
                    if arm == "chained":
                        after += len(played.turns)
                session_age = after
    for step, made in (("games", 12.5), ("experience", 30.0), ("training", 95.0)):
        records.costs.append(CostRow(step, 0.0, made, digest([name, step])[:12], "synthetic"))
    records.close()
    if not finished:
        with (run / "turns.jsonl").open("a") as file:
            file.write('{"play": "torn')
    panel.save(run / "panel.lock.json")
    shape = {"id": environment, "tasks": tasks, "cap": cap, "blocks": blocks}
    write_manifest(
        run,
        manifest(
            name,
            config={"agent": {"name": name}, "environment": shape, "arms": list(success)},
            config_hash=digest([name, seed, shape]),
            panel=panel.digest,
            seed=seed,
            arms=list(success),
            tasks_total=len(success) * sum(len(b.orders) * tasks for b in panel.blocks),
            finished=finished,
            reference="in_context",
        ),
    )
    return run


def _panel(
    blocks: int, tasks: int, cap: int, seed: int, environment: str, rules: tuple[str, ...]
) -> Panel:
    """Blocks of two mirrored orders; half of their tasks are of level 9, half of level 10."""
    return Panel(
        spec=PanelSpec(
            id="driftgauge/Corridor-v0",
            brief="Find the coin.",
            tasks=tasks,
            cap=cap,
            blocks=blocks,
        ),
        seed=seed,
        blocks=tuple(
            Block(
                name=str(b),
                brief="Find the coin.",
                tasks=tuple(
                    Task(
                        name=f"test{seed}/{b}/{chr(65 + i)}",
                        environment=environment,
                        kwargs={"level": 9 + i % 2},
                        seed=i,
                        cap=cap,
                        content=digest([environment, seed, b, i]),
                        family=f"level {9 + i % 2}",
                        game="",
                        rules=rules,
                    )
                    for i in range(tasks)
                ),
                orders=mirrored_pair(tasks),
            )
            for b in range(blocks)
        ),
        versions={},
    )


def _walk(
    play: str, task: str, age: int, cap: int, success: float, draws: np.random.Generator
) -> Play:
    """Win with probability `success`; otherwise wander to the cap, or fall through the trap."""
    wins = draws.random() < success
    falls = not wins and draws.random() < 0.3
    start = int(draws.integers(1, max(2, cap - 3)))  # rooms between the agent and the coin
    room, seen = start, 0
    observation = _room(room)
    rows: list[TurnRow] = []
    for turn in range(1, cap + 1):
        expert = "take coin" if room == 0 else "go east"
        spare = cap - turn - room  # turns left over if the expert played on from here
        if wins:
            slips = spare >= 2 and draws.random() < 0.15
            command = "look" if slips else expert
        elif falls and turn == max(2, cap // 2):
            command = "open trapdoor"
        else:
            command = str(draws.choice(["go west", "look", "inventory", "go east"]))
            if command == "go east" and room == 0:
                command = "look"
        after, lost, won = room, command == "open trapdoor", command == "take coin"
        if command == "go east":
            after = room - 1
        elif command == "go west":
            after = room + 1
        feedback = {
            "open trapdoor": "You fall. *** You lost! ***",
            "take coin": "You take the coin. *** You won! ***",
            "inventory": "You are carrying nothing.",
        }.get(command, _room(after))
        distance = room + 1
        rows.append(
            TurnRow(
                play=play,
                task=task,
                turn=turn,
                age=age,
                observation=observation,
                admissible=ADMISSIBLE,
                command=command,
                text=command,
                feedback=feedback,
                chosen=True,
                expert=expert,
                state_before=digest(room)[:16],
                state_after=digest(after)[:16],
                distance_before=distance,
                distance_after=None if lost else 0 if won else after + 1,
                progress=1.0 if won else max(0.0, 1 - (after + 1) / (start + 1)),
                accepted=True,
                violations=(),
                opportunity=False,
                won=won,
                lost=lost,
                margin=float(draws.exponential(1.0)),
                recomputed=False,
                prompt_tokens=180 + 25 * (age + turn),
                encoded_tokens=25 if seen else 180 + 25 * age,
                generated_tokens=4,
                dropped_turns=0,
                steered_tokens=0,
                dose=0.0,
                seconds=float(0.05 + 0.0005 * age + 0.01 * draws.random()),
            )
        )
        room, seen, observation = after, seen + 1, feedback
        if won or lost:
            return Play(tuple(rows), "won" if won else "lost")
    return Play(tuple(rows), "capped")


def _room(room: int) -> str:
    """What the player reads in the room `room` steps from the coin."""
    here = "A coin lies here." if room == 0 else "The corridor goes on to the east."
    return f"-= Corridor {room} =-\n{here}"


class Tables(NamedTuple):
    """What a run leaves, and the two frames that measures take."""

    turns: pd.DataFrame
    tasks: pd.DataFrame

    @property
    def results(self) -> pd.DataFrame:
        return outcomes(self.turns, self.tasks)

    @property
    def lived(self) -> pd.DataFrame:
        return played(self.turns, self.tasks)


def frames(turns: Iterable[TurnRow], tasks: Iterable[TaskRow]) -> Tables:
    """Rows as `harness.load` reads them, with the error columns."""
    turn_frame = pd.DataFrame([asdict(row) for row in turns], columns=TurnRow.__slots__)
    task_frame = pd.DataFrame([asdict(row) for row in tasks], columns=TaskRow.__slots__)
    return Tables(pd.concat([turn_frame, classify(turn_frame)], axis="columns"), task_frame)


def with_arm(frame: pd.DataFrame, arm: Arm, like: Arm = "fresh") -> pd.DataFrame:
    """Tasks, results or turns with one more arm, in which everything went as in another."""
    return pd.concat([frame, frame[frame["arm"] == like].assign(arm=arm)], ignore_index=True)


def play(id: str, distances: Sequence[int | None], end: End = "won", age: int = 0) -> list[TurnRow]:
    """A play by its distances: [3, 2, 2, 0] is three turns, the second of them stalled.

    Every turn is in a state of its own, so that nothing is redundant.
    """
    last = len(distances) - 1
    return [
        turn_row(
            play=id,
            turn=i,
            age=age,
            state_before=f"{id}/{i}",
            distance_before=distances[i - 1],
            distance_after=distances[i],
            progress=1.0 if end == "won" and i == last else 0.0,
            won=end == "won" and i == last,
            lost=end == "lost" and i == last,
        )
        for i in range(1, last + 1)
    ]


Ends = Mapping[tuple[str, int, int], tuple[End | None, ...]]
"""(block, order, position) → how the task ended fresh and chained, and if there is more, padded and
with the expert's history; None: it was not played."""


def ended(ends: Ends, cap: int = 4) -> Tables:
    """Tables of tasks that ended so: won in two turns, lost in two, or capped in `cap`.

    All histories are as long as the chained one.
    """
    distances: dict[End, Sequence[int | None]] = {
        "won": [2, 1, 0],
        "lost": [2, 2, None],
        "capped": [2] * (cap + 1),
        "failed": [2],
    }
    arms: tuple[Arm, ...] = ("fresh", "chained", "padded", "expert")
    turns: list[TurnRow] = []
    tasks: list[TaskRow] = []
    ages: dict[tuple[str, int], int] = {}
    for (block, order, position), of_arms in ends.items():
        lived = ages.get((block, order), 0)
        for arm, end in zip(arms, of_arms, strict=False):
            if end is None:
                continue
            id = f"{block}/{order}/{position}/{arm}"
            age = 0 if arm == "fresh" else lived
            rows = play(id, distances[end], end, age)
            turns += rows
            tasks.append(
                task_row(
                    block=block,
                    order=order,
                    position=position,
                    arm=arm,
                    task=f"{block}/{order}/{position}",
                    play=id,
                    end=end,
                    turns=len(rows),
                    cap=cap,
                    age=age,
                    context_tokens=100 + 10 * age,
                    reason="the worker died" if end == "failed" else "",
                )
            )
            if arm == "chained":
                ages[block, order] = age + len(rows)
    return frames(turns, tasks)
