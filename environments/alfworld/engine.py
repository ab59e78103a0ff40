"""One play of an ALFWorld game: its rules, its words, and what the player has done so far.

    >>> play = Play(source)
    >>> play.goal
    'Your task is to: look at bowl under the desklamp.'
    >>> sorted(play.commands)[:2]
    ['go to bed 1', 'go to desk 1']
    >>> play.do("go to desk 2")
    'You arrive at desk 2. On the desk 2, you see a alarmclock 1, a bowl 1, and a cd 3.'

The package steps its games with a planner written in C, for which a game is first translated
(seconds), and which cannot be unloaded safely. Here the game's own PDDL is carried out directly.
What is answered, what can be done and what is won are the same, word for word: a test plays both.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from environments.alfworld.pddl import Domain, Problem
from environments.alfworld.words import Words, called
from environments.alfworld.world import Action, World
from environments.digest import canonical, digest

BANNER = re.compile(r"\A-= .* =-\s*")

REFUSAL = "Nothing happens."
"""What the package answers to whatever is no command now."""

META = "help"
"""Lists the forms of commands and does nothing in the world: carried out, but not offered."""


class Source(NamedTuple):
    """The three texts that a game consists of."""

    domain: str
    grammar: str
    problem: str


class Play:
    """A game that is being played.

    Args:
        source: the game.
    """

    def __init__(self, source: Source) -> None:
        self.problem = Problem.read(source.problem)
        self.domain = Domain.read(source.domain)
        self.names = called({name for fact in self.problem.facts for name in fact[1:]})
        self._words = Words.read(source.grammar, self.names)
        self.world = World(self.domain, self.problem, self._words.remembered)
        self.goal = self._words.text("task", self.world)
        self.intro = self._words.text("intro", self.world)
        """What the game begins with: a banner, the room, the goal."""
        self.commands: dict[str, Action] = {}
        """What can be done now, by how it is written."""
        self._look_around()

    @property
    def content(self) -> str:
        """SHA-256 of what the texts say: equal for other spacing, comments, order and titles."""
        return digest([self.domain.content, self.problem.content, self._words.content])

    @property
    def opening(self) -> str:
        """The room as it is described at first."""
        return BANNER.sub("", self.intro.removesuffix(self.goal)).strip()

    @property
    def facts(self) -> bytes:
        """All that is true and may change, in canonical form."""
        return canonical(sorted(self.world.changeable))

    @property
    def admissible(self) -> tuple[str, ...]:
        """What a player is offered, sorted."""
        return tuple(sorted(command for command in self.commands if command != META))

    def do(self, command: str) -> str:
        """Carry out one of `commands`; what is answered."""
        action = self.commands[command]
        self.world.apply(action)
        self._look_around()
        return self._words.feedback(action, self.world)

    def _look_around(self) -> None:
        # Where two actions are written alike (a lamp on two shelves), their effects are the same.
        actions = sorted(self.world.applicable(), key=lambda action: action.values, reverse=True)
        self.commands = {self._words.command(action, self.world): action for action in actions}
