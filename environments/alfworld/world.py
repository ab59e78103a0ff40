"""A world under the rules of an ALFWorld game: what is true, what can be done now.

    >>> world = World(Domain.read(domain), Problem.read(problem))
    >>> action = next(each for each in world.applicable() if each.name == "pickupobject")
    >>> action.values
    ('agent1', 'loc_4', 'mug_bar_1', 'desk_bar_1')
    >>> world.apply(action)
    >>> ("holds", "agent1", "mug_bar_1") in world
    True

The rules are carried out as they are written. An action whose effects its own precondition already
contains (going where one stands) is none: the planner with which the package steps its games drops
it too.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from itertools import product
from typing import NamedTuple

from environments.alfworld.pddl import (
    All,
    Atom,
    Condition,
    Domain,
    Exists,
    Fact,
    Not,
    Problem,
    Schema,
    Some,
    Variable,
)

Binding = Mapping[Variable, str]
"""What stands for the variables."""

NOTHING: frozenset[Fact] = frozenset()


class Action(NamedTuple):
    """An action that can be carried out: its kind, and what stands for each parameter."""

    schema: Schema
    values: tuple[str, ...]

    @property
    def name(self) -> str:
        """What kind of action it is."""
        return self.schema.name

    @property
    def binding(self) -> Binding:
        """What stands for its parameters."""
        return dict(zip(self.schema.parameters, self.values, strict=True))


class World:
    """What is true, and what can be done about it.

    Args:
        domain: the kinds of actions.
        problem: what is true at first.
        remembered: predicates of which it is remembered what an action made untrue, as facts of
            the predicate ``not_…``.
    """

    def __init__(self, domain: Domain, problem: Problem, remembered: Collection[str] = ()) -> None:
        self.changeable: set[Fact] = set()
        """What is true of the predicates that some action adds or removes."""
        self._schemas = domain.schemas
        self._objects = problem.objects
        self._goal = problem.goal
        self._changing = domain.changing | {f"not_{name}" for name in remembered}
        self._remembered = frozenset(remembered)
        self._facts = defaultdict[str, set[Fact]](set)
        self._index = defaultdict[tuple[str, int, str], set[Fact]](set)
        for fact in problem.facts:
            self._add(fact)

    def __contains__(self, fact: Fact) -> bool:
        return fact in self._facts.get(fact[0], NOTHING)

    def __iter__(self) -> Iterator[Fact]:
        for facts in self._facts.values():
            yield from facts

    def facts(self, predicate: str) -> Collection[Fact]:
        """All that is true of a predicate, in any order."""
        return self._facts.get(predicate, NOTHING)

    @property
    def solved(self) -> bool:
        """Whether the goal holds."""
        return self.holds(self._goal, {})

    def holds(self, condition: Condition, binding: Binding) -> bool:
        """Whether ``condition`` is true of something."""
        return next(self._solutions(condition, binding), None) is not None

    def matching(self, atom: Atom, binding: Binding) -> Iterator[Binding]:
        """All that can stand for the unbound variables of ``atom``, in any order."""
        for fact in self._candidates(atom, binding):
            found = dict(binding)
            for term, value in zip(atom.terms, fact[1:], strict=True):
                if isinstance(term, str):
                    if term != value:
                        break
                elif found.setdefault(term, value) != value or not self._is(value, term):
                    break
            else:
                yield found

    def applicable(self) -> Iterator[Action]:
        """Every action that can be carried out now, in any order."""
        for schema in self._schemas:
            seen = set[tuple[str, ...]]()
            for found in self._solutions(schema.condition, {}):
                choices = [
                    (found[each],) if each in found else self._objects.get(each.type, ())
                    for each in schema.parameters
                ]
                seen.update(product(*choices))
            for values in seen:
                action = Action(schema, values)
                if _does_something(action):
                    yield action

    def apply(self, action: Action) -> None:
        """Carry out an action that can be carried out."""
        binding = action.binding
        added, removed = set[Fact](), set[Fact]()
        for effect in action.schema.effects:
            if self.holds(effect.when, binding):
                added |= _facts(effect.added, binding)
                removed |= _facts(effect.removed, binding)
        for fact in removed - added:
            self._remove(fact)
            if fact[0] in self._remembered:
                self._add((f"not_{fact[0]}", *fact[1:]))
        for fact in added:
            self._add(fact)
            if fact[0] in self._remembered:
                self._remove((f"not_{fact[0]}", *fact[1:]))

    def _add(self, fact: Fact) -> None:
        self._facts[fact[0]].add(fact)
        for position, value in enumerate(fact[1:]):
            self._index[fact[0], position, value].add(fact)
        if fact[0] in self._changing:
            self.changeable.add(fact)

    def _remove(self, fact: Fact) -> None:
        self._facts[fact[0]].discard(fact)
        for position, value in enumerate(fact[1:]):
            self._index[fact[0], position, value].discard(fact)
        self.changeable.discard(fact)

    def _is(self, value: str, variable: Variable) -> bool:
        return value in self._objects.get(variable.type, ())

    def _solutions(self, condition: Condition, binding: Binding) -> Iterator[Binding]:
        """All that can stand for the variables of ``condition``, perhaps more than once."""
        match condition:
            case Atom("=", (one, other)):
                if _value(one, binding) == _value(other, binding):
                    yield binding
            case Atom():
                yield from self.matching(condition, binding)
            case All(parts):
                yield from self._together(parts, binding)
            case Some(parts):
                for part in parts:
                    yield from self._solutions(part, binding)
            case Not(part):
                if not self.holds(part, binding):
                    yield binding
            case Exists(variables, part):
                outside = {key: value for key, value in binding.items() if key not in variables}
                for found in self._solutions(part, outside):
                    inside = {key: found[key] for key in found if key not in variables}
                    yield {**binding, **inside}

    def _together(self, parts: Sequence[Condition], binding: Binding) -> Iterator[Binding]:
        if not parts:
            yield binding
            return
        best = min(range(len(parts)), key=lambda i: self._breadth(parts[i], binding))
        rest = [part for i, part in enumerate(parts) if i != best]
        for found in self._solutions(parts[best], binding):
            yield from self._together(rest, found)

    def _breadth(self, condition: Condition, binding: Binding) -> float:
        """How many solutions there may be: narrow conditions are asked first, `not` last."""
        match condition:
            case Not() | Atom("=", _):
                return float("inf")
            case Atom():
                return len(self._candidates(condition, binding))
            case _:
                return 1e9

    def _candidates(self, atom: Atom, binding: Binding) -> Collection[Fact]:
        """Facts that include all that match."""
        best: Collection[Fact] = self._facts.get(atom.predicate, NOTHING)
        for position, term in enumerate(atom.terms):
            value = term if isinstance(term, str) else binding.get(term)
            if value is not None:
                facts = self._index.get((atom.predicate, position, value), NOTHING)
                if len(facts) < len(best):
                    best = facts
        return best


def _does_something(action: Action) -> bool:
    """Whether an effect goes beyond what the precondition says."""
    condition, effects = action.schema.condition, action.schema.effects
    parts = condition.parts if isinstance(condition, All) else (condition,)
    binding = action.binding
    given = _facts([part for part in parts if isinstance(part, Atom)], binding)
    added = {fact for effect in effects for fact in _facts(effect.added, binding)}
    removed = {fact for effect in effects for fact in _facts(effect.removed, binding)}
    return bool(added - given or removed - added)


def _facts(atoms: Collection[Atom], binding: Binding) -> set[Fact]:
    return {(atom.predicate, *(_value(term, binding) for term in atom.terms)) for atom in atoms}


def _value(term: Variable | str, binding: Binding) -> str:
    return term if isinstance(term, str) else binding[term]
