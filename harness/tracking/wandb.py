"""Weights & Biases as a set of hooks: a run's errors and drift as curves, its turns as a table.

    wandb/offline-run-…-3f2a91c0/        in the run's own folder; `wandb sync` sends it
        running/turn        → running/error_rate, while turns happen, over all arms
        turn/session_turn   → turn/error, turn/stalled and the other kinds, turn/at_risk: chained
        position/position   → position/success_chained, …_fresh, position/drift, …
        transcripts, costs    tables

Nothing is sent anywhere unless WANDB_MODE=online is set; WANDB_MODE=disabled writes nothing.
The numbers here are values only. Their intervals stand in the report.
"""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any, Literal, NamedTuple, cast, get_args

import numpy as np
import pandas as pd
import wandb

from harness.errors import KINDS, classify, error_rate
from harness.events import Hooks, RunEnded, RunStarted, TaskEnded, TurnTaken
from harness.records import CostRow, TaskRow, TurnRow, read_frame, read_rows

Mode = Literal["offline", "online", "disabled"]
AXES = ("running/turn", "turn/session_turn", "position/position")
"""The x axes. Every other metric under the same prefix is a curve over its axis."""
INIT_TIMEOUT = 30
"""Seconds to wait for the W&B server, in online mode, before the run starts."""


class TrackingError(RuntimeError):
    """W&B was asked for and cannot be had; the message says what to do."""


class WandbHooks(Hooks):
    """Writes one run to W&B, under the run folder's name as its id.

    A run that resumes writes under the same id, so that `wandb sync` joins its parts. Curves
    over session turns and positions are written once, when the run is complete.

    Args:
        project: the W&B project.
    """

    def __init__(self, project: str = "driftgauge") -> None:
        self._project = project
        self._run: wandb.Run | None = None
        self._complete = False
        self._turns = self._errors = 0
        self._unfinished: defaultdict[str, list[TurnRow]] = defaultdict(list)

    def run_started(self, event: RunStarted) -> None:
        """Open the W&B run.

        Raises:
            TrackingError: WANDB_MODE is unknown, or is online without a login or a network.
        """
        self._run = _open(self._project, event.folder, event.manifest)
        for axis in AXES:
            # Without "none" the last point of every curve would stand in the summary.
            self._run.define_metric(axis, summary="none")
            self._run.define_metric(f"{axis.split('/')[0]}/*", step_metric=axis, summary="none")
        earlier = _read(event.folder).lived.drop_duplicates(["play", "turn"])
        self._turns, self._errors = len(earlier), int(earlier["error"].sum())

    def turn_taken(self, event: TurnTaken) -> None:
        """Log the share of turns in error so far, over all arms."""
        turns = self._unfinished[event.row.play]
        if event.row.turn == 1:
            turns.clear()  # a play that failed is played again
        turns.append(event.row)
        self._turns += 1
        self._errors += int(classify(turns)["error"].iloc[-1])
        self._log("running", {"turn": self._turns, "error_rate": self._errors / self._turns})

    def task_ended(self, event: TaskEnded) -> None:
        """Forget the turns of the play."""
        self._unfinished.pop(event.row.play, None)

    def run_ended(self, event: RunEnded) -> None:
        """Log curves, tables and summary of the whole run, from its tables."""
        assert self._run is not None
        tables = _read(event.folder)
        pairs = _pairs(tables)
        self._log_curves("turn", _by_session_turn(tables.lived))
        self._log_curves("position", _by_position(pairs))
        self._run.log({"transcripts": _transcripts(tables.lived), "costs": _costs(tables.costs)})
        self._run.summary.update(_known(_summary(tables, pairs)))
        self._complete = True

    def close(self) -> None:
        """Finish the W&B run; one that did not reach its end is marked as crashed."""
        if self._run is not None:
            self._run.finish(exit_code=0 if self._complete else 1)

    def _log_curves(self, prefix: str, curves: pd.DataFrame) -> None:
        for point in curves.to_dict("records"):
            self._log(prefix, point)

    def _log(self, prefix: str, values: Mapping[Any, Any]) -> None:
        assert self._run is not None
        self._run.log({f"{prefix}/{name}": value for name, value in _known(values).items()})


def _open(project: str, folder: Path, manifest: Mapping[str, Any]) -> wandb.Run:
    mode = os.environ.get("WANDB_MODE", "offline")
    if mode not in get_args(Mode):
        raise TrackingError(
            f"WANDB_MODE is {mode!r}, but can only be one of {', '.join(get_args(Mode))}."
        )
    settings = wandb.Settings(silent=True, console="off", init_timeout=INIT_TIMEOUT)
    if mode == "online":
        wandb.setup(settings)
        # init would ask at the terminal, which nobody may be watching.
        if not wandb.login(prompt=False, verify=False):
            raise TrackingError(
                "WANDB_MODE=online needs a W&B login, and there is none: run `wandb login` or set "
                "WANDB_API_KEY; or leave WANDB_MODE unset, and send the run later by `wandb sync`."
            )
    try:
        return wandb.init(
            project=project,
            group=manifest["config"]["group"],
            name=manifest["name"],
            job_type="run",
            config=manifest["config"],
            id=folder.name,
            resume="allow",
            dir=folder,
            mode=cast(Mode, mode),
            settings=settings,
        )
    except wandb.errors.Error as error:
        raise TrackingError(
            f"W&B did not open the run ({str(error).splitlines()[0]}): check login and network, or "
            "leave WANDB_MODE unset, and send the run later by `wandb sync`."
        ) from error


class _Tables(NamedTuple):
    tasks: pd.DataFrame
    """Tasks that did not fail, with `success` and `error_rate`."""
    failed: int
    lived: pd.DataFrame
    """The turns of these tasks with their error kinds, a row a turn and arm."""
    costs: list[CostRow]


def _read(folder: Path) -> _Tables:
    every = read_frame(folder / "tasks.jsonl", TaskRow)
    tasks = every[every["end"] != "failed"].copy()
    # A play that was cut short by the machine, and played again, has its first turns twice.
    turns = read_frame(folder / "turns.jsonl", TurnRow).drop_duplicates(
        ["play", "turn"], keep="last", ignore_index=True
    )
    turns = turns.join(classify(turns))
    errors = tasks["play"].map(turns.groupby("play")["error"].sum())
    tasks["success"] = (tasks["end"] == "won").astype(float)
    tasks["error_rate"] = error_rate(errors, tasks["turns"], tasks["cap"], tasks["success"])
    # Task and age are columns of both tables.
    lived = tasks.merge(turns.drop(columns=["task", "age"]), on="play")
    return _Tables(
        tasks, len(every) - len(tasks), lived, list(read_rows(folder / "costs.jsonl", CostRow))
    )


def _by_session_turn(lived: pd.DataFrame) -> pd.DataFrame:
    """Share of turns in error among the chained sessions that had this turn, by kind."""
    chained = lived[lived["arm"] == "chained"]
    turn = (chained["age"] + chained["turn"]).rename("session_turn")
    by_turn = chained[["error", *KINDS]].astype("Float64").groupby(turn)
    return by_turn.mean().assign(at_risk=by_turn.size()).reset_index()


def _pairs(tables: _Tables) -> pd.DataFrame:
    """Success and error rate of (block, order, position) in both arms, where both were played."""
    measures, arms = ["success", "error_rate"], ["chained", "fresh"]
    wide = tables.tasks.pivot(index=["block", "order", "position"], columns="arm", values=measures)
    pairs = wide.reindex(columns=pd.MultiIndex.from_product([measures, arms])).dropna()
    pairs.columns = pd.Index([f"{measure}_{arm}" for measure in measures for arm in arms])
    # Drift is a difference of losses: positive where the agent does worse with its history.
    pairs["drift"] = pairs["success_fresh"] - pairs["success_chained"]
    pairs["drift_error_rate"] = pairs["error_rate_chained"] - pairs["error_rate_fresh"]
    return pairs


def _by_position(pairs: pd.DataFrame) -> pd.DataFrame:
    """Means over blocks."""
    return pairs.groupby(["position", "block"]).mean().groupby("position").mean().reset_index()


def _summary(tables: _Tables, pairs: pd.DataFrame) -> dict[str, float]:
    """Means over blocks. Position 1 is left out: all arms are equal there."""
    later = pairs[pairs.index.get_level_values("position") >= 2]
    turns = tables.lived.drop_duplicates(["play", "turn"])
    return {
        **later.groupby("block").mean().mean(),
        "tasks": len(tables.tasks),
        "tasks_failed": tables.failed,
        "turns": len(turns),
        "encoded_tokens_a_turn": turns["encoded_tokens"].mean(),
        "generated_tokens_a_turn": turns["generated_tokens"].mean(),
        "seconds_playing": turns["seconds"].sum(),
        "seconds_preparing": sum(cost.made_in_seconds for cost in tables.costs),
    }


def _transcripts(lived: pd.DataFrame) -> wandb.Table:
    """Every turn as it can be read; W&B keeps the first 200,000."""
    shown = ["block", "order", "position", "arm", "task", "turn"]
    shown += ["observation", "command", "feedback"]
    names = np.array(KINDS)
    present = lived[list(KINDS)].fillna(False).to_numpy(bool)
    table = lived[shown].assign(errors=[", ".join(names[row]) for row in present])
    table = table.sort_values(["block", "order", "arm", "position", "turn"]).astype(object)
    return wandb.Table(
        columns=list(table.columns), data=table.where(table.notna(), None).values.tolist()
    )


def _costs(costs: list[CostRow]) -> wandb.Table:
    rows = [asdict(cost) for cost in costs]
    columns = list(CostRow.__dataclass_fields__)
    return wandb.Table(columns=columns, data=[list(row.values()) for row in rows])


def _known(values: Mapping[Any, Any]) -> dict[str, float]:
    """Without what is unknown: a gap in a curve, not a zero."""
    return {name: float(value) for name, value in values.items() if pd.notna(value)}
