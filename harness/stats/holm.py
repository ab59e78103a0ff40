"""Several tests at once: Holm's correction.

`holm([0.01, 0.04, 0.03])` is ``[0.03, 0.06, 0.06]``.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np


def holm(p: Sequence[float]) -> list[float]:
    """Adjusted p: rejecting those at most α keeps the chance of any false alarm at most α.

        adjusted p of the i-th smallest of m = max over j ≤ i of min(1, (m - j + 1) · p_j)

    It holds however the tests depend on each other. Source: Holm 1979, Scand. J. Statist. 6:65.

    Args:
        p: one p a test; NaN: nothing was tested, it stays NaN and does not count towards m.

    Returns:
        In the order of `p`. Range: [0, 1].
    """
    raw = np.asarray(p, float)
    adjusted = np.full(len(raw), np.nan)
    ascending = np.argsort(raw)[: np.count_nonzero(~np.isnan(raw))]  # NaN sorts last
    steps = raw[ascending] * np.arange(len(ascending), 0, -1)
    adjusted[ascending] = np.minimum(np.maximum.accumulate(steps), 1.0)
    return [float(value) for value in adjusted]
