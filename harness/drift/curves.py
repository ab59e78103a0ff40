"""Errors along the session, and by kind.

error_curve(lived).loc[300, ["value", "low", "high"]]      # at turn 300 of the session
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from harness.drift.outcomes import arms_in
from harness.errors import KINDS
from harness.stats import level, levels

_SESSION = ["block", "order"]
_NEEDED = [*_SESSION, "position", "turn", "session_turn", "error", "end", "cap"]


def error_curve(lived: pd.DataFrame) -> pd.DataFrame:
    """Share of turns in error by turn of the session, in the chained arm. Secondary measure.

        value(t) = mean over blocks of (share of the block's sessions at risk at t that err at t)

    A trap: a task that is lost early stops producing errors, so this curve can fall while the
    agent gets worse. So beside it stands `carried`: the same sessions on a clock on which a task
    that was not won takes its whole cap, every turn not played being an error. Range: [0, 1].

    Returns:
        Indexed by `turn` (from 1): `value`, `low`, `high` (pointwise bootstrap-t band over blocks),
        `sessions` (at risk), `blocks`; and the same five as `carried_…` on the carried clock.
    """
    chained = lived.loc[lived["arm"] == "chained", _NEEDED]
    at_risk = _curve(chained.rename(columns={"session_turn": "at"}))
    carried = _curve(_carried(chained)).add_prefix("carried_")
    return at_risk.join(carried, how="outer").rename_axis("turn")


def errors_by_kind(lived: pd.DataFrame) -> pd.DataFrame:
    """Share of turns in error, kind by kind and as their union, by arm. Secondary measure.

        value = mean over blocks of (turns with this error / turns where it is known)

    over the positions ≥ 2 of every arm, that is, over the same tasks. A turn can hold several
    kinds, so that they add up to more than their union, `error`. Range: [0, 1].

    Returns:
        Columns `arm` (in the order of `ARM_ORDER`), `kind`, `value`, `low`, `high`, `blocks`,
        `turns` (where it is known), `note`.
    """
    kinds = [*KINDS, "error"]
    aged = lived.loc[lived["position"] >= 2, ["arm", "block", *kinds]]
    rows = []
    for arm in arms_in(lived):
        of_arm = aged[aged["arm"] == arm]
        by_block = of_arm[kinds].astype(float).groupby(of_arm["block"], sort=False)
        shares, known = by_block.mean(), by_block.count().sum()
        for kind in kinds:
            e = level(shares[kind].to_numpy(float), "kind", kind)
            note = e.note if known[kind] else "unknown"
            rows.append((arm, kind, e.value, e.low, e.high, e.units, known[kind], note))
    columns = ["arm", "kind", "value", "low", "high", "blocks", "turns", "note"]
    return pd.DataFrame(rows, columns=columns)


def _curve(rows: pd.DataFrame) -> pd.DataFrame:
    """Indexed by turn; `rows` has `block`, `order`, `at` and `error`, one row a session's turn."""
    errors = rows["error"].astype(float).groupby([rows["at"], rows["block"]])
    by_block = errors.mean().unstack("block")
    band = levels(by_block.to_numpy(float).T, "curve")
    columns = {
        "value": band.value,
        "low": band.low,
        "high": band.high,
        "sessions": errors.size().groupby("at").sum(),
        "blocks": band.units,
    }
    return pd.DataFrame(columns, index=by_block.index)


def _carried(lived: pd.DataFrame) -> pd.DataFrame:
    """The turns of the sessions on the carried clock, with those that were never played."""
    task = [*_SESSION, "position"]
    ended = lived.drop_duplicates(task, keep="last").reset_index(drop=True)
    ended["lasts"] = np.where(ended["end"] == "won", ended["turn"], ended["cap"])
    ended["starts"] = ended.groupby(_SESSION)["lasts"].cumsum() - ended["lasts"]
    real = lived.merge(ended[[*task, "starts"]], on=task)
    real["at"] = real["starts"] + real["turn"]

    missed = (ended["lasts"] - ended["turn"]).to_numpy()
    unplayed = ended.loc[ended.index.repeat(missed), [*_SESSION, "starts", "turn"]]
    unplayed["at"] = (
        unplayed["starts"] + unplayed["turn"] + unplayed.groupby(level=0).cumcount() + 1
    )
    unplayed["error"] = True
    columns = [*_SESSION, "at", "error"]
    return pd.concat([real[columns], unplayed[columns]], ignore_index=True)
