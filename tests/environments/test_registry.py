"""An id, the class behind it, and an environment under rules."""

from __future__ import annotations

from typing import cast

import gymnasium as gym
import pytest

from environments.corridor import Corridor
from environments.duty.support.env import Support
from environments.registry import environment_class, environment_spec, make, rulebook_of
from environments.standing_orders import StandingOrders


def test_an_id_is_found_with_and_without_the_module_that_registers_it() -> None:
    assert environment_class("driftgauge/Corridor-v0") is Corridor
    assert environment_class("environments:driftgauge/Corridor-v0") is Corridor
    assert environment_spec("driftgauge/Corridor-v0").id == "driftgauge/Corridor-v0"


def test_an_id_that_is_not_registered_is_refused_by_name() -> None:
    with pytest.raises(gym.error.Error, match="Corridr"):
        environment_spec("driftgauge/Corridr-v0")
    with pytest.raises(ValueError, match="module of nowhere:mine/Game-v0 cannot be imported"):
        environment_spec("nowhere:mine/Game-v0")


def test_without_rules_it_is_gymnasiums_own_make() -> None:
    env = make("driftgauge/TextWorldQuest-v0", {})
    assert not isinstance(env, StandingOrders)
    env.close()


def test_rules_are_the_environments_own_or_else_standing_orders() -> None:
    own = make("driftgauge/Support-v0", {}, ("sign_birch",))
    assert not isinstance(own, StandingOrders)
    assert cast(Support, own.unwrapped).rules == ("sign_birch",)
    ordered = make("driftgauge/TextWorldQuest-v0", {}, ("look_on_arrival",))
    assert isinstance(ordered, StandingOrders)
    assert ordered.rules == ("look_on_arrival",)
    ordered.close()


def test_an_environment_of_which_nothing_is_known_cannot_be_put_under_rules() -> None:
    with pytest.raises(ValueError, match="Corridor cannot be put under rules"):
        rulebook_of(Corridor)
