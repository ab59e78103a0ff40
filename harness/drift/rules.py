"""Which rules are forgotten: rule by rule, where adherence is all of them in one number.

broken_rules(lived).loc["sign_birch"]     # broken_fresh .07, broken_chained .93, tasks 28, blocks 2
"""

from __future__ import annotations

import pandas as pd

from harness.drift.outcomes import PLACE


def broken_rules(lived: pd.DataFrame) -> pd.DataFrame:
    """Share of the tasks under a rule in which it was broken, fresh and chained. Descriptive.

        value = tasks in which it was broken at least once / tasks in which it was in force

    over the positions ≥ 2 of both arms. Range: [0, 1]. A block draws few of the rules, so each is
    in force in few blocks: no interval is given. Who ends a task early breaks fewer.

    Args:
        lived: as `harness.drift.played` gives it, with the tasks' `rules`.

    Returns:
        Indexed by `rule` in alphabetical order, empty if there was none: `broken_fresh`,
        `broken_chained` (NaN where nothing was played), `tasks` (chained), `blocks`.
    """
    place = ["arm", *PLACE]
    aged = lived[lived["arm"].isin(["fresh", "chained"]) & (lived["position"] >= 2)]
    told = aged.drop_duplicates(place)[[*place, "rules"]].explode("rules").dropna()
    broken = aged[[*place, "violations"]].explode("violations").dropna()
    told["broken"] = pd.MultiIndex.from_frame(told[[*place, "rules"]]).isin(
        pd.MultiIndex.from_frame(broken)
    )
    told = told.rename(columns={"rules": "rule"})
    shares = told.groupby(["rule", "arm"])["broken"].mean().unstack("arm")
    chained = told[told["arm"] == "chained"].groupby("rule")
    return (
        shares.reindex(columns=["fresh", "chained"])
        .add_prefix("broken_")
        .rename_axis(columns=None)
        .assign(tasks=chained.size(), blocks=chained["block"].nunique())
        .fillna({"tasks": 0, "blocks": 0})
        .astype({"tasks": int, "blocks": int})
    )
