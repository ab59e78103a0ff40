"""How an environment words what players do in most text games: look, take, open, leave a room.

    >>> speech.deed("take the red key from the box")
    Deed(verb='take', thing='red key')
    >>> speech.command(Deed("examine", "red key"))
    'examine red key'

Whoever speaks of deeds instead of commands (`environments.standing_orders`) works in every
environment that has a `Speech`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Literal, NamedTuple

Verb = Literal[
    "look", "inventory", "examine", "take", "put", "open", "close", "leave", "something else"
]

ARTICLES = re.compile(r"\b(a|an|the)\s+")


class Deed(NamedTuple):
    """What a command does, whatever the words."""

    verb: Verb
    thing: str = ""
    """To what; empty where it is done to nothing in particular."""


class Way(NamedTuple):
    """How one verb is worded."""

    pattern: str
    """A regular expression for the whole command in lower case and without articles; the first
    group in it that matches is the thing."""
    template: str = ""
    """How the expert says it, with {} for the thing. Not needed of what no rule asks for."""


class Speech(NamedTuple):
    """The wording of one environment."""

    ways: Mapping[Verb, Way]
    """The first that matches counts."""
    arrival: str
    """Regular expression whose first group is where one is, in what is read on coming there."""
    place: str
    """What such a place is called."""
    rules: tuple[str, ...]
    """Names in `environments.standing_orders.rules.RULES` that can be kept here."""
    door: str = "(?!)"
    """Regular expression that finds a door, in the name of something that can be opened."""

    def deed(self, command: str) -> Deed:
        """What a command does."""
        plain = ARTICLES.sub("", " ".join(command.lower().split()))
        for verb, way in self.ways.items():
            if found := re.fullmatch(way.pattern, plain):
                return Deed(verb, next(filter(None, found.groups()), ""))
        return Deed("something else", plain)

    def command(self, deed: Deed) -> str:
        """How the expert says it."""
        return self.ways[deed.verb].template.format(deed.thing)

    def place_in(self, observation: str) -> str | None:
        """Where one is, if the observation tells."""
        found = re.search(self.arrival, observation, re.MULTILINE)
        return found.group(1) if found else None

    def is_door(self, thing: str) -> bool:
        """Whether a thing that can be opened is a way out, rather than a container."""
        return re.search(self.door, thing) is not None
