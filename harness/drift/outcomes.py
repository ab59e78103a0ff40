"""What each task came to: the table that all measures over positions start from.

    results = outcomes(turns, tasks)        # turns: with their error columns
    results.loc[results["arm"] == "chained", ["block", "order", "position", "success"]]

Tasks and plays are joined here and nowhere else, and here the missing ones are left out.
"""

from __future__ import annotations

from typing import Literal, NamedTuple

import pandas as pd

from harness.errors import error_rate

Measure = Literal["success", "progress", "progress_last", "error_rate", "regret"]

BOUNDS: dict[Measure, tuple[float, float]] = {
    "success": (0.0, 1.0),
    "progress": (0.0, 1.0),
    "progress_last": (0.0, 1.0),
    "error_rate": (0.0, 1.0),
    "regret": (float("-inf"), float("inf")),
}
"""The range of each measure."""

HIGHER_IS_BETTER = frozenset({"success", "progress", "progress_last"})
"""Measures that enter a difference as losses, 1 - measure."""


_TEXTS = ["observation", "admissible", "text", "feedback"]


class Failure(NamedTuple):
    """From here on a session is missing, because the machinery broke."""

    block: str
    order: int
    position: int
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
            f"{row['task']} (block {row['block']}, order {row['order']}, position "
            f"{row['position']}, {row['arm']}): {row['reason'] or 'no reason recorded'}",
        )
        for row in failed.drop_duplicates(["block", "order"]).sort_index().to_dict("records")
    ]


def outcomes(turns: pd.DataFrame, tasks: pd.DataFrame) -> pd.DataFrame:
    """One row a task in an arm, with its outcome, without those that are missing.

    A failed task makes this and the later positions of its session missing in every arm.

    Args:
        turns: `TurnRow` columns and those of `harness.errors.classify`.
        tasks: `TaskRow` columns.

    Returns:
        The columns of `tasks` and, as floats, `success` (won: 1, else 0), `progress` (its maximum
        over time, in [0, 1]; AgentBoard, arXiv 2401.13178), `progress_last` (its last value: the
        maximum hides regressions), `error_rate` (in [0, 1]; see `harness.errors.error_rate`) and
        `regret` (mean over the turns of the task where it is known, in actions a turn).
    """
    measured = turns[["play", "turn", "error", "progress", "regret"]]
    measured = measured.astype({"error": float, "progress": float, "regret": float})
    plays = measured.sort_values("turn").groupby("play", sort=False)
    summary = plays.agg(
        errors=("error", "sum"),
        progress=("progress", "max"),
        progress_last=("progress", "last"),
        regret=("regret", "mean"),
    )
    present = tasks[~_missing(tasks)].reset_index(drop=True)
    result = present.join(summary, on="play")
    won = result["end"] == "won"
    result["success"] = won.astype(float)
    result["error_rate"] = error_rate(result.pop("errors"), result["turns"], result["cap"], won)
    return result


def played(turns: pd.DataFrame, tasks: pd.DataFrame) -> pd.DataFrame:
    """One row a turn of each task in each arm, without those that are missing.

    A play to which several rows of `tasks` point comes once for each. Rows are sorted by session,
    position and turn; the columns of the task stand beside those of the turn, and `session_turn`
    counts from 1 over the whole session. The turns' texts are left behind.
    """
    of_task = ["block", "order", "position", "arm", "play", "end", "cap", "age"]
    present = tasks.loc[~_missing(tasks), of_task]
    result = present.merge(turns.drop(columns=["age", *_TEXTS]), on="play")
    result = result.astype({name: int for name in ("position", "cap", "age", "turn")})
    result["session_turn"] = result["age"] + result["turn"]
    return result.sort_values(
        ["block", "order", "arm", "position", "turn"], kind="stable", ignore_index=True
    )


def _missing(tasks: pd.DataFrame) -> pd.Series:
    failed = tasks[tasks["end"] == "failed"]
    first = failed.groupby(["block", "order"])["position"].min().rename("first_failed")
    return tasks["position"] >= tasks.join(first, on=["block", "order"])["first_failed"]
