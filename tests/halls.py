"""A toy environment with few different games. It lives in workers, so it imports no torch."""

from __future__ import annotations

from typing import Any

import gymnasium as gym

from harness.keyed import digest
from tests.environments.toys import Corridor

GAMES = 20
"""How many different halls there are."""


class Halls(Corridor):
    """A corridor with a name. Whoever looks around learns nothing."""

    content = ""

    name = ""

    def reset(self, *, seed: int | None = None, options: Any = None) -> Any:
        """Of `GAMES` halls the one that the seed says."""
        assert seed is not None
        number = seed % GAMES
        self.name = f"hall {number}"
        self.goal = f"Go to the east end of {self.name}."
        self.content = digest(["hall", number])
        return super().reset(seed=number)

    def step(self, action: str) -> Any:
        """Looking is accepted, and changes nothing."""
        if action == "look":
            return self.observe(), 0.0, False, False, self.info(True)
        return super().step(action)

    def moves(self) -> list[str]:
        """What can be done."""
        return sorted([*super().moves(), "look"])

    def observe(self) -> str:
        """Where the player is."""
        return f"You are in {self.name}. {super().observe()}"


gym.register("toy/Halls-v0", Halls, disable_env_checker=True)
