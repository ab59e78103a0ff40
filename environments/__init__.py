"""Text environments under one contract. Importing this package registers their ids.

    import gymnasium as gym
    import environments
    env = gym.make("driftgauge/TextWorldTreasureHunter-v0", level=7)

Registration is lazy: a game library is imported when the first of its environments is made.
Gymnasium does not discover packages by itself, so without the import an id is written with
its module: ``gym.make("environments:driftgauge/TextWorldTreasureHunter-v0", level=7)``.
"""

from __future__ import annotations

import gymnasium as gym

from environments.contract import Info, TextEnv, Variant

__all__ = ["Info", "TextEnv", "Variant"]

ENTRY_POINTS = {
    "driftgauge/TextWorldTreasureHunter-v0": "environments.textworld:TreasureHunter",
    "driftgauge/TextWorldCoinCollector-v0": "environments.textworld:CoinCollector",
    "driftgauge/TextWorldCooking-v0": "environments.textworld:Cooking",
    "driftgauge/TextWorldQuest-v0": "environments.textworld:Quest",
}
"""Where the class of each id lives whose games TextWorld makes."""

SYNTHETIC = {"driftgauge/Corridor-v0": "environments.corridor:Corridor"}
"""The same for what is made here, at once and without a library: for calibration and for tests."""

for _id, _entry_point in (ENTRY_POINTS | SYNTHETIC).items():
    # Gymnasium's passive checker warns about things that its own check_env, which the checker
    # of this package runs, tests once and for all; at every step it would only cost time.
    gym.register(_id, _entry_point, disable_env_checker=True)
