"""Playing a TextWorld game that was made from its seed: what the families share.

    class CoinCollector(TextWorldEnv):
        family = "coin_collector"                # the generator in `making`

        @property
        def parameters(self) -> Mapping[str, Any]:
            return {"level": self.level}

The compiled game says what is read, its logic what is true (`logic`), and the plan in
it what is left to do (`plan`). The game tells the logic which actions it takes.
"""

from __future__ import annotations

import warnings
from abc import abstractmethod
from collections.abc import Callable, Iterable, Mapping
from typing import Any, ClassVar

import gymnasium as gym
from gymnasium import spaces
from textworld import EnvInfos
from textworld.envs import JerichoEnv
from textworld.envs.wrappers.tw_inform7 import Inform7Data, _detect_i7_events_debug_tags

from environments.contract import Game, Variant
from environments.numbered import NumberedEnv, Situation
from environments.textworld.games import GameKey, prepare
from environments.textworld.logic import Opened, Progression, opened
from environments.textworld.plan import Planner
from environments.textworld.speech import SPEECH
from environments.textworld.text import (
    COMMAND_LETTERS,
    MAX_COMMAND,
    TEXT_LETTERS,
    is_command,
    opening,
    readable,
    was_done,
)

TRACE = "tw-trace-actions"
"""What makes the game name the actions that it takes, so that the logic can take them too."""


class TextWorldEnv(NumberedEnv):
    """What the families share: playing a game that was made from its seed.

    ``reset(seed=3)`` plays game number 3, which is made first if the cache lacks it (seconds).
    Games of a family that has no `split` are told apart by their seeds alone, and by `content`.
    """

    packages = ("textworld",)
    speech = SPEECH
    family: ClassVar[str]
    """The generator in `environments.textworld.making`."""

    action_space = spaces.Text(MAX_COMMAND, charset=COMMAND_LETTERS)
    observation_space = spaces.Text(20_000, min_length=0, charset=TEXT_LETTERS)

    def __init__(self) -> None:
        super().__init__()
        self._game: Opened | None = None
        self._engine: Any = None
        self._state: Any = None
        self._progression: Progression
        self._planner: Planner

    @property
    @abstractmethod
    def parameters(self) -> Mapping[str, Any]:
        """What the generator is given beside the seed, as JSON values."""

    @property
    def goal(self) -> str:
        """The game's objective, word for word."""
        return str(self._begun().logic.game.objective).strip()

    @property
    def content(self) -> str:
        """SHA-256 of the game's content in canonical form."""
        return self._begun().content

    @classmethod
    def prepare(
        cls,
        variants: Iterable[Variant],
        workers: int = 2,
        progress: Callable[[int, int], None] | None = None,
    ) -> list[Game]:
        """Make the games in child processes, several at once; see `TextEnv.prepare`.

        Raises `environments.textworld.games.GameError` where no game can be made.
        """
        keys = [cls(**variant.kwargs)._key(variant.seed) for variant in variants]
        return [Game(game.content, name="") for game in prepare(keys, workers, progress)]

    def close(self) -> None:
        """End the game and let go of its interpreter. Closing twice does no harm."""
        super().close()
        if self._engine is not None:
            self._engine.close()
        self._engine = None

    def _begin(self, number: int) -> Situation:
        game = opened(self._key(number))
        if self._engine is None or game is not self._game:
            self._load(game)
        self._state = self._engine.reset()
        self._engine.unwrapped.step(TRACE)
        self._progression = Progression(game.logic)
        self._planner = Planner(self._progression, game.logic.routes)
        return self._now(opening(self._state.feedback))

    def _take(self, command: str) -> Situation | None:
        """Send it to the game, if it is about the world, not one such as ``undo`` or ``save``."""
        if not is_command(command):
            return None
        self._state, _, _ = self._engine.step(command)
        events, feedback = _detect_i7_events_debug_tags(self._state.feedback)
        for event in events:
            done = self._progression.state.events.get(event.lower())
            if done is not None:
                self._progression.update(done)
        self._planner.advance()
        return self._now(readable(feedback), was_done(self._state.raw))

    def _begun(self) -> Opened:
        if self._game is None:
            raise gym.error.ResetNeeded("There is no game before the first reset().")
        return self._game

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

    def _now(self, text: str, accepted: bool = True) -> Situation:
        world = self._progression.state
        return Situation(
            observation=text,
            facts=world.digest,
            admissible=world.admissible,
            expert=self._planner.command,
            distance=self._planner.distance,
            progress=max(0.0, min(1.0, self._state.score / self._progression.game.max_score)),
            accepted=accepted,
            won=bool(self._state.won),
            lost=bool(self._state.lost),
        )
