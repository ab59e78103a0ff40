"""What tests let a language-model agent see, and interventions that it can be given."""

from __future__ import annotations

from typing import Any

import pytest
import torch

from harness.agent import Episode, Exchange, View
from harness.lm import Base, Divergence, Intervention, LMAgent, Steering
from harness.preparation import Preparation
from tests.playing import BRIEF


def view(slot: int = 0, *exchanges: Exchange, **options: Any) -> View:
    values: dict[str, Any] = {
        "slot": slot,
        "brief": BRIEF,
        "history": (),
        "episode": Episode("Go to the east end.", "Room 0 of 3.", exchanges),
        "admissible": ("east", "look", "west"),
        "key": ("act", 0, "task", 1),
    }
    return View(**(values | options))


def passes(agent: LMAgent, monkeypatch: pytest.MonkeyPatch) -> list[list[int]]:
    """From now on, for each pass how many tokens it runs in each slot."""
    ran: list[list[int]] = []
    extend = agent.model.extend

    def watching(requests: Any) -> Any:
        ran.append([len(request.tokens) for request in requests])
        return extend(requests)

    monkeypatch.setattr(agent.model, "extend", watching)
    return ran


class Push(Intervention):
    """Adds the same vector at every decision."""

    def learn(self, preparation: Preparation, base: Base) -> None:
        self.steering = Steering((1,), torch.ones(1, base.model.width))

    def steer(self, view: View, divergence: Divergence) -> Steering:
        return self.steering


class Weighed(Push):
    """Asks for the divergence when a task begins, and counts how often it was asked to steer."""

    def learn(self, preparation: Preparation, base: Base) -> None:
        super().learn(preparation, base)
        self.calls: list[View] = []
        self.held: dict[tuple[int, Episode], Steering] = {}

    def steer(self, view: View, divergence: Divergence) -> Steering:
        self.calls.append(view)
        task = (view.slot, view.episode._replace(exchanges=()))
        if task not in self.held or not view.episode.exchanges:
            [far] = divergence([self.steering])
            self.held[task] = self.steering.scaled(0.5 + far)
        return self.held[task]
