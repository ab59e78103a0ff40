"""A simulated replication as the tables that a run would have left."""

from __future__ import annotations

import numpy as np

from harness.calibration.simulation import Simulated
from harness.records import Arm, End, TaskRow, TurnRow
from tests.harness.tables import Tables, frames, task_row, turn_row


def to_tables(simulated: Simulated, replication: int, fatal: bool = False) -> Tables:
    """Every task of every arm as a play of its own; what is an error there is a wait, or a fall."""
    turns: list[TurnRow] = []
    tasks: list[TaskRow] = []
    families: list[str] = []
    for arm, plays in simulated.plays.items():
        for block, order, k in np.ndindex(plays.won.shape[1:]):
            at = (replication, block, order, k)
            rows = _turns(simulated, arm, at, fatal)
            turns += rows
            end: End = "won" if plays.won[at] else "lost" if rows[-1].lost else "capped"
            tasks.append(
                task_row(
                    block=f"{block:02}",
                    order=order,
                    position=k + 1,
                    arm=arm,
                    task=f"{block}/{order}/{k}",
                    play=rows[0].play,
                    end=end,
                    turns=len(rows),
                    cap=simulated.world.cap,
                    age=rows[0].age,
                )
            )
            families.append(f"family {simulated.family[at]}")
    tables = frames(turns, tasks)
    return tables._replace(tasks=tables.tasks.assign(family=families))


def _turns(
    simulated: Simulated, arm: Arm, at: tuple[int, int, int, int], fatal: bool
) -> list[TurnRow]:
    plays, play = simulated.plays[arm], f"{arm}/{'/'.join(map(str, at))}"
    left, rows = int(simulated.distance[at]), []
    for turn, errs in enumerate(plays.erred[at][: plays.turns[at]], start=1):
        after = left if errs else left - 1
        rows.append(
            turn_row(
                play=play,
                turn=turn,
                age=int(np.asarray(plays.history.length)[at]),
                command="wait" if errs else "go east",
                state_before=f"{play}/{left}",
                distance_before=left,
                distance_after=None if errs and fatal else after,
                won=after == 0,
                lost=bool(errs and fatal),
            )
        )
        left = after
    return rows
