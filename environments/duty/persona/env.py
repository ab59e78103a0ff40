"""Persona: the environment, and who talks with whom in it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np

from environments.duty.env import DutyEnv
from environments.duty.persona.case import Conversation
from environments.duty.persona.rules import RULES
from environments.duty.persona.words import TOPICS, Manner
from environments.duty.rules import Rule, book
from environments.rulebook import Rulebook

QUESTIONS = 5
"""Of each conversation."""

PERSONAS = ("Mara", "Jonas", "Tove", "Anders", "Sigrid", "Mikkel")


class Persona(DutyEnv[Conversation]):
    """Conversations of personas."""

    rules_by_name: ClassVar[Mapping[str, Rule[Any]]] = RULES
    rulebook: ClassVar[Rulebook | None] = book(RULES, "Rules for every message of yours:")

    def _draw(self, random: np.random.Generator) -> Conversation:
        life = {name: str(random.choice(topic.values)) for name, topic in TOPICS.items()}
        # From wherever it begins, the manner never gets better, and in most conversations worse.
        manners = sorted(random.integers(len(Manner), size=QUESTIONS + 1).tolist())
        return Conversation(
            str(random.choice(PERSONAS)),
            life,
            random.permutation(list(TOPICS))[:QUESTIONS].tolist(),
            [Manner(manner) for manner in manners],
        )
