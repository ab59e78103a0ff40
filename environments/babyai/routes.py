"""Ways through the whole grid: what is in the way to a thing, and the fewest commands to it.

`Layout.route` goes from cell to cell, counts steps, and may lead through what is in the way, at a
price: it says what has to be opened, unlocked or moved first. `Layout.leg` goes from pose to pose,
as commands do, and leads through nothing.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable
from typing import TYPE_CHECKING, NamedTuple

from environments.babyai.actions import Command, Scene
from environments.babyai.world import Pose, World, state

if TYPE_CHECKING:
    from minigrid.core.world_object import WorldObj

CLOSED, MOVED, LOCKED = 1, 10, 25
"""Steps that a door, a thing and a locked door in the way are taken to cost."""

NEVER = sys.maxsize
"""What it costs to walk through a wall."""


class Route(NamedTuple):
    """A way from one cell to the side of another."""

    cost: int
    cells: tuple[int, ...]
    """Without the first and the last: where it begins, and what it leads to."""
    obstacles: tuple[WorldObj, ...]
    """What is in its way, in order: things, and doors that are not open."""


class Deed(NamedTuple):
    """What a leg leads to: a command about a thing, or one in front of any of some cells."""

    verb: str
    """Empty: to look at one of the cells is all."""
    thing: WorldObj | None = None
    cells: frozenset[int] = frozenset()
    kept: frozenset[int] = frozenset()
    """Cells that have to be within reach afterwards, if something is put down."""


class Layout:
    """The grid as long as no thing is moved and no door opened: ask only while that is so.

    Args:
        world: the mission.
        barred: doors, by their `id`, that can never be passed; see `barred_doors`.
    """

    def __init__(self, world: World, barred: frozenset[int]) -> None:
        self._world = world
        self.barred = barred
        self._scenes: dict[Pose, Scene] = {}
        self._costs: dict[tuple[int, frozenset[int]], _Costs] = {}
        self._legs: dict[tuple[Deed, Pose], tuple[Command, ...] | None] = {}

    def scene(self, pose: Pose) -> Scene:
        """What can be seen and done at a pose."""
        if pose not in self._scenes:
            self._scenes[pose] = Scene(self._world, pose)
        return self._scenes[pose]

    def route(
        self, start: int, ends: Iterable[int], shut: frozenset[int] = frozenset()
    ) -> Route | None:
        """The cheapest way to the side of one of the ends.

        Args:
            start: where it begins.
            ends: what is in them is not in the way.
            shut: doors, by their `id`, through which it must not lead.
        """
        if (start, shut) not in self._costs:
            self._costs[start, shut] = _costs(self._world, start, shut | self.barred)
        costs, before = self._costs[start, shut]
        sides = (side for end in ends for side in self._world.around(end))
        cost, cell = min(((costs[side], side) for side in sides), default=(NEVER, 0))
        if cost == NEVER:
            return None
        cells = []
        while before[cell] >= 0:
            cells.append(cell)
            cell = before[cell]
        cells.reverse()
        contents = (self._world.cells[cell] for cell in cells)
        obstacles = (each for each in contents if each is not None and not opened(each))
        return Route(cost, tuple(cells), tuple(obstacles))

    def leg(self, deed: Deed) -> tuple[Command, ...] | None:
        """The fewest commands that end with a deed; None if there is something in the way."""
        start = self._world.pose
        if (deed, start) not in self._legs:
            self._legs[deed, start] = self._search(deed, start)
        return self._legs[deed, start]

    def within_reach(self, start: int, without: int | None = None) -> set[int]:
        """The cells that can be walked to from one, and those next to them that hold something.

        Args:
            start: where the walk begins; within reach itself.
            without: a cell that is taken to hold something.
        """
        contents, strides = self._world.cells, self._world.strides
        reached, queue = {start}, [start]
        for cell in queue:
            for stride in strides:
                side = cell + stride
                if side in reached:
                    continue
                content = contents[side]
                if content is None or opened(content):
                    reached.add(side)
                    if side != without:
                        queue.append(side)
                elif content.type != "wall":
                    reached.add(side)
        return reached

    def _search(self, deed: Deed, start: Pose) -> tuple[Command, ...] | None:
        """Breadth first, by command."""
        before: dict[Pose, tuple[Pose, Command] | None] = {start: None}
        queue = [start]
        for pose in queue:
            if self._can(deed, pose):
                commands = [Command(deed.verb, deed.thing)] if deed.verb else []
                while (step := before[pose]) is not None:
                    pose, command = step
                    commands.append(command)
                return tuple(reversed(commands))
            for command, end in self._moves(pose):
                if end not in before:
                    before[end] = pose, command
                    queue.append(end)
        return None

    def _can(self, deed: Deed, pose: Pose) -> bool:
        """Whether a deed can be done at a pose."""
        if deed.thing is not None:
            return id(deed.thing) in self.scene(pose).ways.ends
        ahead = self._world.ahead(pose)
        if ahead not in deed.cells:
            return False
        return not deed.kept or deed.kept <= self.within_reach(pose.cell, without=ahead)

    def _moves(self, pose: Pose) -> list[tuple[Command, Pose]]:
        """The commands that do no more than move the agent, and where they end."""
        cell, direction = pose
        scene = self.scene(pose)
        moves = []
        for thing, _, _ in scene.sight.seen:
            end = scene.ways.ends.get(id(thing))
            if end is not None:
                moves.append((Command("go to", thing), end))
                if opened(thing):
                    doorway = Pose(self._world.ahead(end), end.direction)
                    moves.append((Command("go through", thing), doorway))
        if scene.ahead is None or opened(scene.ahead):
            moves.append((Command("move forward"), Pose(self._world.ahead(pose), direction)))
        moves.append((Command("turn left"), Pose(cell, (direction - 1) % 4)))
        moves.append((Command("turn right"), Pose(cell, (direction + 1) % 4)))
        return moves


class _Costs(NamedTuple):
    """Of each cell of the grid, as it is reached from one of them."""

    costs: list[int]
    """Of the way there."""
    before: list[int]
    """The cell before it on the way; -1 where there is none."""


def _costs(world: World, start: int, shut: frozenset[int]) -> _Costs:
    """Dijkstra's algorithm, with a list of cells for each cost."""
    prices = _prices(world, shut)
    costs, before = [NEVER] * len(prices), [-1] * len(prices)
    costs[start] = 0
    queue = {0: [start]}
    while queue:
        cost = min(queue)
        for cell in queue.pop(cost):
            if cost > costs[cell]:
                continue
            for stride in world.strides:
                side = cell + stride
                if prices[side] == NEVER:
                    continue
                further = cost + prices[side]
                if further < costs[side]:
                    costs[side], before[side] = further, cell
                    queue.setdefault(further, []).append(side)
    return _Costs(costs, before)


def _prices(world: World, shut: frozenset[int]) -> list[int]:
    """What it costs to walk onto each cell."""
    prices = [1 if content is None else NEVER for content in world.cells]
    for thing in world.things:
        cell = world.place(thing)
        if cell is None or id(thing) in shut:
            continue
        match state(thing):
            case "":
                prices[cell] = 1 + MOVED
            case "open":
                prices[cell] = 1
            case "locked" if not opens(world.carrying, thing):
                prices[cell] = 1 + LOCKED
            case _:
                prices[cell] = 1 + CLOSED
    return prices


def barred_doors(world: World) -> frozenset[int]:
    """The locked doors whose keys are behind them, or behind others such; by their `id`.

    Nobody can lock a door, so that they do not change as a mission goes on.
    """
    locked = [thing for thing in world.things if state(thing) == "locked"]
    keys = [thing for thing in world.things if thing.type == "key"]
    colors = set[str]()
    while True:
        barred = frozenset(id(door) for door in locked if door.color not in colors)
        costs = _costs(world, world.pose.cell, barred).costs
        places = ((key, world.place(key)) for key in keys)
        within = {key.color for key, place in places if place is None or costs[place] < NEVER}
        if within <= colors:
            return barred
        colors |= within


def opened(content: WorldObj) -> bool:
    """Whether it is an open door."""
    return state(content) == "open"


def opens(held: WorldObj | None, door: WorldObj) -> bool:
    """Whether what is held is the key of a door."""
    return held is not None and held.type == "key" and held.color == door.color
