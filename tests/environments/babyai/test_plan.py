"""The planner, held against minigrid's own bot and against every command that there is."""

from __future__ import annotations

import pytest

from environments.babyai.plan import Planner
from environments.babyai.world import Step, World
from tests.environments import needs

pytestmark = needs.package("minigrid", "babyai")

BOT_LIMIT = 400
"""Steps; the bot goes round in circles on some missions."""


def bot_steps(level: str, seed: int) -> int | None:
    """The steps that minigrid's own bot takes; None if it does not win."""
    from minigrid.utils.baby_ai_bot import BabyAIBot

    world = World(level)
    world.begin(seed)
    bot = BabyAIBot(world._level)
    for steps in range(BOT_LIMIT):
        if world.outcome:
            return steps if world.outcome == "won" else None
        world.take([Step(bot.replan())])
    return None


def our_steps(level: str, seed: int) -> int:
    """The steps that our commands come to."""
    world = World(level)
    world.begin(seed)
    planner = Planner(world)
    total = 0
    for command in planner.plan() or ():
        steps = planner.scene().steps(command)
        world.take(steps)
        total += len(steps)
    assert world.outcome == "won"
    return total


@pytest.mark.parametrize(
    "level",
    ["GoToObjMazeS5", "UnlockPickupDist", "KeyCorridorS4R3", "SynthS5R2", "BlockedUnlockPickup"],
)
def test_who_knows_the_grid_takes_fewer_steps_than_minigrids_bot_which_searches(level: str) -> None:
    bots = {seed: bot_steps(level, seed) for seed in range(8)}
    won = {seed: steps for seed, steps in bots.items() if steps is not None}
    assert len(won) >= 6
    assert sum(our_steps(level, seed) for seed in won) < sum(won.values())


@pytest.mark.parametrize("level", ["GoToLocal", "GoToObjDoor", "PickupLoc", "OneRoomS12"])
def test_within_a_room_a_plan_is_the_shortest(level: str) -> None:
    """No command brings the goal nearer by more than one."""
    world = World(level)
    for seed in range(6):
        world.begin(seed)
        planner = Planner(world)
        plan = planner.plan()
        assert plan is not None
        for command in planner.scene().commands():
            with world.rehearsal():
                world.take(planner.scene().steps(command))
                left = () if world.outcome == "won" else planner.plan()
                assert left is not None
                assert len(left) >= len(plan) - 1


@pytest.mark.parametrize(
    "level, seed, commands",
    [
        # A ball blocks the door, the key is elsewhere, and hands hold one thing.
        ("BlockedUnlockPickup", 0, {"toggle and go through": 1, "drop": 2, "pick up": 3}),
        # The key of the second door is behind the first.
        ("UnlockToUnlock", 2, {"toggle and go through": 2, "drop": 2, "pick up": 3}),
        # The agent begins with the thing in its hands.
        ("PutNextS5N2Carrying", 0, {"drop": 1, "pick up": 0}),
    ],
)
def test_a_plan_does_what_has_to_be_done_and_nothing_twice(
    level: str, seed: int, commands: dict[str, int]
) -> None:
    world = World(level)
    world.begin(seed)
    plan = Planner(world).plan()
    assert plan is not None
    verbs = [command.verb for command in plan]
    assert {verb: verbs.count(verb) for verb in commands} == commands


def test_a_mission_that_cannot_be_won_has_no_plan() -> None:
    world = World("GoToImpUnlock")
    world.begin(6)  # the only yellow key is behind the yellow door
    assert Planner(world).plan() is None
