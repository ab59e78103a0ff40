"""A plan that wins a BabyAI mission from wherever it stands.

The planner knows the whole grid. It asks again and again for the next *deed* (take that key, go
through that door, put the ball down here), finds the fewest commands that do it, and carries them
out in a rehearsal, until minigrid says that the mission is won. So no plan is given that does not
win. Each deed takes the fewest commands; the whole plan need not be the shortest.

minigrid's own bot (`minigrid.utils.baby_ai_bot`) is not asked. It searches for what it does not
see: a distance by it would tell how lucky its search is, and it would search anew wherever an agent
leaves its plan. And it goes round in circles in one mission of four of `UnlockToUnlock`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import TYPE_CHECKING, Any

from environments.babyai import mission as mission
from environments.babyai.actions import Command, Scene
from environments.babyai.routes import LOCKED, Deed, Layout, Route, barred_doors, opened, opens
from environments.babyai.world import World, state

if TYPE_CHECKING:
    from minigrid.core.world_object import WorldObj

LONGEST = 200
"""Commands after which a rehearsal is given up."""

REMEMBERED = 64
"""Layouts of which is remembered what can be seen and done in them."""

OPEN: frozenset[int] = frozenset()
"""No door is shut."""


class Planner:
    """Plans for the mission that a world is at, one for each state."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._plans: dict[tuple[object, ...], tuple[Command, ...] | None] = {}
        self._layouts: dict[object, Layout] = {}
        self._barred = barred_doors(world)

    def scene(self) -> Scene:
        """What can be seen and done where the agent is."""
        return self._layout().scene(self._world.pose)

    def plan(self) -> tuple[Command, ...] | None:
        """The commands that win from here; None if none are known."""
        now = self._world.situation()
        if now not in self._plans:
            parts = range(len(mission.pending(self._world.instructions)))
            rehearsed = [self._rehearsed(self._errands(part)) for part in parts]
            plans = [plan for plan in rehearsed if plan]
            self._plans[now] = None
            for plan in sorted(plans, key=lambda plan: -len(plan[now])):  # the shortest one last
                self._plans.update(plan)
        return self._plans[now]

    def _layout(self) -> Layout:
        key = self._world.layout()
        if key not in self._layouts:
            if len(self._layouts) == REMEMBERED:
                del self._layouts[next(iter(self._layouts))]
            self._layouts[key] = Layout(self._world, self._barred)
        return self._layouts[key]

    def _errands(self, part: int) -> Iterator[Command]:
        """The commands of one errand after the other, as the world changes by them."""
        while leg := Errand(self._world, self._layout(), part).leg():
            yield from leg

    def _rehearsed(
        self, commands: Iterable[Command]
    ) -> dict[tuple[object, ...], tuple[Command, ...]]:
        """What is left of a plan in each state on its way; empty if it does not win."""
        done: list[Command] = []
        states: list[tuple[object, ...]] = []
        rest: tuple[Command, ...] = ()
        with self._world.rehearsal():
            for command in islice(commands, LONGEST):
                here = self._world.situation()
                if known := self._plans.get(here):
                    rest = known
                    break
                if here in states:  # What was done since was a detour.
                    again = states.index(here)
                    del done[again:], states[again:]
                states.append(here)
                done.append(command)
                self._world.take(self.scene().steps(command))
                if self._world.outcome:
                    break
            if self._world.outcome != "won" and not rest:
                return {}
        return {state: (*done[number:], *rest) for number, state in enumerate(states)}


class Errand:
    """What has to be done next, in the state that the world is in now.

    Args:
        world: the mission.
        layout: its present layout.
        part: which of the mission's parts that have to be done now is done first.
    """

    def __init__(self, world: World, layout: Layout, part: int = 0) -> None:
        self._world = world
        self._layout = layout
        self._part = part
        self._needed = set[int]()
        """Cells of all the ways that will be walked: nothing should be put down there."""

    def leg(self) -> tuple[Command, ...] | None:
        """The commands that do the next deed; None if there is none."""
        deed = self._deed()
        leg = deed and self._layout.leg(deed)
        if leg == ():  # It is being looked at already, and has still to be judged.
            return (Command("go to", self._world.cells[self._world.ahead(self._world.pose)]),)
        return leg

    def _deed(self) -> Deed | None:
        leaves = mission.pending(self._world.instructions)
        leaf = leaves[min(self._part, len(leaves) - 1)]
        match mission.kind(leaf):
            case "GoTo":
                return self._go_to(leaf)
            case "Open":
                return self._open(leaf)
            case "Pickup":
                return self._take_nearest(leaf.desc.obj_set) or self._put_down()
            case "PutNext":
                return self._put_next(leaf)
        raise ValueError(f"Expected a mission of minigrid 3, got {mission.kind(leaf)!r}.")

    def _go_to(self, leaf: Any) -> Deed | None:
        # minigrid looks where the things were when something was last put down.
        cells = frozenset(map(self._world.cell, leaf.desc.obj_poss))
        return self._reach(cells, Deed("", cells=cells)) if cells else self._put_down()

    def _open(self, leaf: Any) -> Deed | None:
        doors = leaf.desc.obj_set
        door = self._nearest(each for each in doors if id(each) not in self._layout.barred)
        if door is None or not opened(door):
            return door and self._unlock(door)
        cells = self._cells([door])  # It has to be closed first.
        return self._reach(cells, Deed("toggle", cells=cells))

    def _put_next(self, leaf: Any) -> Deed | None:
        move, fixed = leaf.desc_move.obj_set, leaf.desc_fixed.obj_set
        held = self._world.carrying
        sides = [cell for place in self._cells(fixed) for cell in self._world.around(place)]
        beside = frozenset(cell for cell in sides if self._world.cells[cell] is None)
        self._needed.update(beside)
        if beside and any(held is thing for thing in move):
            return self._reach(beside, Deed("drop", cells=beside), cargo=held)
        best: tuple[int, Route, WorldObj] | None = None
        for thing in move:
            for place in self._cells([thing]):
                there = self._route([place])
                onwards = self._route(beside, start=place)
                if there and onwards and (best is None or there.cost + onwards.cost < best[0]):
                    best = there.cost + onwards.cost, onwards, thing
        if best is not None:
            return self._free(best[1]) or self._take(best[2])
        # There is no room beside what stays, or it is being carried itself.
        return self._put_down() or self._take_nearest(
            filter(None, (self._world.cells[cell] for cell in sides))
        )

    # What has to be done before.

    def _reach(
        self, cells: Iterable[int], deed: Deed, cargo: WorldObj | None = None
    ) -> Deed | None:
        """A deed at one of the cells, or what clears the way there."""
        route = self._route(cells)
        return route and (self._clear(route, OPEN, cargo) if route.obstacles else deed)

    def _clear(
        self, route: Route, shut: frozenset[int], cargo: WorldObj | None = None
    ) -> Deed | None:
        """What is done about the obstacles on a way that the agent is about to walk."""
        for door in route.obstacles:
            if state(door) == "locked" and not opens(self._world.carrying, door):
                return self._unlock(door, shut)
        first = route.obstacles[0]
        if first.type == "door":
            return Deed("toggle and go through", first)
        return self._remove(first, shut, cargo)

    def _free(self, route: Route, shut: frozenset[int] = OPEN) -> Deed | None:
        """What is done, with empty hands, for a way that will be walked with full ones."""
        for obstacle in route.obstacles:
            if state(obstacle) == "locked":
                return self._unlock(obstacle, shut)
        for obstacle in route.obstacles:
            if obstacle.type != "door":
                return self._remove(obstacle, shut)
        return None

    def _unlock(self, door: WorldObj, shut: frozenset[int] = OPEN) -> Deed | None:
        """Go through a door that is not open, by its key if it is locked."""
        shut = shut | {id(door)}
        held = self._world.carrying
        place = self._cells([door])
        has_key = opens(held, door)
        if state(door) == "closed" or has_key:
            route = self._route(place, shut)
            if route is not None and route.obstacles:
                return self._clear(route, shut, cargo=held if has_key else None)
            return route and Deed("toggle and go through", door)
        keys = (each for each in self._world.things if each.type == "key")
        key = self._nearest((each for each in keys if each.color == door.color), shut)
        if key is None:
            return None
        onwards = self._route(place, shut, start=self._world.place(key))
        return onwards and (self._free(onwards, shut) or self._take(key, shut))

    def _remove(
        self, thing: WorldObj, shut: frozenset[int], cargo: WorldObj | None = None
    ) -> Deed | None:
        """Take a thing out of the way."""
        if cargo is None or self._world.carrying is not cargo:
            return self._take(thing, shut)
        # What will be needed again is carried as far as possible.
        cells = self._cells([thing])
        if self._world.ahead(self._world.pose) in cells:
            return self._put_down()
        route = self._route(cells, shut)
        return route and (self._clear(route, shut) if route.obstacles else Deed("", cells=cells))

    def _take(self, thing: WorldObj, shut: frozenset[int] = OPEN) -> Deed | None:
        """Pick a thing up."""
        route = self._route(self._cells([thing]), shut)
        if route is None:
            return None
        doors = [each for each in route.obstacles if each.type == "door"]
        if self._world.carrying and not any(state(door) == "locked" for door in doors):
            deed = self._put_down()
            # What takes one command here can take several beyond the next door.
            if not doors or (deed and len(self._layout.leg(deed) or ()) == 1):
                return deed
        return self._clear(route, shut) if route.obstacles else Deed("pick up", thing)

    def _take_nearest(self, things: Iterable[WorldObj]) -> Deed | None:
        """Pick one of some things up."""
        thing = self._nearest(each for each in things if each.type not in ("wall", "door"))
        return thing and self._take(thing)

    def _put_down(self) -> Deed | None:
        """Drop what is held where it is least in the way."""
        if self._world.carrying is None:
            return None
        here = self._world.pose.cell
        reached = frozenset(self._layout.within_reach(here))
        floor = frozenset(cell for cell in reached if self._world.cells[cell] is None)
        free = floor - self._needed
        choices = ((free, reached), (free, frozenset({here})), (floor, frozenset({here})))
        deeds = (Deed("drop", cells=cells, kept=kept) for cells, kept in choices)
        return next(filter(self._layout.leg, deeds), None)

    # Where things are.

    def _cells(self, things: Iterable[WorldObj]) -> frozenset[int]:
        """The cells of those that are not carried."""
        places = map(self._world.place, things)
        return frozenset(place for place in places if place is not None)

    def _nearest(self, things: Iterable[WorldObj], shut: frozenset[int] = OPEN) -> WorldObj | None:
        """The thing to which the way costs least."""
        costs = []
        for number, thing in enumerate(things):
            route = self._layout.route(self._world.pose.cell, self._cells([thing]), shut)
            if route is not None:
                locked = state(thing) == "locked" and not opens(self._world.carrying, thing)
                costs.append((route.cost + locked * LOCKED, number, thing))
        return min(costs)[2] if costs else None

    def _route(
        self, cells: Iterable[int], shut: frozenset[int] = OPEN, start: int | None = None
    ) -> Route | None:
        route = self._layout.route(start or self._world.pose.cell, cells, shut)
        if route is not None:
            self._needed.update(route.cells)
        return route
