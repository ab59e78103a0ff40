"""What a rule of a duty is: a sentence for the brief, and a check of every reply.

    Rule(
        topic="questions",
        sentence="Ask at most one question in a message.",
        judge=lambda turn, case: turn.reply.count("?") < 2 if "?" in turn.reply else None,
    )

A rule sees the turn and what was the case before it, of the present case only: an agent that begins
with a case knows all that a rule depends on.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Generic, NamedTuple, TypeVar

from environments.rulebook import Rulebook

C = TypeVar("C")
"""What kind of case a rule is for."""

Style = Mapping[str, Any]
"""How something is said, feature by feature; what is not named is left plain."""


class Turn(NamedTuple):
    """One reply, with what came before it in the case."""

    heard: str
    """What the reply answers."""
    reply: str
    acts: frozenset[str]
    """What the reply does, as the environment understands it; empty: nothing that it knows."""
    last: frozenset[str] = frozenset()
    """What the reply before it did."""
    done: frozenset[str] = frozenset()
    """What all replies before it did."""
    first: bool = True
    """It is the first one of the case."""


@dataclass(frozen=True, kw_only=True)
class Rule(Generic[C]):
    """One rule."""

    topic: str
    """Of two rules with the same topic never both are in force."""
    sentence: str
    judge: Callable[[Turn, C], bool | None]
    """Whether a turn keeps it; None if it had no say in it. The case is as it was before."""
    style: Style = field(default_factory=dict)
    """How the expert says things, where that is what keeps it."""
    remedy: Callable[[str, C], str] | None = None
    """The act that has to come before one that breaks it, where saying it otherwise does not help.
    """


def book(rules: Mapping[str, Rule[Any]], preface: str, always: tuple[str, ...] = ()) -> Rulebook:
    """The rulebook of some rules."""
    return Rulebook(
        {name: rule.sentence for name, rule in rules.items()},
        preface,
        topics={name: rule.topic for name, rule in rules.items()},
        always=always,
    )
