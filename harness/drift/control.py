"""The negative control: at position 1 no arm has a history, so nothing can differ but noise."""

from __future__ import annotations

import pandas as pd

from harness.drift.matched import PAIR
from harness.drift.outcomes import PLACE
from harness.drift.pairs import difference_by_block, estimate
from harness.stats import Estimate


def position_one(results: pd.DataFrame) -> Estimate:
    """loss(chained) - loss(fresh) in success at position 1. Zero, or the two arms are not alike.

    A deterministic agent in full precision plays equal histories once, and then it is zero by
    construction. Otherwise (half precision, endpoints, sampling without a key) position 1 is played
    in both arms, and this is what machinery and noise do without any history. Range: [-1, 1].
    """
    rows = results[(results["position"] == 1) & results["arm"].isin(PAIR)]
    rows = rows[rows.groupby(PLACE)["arm"].transform("size") == len(PAIR)]
    if len(rows) and (rows.groupby(PLACE)["play"].nunique() == 1).all():
        units = rows["block"].nunique()
        return Estimate(0.0, 0.0, 0.0, units=units, note="zero by construction: one play")
    return estimate(difference_by_block(rows, "success", *PAIR), "success", "position 1")
