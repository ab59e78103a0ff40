"""The words of an ALFWorld game: what its grammar makes of actions and of what is true.

    >>> words = Words.read(game["grammar"], names)
    >>> words.command(action)
    'take mug 1 from desk 1'
    >>> world.apply(action)
    >>> words.feedback(action, world)
    'You pick up the mug 1 from the desk 1.'

A grammar says for every action how its command is written and what is answered, in templates:
``#symbol#`` stands for the first of the symbol's rules whose condition holds, ``{o.name}`` for the
name of what the variable stands for, ``[{o.name | inreceptacle(o:object, r:receptacle)}]`` for a
list of all that the query finds. TextWorld parses every template again each time it is used, which
is where the package's time goes; here a template is parsed once in a process.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence, Set
from functools import lru_cache
from typing import Any, NamedTuple

from environments.alfworld.pddl import Atom, Variable
from environments.alfworld.world import Action, Binding, World
from environments.digest import digest

PART = re.compile(
    r'action\s+(?P<action>[\w/-]+)\s*\{|template\s*::\s*"(?P<template>[^"]*)"\s*;'
    r'|feedback\s*::\s*"(?P<feedback>[^"]*)"\s*;|grammar\s*::\s*"""(?P<grammar>.*?)"""\s*;',
    re.DOTALL,
)
"""A piece of a grammar file, and what it says."""

COMMENT_LINE = re.compile(r"^\s*#.*$", re.MULTILINE)

PIECE = re.compile(
    r"#(?P<symbol>[^#]+)#|\[\{(?P<item>[^{}|]+)\|(?P<query>[^{}]+)\}\]|\{(?P<value>[^{}|]+)\}"
    r"|(?P<text>[^#\[\]{}]+)"
)
"""A piece of a template."""

ATOM = re.compile(r"([\w-]+)\(([^()]*)\)")
REMEMBERED = re.compile(r"\bnot_(\w+)\(")

ARTICLE = "a"


class Rule(NamedTuple):
    """One way to spell a symbol out, and when it is taken."""

    condition: str
    template: str


class Listed(NamedTuple):
    """An item for all that the query finds."""

    item: Symbol | Value
    query: tuple[Atom, ...]


class Symbol(NamedTuple):
    """What the grammar's rules spell out."""

    name: str


class Value(NamedTuple):
    """Texts and fields of variables, joined."""

    parts: tuple[Field | str, ...]


class Field(NamedTuple):
    """A field of what a variable, known by its name, stands for."""

    variable: str
    name: str


Piece = str | Symbol | Value | Listed


class Words(NamedTuple):
    """The grammar of a game, and what its things are called."""

    commands: Mapping[str, str]
    """The template of each kind of action's command."""
    answers: Mapping[str, str]
    """The template of what is answered to each kind of action."""
    rules: Mapping[str, Sequence[Rule]]
    names: Mapping[str, str]

    @classmethod
    def read(cls, text: str, names: Mapping[str, str]) -> Words:
        """Read a grammar in TextWorld's ``.twl2`` format."""
        commands, answers, rules, action = dict[str, str](), dict[str, str](), dict[str, Any](), ""
        for part in PART.finditer(text):
            match part.lastgroup:
                case "action":
                    action = part["action"].lower()
                case "template":
                    commands[action] = part["template"]
                case "feedback":
                    answers[action] = part["feedback"]
                case "grammar":
                    rules |= json.loads(COMMENT_LINE.sub("", part["grammar"]))
        spelled = {
            symbol: tuple(Rule(rule.get("condition", ""), rule["rhs"]) for rule in alternatives)
            for symbol, alternatives in rules.items()
        }
        return cls(commands, answers, spelled, names)

    @property
    def content(self) -> str:
        """SHA-256 of the templates and rules."""
        return digest([self.commands, self.answers, self.rules])

    @property
    def remembered(self) -> frozenset[str]:
        """Predicates of which some rule asks whether an action made them untrue."""
        rules = [rule for alternatives in self.rules.values() for rule in alternatives]
        asked = [text for rule in rules for text in (rule.condition, rule.template)]
        return frozenset(name for text in asked for name in REMEMBERED.findall(text))

    def command(self, action: Action, world: World) -> str:
        """How ``action`` is written."""
        return self._spell(self.commands[action.name], action.binding, world)

    def feedback(self, action: Action, world: World) -> str:
        """What is answered to ``action``, in the world as it is after it."""
        return self._spell(self.answers[action.name], action.binding, world)

    def text(self, symbol: str, world: World) -> str:
        """A symbol spelled out."""
        return self._spell(f"#{symbol}#", {}, world)

    def _spell(self, template: str, binding: Binding, world: World) -> str:
        return "".join(self._piece(piece, binding, world) for piece in parsed(template))

    def _piece(self, piece: Piece, binding: Binding, world: World) -> str:
        match piece:
            case str():
                return piece
            case Symbol(name):
                for rule in self.rules[name]:
                    if next(_answers(query(rule.condition), binding, world), None) is not None:
                        return self._spell(rule.template, binding, world)
                raise LookupError(f"No rule of the grammar fits {name!r} here.")
            case Value(parts):
                return "".join(
                    part if isinstance(part, str) else self._field(part, binding) for part in parts
                )
            case Listed(item, asked):
                found = _answers(asked, binding, world)
                return self._list([self._piece(item, each, world) for each in found], world)

    def _field(self, field: Field, binding: Binding) -> str:
        if field.name == "indefinite":
            return ARTICLE
        thing = next(value for key, value in binding.items() if key.name == field.variable)
        return self.names[thing]

    def _list(self, items: Sequence[str], world: World) -> str:
        if not items:
            return self.text("list_empty", world)
        *most, last = items
        if not most:
            return last
        return (
            self.text("list_separator", world).join(most)
            + self.text("list_last_separator", world)
            + last
        )


def called(things: Set[str]) -> dict[str, str]:
    """What the things are called, numbered as the package does: the last in order is number 1.

    >>> called({"mug_bar_2", "mug_bar_7", "sink_bar_1_bar_sinkbasin"})
    {'mug_bar_7': 'mug 1', 'mug_bar_2': 'mug 2', 'sink_bar_1_bar_sinkbasin': 'sinkbasin 1'}
    """
    numbers = Counter[str]()
    names = dict[str, str]()
    for thing in sorted(things, reverse=True):
        kind, _, where = thing.partition("_bar_")
        kind = f"{kind}basin" if "basin" in thing else kind
        numbers[kind] += 1
        names[thing] = f"{kind} {numbers[kind]}" if where else thing
    return names


@lru_cache(1024)
def parsed(template: str) -> tuple[Piece, ...]:
    """The pieces of a template. White space at its beginning is no part of it, for TextWorld."""
    return tuple(_pieces(template.lstrip()))


@lru_cache(1024)
def query(text: str) -> tuple[Atom, ...]:
    """The atoms of ``opened(r:receptacle) & inreceptacle(o:object, r:receptacle)``."""
    return tuple(Atom(name, tuple(_variables(terms))) for name, terms in ATOM.findall(text))


def _variables(terms: str) -> Iterator[Variable]:
    for term in filter(None, terms.split(",")):
        name, type = term.split(":")
        yield Variable(f"?{name.strip()}", type.strip())


def _pieces(template: str) -> Iterator[Piece]:
    position = 0
    while position < len(template):
        found = PIECE.match(template, position)
        if found is None:
            raise ValueError(f"Expected a template of ALFWorld's grammar, got {template!r}.")
        position = found.end()
        match found.lastgroup:
            case "symbol":
                yield Symbol(found["symbol"])
            case "query":
                yield Listed(_item(found["item"].strip()), query(found["query"]))
            case "value":
                yield _item(found["value"].strip())
            case _:
                yield found[0]


def _item(text: str) -> Symbol | Value:
    """``#symbol#``, or an expression of Python that joins texts and fields by ``+``."""
    if text.startswith("#"):
        return Symbol(text.strip("#"))
    parts = list[Field | str]()
    for part in text.split(" or ")[0].split(" + "):  # the first, a name, is never empty
        if part.startswith(("'", '"')):
            parts.append(part[1:-1])
        else:
            variable, _, name = part.partition(".")
            parts.append(Field(f"?{variable}", name or "name"))
    return Value(tuple(parts))


def _answers(atoms: Sequence[Atom], binding: Binding, world: World) -> Iterator[Binding]:
    """All that makes the atoms true, by names; no two variables stand for the same thing."""
    if not atoms:
        yield binding
        return
    atom, *rest = atoms
    variables = [term for term in atom.terms if isinstance(term, Variable)]
    known = set(binding.values())
    found = world.matching(atom, binding)
    for each in sorted(found, key=lambda each: [each[variable] for variable in variables]):
        new = [value for variable, value in each.items() if variable not in binding]
        if len(known.union(new)) == len(known) + len(new):
            yield from _answers(rest, each, world)
