"""One errand: a thing, and where it is to be; how it is told, and the shortest way to do it.

errand = Errand("o_1", "s_3")
errand.told(layout)                      # "Put the mug on the bench."
shortest(layout, here, errand)           # ("go east", "take mug", "go west", "put mug on bench")
"""

from __future__ import annotations

import heapq
from collections.abc import Iterator
from itertools import count
from typing import NamedTuple

from environments.textworld.errands.house import HANDS, Layout, Move, State


class Errand(NamedTuple):
    """Something to be done in a house."""

    thing: str
    place: str
    """A room, a container, a supporter, or `HANDS`."""

    def done(self, state: State) -> bool:
        """Whether the thing is where it is to be."""
        return state.place(self.thing) == self.place

    def told(self, layout: Layout) -> str:
        """What the player is told."""
        thing, place = layout.names[self.thing], layout.names.get(self.place)
        match self.place[0]:
            case "I":
                return f"Fetch the {thing}: carry it with you."
            case "s":
                return f"Put the {thing} on the {place}."
            case "c":
                return f"Put the {thing} into the {place}."
        return f"Leave the {thing} on the floor of the {place}."

    def whereabouts(self, layout: Layout, state: State) -> str:
        """In which rooms that is."""
        thing, place = layout.names[self.thing], state.place(self.thing)
        told = []
        if place == HANDS:
            told.append(f"You carry the {thing}.")
        elif place is not None:
            told.append(f"The {thing} is in the {layout.names[layout.room_at(state, place)]}.")
        if self.place[0] in "cs":
            room = layout.names[layout.room_of[self.place]]
            told.append(f"The {layout.names[self.place]} is in the {room}.")
        return " ".join(told)


def shortest(layout: Layout, start: State, errand: Errand) -> tuple[str, ...] | None:
    """The fewest commands that do an errand, none if it is done; None if it cannot be done.

    A* over what matters to it: the player's room, doors and containers, the thing, and the keys
    of what is locked. The estimate is the way on foot if all doors are open.
    """
    things = _matter(layout, start, errand)
    if errand.thing not in things:
        return None
    start = start._replace(where=tuple((one, at) for one, at in start.where if one in things))
    number = count()  # among equals, the one that was found first
    todo = [(_estimate(layout, start, errand), next(number), start)]
    came = {start: (0, "", start)}
    while todo:
        _, _, state = heapq.heappop(todo)
        if errand.done(state):
            return _commands(came, state)
        length = came[state][0] + 1
        for command, after in _moves(layout, state, errand, things):
            if after not in came or length < came[after][0]:
                came[after] = (length, command, state)
                reach = length + _estimate(layout, after, errand)
                heapq.heappush(todo, (reach, next(number), after))
    return None


def _moves(layout: Layout, state: State, errand: Errand, things: tuple[str, ...]) -> Iterator[Move]:
    yield from layout.moves(state, things)
    if errand.place != HANDS:
        yield from layout.put(state, errand.thing, errand.place)


def _matter(layout: Layout, state: State, errand: Errand) -> tuple[str, ...]:
    """The errand's thing and the keys of what is locked, as far as they are there."""
    there = dict(state.where)
    wanted = {errand.thing, *(layout.keys.get(lock, "") for lock in state.locked)}
    return tuple(sorted(wanted & there.keys()))


def _estimate(layout: Layout, state: State, errand: Errand) -> int:
    """At most as many commands as it still takes."""
    if errand.done(state):
        return 0
    place = state.place(errand.thing)
    assert place is not None
    to_thing = 0 if place == HANDS else layout.steps[state.room, layout.room_at(state, place)] + 1
    if errand.place == HANDS:
        return to_thing
    room = layout.room_at(state, place)
    return to_thing + layout.steps[room, layout.room_at(state, errand.place)] + 1


def _commands(came: dict[State, tuple[int, str, State]], state: State) -> tuple[str, ...]:
    commands = list[str]()
    while came[state][0]:
        _, command, state = came[state]
        commands.append(command)
    return tuple(reversed(commands))
