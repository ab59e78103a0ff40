"""Text environments under one contract. Importing this package registers their ids.

    import gymnasium as gym
    import environments
    env = gym.make("driftgauge/TextWorldTreasureHunter-v0", level=7)

Registration is lazy: a game library is imported when the first of its environments is made.
Gymnasium does not discover packages by itself, so without the import an id is written with
its module: ``gym.make("environments:driftgauge/TextWorldTreasureHunter-v0", level=7)``.
"""

from __future__ import annotations

from environments.catalogue import CATALOGUE, register
from environments.contract import Game, Info, NotInstalled, TextEnv, Variant

__all__ = ["CATALOGUE", "Game", "Info", "NotInstalled", "TextEnv", "Variant"]

register()
