"""Review: the environment."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np

from environments.duty.env import DutyEnv
from environments.duty.review.case import Review
from environments.duty.review.diff import draw
from environments.duty.review.rules import RULES, checklist_of
from environments.duty.rules import Rule, book
from environments.rulebook import Rulebook


class CodeReview(DutyEnv[Review]):
    """Diffs with planted defects."""

    rules_by_name: ClassVar[Mapping[str, Rule[Any]]] = RULES
    rulebook: ClassVar[Rulebook | None] = book(
        RULES, "Rules for every review:", always=("checklist",)
    )

    def _draw(self, random: np.random.Generator) -> Review:
        return Review(draw(random), checklist_of(self.rules))
