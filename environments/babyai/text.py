"""What the agent reads: the words of AgentBoard (arXiv 2401.13178) and AgentGym (arXiv 2406.04151).

    In front of you in this room, you can see several objects: There is a red ball 1 3 steps in
    front of you and 1 steps to your left. The room has walls around you. You are facing a wall 5
    steps away. You are not carrying anything.

We depart from them in one thing. They count anew in every text, from near to far, so that "red ball
1" can be another ball a turn later. Here a thing gets its number when it is first listed, and keeps
it.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from environments.babyai.view import Seen, Sight
from environments.babyai.world import state

if TYPE_CHECKING:
    from minigrid.core.world_object import WorldObj


class Names:
    """Which number each thing has that was listed so far."""

    def __init__(self) -> None:
        self._numbers: dict[int, int] = {}
        self._things: dict[tuple[str, int], WorldObj] = {}

    def learn(self, sight: Sight) -> None:
        """Give numbers to what is listed for the first time."""
        for thing, _, _ in sight.seen:
            if id(thing) not in self._numbers:
                alike = sum(kind(other) == kind(thing) for other in self._things.values())
                self._numbers[id(thing)] = alike + 1
                self._things[kind(thing), alike + 1] = thing

    def listed(self, things: Iterable[WorldObj]) -> list[int | None]:
        """The numbers of things; None of what was not listed yet."""
        return [self._numbers.get(id(thing)) for thing in things]

    def find(self, kind: str, number: int) -> WorldObj | None:
        """The thing with this number, if it was ever listed."""
        return self._things.get((kind, number))

    def of(self, thing: WorldObj) -> str:
        """What a thing is called now.

        The state of a door is a part of its name, and no part of what its number counts.
        """
        words = [thing.color, state(thing), thing.type, str(self._numbers[id(thing)])]
        return " ".join(filter(None, words))


def kind(thing: WorldObj) -> str:
    """What things have in common that are told apart by number, such as `red ball`."""
    return f"{thing.color} {thing.type}"


def describe(sight: Sight, carrying: WorldObj | None, names: Names) -> str:
    """The text of a turn."""
    sentences = []
    if sight.seen:
        sentences.append("In front of you in this room, you can see several objects:")
        sentences += [f"There is a {names.of(each.thing)} {_where(each)}." for each in sight.seen]
    else:
        sentences.append("You cannot see any objects within sight.")
    sentences.append("The room has walls around you.")
    if sight.barrier:
        thing, ahead, _ = sight.barrier
        sentences.append(f"You are facing a {thing.type} {ahead} steps away.")
    if carrying:
        sentences.append(f"You are carrying a {kind(carrying)}.")
    else:
        sentences.append("You are not carrying anything.")
    return " ".join(sentences)


def _where(seen: Seen) -> str:
    if not seen.right:
        return f"right in front of you {seen.ahead} steps away"
    side = "right" if seen.right > 0 else "left"
    return f"{seen.ahead} steps in front of you and {abs(seen.right)} steps to your {side}"
