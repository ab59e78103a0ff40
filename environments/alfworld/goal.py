"""What an ALFWorld game asks for: the one form that the goals of all its six tasks have.

>>> Goal.of(problem)
Goal(things=frozenset({'mug_bar_1', 'mug_bar_2'}), number=1, places=frozenset({'cabinet_bar_1',
'cabinet_bar_2'}), state='isclean', lamps=frozenset())
"""

from __future__ import annotations

from collections.abc import Iterator, Set
from typing import NamedTuple

from environments.alfworld.pddl import All, Atom, Condition, Exists, Not, Problem, Some

TREATMENTS = {"isclean": "cleanobject", "ishot": "heatobject", "iscool": "coolobject"}
"""What a thing may have to be, and the action that makes it so."""

SORTS = ("objecttype", "receptacletype", "cleanable", "heatable", "coolable", "toggleable")
"""Predicates that say what kind of thing something is, and never change."""


class Goal(NamedTuple):
    """What a game asks for."""

    things: frozenset[str]
    """Those that will do."""
    number: int
    """How many of them have to be in one place; 0 if one has to be held in a lamp's light."""
    places: frozenset[str]
    """The receptacles that will do."""
    state: str
    """What the things have to be, such as "isclean"; empty if it does not matter."""
    lamps: frozenset[str]
    """The lamps that will do."""

    @classmethod
    def of(cls, problem: Problem) -> Goal:
        """The goal of a game; ValueError if it is none of ALFWorld's six."""
        atoms = list(atoms_of(problem.goal))
        lamps = {atom.terms[0] for atom in atoms if atom.predicate == "istoggled"}
        held = {atom.terms[1] for atom in atoms if atom.predicate == "holds"}
        put = {atom.terms for atom in atoms if atom.predicate == "inreceptacle"}
        things = held or {thing for thing, _ in put}
        states = [atom.predicate for atom in atoms if atom.predicate in TREATMENTS]
        if not things or len(states) > 1 or bool(held) != bool(lamps):
            raise ValueError(f"Expected the goal of one of ALFWorld's tasks, got {problem.goal}.")

        def fitting(variables: Set[object]) -> frozenset[str]:
            sorts = [a for a in atoms if a.predicate in SORTS and a.terms[0] in variables]
            return frozenset.intersection(*(_of_sort(problem, atom) for atom in sorts))

        return cls(
            things=fitting(things),
            number=0 if lamps else len(things),
            places=frozenset() if lamps else fitting({place for _, place in put}),
            state=states[0] if states else "",
            lamps=fitting(lamps) if lamps else frozenset(),
        )


def atoms_of(condition: Condition) -> Iterator[Atom]:
    """All atoms of a condition that are not negated."""
    match condition:
        case Atom():
            yield condition
        case All(parts) | Some(parts):
            for part in parts:
                yield from atoms_of(part)
        case Exists(_, part):
            yield from atoms_of(part)
        case Not():
            return


def _of_sort(problem: Problem, atom: Atom) -> frozenset[str]:
    """The things of which an atom about one variable is true."""
    rest = atom.terms[1:]
    return frozenset(f[1] for f in problem.facts if f[0] == atom.predicate and f[2:] == rest)
