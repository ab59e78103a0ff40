"""Support: the environment."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np

from environments.duty.env import DutyEnv
from environments.duty.rules import Rule, book
from environments.duty.support.case import SupportCase
from environments.duty.support.customer import Customer
from environments.duty.support.rules import RULES
from environments.rulebook import Rulebook


class Support(DutyEnv[SupportCase]):
    """Customers of a telephone company."""

    rules_by_name: ClassVar[Mapping[str, Rule[Any]]] = RULES
    rulebook: ClassVar[Rulebook | None] = book(RULES, "Rules for every case:")

    def _draw(self, random: np.random.Generator) -> SupportCase:
        return SupportCase(Customer.draw(random))
