"""Task, block, panel: what is played, named by content, and kept in a lock file.

panel = Panel.build(spec)            # makes the games it needs, in this machine's cache
panel.save(run / "panel.lock.json")
panel.check(read_lock(path))         # refuses, by name, a game that came out otherwise
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from importlib import import_module
from importlib.metadata import version
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Annotated, Any, Literal, cast

import gymnasium as gym
from gymnasium.envs.registration import EnvSpec, load_env_creator
from pydantic import BaseModel, ConfigDict, Field, field_validator

from environments.contract import TextEnv, Variant
from harness.keyed import digest, generator
from harness.orders import DESIGNS, Design, Order

Split = Literal["test", "development", "training"]


PATIENCE = 32
"""Draws in a row without a new game after which an environment is taken to have no more."""


class PanelMismatch(ValueError):
    """A game's content is not what the lock file says."""


class Task(BaseModel):
    """One goal in one environment, at most `cap` turns."""

    model_config = ConfigDict(frozen=True)

    name: str
    environment: str
    kwargs: dict[str, Any]
    seed: int
    cap: int
    content: str
    """SHA-256 of the game's canonical content."""

    @property
    def family(self) -> str:
        """What kind of task it is: the options that its game was made with, such as `level 7`."""
        return ", ".join(f"{name} {value}" for name, value in sorted(self.kwargs.items())) or "all"

    @property
    def variant(self) -> Variant:
        """What the environment needs to make this game."""
        return Variant(self.kwargs, self.seed)


class Block(BaseModel):
    """K tasks and a brief, played in several orders: the independent unit of all statistics."""

    model_config = ConfigDict(frozen=True)

    name: str
    brief: str
    tasks: tuple[Task, ...]
    orders: tuple[Order, ...]


class PanelSpec(BaseModel):
    """The configuration of a panel (`conf/environment/*.yaml`): what to draw, and how much."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: str
    """Gymnasium id; a plug-in's as `module:namespace/Name-v0`."""
    kwargs: dict[str, Any] = Field(default_factory=dict)
    levels: tuple[int, ...] = ()
    """Where not empty, each task draws its `level` from these."""
    brief: str
    tasks: Annotated[int, Field(ge=1, le=64)] = 4
    cap: Annotated[int, Field(ge=1, le=1000)] = 8
    blocks: Annotated[int, Field(ge=1, le=1000)] = 8
    orders: Design = "mirrored"
    """`mirrored`: an order and its reverse; `williams`: balanced for position and carry-over."""
    split: Split = "test"

    @property
    def rows(self) -> int:
        """Rows of the task table in each arm."""
        return self.blocks * len(DESIGNS[self.orders](self.tasks)) * self.tasks

    @field_validator("id")
    @classmethod
    def _registered(cls, id: str) -> str:
        environment_spec(id)  # raises gymnasium's own error, which says "did you mean"
        return id


class Panel(BaseModel):
    """The blocks of an experiment."""

    model_config = ConfigDict(frozen=True)

    split: Split
    seed: int
    blocks: tuple[Block, ...]
    versions: dict[str, str]
    """Versions of the packages that made the games."""

    @classmethod
    def build(
        cls,
        spec: PanelSpec,
        seed: int,
        avoid: frozenset[str] = frozenset(),
        progress: Callable[[int, int], None] | None = None,
    ) -> Panel:
        """Draw the panel of `spec` and make its games.

        No game stands in it twice, and none whose content is in `avoid` (how training games
        are kept apart from a test panel: different seeds can give the same game).
        """
        drawn = draw_tasks(spec, seed, spec.blocks * spec.tasks, avoid, progress)
        blocks = []
        for b in range(spec.blocks):
            tasks = drawn[b * spec.tasks : (b + 1) * spec.tasks]
            shuffled = generator("labels", seed, spec.split, b).permutation(spec.tasks)
            labelled = tuple(
                tasks[int(i)].model_copy(update={"name": f"{spec.split}{seed}/{b}/{chr(65 + k)}"})
                for k, i in enumerate(shuffled)
            )
            blocks.append(
                Block(
                    name=str(b),
                    brief=spec.brief,
                    tasks=labelled,
                    orders=DESIGNS[spec.orders](spec.tasks),
                )
            )
        return cls(
            split=spec.split,
            seed=seed,
            blocks=tuple(blocks),
            versions={"textworld": version("textworld")},
        )

    @property
    def tasks(self) -> tuple[Task, ...]:
        """Every task of every block."""
        return tuple(task for block in self.blocks for task in block.tasks)

    @property
    def digest(self) -> str:
        """SHA-256 over everything that the panel fixes."""
        return digest(self.model_dump(mode="json"))

    def save(self, path: Path) -> None:
        """Write the lock file."""
        path.write_text(json.dumps(self.model_dump(mode="json"), indent=1) + "\n")

    def check(self, lock: Panel) -> None:
        """Refuse the panel if a game that `lock` names has another content here.

        Raises:
            PanelMismatch: it names the game and both hashes.
        """
        locked = {_identity(task): task.content for task in lock.tasks}
        for task in self.tasks:
            expected = locked.get(_identity(task), task.content)
            if expected != task.content:
                raise PanelMismatch(
                    f"Task {task.name} ({task.environment}, seed {task.seed}) came out as "
                    f"{task.content[:12]}, but the lock file has {expected[:12]}. It was made with "
                    f"{lock.versions}; here: {self.versions}. Install those versions, or "
                    "play another panel."
                )


def draw_tasks(
    spec: PanelSpec,
    seed: int,
    count: int,
    avoid: frozenset[str] = frozenset(),
    progress: Callable[[int, int], None] | None = None,
) -> list[Task]:
    """Draw `count` tasks of `spec` with contents that differ from each other and from `avoid`."""
    env_class = environment_class(spec.id)
    tasks: list[Task] = []
    seen = set(avoid)
    index = 0
    fruitless = 0
    while len(tasks) < count:
        variants = []
        for i in range(index, index + count - len(tasks)):
            rng = generator("task", seed, spec.split, i)
            game = int(rng.integers(2**31 - 1))
            level = {"level": int(rng.choice(spec.levels))} if spec.levels else {}
            variants.append(Variant({**spec.kwargs, **level}, game))
        contents = env_class.prepare(variants, progress=progress)
        fruitless = fruitless + len(contents) if seen.issuperset(contents) else 0
        if fruitless >= PATIENCE:
            raise ValueError(
                f"{spec.id} gave only {len(tasks)} different games for this panel, but {count} "
                f"are needed, and {fruitless} more draws gave no other: ask for fewer blocks or "
                "tasks, or for more levels."
            )
        for i, (variant, content) in enumerate(zip(variants, contents, strict=True), start=index):
            if content not in seen:
                seen.add(content)
                tasks.append(
                    Task(
                        name=f"{spec.split}{seed}/{i}",
                        environment=spec.id,
                        kwargs=dict(variant.kwargs),
                        seed=variant.seed,
                        cap=spec.cap,
                        content=content,
                    )
                )
        index += len(variants)
    return tasks


def environment_spec(id: str) -> EnvSpec:
    """What is registered under a Gymnasium id; the module that it may begin with is imported."""
    module, _, name = id.rpartition(":")
    if module:
        try:
            import_module(module)
        except ModuleNotFoundError as error:
            raise ValueError(f"the module of {id} cannot be imported: {error}") from None
    return gym.spec(name)


def environment_class(id: str) -> type[TextEnv]:
    """The class behind a Gymnasium id."""
    spec = environment_spec(id)
    if not isinstance(spec.entry_point, str):
        return cast(type[TextEnv], spec.entry_point)
    return cast(type[TextEnv], load_env_creator(spec.entry_point))


def read_lock(path: Traversable) -> Panel:
    """Read a lock file, on disk or shipped in a package."""
    return Panel.model_validate_json(path.read_text())


def contents(tasks: Iterable[Task]) -> frozenset[str]:
    """The contents of some tasks, to keep another set of games apart from them."""
    return frozenset(task.content for task in tasks)


def _identity(task: Task) -> tuple[str, str, int]:
    return task.environment, json.dumps(task.kwargs, sort_keys=True), task.seed
