"""The table of a calibration as text, at most 100 columns wide.

Interference(level=-1.3, per_task=0.18): drift +0.22
  matched drift in success           covers               95.1%    94.7-95.5  93.5-96.5%  holds
"""

from __future__ import annotations

import math

import pandas as pd

ESTIMATOR, MEASURED = 37, 20
"""Columns that these take."""
HEAD = f"  {'':{ESTIMATOR}}{'':{MEASURED}}{'rate':>7}{'95%':>13}{'target':>12}"


def text(table: pd.DataFrame) -> str:
    """An agent a paragraph, an estimator a line, and at the end how many are as they should be.

    Args:
        table: as `harness.calibration.calibrate` gives it.
    """
    lines = [HEAD]
    for agent, rows in table.groupby("agent", sort=False):
        lines += ["", str(agent), *(_line(row) for _, row in rows.iterrows())]
    promised, held = int((table["target"] != "").sum()), int(table["holds"].sum())
    return "\n".join([*lines, "", f"{held} of {promised} rates lie within their targets."])


def _line(row: pd.Series) -> str:
    interval = "" if math.isnan(row["low"]) else f"{100 * row['low']:.1f}-{100 * row['high']:.1f}"
    rate = "-" if math.isnan(row["rate"]) else f"{100 * row['rate']:.1f}%"
    words = {True: "  holds", False: "  FAILS"}
    line = (
        f"  {row['estimator']:{ESTIMATOR}}{row['measured']:{MEASURED}}{rate:>7}{interval:>13}"
        f"{row['target']:>12}{'' if pd.isna(row['holds']) else words[bool(row['holds'])]}"
    ).rstrip()
    if row["not_estimable"]:
        line += f"\n    not estimable in {row['not_estimable']:,} of {row['replications']:,}"
    return line
