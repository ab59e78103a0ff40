"""Errors along the session, and by kind."""

from __future__ import annotations

import numpy as np
import pandas as pd

from harness.drift.outcomes import played
from harness.errors import KINDS
from harness.stats import level

_CURVE = ["value", "low", "high", "sessions", "blocks"]


def error_curve(turns: pd.DataFrame, tasks: pd.DataFrame) -> pd.DataFrame:
    """Share of turns in error by turn of the session, in the chained arm. Secondary measure.

        value(t) = mean over blocks of (share of the block's sessions at risk at t that err at t)

    A trap: a task that is lost early stops producing errors, so this curve can fall while the
    agent gets worse. So beside it stands `carried`: the same sessions on a clock on which a task
    that was not won takes its whole cap, every turn not played being an error. Range: [0, 1].

    Returns:
        Indexed by `turn` (from 1): `value`, `low`, `high` (pointwise bootstrap-t band over blocks),
        `sessions` (at risk), `blocks`; and the same five as `carried_…` on the carried clock.
    """
    lived = played(turns, tasks)
    lived = lived[lived["arm"] == "chained"]
    at_risk = _curve(lived.rename(columns={"session_turn": "at"}))
    carried = _curve(_carried(lived)).add_prefix("carried_")
    return at_risk.join(carried, how="outer").rename_axis("turn")


def errors_by_kind(turns: pd.DataFrame, tasks: pd.DataFrame) -> pd.DataFrame:
    """Share of turns in error, kind by kind and as their union, by arm. Secondary measure.

        value = mean over blocks of (turns with this error / turns where it is known)

    over the positions ≥ 2 of both arms, that is, over the same tasks. A turn can hold several
    kinds, so that they add up to more than their union, `error`. Range: [0, 1].

    Returns:
        Columns `arm`, `kind`, `value`, `low`, `high`, `blocks`, `turns` (where it is
        known), `note`.
    """
    lived = played(turns, tasks)
    aged = lived[lived["position"] >= 2]
    rows = []
    for arm in ("fresh", "chained"):
        of_arm = aged[aged["arm"] == arm]
        for kind in (*KINDS, "error"):
            known = of_arm.dropna(subset=[kind])
            shares = known[kind].astype(float).groupby(known["block"], sort=False).mean()
            e = level(shares.to_numpy(float), "kind", kind)
            note = e.note if len(known) else "unknown"
            rows.append((arm, kind, e.value, e.low, e.high, e.units, len(known), note))
    columns = ["arm", "kind", "value", "low", "high", "blocks", "turns", "note"]
    return pd.DataFrame(rows, columns=columns)


def _curve(rows: pd.DataFrame) -> pd.DataFrame:
    """Indexed by turn; `rows` has `block`, `order`, `at` and `error`, one row a session's turn."""
    errors = rows.assign(error=rows["error"].astype(float)).groupby(["at", "block"])["error"]
    by_block = errors.mean().unstack("block")
    sessions = errors.size().groupby("at").sum()
    points = {
        turn: (e.value, e.low, e.high, sessions[turn], e.units)
        for turn, shares in zip(by_block.index, by_block.to_numpy(float), strict=True)
        for e in [level(shares, "curve")]
    }
    return pd.DataFrame.from_dict(points, orient="index", columns=_CURVE)


def _carried(lived: pd.DataFrame) -> pd.DataFrame:
    """The turns of the sessions on the carried clock, with those that were never played."""
    session = ["block", "order"]
    ended = lived.groupby([*session, "position"], as_index=False).last()
    ended["lasts"] = np.where(ended["end"] == "won", ended["turn"], ended["cap"])
    ended["starts"] = ended.groupby(session)["lasts"].cumsum() - ended["lasts"]
    clock = ended[[*session, "position", "starts"]]
    real = lived.merge(clock, on=[*session, "position"])
    real["at"] = real["starts"] + real["turn"]

    missed = (ended["lasts"] - ended["turn"]).to_numpy()
    unplayed = ended.loc[ended.index.repeat(missed), [*session, "starts", "turn"]]
    unplayed["at"] = (
        unplayed["starts"] + unplayed["turn"] + unplayed.groupby(level=0).cumcount() + 1
    )
    unplayed["error"] = True
    columns = [*session, "at", "error"]
    return pd.concat([real[columns], unplayed[columns]], ignore_index=True)
