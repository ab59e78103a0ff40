"""Policies: which of the history stands in the prompt."""

from __future__ import annotations

from pydantic.dataclasses import dataclass

from harness.agent import Episode, View
from harness.lm import Policy, Selected


@dataclass
class PresentOnly(Policy):
    """No memory: the brief, the task and the present observation, nothing else."""

    sees_history = False

    def select(self, view: View) -> Selected:
        """The task as if it began now."""
        return Selected((), Episode(view.episode.goal, view.episode.observation))


@dataclass
class WholeHistory(Policy):
    """In-context: everything that was read and said in the session, while the window lasts."""

    def select(self, view: View) -> Selected:
        """All of it."""
        return Selected(view.history, view.episode)
