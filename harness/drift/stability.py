"""Instruction stability: are the brief's rules still kept, its facts still known, late as early?

adherence_curve(lived).loc[120]     # value .81, low .70, high .90, opportunities 14, blocks 9
probe_accuracy(probes)              # a row a probe, arm and stretch of the session
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from harness.drift.outcomes import ARM_ORDER
from harness.stats import levels

STRETCH = 25
"""Session turns whose probes are put together: few are asked at any one turn."""


def adherence_curve(lived: pd.DataFrame) -> pd.DataFrame:
    """Adherence to the rules by turn of the session, in the chained arm. Secondary measure.

        value(t) = mean over blocks of kept(t) / opportunities(t), pooled within the block

    An opportunity is a turn that a rule constrained; it was kept if no rule was broken at it (after
    instruction stability by round, arXiv 2402.10962). Range: [0, 1]. At a late turn there are only
    the sessions that lasted so long, and in them other tasks than at an early one.

    Returns:
        Indexed by `turn` (from 1), turns at which no rule bound left out, so empty if none ever
        did: `value`, `low`, `high` (pointwise bootstrap-t band over blocks), `opportunities`,
        `blocks`.
    """
    bound = lived[(lived["arm"] == "chained") & lived["opportunity"].astype(bool)]
    kept = 1.0 - bound["violation"].astype(float)
    return _shares(kept, bound["block"], [bound["session_turn"].rename("turn")], "opportunities")


def probe_accuracy(probes: pd.DataFrame) -> pd.DataFrame:
    """Share of probes that were answered correctly, along the session. Secondary measure.

        value = mean over blocks of (right answers / answers that could be read)

    by probe, arm and stretch of `STRETCH` session turns (arXiv 2402.10962). Range: [0, 1]. An
    answer that could not be read is unknown, neither right nor wrong: it is counted in `unknown`,
    and where many are, `value` is of the agents' tidier answers only.

    Args:
        probes: columns `block`, `arm`, `name`, `age` (turns before the task), `turn` (within the
            task, from 1) and `correct` (NA: the answer could not be read).

    Returns:
        Columns `name`, `arm` (in the order of `ARM_ORDER`), `session_turn` (the stretch's first),
        `value`, `low`, `high` (bootstrap-t over blocks), `probes` (asked), `blocks`, `unknown`;
        `value` is NaN where no answer could be read.
    """
    correct = probes["correct"].astype("boolean").astype("Float64")
    stretch = (probes["age"] + probes["turn"] - 1) // STRETCH * STRETCH + 1
    cell = [probes["name"], probes["arm"], stretch.rename("session_turn")]
    table = _shares(correct, probes["block"], cell, "probes")
    table["unknown"] = correct.isna().groupby(cell).sum()
    return table.reset_index().sort_values(
        ["name", "arm", "session_turn"],
        key=lambda column: column.map(ARM_ORDER.index) if column.name == "arm" else column,
        ignore_index=True,
    )


def _shares(
    values: pd.Series, block: pd.Series, cell: list[pd.Series], counted: str
) -> pd.DataFrame:
    """Indexed by cell: mean over blocks of the block's mean, its band, and what it rests on."""
    by_block = values.groupby([*cell, block]).mean().unstack("block")
    band = levels(by_block.to_numpy(float, na_value=np.nan).T, counted)
    table = pd.DataFrame({"value": band.value, "low": band.low, "high": band.high}, by_block.index)
    table[counted] = values.groupby(cell).size()
    table["blocks"] = band.units
    return table
