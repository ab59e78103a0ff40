"""What is registered: the class behind an id, the rules it can be under, and an environment of it.

    env = make("driftgauge/TextWorldQuest-v0", {}, ("look_on_arrival", "close_behind"))

A module before the id is imported first, as Gymnasium does: ``my_package:mine/Game-v0``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from importlib import import_module
from typing import Any, cast

import gymnasium as gym
from gymnasium.envs.registration import EnvSpec, load_env_creator

from environments.contract import TextEnv
from environments.rulebook import Rulebook
from environments.standing_orders import StandingOrders, rulebook


def environment_spec(id: str) -> EnvSpec:
    """What is registered under a Gymnasium id; the module that it may begin with is imported."""
    module, _, name = id.rpartition(":")
    if module:
        try:
            import_module(module)
        except ModuleNotFoundError as error:
            raise ValueError(f"the module of {id} cannot be imported: {error}") from None
    return gym.spec(name)


def environment_class(id: str) -> type[TextEnv]:
    """The class behind a Gymnasium id."""
    spec = environment_spec(id)
    if not isinstance(spec.entry_point, str):
        return cast(type[TextEnv], spec.entry_point)
    return cast(type[TextEnv], load_env_creator(spec.entry_point))


def make(id: str, kwargs: Mapping[str, Any], rules: Sequence[str] = ()) -> gym.Env[str, str]:
    """As `gymnasium.make`, under rules if there are any: the environment's own, or standing orders.

    Args:
        id: as for `gymnasium.make`.
        kwargs: given to the environment.
        rules: names in its `rulebook_of`.
    """
    if not rules:
        return gym.make(id, **kwargs)
    if environment_class(id).rulebook is not None:
        return gym.make(id, **kwargs, rules=tuple(rules))
    return StandingOrders(gym.make(id, **kwargs), rules)


def rulebook_of(env_class: type[TextEnv]) -> Rulebook:
    """The rules that a session of an environment can be under.

    Raises:
        ValueError: it has none of its own, and does not say how standing orders are worded.
    """
    if env_class.rulebook is not None:
        return env_class.rulebook
    if env_class.speech is not None:
        return rulebook(env_class.speech)
    raise ValueError(
        f"{env_class.__name__} cannot be put under rules: its class has neither any of its own "
        "(`rulebook`) nor a `speech` for standing orders."
    )
