"""Reading a BabyAI mission: which of its parts are done, and which have to be done now.

A mission is a tree. Its leaves say "go to", "open", "pick up" or "put next to"; its other nodes
join two parts by "and", "then" or "after you". minigrid keeps in the nodes what cannot be seen in
the grid: which parts are done, what was carried a step ago, and where the things that a part is
about were when something was last put down.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, TypeAlias

if TYPE_CHECKING:
    from minigrid.core.world_object import WorldObj
    from minigrid.envs.babyai.core.verifier import Instr, ObjDesc

Json: TypeAlias = Any
"""A JSON value."""

DESCRIPTIONS = ("desc", "desc_move", "desc_fixed")
"""Where a leaf keeps what it is about."""

SUCCESS = "success"


def kind(instr: Instr) -> str:
    """`GoTo`, `Open`, `Pickup`, `PutNext`; `And`, `Before`, `After`.

    By name: the classes of minigrid need not be imported to read a mission.
    """
    return type(instr).__name__.removesuffix("Instr")


def parts(instr: Instr) -> tuple[Instr, ...]:
    """The two parts that a node joins; none of a leaf."""
    return (instr.instr_a, instr.instr_b) if hasattr(instr, "instr_a") else ()


def descriptions(instr: Instr) -> tuple[ObjDesc, ...]:
    """What a leaf is about: one set of things, or two where one is put next to another."""
    return tuple(getattr(instr, name) for name in DESCRIPTIONS if hasattr(instr, name))


def nodes(instr: Instr) -> Iterator[Instr]:
    """The mission and all its parts."""
    yield instr
    for part in parts(instr):
        yield from nodes(part)


def pending(instr: Instr) -> tuple[Instr, ...]:
    """The leaves that have to be done now, in any order."""
    match kind(instr):
        case "And":
            done = (instr.a_done, instr.b_done)
            both = zip(parts(instr), done, strict=True)
            return tuple(part for part, state in both if state != SUCCESS)
        case "Before":
            return pending(instr.instr_b if instr.a_done == SUCCESS else instr.instr_a)
        case "After":
            return pending(instr.instr_a if instr.b_done == SUCCESS else instr.instr_b)
        case _:
            return (instr,)


def leaves(instr: Instr) -> int:
    """How many leaves a mission has."""
    return sum(not parts(node) for node in nodes(instr))


def undone(instr: Instr) -> int:
    """How many leaves have still to be done."""
    later: Instr | None = None
    if kind(instr) == "Before" and instr.a_done != SUCCESS:
        instr, later = instr.instr_a, instr.instr_b
    elif kind(instr) == "After" and instr.b_done != SUCCESS:
        instr, later = instr.instr_b, instr.instr_a
    return len(pending(instr)) + (leaves(later) if later else 0)


def wording(instr: Instr) -> Json:
    """What the mission asks for, whatever has been done of it."""
    about = [[each.type, each.color, each.loc] for each in descriptions(instr)]
    return [kind(instr), getattr(instr, "strict", False), about, [*map(wording, parts(instr))]]


def memory(instr: Instr, number: Mapping[int, int]) -> Json:
    """All that has been done of the mission, and all that it remembers.

    Args:
        instr: the mission.
        number: of each thing, by its `id`.
    """

    def named(thing: WorldObj | None) -> int | None:
        return None if thing is None else number[id(thing)]

    return tuple(
        (
            getattr(node, "a_done", None),
            getattr(node, "b_done", None),
            named(getattr(node, "preCarrying", None)),
            tuple((int(x), int(y)) for each in descriptions(node) for x, y in each.obj_poss),
        )
        for node in nodes(instr)
    )
