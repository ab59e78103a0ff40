"""Which environments there are, under which licence, and what each needs.

>>> CATALOGUE["driftgauge/BabyAI-v0"].needs
"pip install 'driftgauge[babyai]'"
>>> missing("driftgauge/Corridor-v0") is None
True
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple, cast

import gymnasium as gym

from environments.contract import NotInstalled, TextEnv


class Entry(NamedTuple):
    """An environment of ours."""

    entry_point: str
    """Where its class lives; the library behind it is imported when it is first made."""
    task: str
    """What the player has to do."""
    licence: str
    """Of the games and of what runs them."""
    needs: str = ""
    """What is to be installed beside DriftGauge; empty if nothing is."""


_TEXTWORLD = "MIT (TextWorld)"

CATALOGUE: dict[str, Entry] = {
    "driftgauge/TextWorldTreasureHunter-v0": Entry(
        "environments.textworld.env:TreasureHunter",
        "follow a route to the right object; another one loses",
        _TEXTWORLD,
    ),
    "driftgauge/TextWorldCoinCollector-v0": Entry(
        "environments.textworld.env:CoinCollector",
        "find the coin in a maze",
        _TEXTWORLD,
    ),
    "driftgauge/TextWorldCooking-v0": Entry(
        "environments.textworld.env:Cooking",
        "gather, prepare, eat; spoiling an ingredient loses",
        _TEXTWORLD,
    ),
    "driftgauge/TextWorldQuest-v0": Entry(
        "environments.textworld.env:Quest",
        "quests with doors, keys, containers and food",
        _TEXTWORLD,
    ),
    "driftgauge/TextWorldSimple-v0": Entry(
        "environments.textworld.env:Simple",
        "get out of a locked bedroom, find an ingredient, bring it to the stove",
        _TEXTWORLD,
    ),
    "driftgauge/TextWorldErrands-v0": Entry(
        "environments.textworld.errands.env:Errands",
        "errand after errand in one house: what was learned of it helps later",
        _TEXTWORLD,
    ),
    "driftgauge/ALFWorld-v0": Entry(
        "environments.alfworld.env:ALFWorld",
        "household tasks of six types; the published games",
        "MIT (ALFWorld, ALFRED)",
        "pip install 'driftgauge[alfworld]', then alfworld-download or ALFWORLD_DATA",
    ),
    "driftgauge/ALFWorldGenerated-v0": Entry(
        "environments.alfworld.env:ALFWorldGenerated",
        "household tasks of six types; made from their seed",
        "MIT (ALFWorld)",
        "pip install 'driftgauge[alfworld]'",
    ),
    "driftgauge/ScienceWorld-v0": Entry(
        "environments.scienceworld.env:ScienceWorld",
        "elementary science experiments in a house",
        "Apache-2.0 (ScienceWorld)",
        "pip install 'driftgauge[scienceworld]', and Java (apt-get install default-jre-headless)",
    ),
    "driftgauge/BabyAI-v0": Entry(
        "environments.babyai.env:BabyAI",
        "missions in a grid of rooms, told in words",
        "Apache-2.0 (Minigrid), BSD-3-Clause (BabyAI)",
        "pip install 'driftgauge[babyai]'",
    ),
    "driftgauge/WebShop-v0": Entry(
        "environments.webshop.env:WebShop",
        "find and buy a product that fits a wish",
        "Apache-2.0 (our catalogue); the official files have terms of their own",
        "pip install 'driftgauge[webshop]'",
    ),
    "driftgauge/Support-v0": Entry(
        "environments.duty.support.env:Support",
        "serve customers by a protocol that they try to talk one out of",
        "Apache-2.0",
    ),
    "driftgauge/DataEntry-v0": Entry(
        "environments.duty.data_entry.env:DataEntry",
        "enter forms into a database by a routine, with tools that fail at times",
        "Apache-2.0",
    ),
    "driftgauge/Persona-v0": Entry(
        "environments.duty.persona.env:Persona",
        "answer as somebody, in a prescribed form, to a partner who keeps to none",
        "Apache-2.0",
    ),
    "driftgauge/CodeReview-v0": Entry(
        "environments.duty.review.env:CodeReview",
        "find planted defects by a checklist, and say them in a fixed form",
        "Apache-2.0",
    ),
    "driftgauge/Corridor-v0": Entry(
        "environments.corridor:Corridor",
        "door after door in microseconds, to calibrate the gauge; a pit loses",
        "Apache-2.0",
    ),
}
"""By Gymnasium id. The version in an id is what makes two results comparable: an environment that
behaves otherwise gets another one."""


def register() -> None:
    """Make every id known to Gymnasium; no library is imported for it."""
    for id, entry in CATALOGUE.items():
        # Gymnasium's passive checker warns about things that its own check_env, which the checker
        # of this package runs, tests once and for all; at every step it would only cost time.
        gym.register(id, entry.entry_point, disable_env_checker=True)


def missing(id: str, kwargs: Mapping[str, Any] | None = None) -> str | None:
    """What this machine lacks for an environment, in a sentence; None if it can be made."""
    try:
        gym.make(id, **(kwargs or {})).close()
    except NotInstalled as error:
        return str(error)
    return None


def count(id: str, kwargs: Mapping[str, Any]) -> int | None:
    """How many games an environment has with these options; None: without limit.

    Raises:
        NotInstalled: something is missing.
    """
    env = gym.make(id, **kwargs)
    try:
        return cast(TextEnv, env.unwrapped).games
    finally:
        env.close()
