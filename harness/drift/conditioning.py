"""Do errors follow errors? An association, and no more than that.

`error_association(lived)` prints as ``0.21 [0.08, 0.33] p=.002``: after a turn in error the next
one was in error 21 percentage points more often than after a good one.
"""

from __future__ import annotations

import pandas as pd

from harness.stats import Estimate, difference, notes

_TASK = ["block", "order", "position"]


def error_association(lived: pd.DataFrame) -> Estimate:
    """How much likelier an error is after an error, in the chained arm. Secondary measure.

        mean over blocks of P(error at t | error at t-1) - P(error at t | none at t-1)

    over consecutive turns of one task, pooled within the block (arXiv 2509.09677). Never across the
    border of two tasks: how a task ended decides what its last turn was (a win is no error, a loss
    always is), and the first turn of the next is in another game.

    It is an association, not a cause: a hard task or a hard stretch has many errors one after the
    other, so that it is positive for agents that read nothing of what they did; and an action that
    is repeated in the same state is in error again by definition. The causal figure is the third
    cause of matched drift. p is the sign-flip p over blocks, the interval its inversion. Range:
    [-1, 1].

    Args:
        lived: the turns of whole tasks, as `harness.drift.played` sorts them.
    """
    chained = lived[lived["arm"] == "chained"]
    error = chained["error"].astype(float)
    before = error.groupby([chained[name] for name in _TASK], sort=False).shift()
    chances = error.groupby([chained["block"], before]).mean().unstack()
    chances = chances.reindex(columns=[0.0, 1.0])
    estimate = difference((chances[1.0] - chances[0.0]).to_numpy(float), "error association")
    one_sided = chained["block"].nunique() - estimate.units
    if one_sided == 0:
        return estimate
    return estimate._replace(
        note=notes(estimate.note, f"blocks left out, all turns before alike: {one_sided}")
    )
