"""What standing orders do to an environment: what is judged, what counts, what the expert does."""

from __future__ import annotations

from typing import Any

import gymnasium as gym
import numpy as np
import pytest

from environments.contract import TextEnv
from environments.corridor import Corridor
from environments.registry import environment_class, make, rulebook_of
from environments.standing_orders import RULES, StandingOrders
from harness.frozen import locks
from tests.environments import needs
from tests.environments.standing_orders.house import House

PLAN = ["open chest", "take lamp from chest", "go east", "go east"]


def played(rules: list[str], commands: list[str]) -> list[dict[str, Any]]:
    """The info after each command."""
    env = StandingOrders(House(), rules)
    env.reset(seed=0)
    return [env.step(command)[4] for command in commands]


def by_the_expert(env: gym.Env[str, str], seed: int, turns: int = 300) -> list[str]:
    """The commands of an expert that wins, breaks no rule, and is refused nothing."""
    info = env.reset(seed=seed)[1]
    commands = list[str]()
    while not info["won"]:
        command, before = info["expert"], info["distance"]
        assert command is not None and len(commands) < turns, commands
        info = env.step(command)[4]
        commands.append(command)
        assert info["accepted"] and not info["violations"], commands
        assert info["required"] or info["distance"] < before, commands
    return commands


@pytest.mark.parametrize(
    ("rule", "commands"),
    [
        ("look_on_arrival", [*PLAN[:3], "look", "go east"]),
        ("look_before_leaving", [*PLAN[:2], "look", "go east", "look", "go east"]),
        ("look_after_opening", ["open chest", "look", *PLAN[1:]]),
        ("look_after_putting", PLAN),
        ("inventory_at_first", ["inventory", *PLAN]),
        ("inventory_every_fifth", PLAN),
        ("inventory_after_taking", [*PLAN[:2], "inventory", *PLAN[2:]]),
        ("examine_after_taking", [*PLAN[:2], "examine lamp", *PLAN[2:]]),
        ("examine_before_taking", ["open chest", "examine lamp", *PLAN[1:]]),
        ("close_behind", [*PLAN[:2], "close chest", *PLAN[2:]]),
    ],
)
def test_the_expert_does_what_the_rule_asks_and_no_more(rule: str, commands: list[str]) -> None:
    assert by_the_expert(StandingOrders(House(), [rule]), seed=0) == commands


def test_who_keeps_to_the_bare_plan_breaks_what_binds_on_it() -> None:
    rules = [rule for rule in House.speech.rules if rule != "look_before_leaving"]
    broken = [info["violations"] for info in played(rules, PLAN)]
    assert broken == [
        ("inventory_at_first",),
        # It was due from the beginning; the rest by opening the chest, and by taking.
        ("look_after_opening", "inventory_at_first", "examine_before_taking"),
        (
            "look_after_opening",
            "inventory_at_first",
            "inventory_after_taking",
            "examine_after_taking",
            "close_behind",
        ),
        (
            "look_on_arrival",
            "look_after_opening",
            "inventory_at_first",
            "inventory_after_taking",
            "examine_after_taking",
        ),
    ]


def test_what_is_due_stays_due_until_it_is_done() -> None:
    infos = played(["inventory_at_first"], ["look", "look", "inventory", "look"])
    assert [bool(info["violations"]) for info in infos] == [True, True, False, False]
    assert [info["opportunity"] for info in infos] == [True, True, True, False]
    assert [info["required"] for info in infos] == [False, False, True, False]


def test_where_two_things_are_due_each_may_wait_for_the_other() -> None:
    rules = ["inventory_after_taking", "examine_after_taking"]
    for both in (["inventory", "examine lamp"], ["examine lamp", "inventory"]):
        infos = played(rules, [*PLAN[:2], *both, "go east"])
        assert not any(info["violations"] for info in infos)
        assert [info["required"] for info in infos] == [False, False, True, True, False]


def test_a_command_that_the_game_refused_is_not_judged_by_what_it_would_have_done() -> None:
    [info] = played(["examine_before_taking"], ["take lamp from chest"])
    assert info["violations"] == () and not info["opportunity"]
    [info] = played(["inventory_at_first"], ["take lamp from chest"])
    assert info["violations"] == ("inventory_at_first",)


def test_a_guarded_deed_is_one_opportunity_whether_kept_or_broken() -> None:
    def opportunities(commands: list[str]) -> list[bool]:
        return [info["opportunity"] for info in played(["close_behind"], commands)]

    kept = [*PLAN[:2], "close chest", "go east"]
    assert opportunities(kept) == [False, False, True, False]
    assert opportunities([*PLAN[:2], "go east"]) == [False, False, True]
    # Closed before the plan asked for it: then it counts where the rule would have bound.
    early = ["open chest", "close chest", "go east", "go west"]
    assert opportunities(early) == [False, False, True, False]


def test_a_detour_that_no_plan_asks_for_is_not_required() -> None:
    infos = played(["close_behind"], ["open chest", "close chest"])
    assert not infos[-1]["required"]  # the lamp is still in there


class Careless(House):
    """Wants the chest open for later: a plan that is made anew opens what was just closed."""

    def _plan(self) -> list[str]:
        closed = self.held and not self.open and self.room == 0
        return ["open chest", *super()._plan()] if closed else super()._plan()


def test_after_a_detour_the_expert_does_what_it_was_made_for() -> None:
    env = StandingOrders(Careless(), ["close_behind", "inventory_every_fifth"])
    wanted = [*PLAN[:2], "close chest", "go east", "go east"]
    assert by_the_expert(env, seed=0) == wanted
    env.reset(seed=0)
    for command in wanted[:2]:
        env.step(command)
    *_, info = env.step("close chest")
    assert info["expert"] == "go east"
    *_, info = env.step("look")  # who does something else, begins anew
    assert info["expert"] == "open chest"


@pytest.mark.parametrize(
    "env_id",
    [
        pytest.param(id, marks=needs.environment(id))
        for id in ("driftgauge/ALFWorldGenerated-v0", "driftgauge/ALFWorld-v0")
    ],
)
def test_a_cabinet_that_is_needed_again_is_closed_once(env_id: str) -> None:
    """Tasks in which the planner would have it open at once, and the rule closed, for ever."""
    stuck = {
        "driftgauge/ALFWorldGenerated-v0": ("training", "training0/23/B"),
        "driftgauge/ALFWorld-v0": ("test", "test0/1/A"),
    }
    split, name = stuck[env_id]
    task = next(
        task
        for lock in locks()
        if lock.spec.id == env_id and lock.spec.split == split
        for task in lock.tasks
        if task.name == name and "close_behind" in task.rules
    )
    env = make(env_id, task.kwargs, task.rules)
    by_the_expert(env, task.seed)
    env.close()


def test_rules_count_anew_in_each_task() -> None:
    env = StandingOrders(House(), ["look_on_arrival", "inventory_every_fifth"])
    first = by_the_expert(env, seed=0)
    assert by_the_expert(env, seed=0) == first


def test_the_distance_is_that_of_the_plan() -> None:
    infos = played(["inventory_after_taking"], [*PLAN[:2], "inventory", "go east"])
    assert [info["distance"] for info in infos] == [3, 2, 2, 1]


def test_an_environment_that_does_not_say_how_it_is_worded_is_refused() -> None:
    with pytest.raises(ValueError, match=r"Corridor cannot be put under standing orders"):
        StandingOrders(Corridor(), ["look_on_arrival"])


def test_a_rule_that_cannot_be_kept_there_is_refused() -> None:
    with pytest.raises(ValueError, match="no_magic"):
        StandingOrders(House(), ["no_magic"])


def _under_orders() -> list[Any]:
    wordy = {lock.spec.id for lock in locks() if environment_class(lock.spec.id).speech}
    return [pytest.param(id, marks=needs.environment(id)) for id in sorted(wordy)]


@pytest.mark.parametrize("env_id", _under_orders())
def test_the_expert_wins_under_all_rules_at_once_and_under_any_three(env_id: str) -> None:
    book = rulebook_of(environment_class(env_id))
    rng = np.random.default_rng(0)
    tasks = next(
        lock.tasks
        for lock in locks()
        if lock.spec.id == env_id and lock.spec.split == "development"
    )
    for task in tasks[:4]:
        for rules in (book.names, book.draw(3, rng)):
            env = make(env_id, task.kwargs, rules)
            by_the_expert(env, task.seed)
            env.close()


@pytest.mark.parametrize("env_id", _under_orders())
def test_its_rules_are_of_the_pool(env_id: str) -> None:
    rules = rulebook_of(environment_class(env_id)).names
    assert len(rules) == len(set(rules)) >= 7
    assert set(rules) <= set(RULES)
    assert issubclass(environment_class(env_id), TextEnv)
