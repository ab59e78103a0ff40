"""What every DriftGauge environment promises: one short file, the whole contract.

An environment is a Gymnasium environment whose observations and actions are text:

    env = gym.make("driftgauge/TextWorldTreasureHunter-v0", level=7)
    observation, info = env.reset(seed=3)
    env.unwrapped.goal          # "…take the bug from the floor of the kitchenette…"
    info["admissible"]          # ("go north", "go south", "inventory", "look")
    observation, reward, terminated, truncated, info = env.step(info["expert"])

It is deterministic given its seed and the actions, so any state can be reached again by
replay. A key that an environment cannot know is ``None``, never guessed.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Iterable, Mapping
from typing import Any, ClassVar, NamedTuple, TypedDict

import gymnasium as gym

from environments.rulebook import Rulebook
from environments.speech import Speech


class Info(TypedDict):
    """What ``reset`` and ``step`` report, every key at every call."""

    admissible: tuple[str, ...] | None
    """The commands that the game accepts now, sorted; empty once the task has ended."""
    expert: str | None
    """Next action of a plan that solves the task from here; None if there is none."""
    distance: int | None
    """How many actions that plan still has: 0 when won, None after a loss."""
    progress: float | None
    """Share of the task that is done, in [0, 1]."""
    state: str
    """Digest of the true facts and of the set of texts that the player read in this task."""
    accepted: bool | None
    """Did the game understand the last action? None at reset."""
    violations: tuple[str, ...]
    """Names of the rules that the last action broke."""
    opportunity: bool
    """Did any rule constrain the last turn?"""
    required: bool
    """Did a rule ask for the last action itself? Then it is no detour, wherever it led."""
    won: bool
    lost: bool


class Variant(NamedTuple):
    """One game of an environment: what is given to ``gym.make`` and to ``reset``."""

    kwargs: Mapping[str, Any]
    seed: int


class Game(NamedTuple):
    """A game that is ready to be played."""

    content: str
    """SHA-256 of its content in canonical form: equal on every machine."""
    name: str
    """What it is called where it comes from; empty if only its seed names it."""


class NotInstalled(RuntimeError):
    """Something that an environment needs is not on this machine; says how to get it."""


class TextEnv(gym.Env[str, str]):
    """Base class of the environments: text in, text out, and the keys of `Info`.

    `name` and `games` are properties that may be left as they are; a subclass that assigns to one
    declares it as an attribute first, as in ``name = ""``.
    """

    metadata: dict[str, Any] = {"render_modes": []}  # noqa: RUF012 - Gymnasium declares it so

    packages: ClassVar[tuple[str, ...]] = ()
    """Distributions whose versions decide what the games are; lock files record them."""

    persistent: ClassVar[bool] = False
    """Whether tasks follow each other in one world: option ``errand`` says which of them it is, and
    ``reset(options={"past": commands})`` begins it where the commands of the earlier ones led."""

    speech: ClassVar[Speech | None] = None
    """How it words looking, taking and so on, so that it can be put under standing orders."""

    messages: ClassVar[bool] = False
    """Whether what is written is sent as it is, rather than read as a command first."""

    rulebook: ClassVar[Rulebook | None] = None
    """Rules of its own; those in force come as option ``rules``, by name."""

    @property
    @abstractmethod
    def goal(self) -> str:
        """What the task's message says. Valid after ``reset``."""

    @property
    @abstractmethod
    def content(self) -> str:
        """SHA-256 of the game's content in canonical form: equal on every machine."""

    @property
    def name(self) -> str:
        """What the game is called where it comes from; empty if only its seed names it."""
        return ""

    @property
    def games(self) -> int | None:
        """How many games there are to choose from by ``seed``; None if there is no limit."""
        return None

    @classmethod
    def prepare(
        cls,
        variants: Iterable[Variant],
        workers: int = 2,
        progress: Callable[[int, int], None] | None = None,
    ) -> list[Game]:
        """Make the games ahead of play, several at once.

        Args:
            variants: the games, in any number; one that is made already costs nothing.
            workers: how many are made at the same time.
            progress: called with (made, of how many) as games get ready.

        Environments whose games need no making inherit this form, which resets each game.
        """
        del workers
        games = []
        todo = list(variants)
        for done, variant in enumerate(todo, start=1):
            env = cls(**variant.kwargs)
            try:
                env.reset(seed=variant.seed)
                games.append(Game(env.content, env.name))
            finally:
                env.close()
            if progress is not None:
                progress(done, len(todo))
        return games
