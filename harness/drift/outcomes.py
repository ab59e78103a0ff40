"""What each task came to, and what happened at each of its turns: where all measures start from.

    results = outcomes(turns, tasks)        # turns: with their error columns
    results.loc[results["arm"] == "chained", ["block", "order", "position", "success"]]
    lived = played(turns, tasks)
    lived.loc[lived["arm"] == "chained", ["block", "order", "session_turn", "error"]]

Tasks and plays are joined here and nowhere else, and here the missing ones are left out.
"""

from __future__ import annotations

from typing import Literal, NamedTuple

import pandas as pd

from harness.errors import error_rate
from harness.records import Arm

Measure = Literal["success", "progress", "progress_last", "error_rate", "adherence", "regret"]

BOUNDS: dict[Measure, tuple[float, float]] = {
    "success": (0.0, 1.0),
    "progress": (0.0, 1.0),
    "progress_last": (0.0, 1.0),
    "error_rate": (0.0, 1.0),
    "adherence": (0.0, 1.0),
    "regret": (float("-inf"), float("inf")),
}
"""The range of each measure."""

HIGHER_IS_BETTER = frozenset({"success", "progress", "progress_last", "adherence"})
"""Measures that enter a difference as losses, 1 - measure."""

ARM_ORDER: tuple[Arm, ...] = ("chained", "fresh", "padded", "expert", "undamaged")
"""In which order arms are shown."""

PLACE = ["block", "order", "position"]
"""What is one place in all arms."""

_TEXTS = ["observation", "admissible", "text", "feedback"]
_OF_TASKS_ONLY = ["turns", "context_tokens", "goal", "reason"]


class Failure(NamedTuple):
    """From here on a session is missing, because the machinery broke."""

    block: str
    order: int
    position: int
    last: int
    """The last position that any session reached, with the tasks that failed."""
    cap: int
    """Turns that a task takes at most."""
    name: str
    """For the eye: which task in which arm, and why."""


def failures(tasks: pd.DataFrame) -> list[Failure]:
    """The first position of each session at which a task failed, in whatever arm."""
    failed = tasks[tasks["end"] == "failed"].sort_values("position", kind="stable")
    return [
        Failure(
            row["block"],
            row["order"],
            row["position"],
            int(tasks["position"].max()),
            int(tasks["cap"].max()),
            f"{row['task']} (block {row['block']}, order {row['order']}, position "
            f"{row['position']}, {row['arm']}): {row['reason'] or 'no reason recorded'}",
        )
        for row in failed.drop_duplicates(["block", "order"]).sort_index().to_dict("records")
    ]


def outcomes(turns: pd.DataFrame, tasks: pd.DataFrame) -> pd.DataFrame:
    """One row a task in an arm, with its outcome, without those that are missing.

    A failed task makes this and the later positions of its session missing in every arm, a void one
    this position alone.

    Args:
        turns: `TurnRow` columns and those of `harness.errors.classify`.
        tasks: `TaskRow` columns.

    Returns:
        The columns of `tasks` and, as floats, `success` (won: 1, else 0), `progress` (its maximum
        over time, in [0, 1]; AgentBoard, arXiv 2401.13178), `progress_last` (its last value: the
        maximum hides regressions), `error_rate` (in [0, 1]; see `harness.errors.error_rate`),
        `regret` (mean over the turns of the task where it is known, in actions a turn),
        `opportunities` (turns that a rule constrained), `kept` (those of them without a
        violation) and `adherence` (kept ÷ opportunities; NaN if there was none).
    """
    measured = turns[["play", "turn", "error", "progress", "regret", "opportunity"]]
    measured = measured.assign(kept=turns["opportunity"] & ~turns["violation"])
    columns = ["error", "progress", "regret", "opportunity", "kept"]
    measured = measured.astype(dict.fromkeys(columns, float))
    plays = measured.sort_values("turn").groupby("play", sort=False)
    summary = plays.agg(
        errors=("error", "sum"),
        progress=("progress", "max"),
        progress_last=("progress", "last"),
        regret=("regret", "mean"),
        opportunities=("opportunity", "sum"),
        kept=("kept", "sum"),
    )
    present = tasks[~_missing(tasks)].reset_index(drop=True)
    result = present.join(summary, on="play")
    won = result["end"] == "won"
    result["success"] = won.astype(float)
    result["error_rate"] = error_rate(result.pop("errors"), result["turns"], result["cap"], won)
    result["adherence"] = result["kept"] / result["opportunities"]
    return result


def played(turns: pd.DataFrame, tasks: pd.DataFrame) -> pd.DataFrame:
    """One row a turn of each task in each arm, without those that are missing.

    A play to which several rows of `tasks` point comes once for each. Rows are sorted by session,
    position and turn; the columns of the task stand beside those of the turn, and `session_turn`
    counts from 1 over the whole session. The turns' texts are left behind.

    Args:
        turns: `TurnRow` columns and those of `harness.errors.classify`.
        tasks: `TaskRow` columns.
    """
    present = tasks[~_missing(tasks)].drop(columns=_OF_TASKS_ONLY)
    # A play can be shared by tasks of several ages: what stands in both tables is the task's.
    left_behind = {*_TEXTS, *present.columns} - {"play"}
    of_turns = turns[[name for name in turns.columns if name not in left_behind]]
    # An inner merge keeps the order of the left rows, and for each of them that of the right.
    result = present.sort_values(["block", "order", "arm", "position"], kind="stable").merge(
        of_turns.sort_values("turn", kind="stable"), on="play"
    )
    result = result.astype({name: int for name in ("position", "cap", "age", "turn")})
    result["session_turn"] = result["age"] + result["turn"]
    return result


def arms_in(frame: pd.DataFrame) -> list[Arm]:
    """The arms that occur in a frame's column `arm`, in their fixed order."""
    return sorted(frame["arm"].unique(), key=ARM_ORDER.index)


def _missing(tasks: pd.DataFrame) -> pd.Series:
    failed = tasks[tasks["end"] == "failed"]
    first = failed.groupby(["block", "order"])["position"].min().rename("first_failed")
    after = tasks["position"] >= tasks.join(first, on=["block", "order"])["first_failed"]
    places = pd.MultiIndex.from_frame(tasks[PLACE])
    return after | places.isin(places[tasks["end"] == "void"])
