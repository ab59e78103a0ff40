"""The way through the house: from a room through all others.

>>> tour({"hall": ["bath", "kitchen"], "bath": ["hall"], "kitchen": ["hall"]}, "hall")
['hall', 'bath', 'hall', 'kitchen']

ScienceWorld's solver finds it by trying all ways of growing length in an order drawn at random,
which takes seconds and most of Java's memory, and keeps what it found for later games in the same
process. It is given these instead: equal for every game, and short.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping, Sequence


def tour(doors: Mapping[str, Sequence[str]], start: str) -> list[str]:
    """Rooms one after the other on a shortest walk that sees all rooms; ``start`` is the first."""
    todo = deque([[start]])
    known = {(start, frozenset([start]))}
    while todo:
        walk = todo.popleft()
        seen = frozenset(walk)
        if len(seen) == len(doors):
            return walk
        for room in sorted(doors[walk[-1]]):
            state = (room, seen | {room})
            if state not in known:
                known.add(state)
                todo.append([*walk, room])
    raise ValueError(f"Expected rooms that can all be reached from {start}, got {doors}.")
