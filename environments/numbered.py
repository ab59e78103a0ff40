"""What environments whose games have numbers share: a subclass says what is the case, turn by turn.

    class Corridor(NumberedEnv):
        def _begin(self, number: int) -> Situation: ...    # game `number` at its start
        def _take(self, command: str) -> Situation | None: ...   # after a command; None: not sent

The rest of the contract is here, once: which game a seed means, when a task has ended, the reward,
which texts the player has read, and with them the digest of the state.
"""

from __future__ import annotations

import hashlib
from abc import abstractmethod
from typing import Any, NamedTuple

import gymnasium as gym

from environments.contract import Info, TextEnv
from environments.digest import canonical

NOT_A_COMMAND = "That is not a command."
"""What the agent reads when its output is not sent to the game."""


class Situation(NamedTuple):
    """What is the case in a game, after its beginning or after a command."""

    observation: str
    facts: bytes
    """All that is true in the game's world, in any form that is equal for equal worlds."""
    admissible: tuple[str, ...] | None
    """In any order; what stands here while the task has ended is left out."""
    expert: str | None
    distance: int | None
    progress: float
    accepted: bool = True
    """Whether the game understood the command and carried it out."""
    won: bool = False
    lost: bool = False
    violations: tuple[str, ...] = ()
    """Names of the rules of its own that the command broke."""
    opportunity: bool = False
    """Whether any of them constrained it."""


class NumberedEnv(TextEnv):
    """An environment of games 0, 1, 2, …

    ``reset(seed=3)`` begins game number 3 (where there are only `games` of them, 3 modulo their
    number); without a seed the number is drawn from `np_random`. The reward of a step is the
    change of progress. An episode ends when the game is won or lost, never for its length.
    """

    def __init__(self) -> None:
        self._texts = set[str]()
        self._info: Info | None = None

    @abstractmethod
    def _begin(self, number: int) -> Situation:
        """Begin game ``number``; 0 or more, and less than `games`."""

    @abstractmethod
    def _take(self, command: str) -> Situation | None:
        """Carry out one command, stripped of the white space around it, in a game that goes on.

        None if it is not sent to the game, since it is not one command in the world: it is not
        accepted, and nothing changes.
        """

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[str, dict[str, Any]]:
        """Begin game number ``seed``."""
        super().reset(seed=seed)
        number = int(self.np_random.integers(2**31)) if seed is None else seed
        self._info = None  # until it has begun
        situation = self._begin(number if self.games is None else number % self.games)
        self._texts = set()
        return self._read(situation, accepted=None)

    def step(self, action: str) -> tuple[str, float, bool, bool, dict[str, Any]]:
        """Send one command to the game."""
        if self._info is None or self._info["won"] or self._info["lost"]:
            raise gym.error.ResetNeeded("The task has ended or not begun: call reset().")
        situation = self._take(action.strip())
        if situation is None:
            self._info["accepted"] = False
            return NOT_A_COMMAND, 0.0, False, False, dict(self._info)
        before = self._info["progress"] or 0.0
        observation, info = self._read(situation, accepted=situation.accepted)
        ended = info["won"] or info["lost"]
        return observation, info["progress"] - before, ended, False, info

    def close(self) -> None:
        """End the game. Closing twice does no harm."""
        self._info = None

    def _read(self, now: Situation, accepted: bool | None) -> tuple[str, dict[str, Any]]:
        """The text, and what is the case now that it was read."""
        self._texts.add(now.observation)
        over = now.won or now.lost
        state = hashlib.sha256(now.facts)
        state.update(canonical(sorted(self._texts)))
        listed = () if over else now.admissible
        self._info = Info(
            admissible=None if listed is None else tuple(sorted(listed)),
            # There may be a plan after a loss, but there is no game left to play it in.
            expert=None if over else now.expert,
            distance=0 if now.won else None if now.lost else now.distance,
            progress=now.progress,
            state=state.hexdigest(),
            accepted=accepted,
            violations=now.violations,
            opportunity=now.opportunity,
            required=False,
            won=now.won,
            lost=now.lost,
        )
        return now.observation, dict(self._info)
