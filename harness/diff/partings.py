"""The first turn at which the same task of two runs goes on differently.

Games are deterministic: as long as both runs send the same commands, they read the same. So a
task parts at a decision, unless something else is wrong; which it was, `Parting.kind` says.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Literal

import numpy as np
import numpy.typing as npt
import pandas as pd

PLACE = ["block", "order", "position", "arm"]

Kind = Literal["read", "decision", "answer", "end"]

COMPARED: Mapping[Kind, list[str]] = {
    "read": ["observation", "state_before"],
    "decision": ["command", "text"],
    "answer": ["feedback", "state_after", "won", "lost"],
}
"""The columns that have to be equal for a turn to be the same, in the order of what happens."""


@dataclass(frozen=True)
class Place:
    """A task at one position of one session, in one arm."""

    block: str
    order: int
    position: int
    arm: str


@dataclass(frozen=True)
class Decision:
    """What can be shown of a turn: columns of `TurnRow`."""

    observation: str
    state_before: str
    command: str | None
    text: str
    margin: float | None
    recomputed: bool
    expert: str | None
    prompt_tokens: int
    feedback: str
    state_after: str
    won: bool
    lost: bool


COLUMNS = [field.name for field in fields(Decision)]
"""What `partings` reads of a turn."""


@dataclass(frozen=True)
class Parting:
    """The first turn at which a task went on differently."""

    place: Place
    task: str
    turn: int
    """Within the task, from 1."""
    kind: Kind
    """`read`: they met different states; `decision`: they said different things; `answer`: the
    game answered the same command differently; `end`: one has no such turn."""
    inherited: bool
    """The session's chained arm parted at an earlier position, so the histories differ already."""
    a: Decision | None
    """None: there is no such turn."""
    b: Decision | None
    end_a: str
    """How the whole task ended."""
    end_b: str


def partings(
    shared: pd.DataFrame, turns_a: pd.DataFrame, turns_b: pd.DataFrame
) -> tuple[Parting, ...]:
    """Where the tasks part that two runs share, a parting a task, in the order of `shared`.

    Args:
        shared: a row a task: `PLACE`, `task`, and `play` and `end` of either run with `_a`, `_b`.
        turns_a: columns `play`, `turn` and `COLUMNS`; each turn once.
        turns_b: the same of the other run.
    """
    found = shared.merge(_first(shared, turns_a, turns_b), on=["play_a", "play_b"])
    chained = found[found["arm"] == "chained"].groupby(["block", "order"])["position"]
    first_chained = chained.min().to_dict()
    a, b = _decisions(turns_a, found["row_a"]), _decisions(turns_b, found["row_b"])
    return tuple(
        Parting(
            place,
            row["task"],
            row["turn"],
            row["kind"],
            place.arm != "fresh"
            and place.position > first_chained.get((place.block, place.order), math.inf),
            here,
            there,
            row["end_a"],
            row["end_b"],
        )
        for place, row, here, there in zip(
            places(found), found.to_dict("records"), a, b, strict=True
        )
    )


def places(tasks: pd.DataFrame) -> tuple[Place, ...]:
    """Where the rows of a frame with the columns `PLACE` stand."""
    return tuple(Place(*row) for row in tasks[PLACE].itertuples(index=False))


def _first(shared: pd.DataFrame, turns_a: pd.DataFrame, turns_b: pd.DataFrame) -> pd.DataFrame:
    """The first turn at which two plays part; plays that several tasks share are walked once.

    Returns:
        Columns `play_a`, `play_b`, `turn`, `kind`, and `row_a`, `row_b`: where the turn stands in
        its table, NaN if it is in one only.
    """
    pairs = shared[["play_a", "play_b"]].drop_duplicates()
    of_a = _rows(turns_a, "play_a", "row_a")
    of_b = _rows(turns_b, "play_b", "row_b")
    walked = pairs.merge(of_a).merge(pairs.merge(of_b), how="outer").sort_values("turn")
    here, there = turns_a.reindex(walked["row_a"]), turns_b.reindex(walked["row_b"])
    parts: dict[Kind, npt.NDArray[np.bool_]] = {
        "end": walked[["row_a", "row_b"]].isna().any(axis="columns").to_numpy(bool)
    }
    for kind, columns in COMPARED.items():
        parts[kind] = _unequal(here[columns], there[columns])
    walked["kind"] = np.select(list(parts.values()), list(parts), default="")
    return walked[walked["kind"] != ""].drop_duplicates(["play_a", "play_b"])


def _rows(turns: pd.DataFrame, play: str, row: str) -> pd.DataFrame:
    return turns[["play", "turn"]].rename(columns={"play": play}).assign(**{row: turns.index})


def _unequal(a: pd.DataFrame, b: pd.DataFrame) -> npt.NDArray[np.bool_]:
    """In which rows anything differs; unknown on both sides is no difference."""
    a, b = a.reset_index(drop=True), b.reset_index(drop=True)
    return (a.ne(b) & ~(a.isna() & b.isna())).any(axis="columns").to_numpy(bool)


def _decisions(turns: pd.DataFrame, rows: pd.Series) -> list[Decision | None]:
    shown = turns[COLUMNS].iloc[rows.dropna().astype(int)].astype(object)
    known = iter(shown.where(shown.notna(), None).itertuples(index=False))
    return [None if math.isnan(row) else Decision(*next(known)) for row in rows]
