"""The logic of one TextWorld game, worked out once for each state and only as far as it is read.

    logic = Logic(Game.load("48286a76b1d9….json"))
    progression = Progression(logic)                     # one play of it
    action = progression.state.events["go/north"]        # as the interpreter reports it
    progression.update(action)
    progression.state.admissible                         # ("go south", "inventory", "look")
    progression.winning_policy                           # followed up to here only now

TextWorld works out after every command which actions are possible, what they are called and how
each quest's plan changes. The first two are functions of the facts. The plan is one of the
history, but histories meet: a player who goes east and west again is soon where they were.
Therefore `Logic` keeps what it has seen of a game, for every play in this process.
"""

from __future__ import annotations

import copy
import hashlib
from collections.abc import Hashable, Mapping
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any, NamedTuple
from weakref import WeakValueDictionary

from textworld.generator.game import Game, GameProgression
from textworld.generator.inform7 import Inform7Game
from textworld.logic import State

from environments.digest import canonical
from environments.textworld.games import GameKey, folder, prepare
from environments.textworld.plan import Action, Facts, Plan, Routes
from environments.textworld.quests import identity, twin

STATES = 128
"""States that are kept of a game, at 15 to 50 kB each; the longest unused goes first."""

ACTIONS = 4096
"""Actions whose words are kept; the largest games have about a thousand."""

GAMES = 64
"""Games that a process keeps, so that the next play of one need not read and parse it again."""


class World(NamedTuple):
    """What the facts alone decide."""

    facts: Facts
    admissible: tuple[str, ...]
    """The commands of the possible actions, sorted."""
    events: Mapping[str, Action]
    """The possible action that the interpreter means by a trace, in lower case."""
    digest: bytes
    """SHA-256 of the facts."""


class Words(NamedTuple):
    """What an action is called."""

    command: str
    event: str


class Progress:
    """How far the quests are, as TextWorld follows them. It is never changed.

    Args:
        progression: a `GameProgression` of which only the quests are up to date.
    """

    def __init__(self, progression: Any) -> None:
        self.progression = progression

    @cached_property
    def policy(self) -> Plan | None:
        """TextWorld's plan from here."""
        policy: Plan | None = self.progression.winning_policy
        return policy


class Logic:
    """What was worked out of one game, shared by all plays of it in this process.

    Args:
        game: `textworld.generator.game.Game`.
    """

    def __init__(self, game: Any) -> None:
        self.game = game
        self.routes = Routes(game)
        self.world = lru_cache(STATES)(self._world)
        self.follow = lru_cache(STATES)(self._follow)
        # Facts that are new are asked for twice: what is possible, and how the quests stand.
        self._state = lru_cache(2)(self._stated)
        self._words = lru_cache(ACTIONS)(self._worded)
        self._inform7 = Inform7Game(game)
        self._known = WeakValueDictionary[Hashable, Progress]()
        progression = GameProgression(game)
        self.start = frozenset(progression.state.facts)
        self.unbegun = self._kept(progression)

    def _stated(self, facts: Facts) -> Any:
        return State(self.game.kb.logic, facts)

    def _world(self, facts: Facts) -> World:
        """What is possible where ``facts`` hold. Kept as `world`."""
        kb = self.game.kb
        actions = list(
            self._state(facts).all_applicable_actions(kb.rules.values(), kb.types.constants_mapping)
        )
        events = dict[str, Action]()
        # TextWorld takes the action with the most preconditions, and of these the first.
        for action in sorted(actions, key=lambda action: -len(action.preconditions)):
            events.setdefault(self._words(action).event, action)
        return World(
            facts,
            tuple(sorted({self._words(action).command for action in actions})),
            events,
            hashlib.sha256(canonical(sorted(map(str, facts)))).digest(),
        )

    def _worded(self, action: Action) -> Words:
        [command] = self._inform7.gen_commands_from_actions([action])
        kb = self.game.kb
        match = kb.rules[action.name].match(action)
        names = {place.name: self.game.infos[thing.name].name for place, thing in match.items()}
        return Words(command, kb.inform7_events[action.name].format(**names).lower())

    def _follow(self, progress: Progress, action: Action, facts: Facts) -> Progress:
        """The quests after ``action``, which led to ``facts``. Kept as `follow`."""
        after = copy.copy(progress.progression)
        after.quest_progressions = [twin(quest) for quest in after.quest_progressions]
        for quest in after.quest_progressions:
            quest.update(action, self._state(facts))
        return self._kept(after)

    def _kept(self, progression: Any) -> Progress:
        key = tuple(map(identity, progression.quest_progressions))
        return self._known.setdefault(key, Progress(progression))


class Opened(NamedTuple):
    """A game that this process has read."""

    content: str
    """SHA-256 of the canonical form."""
    story: Path
    """The compiled game."""
    logic: Logic


class Progression:
    """One play of a game: what a `Planner` reads of TextWorld's `GameProgression`.

    The quests are followed when the plan is read, which a player on it never needs.
    """

    def __init__(self, logic: Logic) -> None:
        self.game = logic.game
        self.state = logic.world(logic.start)
        self._logic = logic
        self._progress = logic.unbegun
        self._ahead: list[tuple[Action, Facts]] = []

    def update(self, action: Action) -> None:
        """Take in ``action``, which is possible now."""
        facts = self.state.facts - action.removed | action.added
        self.state = self._logic.world(facts)
        self._ahead.append((action, self.state.facts))

    @property
    def winning_policy(self) -> Plan | None:
        """TextWorld's plan from here; None if it has none."""
        for action, facts in self._ahead:
            self._progress = self._logic.follow(self._progress, action, facts)
        self._ahead = []
        return self._progress.policy

    def copy(self) -> Progression:
        """A play that goes on from here by itself."""
        other = copy.copy(self)
        other._ahead = list(self._ahead)
        return other


def opened(key: GameKey) -> Opened:
    """The game of ``key``, made if the cache lacks it, and read if no play here has read it.

    Raises `environments.textworld.games.GameError` where no game can be made.
    """
    parameters = tuple(sorted(key.parameters.items()))
    game = _opened(key.family, parameters, key.seed, folder())
    if not game.story.is_file():  # somebody emptied the cache meanwhile
        prepare([key])
    return game


@lru_cache(GAMES)
def _opened(family: str, parameters: tuple[tuple[str, Any], ...], seed: int, cache: Path) -> Opened:
    del cache  # only tells apart
    [game] = prepare([GameKey(family, dict(parameters), seed)])
    return Opened(*game, Logic(Game.load(str(game.story.with_suffix(".json")))))
