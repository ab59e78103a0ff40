"""The grid of one BabyAI mission: primitive steps, and states that can be saved and gone back to.

    world = World("GoToRedBall")
    world.begin(seed=3)
    with world.rehearsal():              # whatever is done in here is undone at its end
        world.take([Step.LEFT, Step.FORWARD])

minigrid holds the grid, moves the agent and judges the mission. What else it does is left out:
pictures of the grid (nine tenths of a step's time), a limit of steps (caps are the harness's).
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from difflib import get_close_matches
from enum import IntEnum
from types import ModuleType
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

import gymnasium as gym

from environments.babyai import mission as mission
from environments.babyai.mission import Json
from environments.contract import NotInstalled

if TYPE_CHECKING:
    from minigrid.core.world_object import WorldObj

PREFIX = "BabyAI-"

REFUSED = {
    "KeyInBox": "its key lies in a box, and the commands of the literature open nothing but doors",
    "OpenDoorsOrderN2Debug": "minigrid counts opening its first door as a mistake",
    "OpenDoorsOrderN4Debug": "minigrid counts opening its first door as a mistake",
}
"""Levels that cannot be won, and why."""

EAST_SOUTH_WEST_NORTH = ((1, 0), (0, 1), (-1, 0), (0, -1))
"""Columns and rows that the way ahead leads, by direction as minigrid numbers directions."""


class Step(IntEnum):
    """What an agent can do in one step, as minigrid numbers it."""

    LEFT = 0
    RIGHT = 1
    FORWARD = 2
    PICK_UP = 3
    DROP = 4
    TOGGLE = 5
    WAIT = 6


class Pose(NamedTuple):
    """Where the agent stands, and which way it looks."""

    cell: int
    direction: int


class World:
    """A level, and the mission of it that is being played.

    Cells are numbered row by row, from the north-west; those of the border are walls.
    """

    def __init__(self, level: str) -> None:
        self._level: Any = opened(level)
        self._level.gen_obs = dict  # an empty observation, instead of the picture
        self._number: dict[int, int] = {}
        self._changing: list[Any] = []
        self.name = ""
        """The level and the seed."""
        self.width = int(self._level.width)
        """Columns."""
        self.strides = tuple(dx + dy * self.width for dx, dy in EAST_SOUTH_WEST_NORTH)
        """From a cell to the next one, by direction."""
        self.cells: list[WorldObj | None] = []
        """What is in each cell of the grid: None where there is nothing but floor."""
        self.things: tuple[WorldObj, ...] = ()
        """All that is no wall, doors included, in the order of the grid at the beginning."""
        self.outcome: Literal["", "won", "lost"] = ""

    def begin(self, seed: int) -> None:
        """Begin mission number ``seed``."""
        from minigrid.envs.babyai.core import roomgrid_level

        with _silent(roomgrid_level):
            self._level.reset(seed=seed)
        self._level.max_steps = sys.maxsize
        self.name = f"{self._level.spec.id} seed {seed}"
        self.outcome = ""
        self.cells = self._level.grid.grid
        things = []
        for cell, thing in enumerate(self.cells):
            if thing and thing.type != "wall":
                # BlockedUnlockPickup puts a ball down without telling it where it is.
                thing.cur_pos = cell % self.width, cell // self.width
                things.append(thing)
        self.things = (*things, self.carrying) if self.carrying else tuple(things)
        self._number = {id(thing): number for number, thing in enumerate(self.things)}
        nodes = [*mission.nodes(self.instructions)]
        about = [each for node in nodes for each in mission.descriptions(node)]
        self._changing = [*nodes, *about, *self.things]

    @property
    def mission(self) -> str:
        """What has to be done, in words."""
        return str(self._level.mission)

    @property
    def instructions(self) -> Any:
        """What has to be done, as minigrid judges it; see `environments.babyai.mission`."""
        return self._level.instrs

    @property
    def pose(self) -> Pose:
        """Where the agent stands, and which way it looks."""
        return Pose(self.cell(self._level.agent_pos), int(self._level.agent_dir))

    @property
    def carrying(self) -> WorldObj | None:
        """What the agent holds."""
        held: WorldObj | None = self._level.carrying
        return held

    def cell(self, position: Sequence[int]) -> int:
        """The cell that minigrid knows by its column and its row."""
        return int(position[0]) + int(position[1]) * self.width

    def ahead(self, pose: Pose) -> int:
        """The cell in front of the agent."""
        return pose.cell + self.strides[pose.direction]

    def around(self, cell: int) -> list[int]:
        """The four cells next to one that is not of the border."""
        return [cell + stride for stride in self.strides]

    def place(self, thing: WorldObj) -> int | None:
        """Where a thing is: None while it is held."""
        if thing is self._level.carrying or thing.cur_pos is None:
            return None
        return self.cell(thing.cur_pos)

    def take(self, steps: Iterable[Step]) -> None:
        """Take one step after the other, until the mission ends."""
        for step in steps:
            _, reward, ended, _, _ = self._level.step(step)
            if ended:
                self.outcome = "won" if reward > 0 else "lost"
                return

    @contextmanager
    def rehearsal(self) -> Iterator[None]:
        """Undo at the end whatever is done from now on."""
        level, outcome = self._level, self.outcome
        cells = self.cells.copy()
        agent = (level.agent_pos, level.agent_dir, level.carrying, level.step_count)
        # Each of these replaces its attributes and changes none of them in place.
        states = [vars(each).copy() for each in self._changing]
        try:
            yield
        finally:
            self.cells[:] = cells
            level.agent_pos, level.agent_dir, level.carrying, level.step_count = agent
            for each, state in zip(self._changing, states, strict=True):
                vars(each).update(state)
            self.outcome = outcome

    def layout(self) -> tuple[tuple[int | None, str], ...]:
        """Where all things are, and which doors are open."""
        return tuple((self.place(thing), state(thing)) for thing in self.things)

    def situation(self) -> tuple[object, ...]:
        """All that is true and can change: equal if and only if a mission is at the same point."""
        return (
            self.outcome,
            self.pose,
            self.layout(),
            mission.memory(self.instructions, self._number),
        )

    def content(self) -> Json:
        """All that the mission consists of, in its present state."""
        here = [each and [each.type, each.color, state(each)] for each in self.cells]
        held = self.carrying and [self.carrying.type, self.carrying.color]
        asked = mission.wording(self.instructions)
        return [self.width, here, held, self.pose, self.mission, asked]

    def progress(self) -> float:
        """Share of the mission's parts that are done."""
        if self.outcome == "won":
            return 1.0
        return 1 - mission.undone(self.instructions) / mission.leaves(self.instructions)


def state(thing: WorldObj) -> str:
    """`open`, `closed` or `locked` of a door; empty for all else."""
    if thing.type != "door":
        return ""
    return "open" if thing.is_open else "locked" if thing.is_locked else "closed"


def opened(level: str) -> Any:
    """A level of minigrid's by its name, without the wrappers.

    Raises:
        NotInstalled: where minigrid is missing.
        ValueError: if there is no such level, or if it cannot be won.
    """
    try:
        import minigrid  # noqa: F401 - registers the levels
    except ImportError as missing:
        raise NotInstalled("BabyAI needs minigrid: pip install 'driftgauge[babyai]'.") from missing
    ids = {_name(env_id): env_id for env_id in gym.registry if env_id.startswith(PREFIX)}
    if not isinstance(level, str) or level not in ids:
        near = get_close_matches(str(level), ids) or ["GoToRedBall"]
        raise ValueError(
            f"Expected level to be one of minigrid's {len(ids)} levels of BabyAI, such as "
            f"{', '.join(near)}, got {level!r}."
        )
    if level in REFUSED:
        raise ValueError(f"Expected a level that can be won, got {level!r}: {REFUSED[level]}.")
    return gym.make(ids[level], disable_env_checker=True).unwrapped


def _name(env_id: str) -> str:
    return env_id.removeprefix(PREFIX).rsplit("-v", 1)[0]


@contextmanager
def _silent(module: ModuleType) -> Iterator[None]:
    """Keep a module from printing: minigrid's tells of every mission that it discards."""
    vars(module)["print"] = lambda *_: None
    try:
        yield
    finally:
        vars(module).pop("print", None)
