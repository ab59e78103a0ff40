"""ALFWorld (arXiv 2010.03768): household errands in a room full of drawers, by text.

    >>> env = gym.make("driftgauge/ALFWorld-v0", split="valid_unseen")
    >>> observation, info = env.reset(seed=6)
    >>> env.unwrapped.goal
    'Your task is to: look at bowl under the desklamp.'
    >>> observation
    'You are in the middle of a room. Looking quickly around you, you see a bed 1, a desk 2, …'
    >>> info["expert"], info["distance"]
    ('go to desk 2', 4)
    >>> env.step("go to desk 2")[0]
    'You arrive at desk 2. On the desk 2, you see a alarmclock 1, a bowl 1, and a cd 3.'

The games of the data set are read from disk; on machines without them, `ALFWorldGenerated` makes
games of the same kind. What the agent reads is what the package answers, word for word, less the
banner; the last sentence of what a game begins with is the `goal`.
"""

from __future__ import annotations

import string
from abc import abstractmethod
from collections.abc import Sequence
from typing import TypeVar

import gymnasium as gym
from gymnasium import spaces

from environments.alfworld.engine import REFUSAL, Play, Source
from environments.alfworld.games import SPLITS, TASKS, data_folder, stored_games
from environments.alfworld.handcoded import HandCoded
from environments.alfworld.making import check_installed, make
from environments.alfworld.plan import Guide, Planner, Position, check_known
from environments.alfworld.speech import SPEECH
from environments.contract import NotInstalled
from environments.numbered import NumberedEnv, Situation

Choice = TypeVar("Choice")

EXPERTS: Sequence[str | None] = ("planner", "handcoded", None)


class ALFWorldEnv(NumberedEnv):
    """What playing games from disk and games that were made share.

    ``reset(seed=3)`` plays game number 3. Progress is the share of the goal's conditions that hold:
    of "a clean mug in the cabinet", half is that a mug is clean, all that it is there too. Nothing
    in these games can be lost for good, so no task is ever lost.
    """

    speech = SPEECH
    observation_space = spaces.Text(4000, charset=string.printable)
    action_space = spaces.Text(100, charset=string.ascii_letters + string.digits + " ")

    def __init__(self, task: str | None, expert: str | None) -> None:
        super().__init__()
        self.task = one_of("task", task, (*TASKS, None))
        self.expert = one_of("expert", expert, EXPERTS)
        if expert == "handcoded":
            check_installed()
        self._play: Play | None = None
        self._planner: Planner
        self._position: Position
        self._guide: Guide | None
        self._handcoded: HandCoded | None

    @abstractmethod
    def _source(self, number: int) -> Source:
        """The texts of game ``number``."""

    @property
    def goal(self) -> str:
        """The task, as the game words it."""
        return self._begun().goal

    @property
    def content(self) -> str:
        """SHA-256 of the game's rules, words, things, first facts and goal."""
        return self._begun().content

    def close(self) -> None:
        """End the game. Closing twice does no harm."""
        super().close()
        self._play = None

    def _begin(self, number: int) -> Situation:
        self._play = play = Play(self._source(number))
        self._planner = Planner(play.domain, play.problem)
        self._position = self._planner.position(play.world)
        self._guide = None
        if self.expert == "planner":
            check_known(play.domain)
            self._guide = Guide(self._planner, self._position)
        handcoded = self.expert == "handcoded"
        self._handcoded = HandCoded(play, self._planner.goal) if handcoded else None
        return self._now(play.opening, expert="look" if handcoded else None)

    def _take(self, command: str) -> Situation | None:
        play = self._begun()
        action = play.commands.get(command)
        text = REFUSAL if action is None else play.do(command)
        self._position = self._planner.position(play.world)
        if self._guide is not None and action is not None:
            self._guide.follow(action, self._position)
        act = None
        if self._handcoded is not None and not play.world.solved:
            act = self._handcoded.act(play, command, text)
        return self._now(text, expert=act, accepted=action is not None)

    def _begun(self) -> Play:
        if self._play is None:
            raise gym.error.ResetNeeded("There is no game before the first reset().")
        return self._play

    def _now(self, text: str, expert: str | None, accepted: bool = True) -> Situation:
        play, distance = self._begun(), None
        if self._guide is not None and self._guide.plan is not None:
            distance = len(self._guide.plan)
            expert = self._guide.command(play.commands)
        return Situation(
            observation=text,
            facts=play.facts,
            admissible=play.admissible,
            expert=expert,
            distance=distance,
            progress=self._planner.progress(self._position),
            accepted=accepted,
            won=play.world.solved,
        )


class ALFWorld(ALFWorldEnv):
    """The games of the data set, which `alfworld-download` fetches.

    Args:
        split: "valid_unseen" (134 games in rooms that are in no other split: the paper's
            evaluation set), "valid_seen", "valid_train" or "train" (3,553 games).
        task: one of the six types of tasks; None for all.
        folder: where `json_2.1.1` lies; None for `$ALFWORLD_DATA`, else the package's own folder.
        expert: "planner" (the shortest plan, which knows where everything is), "handcoded" (the
            package's rules of thumb, without a distance), or None: neither expert nor distance.
    """

    def __init__(
        self,
        split: str = "valid_unseen",
        task: str | None = None,
        folder: str | None = None,
        expert: str | None = "planner",
    ) -> None:
        super().__init__(task, expert)
        self.split = one_of("split", split, SPLITS)
        place = data_folder(folder)
        self._games = stored_games(place, split, task)
        if not self._games:
            raise NotInstalled(
                f"ALFWorld's {split} games are not in {place}: run alfworld-download, or set "
                "ALFWORLD_DATA to the folder that holds json_2.1.1."
            )
        self._name = ""

    @property
    def games(self) -> int:
        """How many there are of this split and type."""
        return len(self._games)

    @property
    def name(self) -> str:
        """The game's folder, such as "valid_unseen/pick_heat_then…-Apple-None-Fridge-10/trial…"."""
        self._begun()
        return self._name

    def _source(self, number: int) -> Source:
        game = self._games[number]
        self._name = game.name
        return game.source


class ALFWorldGenerated(ALFWorldEnv):
    """Games that are made from their seed, by the package's own rules, words and tables.

    Args:
        task: one of the six types of tasks; None for all.
        expert: as for `ALFWorld`.
    """

    packages = ("alfworld",)

    def __init__(self, task: str | None = None, expert: str | None = "planner") -> None:
        super().__init__(task, expert)
        check_installed()

    def _source(self, number: int) -> Source:
        return make(number, self.task)


def one_of(name: str, value: Choice, allowed: Sequence[Choice]) -> Choice:
    """The value, if it is allowed."""
    if value not in allowed:
        among = ", ".join(map(str, allowed))
        raise ValueError(f"Expected {name} to be one of {among}, got {value!r}.")
    return value
