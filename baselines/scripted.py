"""Agents without a model: the floor and the ceiling of every comparison."""

from __future__ import annotations

from collections.abc import Sequence

from harness.agent import Agent, Decision, View
from harness.keyed import generator


class Random(Agent):
    """A uniform choice among the admissible commands, keyed by task and turn."""

    sees_history = False

    def act(self, views: Sequence[View]) -> list[Decision]:
        """Draw one command for every view."""
        return [
            Decision(view.admissible[int(generator(*view.key).integers(len(view.admissible)))])
            for view in views
        ]


class Expert(Agent):
    """The environment's own plan. It makes no error: every environment is tested for that."""

    sees_history = False

    def act(self, views: Sequence[View]) -> list[Decision]:
        """Take the expert's next command for every view."""
        return [Decision(view.expert) for view in views]
