"""ScienceWorld (arXiv 2203.07540): elementary science experiments in a house of ten rooms.

>>> env = gym.make("driftgauge/ScienceWorld-v0", task="find-living-thing")
>>> observation, info = env.reset(seed=0)
>>> env.unwrapped.goal
'Your task is to find a(n) living thing. First, focus on the thing. Then, move it to the orange
box in the living room.'
>>> print(observation)
This room is called the art studio. In it, you see:
    the agent
    a substance called air
    a large cupboard. The large cupboard door is closed.
    …
>>> info["expert"], info["distance"], len(info["admissible"])
('teleport to outside', 5, 205)
>>> env.step(info["expert"])[0]
'You teleport to the outside.'
"""

from __future__ import annotations

import string

import gymnasium as gym
from gymnasium import spaces

from environments.digest import digest
from environments.numbered import NumberedEnv, Situation
from environments.scienceworld import jvm
from environments.scienceworld.games import (
    SPLITS,
    VARIATIONS,
    Game,
    numbered,
    simplified,
)
from environments.scienceworld.jvm import Jvm
from environments.scienceworld.plan import plan
from environments.scienceworld.speech import SPEECH
from environments.scienceworld.world import Reply, World

MAX_COMMAND = 300
"""Characters; the longest admissible command that was seen has 179."""

PRINTABLE = "".join(map(chr, range(ord(" "), ord("~") + 1)))
"""What commands consist of."""

QUOTES = "“”’—"
"""What books have beside it."""

META = ("help", "objects", "reset task")
"""What ScienceWorld takes for a command to itself: lists of all verbs and things, a new start."""

ARTICLES = ("a", "an", "the")
"""Words that ScienceWorld leaves out before it reads a command."""


class ScienceWorld(NumberedEnv):
    """Do an elementary science experiment.

    ``reset(seed=n)`` begins the n-th of the games of a split. The expert is ScienceWorld's own
    solver, less its detours (`environments.scienceworld.plan`); it does not solve every game. What
    it does depends on the time at which it does it, so that after any other command that takes time
    no plan is known: expert and distance are None from there. Looking around, the inventory and the
    task take no time.

    Args:
        task: one of the 30 in `environments.scienceworld.games.VARIATIONS`; None: all of them, the
            games of one task after those of another.
        split: ``train``, ``dev`` or ``test``, by the official ranges of variations.
        simplifications: ``easy`` as in the literature (doors are open, teleporting is possible,
            flower pots water themselves; tasks that are not about electricity know no wiring),
            some of ScienceWorld's five separated by commas, or an empty string.
    """

    packages = ("scienceworld",)
    speech = SPEECH

    observation_space = spaces.Text(20_000, min_length=0, charset=string.printable + QUOTES)
    action_space = spaces.Text(MAX_COMMAND, charset=PRINTABLE)

    def __init__(
        self, task: str | None = None, split: str = "test", simplifications: str = "easy"
    ) -> None:
        if task is not None and task not in tuple(VARIATIONS):
            raise ValueError(f"Expected task None or one of {', '.join(VARIATIONS)}, got {task!r}.")
        if split not in SPLITS:
            raise ValueError(f"Expected split 'train', 'dev' or 'test', got {split!r}.")
        self.simplifications = simplified(task, simplifications)
        jvm.requirements()
        super().__init__()
        self.task, self.split = task, split
        self._games = numbered(task, split)
        self._game: Game | None = None
        self._jvm: Jvm | None = None
        self._world: World
        self._plan: tuple[str, ...] | None = None
        self._goal = self._content = ""

    @property
    def games(self) -> int:
        """How many there are of the task, or of all tasks, in the split."""
        return len(self._games)

    @property
    def goal(self) -> str:
        """The game's description of the task, word for word."""
        self._begun()
        return self._goal

    @property
    def content(self) -> str:
        """SHA-256 of the task, and of all that is true and seen at its beginning."""
        self._begun()
        return self._content

    @property
    def name(self) -> str:
        """Task and variation, as in ``boil/variation 21``."""
        return str(self._begun())

    def close(self) -> None:
        """End the game. Closing twice does no harm.

        The Java process ends soon after the last environment of this process is closed, unless
        another one is opened (`environments.scienceworld.jvm.LINGER`).
        """
        super().close()
        if self._jvm is not None:
            del self._world
            jvm.give_back(self._jvm)
        self._jvm = None

    def _begin(self, number: int) -> Situation:
        self._game = None  # until it has begun
        world = self._opened()
        game = self._games[number]
        self._plan = plan(world, game, self.simplifications)
        world.load(game, self.simplifications)
        self._game, self._goal = game, world.task
        situation = self._now(world.step("look around"))
        seen = [*game, self.simplifications, self._goal, situation.observation]
        self._content = digest([*seen, situation.facts.decode()])
        return situation

    def _take(self, command: str) -> Situation | None:
        if not _is_command(command):
            return None
        reply = self._world.step(command)
        if self._plan and _plain(command) == _plain(self._plan[0]):
            self._plan = self._plan[1:]
        elif reply.ticks or self._world.asking:
            self._plan = None  # things have cooled, grown, moved on: the rest may win or not
        return self._now(reply)

    def _now(self, reply: Reply) -> Situation:
        world = self._world
        lost = world.score < 0
        won = world.completed and not lost
        return Situation(
            observation=reply.text,
            facts=world.facts(),
            admissible=() if won or lost else world.commands(),
            expert=self._plan[0] if self._plan else None,
            distance=None if self._plan is None else len(self._plan),
            progress=1.0 if won else max(0.0, world.score),
            accepted=not reply.refused,
            won=won,
            lost=lost,
        )

    def _opened(self) -> World:
        """The world, in a Java process that runs."""
        if self._jvm is not None and not self._jvm.alive:
            jvm.give_back(self._jvm)
            self._jvm = None
        if self._jvm is None:
            self._jvm = jvm.borrow()
            self._world = World(self._jvm)
        return self._world

    def _begun(self) -> Game:
        if self._game is None:
            raise gym.error.ResetNeeded("There is no game before the first reset().")
        return self._game


def _is_command(text: str) -> bool:
    """Whether it is one command in the world; an empty one is none."""
    return 0 < len(text) <= MAX_COMMAND and set(text) <= set(PRINTABLE) and _plain(text) not in META


def _plain(command: str) -> str:
    """A command as ScienceWorld reads it."""
    return " ".join(word for word in command.lower().split() if word not in ARTICLES)
