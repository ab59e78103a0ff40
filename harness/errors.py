"""What went wrong at a turn, by kind: the error table of the specification, vectorised.

    errors = classify(turns)                    # turns: a frame of `TurnRow`s, or a list of them
    errors.columns                              # the eight KINDS, "error", "regret"
    errors["stalled"].mean()                    # over the turns where it is known

Unknown stays unknown: a kind that the rows cannot tell is `pd.NA` there, never False.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import numpy.typing as npt
import pandas as pd

from harness.records import TurnRow

ERROR_DEFINITION = 2
"""Version of everything in this file, stored beside the data."""

KINDS = (
    "unparsed",
    "invalid",
    "redundant",
    "regress",
    "stalled",
    "violation",
    "premature",
    "fatal",
)

_NEEDED = [
    "play",
    "turn",
    "command",
    "chosen",
    "state_before",
    "distance_before",
    "distance_after",
    "accepted",
    "violations",
    "required",
    "won",
    "lost",
]


def classify(turns: pd.DataFrame | Iterable[TurnRow]) -> pd.DataFrame:
    """Say for every turn which errors it holds.

    Args:
        turns: the turns of any number of plays, in any order; of each play that is in it, all
            turns up to the last one (what came earlier decides whether a turn is redundant).

    Returns:
        A frame with the rows and the index of `turns`:

        | column | dtype | unknown where |
        |---|---|---|
        | `unparsed` | boolean | the agent chose among admissible commands |
        | `invalid` | boolean | the same, or the game does not say what it accepts |
        | `redundant` | boolean | the pair came before and a distance is unknown |
        | `regress`, `stalled` | boolean | a distance is unknown |
        | `violation` | boolean | never |
        | `premature` | boolean | always: the rows do not record that an end was declared |
        | `fatal` | boolean | never |
        | `error` | bool | never: their union, over the kinds that are known |
        | `regret` | float | NaN where a distance is unknown; else 1 + change of distance |
    """
    frame = _as_frame(turns)
    chosen = frame["chosen"].to_numpy(bool)
    sent = frame["command"].notna().to_numpy(bool)
    won = frame["won"].to_numpy(bool)
    lost = frame["lost"].to_numpy(bool)
    violation = np.fromiter((len(v) > 0 for v in frame["violations"]), bool, len(frame))

    before = frame["distance_before"].to_numpy(float, na_value=np.nan)
    after = frame["distance_after"].to_numpy(float, na_value=np.nan)
    change = np.where(won, 0.0, after) - before  # after a win distance is 0
    known = ~np.isnan(change)

    # A rule that binds can ask for an action that leads away from the goal. Whoever obeys it is
    # not off course; an unreadable output obeys nothing.
    required = frame["required"].to_numpy(bool) & sent
    change = np.where(required, -1.0, change)
    known |= required

    accepted = frame["accepted"].astype("boolean")
    kinds: dict[str, pd.Series] = {
        "unparsed": _nullable(~sent, unknown=chosen),
        "invalid": _nullable(
            sent & (accepted == False).fillna(False).to_numpy(bool),  # noqa: E712 - nullable
            unknown=chosen | (sent & accepted.isna().to_numpy(bool)),
        ),
        "redundant": _nullable(
            (repeated := _repeated(frame) & sent) & (change >= 0), unknown=repeated & ~known
        ),
        "regress": _nullable(change > 0, unknown=~known),
        "stalled": _nullable(change == 0, unknown=~known),
        "violation": _nullable(violation),
        # Declaring the end too early loses the task, and is counted as fatal: the rows do not say
        # whether a turn was a declaration.
        "premature": _nullable(np.zeros(len(frame), bool), unknown=np.ones(len(frame), bool)),
        "fatal": _nullable(lost),
    }
    errors = pd.DataFrame(kinds)
    errors["error"] = errors.fillna(False).any(axis="columns").astype(bool)
    errors["regret"] = np.where(known, 1.0 + change, np.nan)
    errors.index = frame.index
    return errors


def error_rate(
    errors: npt.ArrayLike, turns: npt.ArrayLike, cap: npt.ArrayLike, won: npt.ArrayLike
) -> npt.NDArray[np.float64]:
    """Error rate of tasks, in [0, 1]: a task that is lost early does not thereby err less.

        (errors + turns unplayed to the cap, if unwon) / (turns played, or the cap if unwon)

    Args:
        errors: turns in error, turns: turns played, cap: turns allowed, won: did it end won;
            scalars or arrays of one shape.
    """
    errors, turns, cap = (np.asarray(a, float) for a in (errors, turns, cap))
    won = np.asarray(won, bool)
    rate: npt.NDArray[np.float64] = np.where(
        won, errors / np.maximum(turns, 1), (errors + cap - turns) / cap
    )
    return rate


def _as_frame(turns: pd.DataFrame | Iterable[TurnRow]) -> pd.DataFrame:
    if isinstance(turns, pd.DataFrame):
        return turns
    return pd.DataFrame(
        [[getattr(row, name) for name in _NEEDED] for row in turns], columns=_NEEDED
    )


def _repeated(frame: pd.DataFrame) -> npt.NDArray[np.bool_]:
    """Was (state before, command) met at an earlier turn of the same play?"""
    order = np.lexsort((frame["turn"].to_numpy(), pd.factorize(frame["play"])[0]))
    pairs = frame[["play", "state_before", "command"]].iloc[order]
    repeated = np.empty(len(frame), bool)
    repeated[order] = pairs.duplicated().to_numpy(bool)
    return repeated


def _nullable(
    values: npt.NDArray[np.bool_], unknown: npt.NDArray[np.bool_] | None = None
) -> pd.Series:
    """A nullable column, NA where unknown."""
    mask = np.zeros(len(values), bool) if unknown is None else unknown
    return pd.Series(pd.arrays.BooleanArray(values.astype(bool), mask.astype(bool)))
