"""BabyAI in text (arXiv 1810.08272): find, open, pick up and move things in a grid of rooms.

    >>> env = gym.make("driftgauge/BabyAI-v0", level="UnlockPickup")
    >>> observation, info = env.reset(seed=3)
    >>> env.unwrapped.goal
    'pick up the blue box'
    >>> print(observation)  # the line is broken here
    In front of you in this room, you can see several objects: There is a green key 1 0 steps in
    front of you and 2 steps to your right. There is a green locked door 1 3 steps in front of you
    and 3 steps to your right. The room has walls around you. You are facing a wall 3 steps away.
    You are not carrying anything.
    >>> info["expert"], info["distance"]
    ('pick up green key 1', 5)

| module | what it says |
|---|---|
| `world` | what minigrid does at a step |
| `mission` | what of a mission is done |
| `view` | what is in view, and how to walk there |
| `text` | the words for it |
| `actions` | what a command does, and when it is refused |
| `routes`, `plan` | the expert |

AgentBoard plays 28 levels with the seeds 1234 to 1237 and 30 turns: the 27 that stand in
`conf/environment/babyai.yaml`, and one that cannot be won. AgentGym plays 12 more.
"""

from __future__ import annotations

import string

import gymnasium as gym
from gymnasium import spaces

from environments.babyai.actions import NOT_RECOGNIZED, Command, parse, written
from environments.babyai.plan import Planner
from environments.babyai.text import Names, describe
from environments.babyai.world import World
from environments.digest import canonical, digest
from environments.numbered import NumberedEnv, Situation

ENDINGS = {"won": "\nThe task is completed.", "lost": "\nThe task has failed.", "": ""}

LONGEST_COMMAND = 100
"""Characters; the longest admissible one has fewer than half as many."""

TRIED = 100
"""Missions in a row after which it is given up to look for one that can be won."""


class BabyAI(NumberedEnv):
    """Missions of one level of BabyAI, made from their numbers, without limit.

    Mission number ``n`` is what minigrid makes from seed ``n``. Where nothing wins that (as on
    `Unlock`, where a key can lie behind its own door), it is the mission of the next seed that can
    be won; `name` tells which.

    Args:
        level: its name in minigrid without ``BabyAI-`` and version: ``GoToLocal``, ``BossLevel``.

    Raises:
        ValueError: if there is no such level, or if its missions cannot be won.
        NotInstalled: where minigrid is missing.
    """

    packages = ("minigrid",)
    action_space = spaces.Text(
        LONGEST_COMMAND, charset=string.ascii_lowercase + string.digits + " "
    )
    observation_space = spaces.Text(5_000, charset=string.ascii_letters + string.digits + " .,:'\n")

    def __init__(self, level: str = "GoToRedBall") -> None:
        super().__init__()
        self.level = level
        self._world = World(level)
        self._planner: Planner
        self._plan: tuple[Command, ...] | None
        self._names = Names()
        self._content = ""

    @property
    def goal(self) -> str:
        """The mission, word for word."""
        self._begun()
        return self._world.mission

    @property
    def content(self) -> str:
        """SHA-256 of the grid, of where the agent stands in it, and of what is to be done."""
        return self._begun()

    @property
    def name(self) -> str:
        """The level and the seed that minigrid makes the mission from."""
        self._begun()
        return self._world.name

    def _begin(self, number: int) -> Situation:
        for seed in range(number, number + TRIED):
            self._world.begin(seed)
            self._planner = Planner(self._world)
            self._plan = self._planner.plan()
            if self._plan:
                break
        else:
            raise RuntimeError(f"No mission of {self.level} from {number} to {seed} can be won.")
        self._content = digest(self._world.content())
        self._names = Names()
        return self._now()

    def _take(self, command: str) -> Situation | None:
        if not 0 < len(command) <= LONGEST_COMMAND or not command.isprintable():
            return None
        action = parse(command, self._names)
        if action is None:
            return self._now(NOT_RECOGNIZED)
        scene = self._planner.scene()
        hindrance = scene.hindrance(action)
        if hindrance is not None:
            return self._now(hindrance.format(written(action, self._names)))
        self._world.take(scene.steps(action))
        if self._plan and action == self._plan[0]:
            self._plan = self._plan[1:]
        elif not self._world.outcome:
            self._plan = self._planner.plan()
        return self._now()

    def _begun(self) -> str:
        if not self._content:
            raise gym.error.ResetNeeded("There is no mission before the first reset().")
        return self._content

    def _now(self, refusal: str | None = None) -> Situation:
        """What is the case; what is read is why a command was refused, or else what is in view."""
        world, names, plan = self._world, self._names, self._plan
        scene = self._planner.scene()
        names.learn(scene.sight)
        return Situation(
            observation=refusal
            or describe(scene.sight, world.carrying, names) + ENDINGS[world.outcome],
            # What a number means is no fact of the grid, but what a command does depends on it.
            facts=canonical([self._content, world.situation(), names.listed(world.things)]),
            admissible=tuple(written(command, names) for command in scene.commands()),
            expert=written(plan[0], names) if plan else None,
            distance=len(plan) if plan else None,
            progress=world.progress(),
            accepted=refusal is None,
            won=world.outcome == "won",
            lost=world.outcome == "lost",
        )
