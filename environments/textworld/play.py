"""Playing a TextWorld game that was made from its seed: what the families share.

    class CoinCollector(TextWorldEnv):
        family = "coin_collector"                # the generator in `making`

        @property
        def parameters(self) -> Mapping[str, Any]:
            return {"level": self.level}

The compiled game says what is read and what is true (`interpreter`), and the plan in it what is
left to do (`plan`).
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Iterable, Mapping
from typing import Any, ClassVar

import gymnasium as gym
from gymnasium import spaces

from environments.contract import Game, Variant
from environments.numbered import NumberedEnv, Situation
from environments.textworld.games import GameKey, prepare
from environments.textworld.interpreter import Interpreter
from environments.textworld.logic import Opened, opened
from environments.textworld.plan import Planner
from environments.textworld.speech import SPEECH
from environments.textworld.text import (
    COMMAND_LETTERS,
    MAX_COMMAND,
    TEXT_LETTERS,
    is_command,
    opening,
)


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
        self._interpreter = Interpreter()
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
        return self._content(self._begun().content)

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
        asked = [(cls(**variant.kwargs), variant.seed) for variant in variants]
        games = prepare([env._key(seed) for env, seed in asked], workers, progress)
        return [
            Game(env._content(game.content), name="")
            for (env, _), game in zip(asked, games, strict=True)
        ]

    def close(self) -> None:
        """End the game and let go of its interpreter. Closing twice does no harm."""
        super().close()
        self._interpreter.close()

    def _begin(self, number: int) -> Situation:
        self._game = game = opened(self._key(number))
        text = opening(self._interpreter.begin(game))
        self._planner = Planner(self._interpreter.progression, game.logic.routes)
        return self._now(text)

    def _take(self, command: str) -> Situation | None:
        """Send it to the game, if it is about the world, not one such as ``undo`` or ``save``."""
        if not is_command(command):
            return None
        text, done = self._interpreter.send(command)
        self._planner.advance()
        return self._now(text, done)

    def _begun(self) -> Opened:
        if self._game is None:
            raise gym.error.ResetNeeded("There is no game before the first reset().")
        return self._game

    def _content(self, game: str) -> str:
        """Hash of what is played, from that of the game in which it is played."""
        return game

    def _key(self, seed: int) -> GameKey:
        if not 0 <= seed < 2**32:
            raise ValueError(f"Expected a seed from 0 to 2**32 - 1, got {seed}.")
        return GameKey(self.family, self.parameters, seed)

    def _now(self, text: str, accepted: bool = True) -> Situation:
        state, world = self._interpreter.state, self._interpreter.progression.state
        score = state.score / self._begun().logic.game.max_score
        return Situation(
            observation=text,
            facts=world.digest,
            admissible=world.admissible,
            expert=self._planner.command,
            distance=self._planner.distance,
            progress=max(0.0, min(1.0, score)),
            accepted=accepted,
            won=bool(state.won),
            lost=bool(state.lost),
        )
