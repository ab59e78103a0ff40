"""TextWorld's search for a quest: the same outcome, sooner, and not without end.

    options = GameOptions()
    options.chaining = Search(effort=1000)
    make_game(options)              # the same game as without, or `TooLong`

TextWorld builds a quest from its end, action by action, and goes back where it cannot go on. For
every action that it tries it matches all constraints of the world (no door is both open and
locked) with all facts: most of the time, and a second an action in a house of 20 rooms. Here only
what is new is matched, since what held without it still holds. And the search is given up after
a number of steps, which is the same on every machine, as seconds would not be.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from types import SimpleNamespace
from typing import Any, NamedTuple

from textworld.generator.chaining import ChainingOptions
from textworld.logic import Signature

from environments.textworld.plan import Facts


class TooLong(RuntimeError):
    """The search was given up."""


class Search(ChainingOptions):  # type: ignore[misc]  # TextWorld is not typed
    """Options of the search, which TextWorld asks at each step.

    Args:
        effort: how many times actions are looked for that may go before a quest's beginning.
    """

    def __init__(self, effort: int) -> None:
        super().__init__()
        self.effort = effort
        self.steps = 0
        self._constraints: Constraints | None = None
        self._state: Any = None
        self._facts: Facts = frozenset()

    @property
    def logic(self) -> Any:
        """What TextWorld matches itself: no constraint, see `check_action`."""
        return SimpleNamespace(constraints={})

    def get_rules(self, depth: int) -> Any:
        """As in TextWorld, which asks once a step."""
        self.steps += 1
        if self.steps > self.effort:
            raise TooLong(
                f"the search was given up after {self.effort} steps: ask for fewer or shorter "
                "quests, or for fewer rooms"
            )
        if depth == 0:
            self._state = None  # between two searches it is changed in place
        return super().get_rules(depth)

    def check_action(self, state: Any, action: Any) -> bool:
        """As in TextWorld, and whether the constraints hold when ``action`` begins and ends."""
        if not super().check_action(state, action):
            return False
        if state is not self._state:
            self._state, self._facts = state, frozenset(state.facts)
        if self._constraints is None:
            self._constraints = Constraints(self.kb.logic)
        begun = self._facts.union(action.preconditions)
        return self._constraints.hold(begun) and self._constraints.hold(
            begun - action.removed | action.added
        )


class _Pattern(NamedTuple):
    """A part of a constraint."""

    signatures: tuple[Any, ...]
    """Of the facts that match, with every type that the part stands for."""
    placeholders: tuple[Any, ...]


class Constraints:
    """What must never be true at once.

    Args:
        logic: of the game (`textworld.logic.GameLogic`); a constraint is a rule without negation.
    """

    def __init__(self, logic: Any) -> None:
        self._parts = defaultdict[Any, list[tuple[_Pattern, list[_Pattern]]]](list)
        """By signature of a fact: the parts that it may match, and what else must match then."""
        self._sound: Facts = frozenset()
        for rule in logic.constraints.values():
            patterns = [_pattern(logic, condition) for condition in rule.preconditions]
            for i, pattern in enumerate(patterns):
                for signature in pattern.signatures:
                    self._parts[signature].append((pattern, patterns[:i] + patterns[i + 1 :]))

    def hold(self, facts: Facts) -> bool:
        """Whether ``facts`` may be true together.

        The less they differ from the last ones that were, the sooner it is known.
        """
        index = _Index(facts)
        for fact in facts - self._sound:
            for pattern, others in self._parts.get(fact.signature, ()):
                found = _bound(pattern, fact, {})
                if found is not None and _match(others, found, index):
                    return False
        self._sound = facts
        return True


class _Index:
    """Facts by signature and, of those that are asked for, by one of their parts."""

    def __init__(self, facts: Facts) -> None:
        self._facts = defaultdict[Any, list[Any]](list)
        for fact in facts:
            self._facts[fact.signature].append(fact)
        self._grouped = dict[tuple[Any, int], Mapping[Any, list[Any]]]()

    def candidates(self, pattern: _Pattern, found: Mapping[Any, Any]) -> Iterable[Any]:
        """At least the facts that match ``pattern`` when some placeholders are ``found``."""
        known = [(i, found[p]) for i, p in enumerate(pattern.placeholders) if p in found]
        for signature in pattern.signatures:
            if known:
                place, thing = known[0]
                yield from self._by(signature, place).get(thing, ())
            else:
                yield from self._facts.get(signature, ())

    def _by(self, signature: Any, place: int) -> Mapping[Any, list[Any]]:
        if (signature, place) not in self._grouped:
            groups = defaultdict[Any, list[Any]](list)
            for fact in self._facts.get(signature, ()):
                groups[fact.arguments[place]].append(fact)
            self._grouped[signature, place] = groups
        return self._grouped[signature, place]


def _pattern(logic: Any, condition: Any) -> _Pattern:
    types = [logic.types.get(type) for type in condition.signature.types]
    signatures = [
        Signature(condition.signature.name, [type.name for type in subtypes])
        for subtypes in logic.types.multi_subtypes(types)
    ]
    return _Pattern(tuple(signatures), tuple(condition.parameters))


def _match(patterns: list[_Pattern], found: Mapping[Any, Any], index: _Index) -> bool:
    """Whether some facts match all ``patterns`` when some placeholders are ``found``."""
    if not patterns:
        return True
    for fact in index.candidates(patterns[0], found):
        more = _bound(patterns[0], fact, found)
        if more is not None and _match(patterns[1:], more, index):
            return True
    return False


def _bound(pattern: _Pattern, fact: Any, found: Mapping[Any, Any]) -> Mapping[Any, Any] | None:
    """What is found with ``fact`` too; two placeholders never stand for the same thing."""
    more = dict(found)
    for placeholder, thing in zip(pattern.placeholders, fact.arguments, strict=True):
        if placeholder in more:
            if more[placeholder] != thing:
                return None
        elif thing in more.values():
            return None
        else:
            more[placeholder] = thing
    return more
