"""The view and the ways in it, held against minigrid's own observation and its own steps."""

from __future__ import annotations

import random
from collections.abc import Iterator

import pytest

from environments.babyai.view import SIDE, Sight, Ways, look
from environments.babyai.world import Pose, Step, World
from tests.environments import needs

pytestmark = needs.package("minigrid", "babyai")

LEVELS = ("BossLevel", "KeyCorridorS3R3", "PutNextLocal", "GoToObjMazeOpen", "BlockedUnlockPickup")


def sights(level: str, turns: int = 100) -> Iterator[tuple[World, Sight]]:
    """A world, and what is in view, at every step of some random walks."""
    rng = random.Random(0)
    world = World(level)
    for seed in range(3):
        world.begin(seed)
        for _ in range(turns):
            if world.outcome:
                break
            world.take([rng.choice([Step.FORWARD, *Step])])
            yield world, look(world, world.pose)


@pytest.mark.parametrize("level", LEVELS)
def test_the_agent_sees_what_minigrid_shows(level: str) -> None:
    for world, sight in sights(level):
        grid, visible = world._level.gen_obs_grid()
        size = grid.width
        shown = {
            (id(grid.get(column, row)), size - 1 - row, column - SIDE): grid.get(column, row)
            for column in range(size)
            for row in range(size)
            if visible[column, row] and grid.get(column, row) is not None
        }
        things = {place for place, thing in shown.items() if thing.type != "wall"}
        held = {(id(world.carrying), 0, 0)}
        assert {(id(thing), *where) for thing, *where in sight.seen} == things - held


def test_nearer_things_are_listed_first() -> None:
    for _, sight in sights("BossLevel"):
        distances = [ahead + abs(right) for _, ahead, right in sight.seen]
        assert distances == sorted(distances)


@pytest.mark.parametrize("level", LEVELS)
def test_a_way_leads_in_front_of_the_thing_and_there_is_none_in_fewer_steps(level: str) -> None:
    walked = 0
    for world, sight in sights(level, turns=30):
        ways = Ways(sight, world.strides)
        for thing, _, _ in sight.seen:
            if id(thing) not in ways.ends:
                continue
            steps = ways.steps(id(thing))
            with world.rehearsal():
                world.take(steps)
                if world.outcome:
                    continue
                assert world.pose == ways.ends[id(thing)]
                assert world.cells[world.ahead(world.pose)] is thing
            assert len(steps) == shortest(world, thing)
            walked += 1
    assert walked > 50


def shortest(world: World, thing: object) -> int:
    """Steps to the side of a thing, tried out one by one, over cells in view."""
    shown = cells_in_view(world)
    seen, shell = {world.pose}, [world.pose]
    for length in range(50):
        if any(world.cells[world.ahead(pose)] is thing for pose in shell):
            return length
        turned = [Pose(cell, (to + by) % 4) for cell, to in shell for by in (1, 3)]
        onwards = [Pose(world.ahead(pose), pose.direction) for pose in shell]
        free = [pose for pose in onwards if pose.cell in shown]
        shell = sorted({*turned, *free} - seen)
        seen |= {*shell}
    raise AssertionError("There is no way.")


def cells_in_view(world: World) -> set[int]:
    """The cells that minigrid shows as free."""
    _, visible = world._level.gen_obs_grid()
    cells = set()
    for cell, content in enumerate(world.cells):
        place = world._level.relative_coords(cell % world.width, cell // world.width)
        if place is not None and visible[place] and (content is None or content.can_overlap()):
            cells.add(cell)
    return cells


def test_what_is_rehearsed_leaves_no_trace() -> None:
    world = World("BossLevel")
    for seed in range(5):
        world.begin(seed)
        before = world.situation(), world.content(), world.outcome, world.progress()
        rng = random.Random(seed)
        with world.rehearsal():
            world.take(rng.choices([*Step, Step.FORWARD], k=300))
            assert world.situation() != before[0]
        assert (world.situation(), world.content(), world.outcome, world.progress()) == before
