"""Do the arms of a run hold the same tasks? Those that do not are refused, by name.

check_arms(results, ["chained", "fresh", "padded"])
# ArmsDoNotMatch: The padded arm has no play of A (block 0, order 1, position 3), although …
"""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from harness.drift.outcomes import ARM_ORDER, PLACE, arms_in
from harness.records import Arm


class ArmsDoNotMatch(ValueError):
    """Two arms of a run are not the same tasks; the message names them."""


def check_arms(results: pd.DataFrame, arms: Sequence[Arm] = (), *, finished: bool = True) -> None:
    """Refuse arms that cannot be compared.

    Args:
        results: as `harness.drift.outcomes` gives them.
        arms: the arms that were asked for; those that occur, `chained` and `fresh` always are.
        finished: False for a run still going, whose unmatched tasks have just not been played.

    Raises:
        ArmsDoNotMatch: a task was played twice in one arm, the arms hold different tasks, or an arm
            of a finished run lacks a task that another has.
    """
    twice = results[results.duplicated([*PLACE, "arm"])]
    if len(twice):
        raise ArmsDoNotMatch(f"Played more than once in one arm: {_name(twice)}.")
    expected = {"chained", "fresh", *arms, *arms_in(results)}
    ordered = [arm for arm in ARM_ORDER if arm in expected]
    rows = results.sort_values("arm", key=lambda arm: arm.map(ARM_ORDER.index), kind="stable")
    every = rows.drop_duplicates(PLACE).set_index(PLACE).sort_index()
    own = {arm: rows[rows["arm"] == arm].set_index(PLACE) for arm in ordered}
    for arm, here in own.items():
        _refuse_other_tasks(arm, here, every)
    if finished:
        for arm, here in own.items():
            _refuse_missing_tasks(arm, here, every)


def _refuse_other_tasks(arm: Arm, here: pd.DataFrame, every: pd.DataFrame) -> None:
    same = ["task", "cap"]
    first = every.loc[here.index]
    other = first[(here[same] != first[same]).any(axis="columns")]
    if len(other):
        raise ArmsDoNotMatch(
            f"The {other['arm'].iloc[0]} and the {arm} arm hold different tasks at "
            f"{_name(other.reset_index())}: they come from different panels or seeds and cannot be "
            "compared."
        )


def _refuse_missing_tasks(arm: Arm, here: pd.DataFrame, every: pd.DataFrame) -> None:
    missing = every[~every.index.isin(here.index)].reset_index()
    if len(missing):
        raise ArmsDoNotMatch(
            f"The {arm} arm has no play of {_name(missing)}, although nothing failed there. "
            "Start the same command again to play what is missing."
        )


def _name(rows: pd.DataFrame, at_most: int = 3) -> str:
    names = [
        f"{row['task']} (block {row['block']}, order {row['order']}, position {row['position']})"
        for row in rows.head(at_most).to_dict("records")
    ]
    more = len(rows) - at_most
    return ", ".join(names) + (f" and {more} more" if more > 0 else "")
