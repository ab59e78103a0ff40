"""Rules and problems in PDDL, read into conditions, effects and facts.

    >>> domain = Domain.read("(define (domain room) (:action leave :parameters (?d - door) …")
    >>> domain.schemas[0].parameters
    (Variable(name='?d', type='door'),)
    >>> Problem.read("(define (problem home) (:objects front back - door) …").objects["door"]
    frozenset({'back', 'front'})

Conditions may be nested at will from `and`, `or`, `not`, `exists` and `=`; effects may be
conditional; costs are ignored. That is what the rules of ALFWorld are written in.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from environments.digest import digest

Tree = Any
"""A list of trees, or a word: PDDL is brackets and words."""

Fact = tuple[str, ...]
"""What is true: a predicate and the names that it is true of."""

TOKEN = re.compile(r"[()]|[^\s()]+")
COMMENT = re.compile(r";[^\n]*")


class Variable(NamedTuple):
    """A variable of PDDL, and what kind of thing stands for it."""

    name: str
    type: str


class Atom(NamedTuple):
    """A predicate of variables and names."""

    predicate: str
    terms: tuple[Variable | str, ...]


class All(NamedTuple):
    """Every part holds."""

    parts: tuple[Condition, ...]


class Some(NamedTuple):
    """At least one part holds."""

    parts: tuple[Condition, ...]


class Not(NamedTuple):
    """The part does not hold; its variables are bound by what stands beside it."""

    part: Condition


class Exists(NamedTuple):
    """There are things of which the part holds."""

    variables: tuple[Variable, ...]
    part: Condition


Condition = Atom | All | Some | Not | Exists

ALWAYS = All(())


class Effect(NamedTuple):
    """What becomes true and what ceases to be, where the condition held before the action."""

    when: Condition
    added: tuple[Atom, ...]
    removed: tuple[Atom, ...]


class Schema(NamedTuple):
    """A kind of action."""

    name: str
    parameters: tuple[Variable, ...]
    condition: Condition
    effects: tuple[Effect, ...]


class Domain(NamedTuple):
    """The kinds of actions."""

    schemas: tuple[Schema, ...]
    content: str
    """SHA-256 of what they say."""

    @classmethod
    def read(cls, text: str) -> Domain:
        """Read ``(define (domain …) …)``."""
        actions = [part for part in read(text) if part[0] == ":action"]
        return cls(tuple(_schema(action) for action in actions), digest(actions))

    @property
    def changing(self) -> frozenset[str]:
        """The predicates that some action adds or removes."""
        effects = [effect for schema in self.schemas for effect in schema.effects]
        return frozenset(atom.predicate for e in effects for atom in (*e.added, *e.removed))


class Problem(NamedTuple):
    """What there is, what is true at first, and what is to become true."""

    objects: Mapping[str, frozenset[str]]
    """The things of each type."""
    facts: frozenset[Fact]
    goal: Condition
    content: str
    """SHA-256 of all this."""

    @classmethod
    def read(cls, text: str) -> Problem:
        """Read ``(define (problem …) …)``."""
        parts = {part[0]: part[1:] for part in read(text)[1:]}
        objects = defaultdict[str, set[str]](set)
        for thing in _typed(parts[":objects"]):
            objects[thing.type].add(thing.name)
        facts = frozenset(tuple(fact) for fact in parts[":init"])
        named = {type: sorted(names) for type, names in objects.items()}
        return cls(
            objects={type: frozenset(names) for type, names in objects.items()},
            facts=facts,
            goal=_condition(parts[":goal"][0], {}),
            content=digest([named, sorted(facts), parts[":goal"]]),
        )


def read(text: str) -> Tree:
    """The first bracket of a text as nested lists, in lower case and without comments."""
    stack: list[list[Tree]] = [[]]
    for token in TOKEN.findall(COMMENT.sub("", text).lower()):
        if token == "(":
            stack.append([])
        elif token == ")":
            done = stack.pop()
            stack[-1].append(done)
        else:
            stack[-1].append(token)
    return stack[0][0]


def _typed(words: Sequence[str]) -> Iterator[Variable]:
    """Each of ``a b - type c - type`` with its type."""
    names: list[str] = []
    todo = iter(words)
    for word in todo:
        if word == "-":
            type = next(todo)
            yield from (Variable(name, type) for name in names)
            names = []
        else:
            names.append(word)


def _schema(part: Tree) -> Schema:
    _, name, *fields = part
    given = dict(zip(fields[::2], fields[1::2], strict=True))
    parameters = tuple(_typed(given[":parameters"]))
    scope = {variable.name: variable for variable in parameters}
    effects = tuple(_effects(given[":effect"], ALWAYS, scope))
    return Schema(name, parameters, _condition(given[":precondition"], scope), effects)


def _condition(part: Tree, scope: Mapping[str, Variable]) -> Condition:
    match part:
        case []:
            return ALWAYS
        case ["and", *parts]:
            return All(tuple(_condition(each, scope) for each in parts))
        case ["or", *parts]:
            return Some(tuple(_condition(each, scope) for each in parts))
        case ["not", negated]:
            return Not(_condition(negated, scope))
        case ["exists", names, inner]:
            variables = tuple(_typed(names))
            inside = {**scope, **{variable.name: variable for variable in variables}}
            return Exists(variables, _condition(inner, inside))
        case _:
            return _atom(part, scope)


def _effects(part: Tree, when: Condition, scope: Mapping[str, Variable]) -> Iterator[Effect]:
    match part:
        case ["and", *parts]:
            for each in parts:
                yield from _effects(each, when, scope)
        case ["when", condition, effect]:
            yield from _effects(effect, _condition(condition, scope), scope)
        case ["increase", *_]:
            return
        case ["not", atom]:
            yield Effect(when, (), (_atom(atom, scope),))
        case _:
            yield Effect(when, (_atom(part, scope),), ())


def _atom(part: Tree, scope: Mapping[str, Variable]) -> Atom:
    predicate, *terms = part
    if predicate in ("forall", "imply", "when"):
        raise ValueError(f"Expected rules without {predicate!r}, which no game of ALFWorld has.")
    return Atom(predicate, tuple(scope[term] if term[0] == "?" else term for term in terms))
