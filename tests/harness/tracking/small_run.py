"""A run that is small enough to be reckoned by hand, and the events that an engine makes of it.

Block 0 has tasks A and B in both orders. Fresh, both are won in two turns without an error;
after another task, B is lost at its second turn and A is won with one unreadable output:

    session turn   1 2 | 3            4        5
    order 0: A B   . . | B stalled    fatal
    order 1: B A   . . | A unparsed   .        .

Block 1 has tasks C and D in one order, each won fresh in one turn; D failed after C.
"""

from pathlib import Path
from typing import Any, NamedTuple

from harness.events import Hooks, RunEnded, RunStarted, SessionEnded, StepDone, TaskEnded, TurnTaken
from harness.records import CostRow, Records, TaskRow, TurnRow
from tests.harness.tables import manifest, task_row, turn_row

MANIFEST = manifest(
    "lora",
    config={
        "group": "first",
        "agent": {"name": "lora", "rank": 16},
        "environment": {"tasks": 2, "cap": 4},
    },
)
GAMES = CostRow("games", seconds=3.0, made_in_seconds=12.0, artefact="ab12", detail="4 games")
STEP = {"distance_before": 2, "distance_after": 1}
WIN = {"distance_before": 1, "distance_after": 0, "won": True, "command": "take coin"}
LOOK = {"distance_before": 2, "distance_after": 2, "command": "look"}
MUMBLE = {"distance_before": 2, "distance_after": 2, "command": None, "accepted": None}
FALL = {"distance_before": 2, "distance_after": None, "lost": True, "command": "open trapdoor"}


class Played(NamedTuple):
    row: TaskRow
    turns: tuple[TurnRow, ...]


def _played(
    block: str, order: int, position: int, arm: str, play: str, *turns: dict[str, Any], age: int = 0
) -> Played:
    task = play[0]
    rows = tuple(
        turn_row(play=play, task=task, turn=n, age=age, state_before=f"s{n}", **columns)
        for n, columns in enumerate(turns, start=1)
    )
    end = "failed" if not turns else "won" if rows[-1].won else "lost"
    return Played(
        task_row(
            block=block,
            order=order,
            position=position,
            arm=arm,
            task=task,
            play=play,
            end=end,
            turns=len(turns),
            cap=4,
            age=age,
        ),
        rows,
    )


TASKS = (
    _played("0", 0, 1, "chained", "A/fresh", STEP, WIN),
    _played("0", 0, 1, "fresh", "A/fresh", STEP, WIN),
    _played("0", 0, 2, "chained", "B/0", LOOK, FALL, age=2),
    _played("0", 0, 2, "fresh", "B/fresh", STEP, WIN),
    _played("0", 1, 1, "chained", "B/fresh", STEP, WIN),
    _played("0", 1, 1, "fresh", "B/fresh", STEP, WIN),
    _played("0", 1, 2, "chained", "A/1", MUMBLE, STEP, WIN, age=2),
    _played("0", 1, 2, "fresh", "A/fresh", STEP, WIN),
    _played("1", 0, 1, "chained", "C/fresh", WIN),
    _played("1", 0, 1, "fresh", "C/fresh", WIN),
    _played("1", 0, 2, "chained", "D/0", age=1),
    _played("1", 0, 2, "fresh", "D/fresh", WIN),
)


def emit(
    folder: Path, hooks: Hooks, tasks: tuple[Played, ...] = TASKS, breaks: bool = False
) -> None:
    """Record `tasks` and tell `hooks` of them, as an engine does, going on where it stopped."""
    records = Records(folder)
    finished = len(list(records.tasks))
    lived = {row.play for row in records.turns}
    try:
        hooks.run_started(RunStarted(folder, MANIFEST, len(TASKS), finished))
        if not finished:
            records.costs.append(GAMES)
        hooks.step_done(StepDone(GAMES))
        for played in tasks:
            if played.row.play not in lived:
                lived.add(played.row.play)
                for turn in played.turns:
                    records.turns.append(turn)
                    hooks.turn_taken(TurnTaken(turn))
            records.tasks.append(played.row)
            hooks.task_ended(TaskEnded(played.row, played.turns))
            if played.row.arm == "chained" and played.row.position == 2:
                hooks.session_ended(SessionEnded(played.row.block, played.row.order))
        if not breaks:
            hooks.run_ended(RunEnded(folder, MANIFEST))
    finally:
        hooks.close()
        records.close()
