"""Data entry: the environment, and what goes wrong in it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np

from environments.duty.data_entry.case import EntryCase, Fault
from environments.duty.data_entry.form import FIELDS, draw
from environments.duty.data_entry.rules import RULES
from environments.duty.env import DutyEnv
from environments.duty.rules import Rule, book
from environments.rulebook import Rulebook


class DataEntry(DutyEnv[EntryCase]):
    """Forms for a database."""

    rules_by_name: ClassVar[Mapping[str, Rule[Any]]] = RULES
    rulebook: ClassVar[Rulebook | None] = book(RULES, "Rules for every form:")

    def _draw(self, random: np.random.Generator) -> EntryCase:
        fields = list(FIELDS)
        faults: dict[str, Fault] = {}
        for tool, kinds in _FAULTS.items():
            if kind := str(random.choice(kinds)):
                faults[f"{tool} {random.choice(fields)}"] = kind  # type: ignore[assignment]
        return EntryCase(str(random.integers(1000, 10_000)), draw(random), faults)


_FAULTS: Mapping[str, tuple[str, ...]] = {
    "write": ("", "busy", "lost", "late"),
    "validate": ("", "", "", "busy"),
    "read": ("", "copy"),
}
"""What can go wrong with one field of a form, by tool; empty: nothing."""
