"""What to know of an entry's record before its numbers are believed.

`caveats(entry)` is `history cut to the window in 12 of 64 tasks`, or empty.
"""

from __future__ import annotations

import pandas as pd

from harness.comparison.entries import Entry
from harness.drift.outcomes import PLACE
from harness.drift.pairs import lost
from harness.drift.success import block_means
from harness.stats import notes, number


def caveats(entry: Entry) -> str:
    """What the record of an entry lacks; empty if it lacks nothing."""
    return notes(
        entry.caveat,
        _torn(entry),
        _at_worst(entry),
        _void(entry),
        _overflow(entry),
        blind(entry),
    )


def _torn(entry: Entry) -> str:
    """A machine that lost power can have kept a task's row and lost the end of its turns."""
    recorded = entry.measured.groupby("play").size().reindex(entry.tasks["play"], fill_value=0)
    torn = recorded.to_numpy() < entry.tasks["turns"].to_numpy()
    if not torn.any():
        return ""
    return (
        f"turns are missing of {torn.sum()} of {len(torn)} tasks: start the same command again to "
        "play them"
    )


def _at_worst(entry: Entry) -> str:
    """Tasks that failed are left out of the levels: so a crash could make an entry look better."""
    if not entry.failed:
        return ""
    aged = entry.results[(entry.results["arm"] == "chained") & (entry.results["position"] >= 2)]
    missing = lost(entry.failed, "success", "chained", "fresh")
    as_lost = missing[missing["arm"] == "chained"] if len(missing) else missing
    success = block_means(pd.concat([aged, as_lost]), "success").mean()
    return f"with what failed counted as lost, success chained is {number(success)}"


def _void(entry: Entry) -> str:
    """What was left out, since in the world as the agent had left it there was nothing to do."""
    places = len(entry.tasks[PLACE].drop_duplicates())
    left_out = entry.tasks[entry.tasks["end"] == "void"].drop_duplicates(PLACE)
    if left_out.empty:
        return ""
    reasons = left_out["reason"].value_counts()
    why = ", ".join(f"{reason}: {count}" for reason, count in reasons.items())
    return f"left out of {places} tasks, {why}"


def _overflow(entry: Entry) -> str:
    chained = entry.lived[entry.lived["arm"] == "chained"]
    cut = chained.groupby(PLACE)["dropped_turns"].max() > 0
    return f"history cut to the window in {cut.sum()} of {len(cut)} tasks" if cut.any() else ""


def blind(entry: Entry) -> str:
    """What an error rate does not see; empty if there is nothing."""
    turns = entry.measured
    if turns.empty or turns["regress"].notna().any():
        return ""
    return "no distance is known: turns that stall or regress are not among the errors"
