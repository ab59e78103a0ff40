"""Declarative retention: what changing a model's weights or activations cost its knowledge.

`facts_change(rows)` prints as ``0.09 [0.01, 0.16] p=.039 (unmodified 0.55 right, chance 0.25)``:
of 80 questions the entry's model answers 9 points fewer right than the unmodified one.

An agent that changes neither weights nor activations has no rows, and no change by construction.
"""

from __future__ import annotations

import math

import pandas as pd

from harness.stats import Estimate, difference, notes, number

CHANCE = 0.25
"""Share of right answers that guessing among four options gives."""


def facts_change(rows: pd.DataFrame) -> Estimate:
    """Accuracy lost on the factual probe set. Secondary measure.

        mean over questions of right(unmodified) - right(modified)

    A loss: positive is worse. Each question is answered by both models; the question is the unit of
    the sign-flip p, and the interval is its inversion. Range: [-1, 1]. Source: this project. What
    is not known cannot be lost, so the note has the unmodified model's accuracy.

    Args:
        rows: `harness.records.RetentionRow`s.
    """
    facts = rows[rows["kind"] == "fact"]
    if facts.empty:
        return Estimate(math.nan, note="not estimable: no fact was asked")
    lost = facts["unmodified"] - facts["modified"]
    found = difference(lost.to_numpy(float), "facts")
    known = f"unmodified {number(facts['unmodified'].mean())} right, chance {number(CHANCE)}"
    return found._replace(note=notes(_of("question", found.note), known))


def perplexity_ratio(rows: pd.DataFrame) -> Estimate:
    """Perplexity of held-out text, modified over unmodified model. Secondary measure.

        exp(Σ tokens · (NLL modified - NLL unmodified) / Σ tokens)     over paragraphs

    with the mean negative log-likelihood (NLL) of each paragraph's tokens. Above 1 is worse; p is
    that of a ratio of 1. Sign flips are over paragraphs, each weighted by its tokens, and the
    interval is their inversion. Range: (0, ∞). Steering acts at decisions and prose holds none, so
    the ratio is the adapter's. Source: this project.

    Args:
        rows: `harness.records.RetentionRow`s.
    """
    text = rows[rows["kind"] == "perplexity"]
    if text.empty:
        return Estimate(math.nan, note="not estimable: no text was read with an adapter")
    weight = text["tokens"] / text["tokens"].mean()
    worse = weight * (text["modified"] - text["unmodified"])
    found = difference(worse.to_numpy(float), "perplexity", bounds=(-math.inf, math.inf))
    return found._replace(
        value=math.exp(found.value),
        low=math.exp(found.low),
        high=math.exp(found.high),
        note=_of("paragraph", found.note),
    )


def _of(unit: str, note: str) -> str:
    """The note of a test whose unit is not a block."""
    return note.replace("block", unit)
