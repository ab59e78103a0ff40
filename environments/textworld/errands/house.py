"""A house of TextWorld as a planner sees it: rooms and locks that stay, things that are moved.

    layout = Layout(game)                        # textworld.generator.game.Game
    here = layout.state(progression.state.facts)
    here.room, here.where["o_1"]                 # ("r_3", "c_0"): the thing o_1 is in container c_0
    list(layout.moves(here, things=("o_1",)))    # [Move("go east", State(…)), …]

Things have the ids of TextWorld's logic, whose letter is their kind: r_3 is a room, d_0 a door, c_0
a container, s_0 a supporter, k_0 a key, o_1 an object, f_0 food.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property
from typing import Any, NamedTuple

from environments.textworld.plan import Facts

HANDS = "I"
"""Where what the player carries is."""

DIRECTIONS = {"north_of": "north", "south_of": "south", "east_of": "east", "west_of": "west"}
PLACES = ("at", "in", "on")


class State(NamedTuple):
    """What can change in a house."""

    room: str
    closed: frozenset[str]
    """Doors and containers that are closed, the locked ones among them."""
    locked: frozenset[str]
    where: tuple[tuple[str, str], ...]
    """Things that can be carried, and where they are: room, container, supporter or `HANDS`."""

    def place(self, thing: str) -> str | None:
        """Where a thing is; None if it is gone."""
        return dict(self.where).get(thing)

    def moved(self, thing: str, place: str) -> State:
        """The same with a thing elsewhere."""
        return self._replace(
            where=tuple((one, place if one == thing else there) for one, there in self.where)
        )


class Way(NamedTuple):
    """An exit of a room."""

    direction: str
    room: str
    door: str | None


class Move(NamedTuple):
    """A command, and what it leads to."""

    command: str
    state: State


class Layout:
    """What never changes in a house.

    Args:
        game: `textworld.generator.game.Game`.
    """

    def __init__(self, game: Any) -> None:
        facts = game.world.facts
        self.names: Mapping[str, str] = {id: info.name for id, info in game.infos.items()}
        self.rooms = sorted({fact.names[0] for fact in facts if fact.name in DIRECTIONS})
        self.keys = {fact.names[1]: fact.names[0] for fact in facts if fact.name == "match"}
        """The key of each lock."""
        self.room_of = {
            fact.names[0]: fact.names[1]
            for fact in facts
            if fact.name == "at" and fact.names[0][0] in "cs"
        }
        """The room of each container and supporter."""
        doors = {
            (fact.names[0], fact.names[2]): fact.names[1] for fact in facts if fact.name == "link"
        }
        self.ways: Mapping[str, list[Way]] = {
            room: sorted(
                Way(DIRECTIONS[fact.name], fact.names[0], doors.get((room, fact.names[0])))
                for fact in facts
                if fact.name in DIRECTIONS and fact.names[1] == room
            )
            for room in self.rooms
        }

    @cached_property
    def steps(self) -> Mapping[tuple[str, str], int]:
        """How many rooms one is from another if all doors are open; less there is never to walk."""
        return {
            (start, room): length
            for start in self.rooms
            for room, length in self._distances(start).items()
        }

    def state(self, facts: Facts) -> State:
        """What of it is the case where `facts` hold."""
        where, closed, locked, room = dict[str, str](), set[str](), set[str](), ""
        for fact in facts:
            if fact.name == "at" and fact.names[0] == "P":
                room = fact.names[1]
            elif fact.name in PLACES and fact.names[0][0] in "okf":
                where[fact.names[0]] = fact.names[1]
            elif fact.name in ("closed", "locked"):
                closed.add(fact.names[0])
                if fact.name == "locked":
                    locked.add(fact.names[0])
        return State(room, frozenset(closed), frozenset(locked), tuple(sorted(where.items())))

    def room_at(self, state: State, place: str) -> str:
        """The room of a place."""
        return state.room if place == HANDS else self.room_of.get(place, place)

    def moves(self, state: State, things: Iterable[str]) -> Iterator[Move]:
        """What the player can do that may matter to whoever wants some things to be moved.

        Args:
            state: where it is done.
            things: only they, and their containers, are touched.
        """
        where, names = dict(state.where), self.names
        doors = [way.door for way in self.ways[state.room] if way.door]
        holders = sorted({where[thing] for thing in things if where[thing][0] == "c"})
        for way in self.ways[state.room]:
            if way.door not in state.closed:
                yield Move(f"go {way.direction}", state._replace(room=way.room))
        for lid in (*doors, *(one for one in holders if self.room_of[one] == state.room)):
            yield from self._opened(state, lid)
        for thing in things:
            place = where[thing]
            if place == state.room:
                yield Move(f"take {names[thing]}", state.moved(thing, HANDS))
            elif self.room_of.get(place) == state.room and place not in state.closed:
                command = f"take {names[thing]} from {names[place]}"
                yield Move(command, state.moved(thing, HANDS))

    def put(self, state: State, thing: str, place: str) -> Iterator[Move]:
        """Put down something that is carried, where the player stands before its place."""
        if state.place(thing) != HANDS or self.room_at(state, place) != state.room:
            return
        name, there = self.names[thing], self.names[place]
        if place == state.room:
            yield Move(f"drop {name}", state.moved(thing, place))
        elif place[0] == "s":
            yield Move(f"put {name} on {there}", state.moved(thing, place))
        elif place in state.closed:
            yield from self._opened(state, place)
        else:
            yield Move(f"insert {name} into {there}", state.moved(thing, place))

    def _opened(self, state: State, lid: str) -> Iterator[Move]:
        """Open a door or container, or unlock it."""
        if lid in state.locked:
            key = self.keys.get(lid)
            if key is not None and state.place(key) == HANDS:
                command = f"unlock {self.names[lid]} with {self.names[key]}"
                yield Move(command, state._replace(locked=state.locked - {lid}))
        elif lid in state.closed:
            yield Move(f"open {self.names[lid]}", state._replace(closed=state.closed - {lid}))

    def _distances(self, start: str) -> Mapping[str, int]:
        found, todo = {start: 0}, deque([start])
        while todo:
            room = todo.popleft()
            for way in self.ways[room]:
                if way.room not in found:
                    found[way.room] = found[room] + 1
                    todo.append(way.room)
        return found
