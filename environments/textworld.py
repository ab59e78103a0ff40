"""TextWorld games (arXiv 1806.11532): four families, made from their seed, without limit.

    >>> env = gym.make("driftgauge/TextWorldTreasureHunter-v0", level=7)
    >>> observation, info = env.reset(seed=3)
    >>> print(observation)
    -= Shower =-
    I am sorry to announce that you are now in the shower.
    There is an unblocked exit to the north. There is an unguarded exit to the south.
    >>> info["expert"], info["distance"]
    ('go north', 4)

What a player of the game sees beyond the story is left out of what the agent reads: banner,
objective (it is the `goal`), prompt and status line, notices of the score, the closing menu.
Nothing is reworded.
"""

from __future__ import annotations

import json
import re
import string
import warnings
from abc import abstractmethod
from collections.abc import Callable, Iterable, Mapping
from typing import Any, ClassVar

import gymnasium as gym
from gymnasium import spaces
from textworld import EnvInfos
from textworld.envs import JerichoEnv
from textworld.envs.wrappers.tw_inform7 import Inform7Data, _detect_i7_events_debug_tags

from environments.contract import Info, TextEnv, Variant
from environments.textworld_games import GameKey, prepare
from environments.textworld_logic import Opened, Progression, opened
from environments.textworld_plan import Planner

NOT_A_COMMAND = "That is not a command."
"""What the agent reads when its output is not sent to the game."""

MAX_COMMAND = 100
"""Characters; the longest admissible command that was seen has about half as many."""

COMMAND = re.compile(r"[A-Za-z0-9][A-Za-z0-9' -]*")
"""One command on one line: Inform reads a full stop or a comma as the start of the next one."""

# Told by the first word, of which Inform reads nine letters.
META_VERB = re.compile(
    r"again|g|o|oops|undo"  # repeat, mend or take back an earlier command
    r"|q|quit|restart|restore|save|script|transcrip|verify|version"  # about the program
    r"|brief|long|normal|notify|nouns|pronouns|score|short|superbrie|verbose"  # about the display
    r"|disable|enable|goal|help|restrict|tw-.*",  # TextWorld's own
)

TRACE = "tw-trace-actions"
"""What makes the game name the actions that it takes, so that the logic can take them too."""

# TextWorld traces the game's actions. An action within another one has a number before it, and
# one that the game understood but refused, such as walking into a wall, another end.
DONE = re.compile(r"^\[(?!\()[^]]* - succeeded\]$", re.MULTILINE)

PROMPT = re.compile(r"\n>[^\n]*\Z")
ENDING = re.compile(r"\n\s*\*\*\* (The End|You lost!) \*\*\*.*", re.DOTALL)
SCORE = re.compile(r"^Your score has just gone (up|down) by [a-z0-9 -]+ points?\.$", re.MULTILINE)
ROOM = re.compile(r"^-= .+ =-$", re.MULTILINE)
BLANK_LINES = re.compile(r"[ \t]*\n([ \t]*\n)*")

LATIN = "".join(map(chr, range(0xA0, 0x100)))


class TextWorldEnv(TextEnv):
    """What the families share: playing a game that was made from its seed.

    ``reset(seed=3)`` plays game number 3; without a seed the number is drawn from `np_random`.
    The reward of a step is the change of progress. An episode ends when the game is won or
    lost, never for its length.
    """

    family: ClassVar[str]
    """The generator in `environments.textworld_making`."""

    action_space = spaces.Text(MAX_COMMAND, charset=string.ascii_letters + string.digits + " '-")
    observation_space = spaces.Text(20_000, min_length=0, charset=string.printable + LATIN)

    def __init__(self) -> None:
        self._game: Opened | None = None
        self._engine: Any = None
        self._state: Any = None
        self._progression: Progression
        self._planner: Planner
        self._texts: set[str]
        self._info: Info | None = None

    @property
    @abstractmethod
    def parameters(self) -> Mapping[str, int]:
        """What the generator is given beside the seed."""

    @property
    def goal(self) -> str:
        """The game's objective, word for word."""
        if self._game is None:
            raise gym.error.ResetNeeded("There is no goal before the first reset().")
        return str(self._game.logic.game.objective).strip()

    @property
    def content(self) -> str:
        """SHA-256 of the game's content in canonical form."""
        if self._game is None:
            raise gym.error.ResetNeeded("There is no game before the first reset().")
        return self._game.content

    @classmethod
    def prepare(
        cls,
        variants: Iterable[Variant],
        workers: int = 2,
        progress: Callable[[int, int], None] | None = None,
    ) -> list[str]:
        """Make the games in child processes, several at once; see `TextEnv.prepare`.

        Raises `environments.textworld_games.GameError` where no game can be made.
        """
        keys = [cls(**variant.kwargs)._key(variant.seed) for variant in variants]
        return [game.content for game in prepare(keys, workers, progress)]

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[str, dict[str, Any]]:
        """Begin game number ``seed``, which is made first if the cache lacks it (seconds)."""
        super().reset(seed=seed)
        number = int(self.np_random.integers(2**31)) if seed is None else seed
        game = opened(self._key(number))
        if self._engine is None or game is not self._game:
            self._load(game)
        self._state = self._engine.reset()
        self._engine.unwrapped.step(TRACE)
        self._progression = Progression(game.logic)
        self._planner = Planner(self._progression, game.logic.routes)
        text = readable(self._state.feedback)
        opening = ROOM.search(text)
        observation = text[opening.start() :] if opening else text
        self._texts = {observation}
        self._info = self._describe(accepted=None)
        return observation, dict(self._info)

    def step(self, action: str) -> tuple[str, float, bool, bool, dict[str, Any]]:
        """Send one command to the game.

        What is not one command in the world (another line, a second command, a command to the
        program such as ``undo`` or ``save``) is not sent: it is not accepted and changes nothing.
        """
        if self._info is None or self._info["won"] or self._info["lost"]:
            raise gym.error.ResetNeeded("The task has ended or not begun: call reset().")
        command = action.strip()
        if not is_command(command):
            self._info["accepted"] = False
            return NOT_A_COMMAND, 0.0, False, False, dict(self._info)
        progress = self._progress()
        self._state, _, _ = self._engine.step(command)
        events, feedback = _detect_i7_events_debug_tags(self._state.feedback)
        for event in events:
            done = self._progression.state.events.get(event.lower())
            if done is not None:
                self._progression.update(done)
        self._planner.advance()
        observation = readable(feedback)
        self._texts.add(observation)
        self._info = self._describe(accepted=DONE.search(self._state.raw) is not None)
        reward = self._progress() - progress
        ended = self._info["won"] or self._info["lost"]
        return observation, reward, ended, False, dict(self._info)

    def close(self) -> None:
        """End the game and let go of its interpreter. Closing twice does no harm."""
        if self._engine is not None:
            self._engine.close()
        self._engine = self._info = None

    def _key(self, seed: int) -> GameKey:
        if not 0 <= seed < 2**32:
            raise ValueError(f"Expected a seed from 0 to 2**32 - 1, got {seed}.")
        return GameKey(self.family, self.parameters, seed)

    def _load(self, game: Opened) -> None:
        self.close()
        with warnings.catch_warnings():
            # Jericho cannot follow the score of games that it does not know; TextWorld does.
            warnings.filterwarnings("ignore", message="Game .* is not fully supported")
            # What textworld.start would wrap around these two is done by `Progression`.
            self._engine = Inform7Data(JerichoEnv(EnvInfos()))
            self._engine.load(str(game.story))
        self._game = game

    def _progress(self) -> float:
        return float(max(0.0, min(1.0, self._state.score / self._progression.game.max_score)))

    def _describe(self, accepted: bool | None) -> Info:
        won, lost = bool(self._state.won), bool(self._state.lost)
        over, world = won or lost, self._progression.state
        digest = world.digest.copy()
        digest.update(f"{json.dumps(sorted(self._texts))}]".encode())
        return Info(
            admissible=() if over else world.admissible,
            # The logic may have a plan after a loss, but there is no game left to play it in.
            expert=None if over else self._planner.command,
            distance=0 if won else None if lost else self._planner.distance,
            progress=self._progress(),
            state=digest.hexdigest(),
            accepted=accepted,
            violations=(),
            opportunity=False,
            won=won,
            lost=lost,
        )


class TreasureHunter(TextWorldEnv):
    """Find one object in a maze and leave another one alone: taking that loses the game.

    Args:
        level: 1 to 30. To 10: 5 rooms, 1 to 5 commands; to 20: 10 rooms with doors and boxes,
            2 to 10 commands; to 30: 20 rooms, some locked, 3 to 20 commands.
    """

    family = "treasure_hunter"

    def __init__(self, level: int = 7) -> None:
        super().__init__()
        self.level = _within("level", level, range(1, 31))

    @property
    def parameters(self) -> Mapping[str, int]:  # noqa: D102 - inherited
        return {"level": self.level}


class CoinCollector(TextWorldEnv):
    """Walk through a chain of rooms and take the coin in the last one.

    Args:
        level: 1 to 100: a chain of that many rooms. 101 to 150, 201 to 233: the same from 1
            anew, with one or two more rooms beside every room of the chain.
    """

    family = "coin_collector"
    levels: ClassVar = (*range(1, 101), *range(101, 151), *range(201, 234))

    def __init__(self, level: int = 5) -> None:
        super().__init__()
        if isinstance(level, bool) or level not in self.levels:
            raise ValueError(
                f"Expected level from 1 to 100, 101 to 150 or 201 to 233, got {level!r}: "
                "TextWorld compiles no more than 100 rooms."
            )
        self.level = level

    @property
    def parameters(self) -> Mapping[str, int]:  # noqa: D102 - inherited
        return {"level": self.level}


class Cooking(TextWorldEnv):
    """Read the cookbook, gather the ingredients, prepare them, eat the meal.

    Spoiling an ingredient, by cooking or cutting it otherwise than the recipe says, loses.

    Args:
        recipe: ingredients, 1 to 5.
        take: how many of them must be found, 0 to ``recipe``; the others are carried.
        go: rooms, one of 1, 6, 9, 12.
        open: whether containers and doors are closed at first.
        cook: whether ingredients have to be cooked.
        cut: whether ingredients have to be cut.

    TextWorld's ``drop`` (the player can carry only few things at once) is left out: it has no
    plan for such games, so that nothing could be measured against one.
    """

    family = "cooking"

    def __init__(
        self,
        recipe: int = 1,
        take: int = 1,
        go: int = 6,
        open: bool = True,
        cook: bool = True,
        cut: bool = False,
    ) -> None:
        super().__init__()
        self.recipe = _within("recipe", recipe, range(1, 6))
        self.take = _within("take", take, range(self.recipe + 1))
        self.go = _within("go", go, (1, 6, 9, 12))
        self.open, self.cook, self.cut = bool(open), bool(cook), bool(cut)

    @property
    def parameters(self) -> Mapping[str, int]:  # noqa: D102 - inherited
        return {
            "recipe": self.recipe,
            "take": self.take,
            "go": self.go,
            "open": self.open,
            "cook": self.cook,
            "cut": self.cut,
        }


class Quest(TextWorldEnv):
    """A house with doors, keys, containers and food, and one or more quests in it.

    Args:
        rooms: 1 to 20.
        objects: 1 to 60; a quest that needs more brings them along.
        quest_length: commands that a quest takes from where it begins, 1 to 20.
        quests: how many quests have to be completed, 1 to 8.
        route: whether the goal tells the way, or only the last command of it.
    """

    family = "quest"

    def __init__(
        self,
        rooms: int = 5,
        objects: int = 10,
        quest_length: int = 5,
        quests: int = 1,
        route: bool = True,
    ) -> None:
        super().__init__()
        self.rooms = _within("rooms", rooms, range(1, 21))
        self.objects = _within("objects", objects, range(1, 61))
        self.quest_length = _within("quest_length", quest_length, range(1, 21))
        self.quests = _within("quests", quests, range(1, 9))
        self.route = bool(route)

    @property
    def parameters(self) -> Mapping[str, int]:  # noqa: D102 - inherited
        return {
            "rooms": self.rooms,
            "objects": self.objects,
            "quest_length": self.quest_length,
            "quests": self.quests,
            "route": self.route,
        }


def readable(feedback: str) -> str:
    """What the agent reads of what the game printed.

    >>> readable("\\n\\nYou eat the meal. Not bad.\\n\\n\\n\\nYour score has just gone up by one "
    ...          "point.\\n\\n\\n    *** The End ***\\n\\nWould you like to RESTART\\n>  -= Bar =-")
    'You eat the meal. Not bad.'
    """
    text = ENDING.sub("", PROMPT.sub("", feedback))
    return BLANK_LINES.sub("\n", SCORE.sub("", text)).strip()


def is_command(text: str) -> bool:
    """Whether ``text`` is one command in the world, so that it may be sent to the game."""
    if len(text) > MAX_COMMAND or not COMMAND.fullmatch(text):
        return False
    words = text.lower().split()
    return META_VERB.fullmatch(words[0][:9]) is None and "then" not in words


def _within(name: str, value: int, allowed: range | tuple[int, ...]) -> int:
    if isinstance(value, bool) or value not in allowed:
        if isinstance(allowed, range):
            expected = f"from {allowed.start} to {allowed.stop - 1}"
        else:
            expected = f"one of {', '.join(map(str, allowed))}"
        raise ValueError(f"Expected {name} {expected}, got {value!r}.")
    return value
