"""Plans are shortest: nothing that a player can do brings the goal nearer by more than one."""

from __future__ import annotations

import random

import pytest

from environments.alfworld.engine import Play
from environments.alfworld.games import TASKS
from environments.alfworld.making import make
from environments.alfworld.plan import Guide, Planner
from tests.environments import needs

pytestmark = needs.package("alfworld", extra="alfworld")

TURNS = 60


def begun(seed: int, task: str) -> tuple[Play, Planner, Guide]:
    play = Play(make(seed, task))
    planner = Planner(play.domain, play.problem)
    return play, planner, Guide(planner, planner.position(play.world))


def distance(guide: Guide) -> int:
    assert guide.plan is not None
    return len(guide.plan)


def wander(play: Play, draw: random.Random) -> str:
    """A command; most are about what is here, since most places are empty."""
    here = [each for each in play.admissible if not each.startswith("go to")]
    return draw.choice(draw.choice([here, play.admissible]))


@pytest.mark.parametrize("task", TASKS)
@pytest.mark.parametrize("seed", range(4))
def test_no_command_brings_the_goal_nearer_by_more_than_one(seed: int, task: str) -> None:
    # A function that is 0 just at the goal, never falls by more than one, and can be made to fall
    # by one at every step is the distance itself.
    play, planner, guide = begun(seed, task)
    draw = random.Random(seed)
    for _ in range(TURNS):
        before, command = distance(guide), wander(play, draw)
        action = play.commands[command]
        play.do(command)
        guide.follow(action, planner.position(play.world))
        assert before - 1 <= distance(guide) <= before + 1
        assert (distance(guide) == 0) == play.world.solved
        assert (planner.progress(planner.position(play.world)) == 1) == play.world.solved
        if play.world.solved:
            return
    while not play.world.solved:
        before, step = distance(guide), guide.command(play.commands)
        assert step is not None
        action = play.commands[step]
        play.do(step)
        guide.follow(action, planner.position(play.world))
        assert distance(guide) == before - 1


def test_a_plan_is_kept_while_it_is_followed_and_while_nothing_changes() -> None:
    play, planner, guide = begun(0, "pick_two_obj_and_place")
    plan = guide.plan
    assert plan is not None
    for command in ("look", "inventory", "help"):
        action = play.commands[command]
        play.do(command)
        guide.follow(action, planner.position(play.world))
        assert guide.plan is plan
    for number in range(1, len(plan) + 1):
        step = guide.command(play.commands)
        assert step is not None
        action = play.commands[step]
        play.do(step)
        guide.follow(action, planner.position(play.world))
        assert guide.plan == plan[number:]
    assert guide.command(play.commands) is None


def test_a_goal_that_cannot_be_reached_has_no_plan() -> None:
    source = make(0, "pick_heat_then_place_in_recep")
    without = "\n".join(
        line
        for line in source.problem.split("\n")
        if not line.startswith("(receptacleType Microwave")
    )
    play = Play(source._replace(problem=without))
    planner = Planner(play.domain, play.problem)
    guide = Guide(planner, planner.position(play.world))
    assert guide.plan is None
    assert guide.command(play.commands) is None


def test_a_goal_of_another_kind_is_refused() -> None:
    source = make(0, "pick_and_place_simple")
    head, _, _ = source.problem.partition("(:goal")
    play = Play(source._replace(problem=f"{head}(:goal (isSliced apple_bar_01)))"))
    with pytest.raises(ValueError, match="the goal of one of ALFWorld's tasks"):
        Planner(play.domain, play.problem)
