"""Task, block, panel: what is played, named by content, and kept in a lock file.

panel = Panel.draw(spec, seed=0)     # makes the games it needs, in this machine's cache
panel.save(run / "panel.lock.json")
panel.check(read_lock(path))         # refuses, by name, a game that came out otherwise
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from importlib.metadata import version
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator

from environments.contract import Game, Variant
from environments.registry import environment_class, environment_spec, rulebook_of
from harness.keyed import digest, generator
from harness.orders import DESIGNS, Design, Order

Split = Literal["test", "development", "training"]

Progress = Callable[[int, int], None]
"""Called with (games that are ready, of how many)."""

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
    family: str
    """What kind of task it is: the options that were drawn for it, such as `level 7`."""
    game: str
    """What the environment calls the game; empty if only its seed names it."""
    rules: tuple[str, ...] = ()
    """Names of the rules that are in force; their sentences stand in the brief."""

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
    """Options of the environment, the same for every task."""
    draw: dict[str, Annotated[tuple[Any, ...], Field(min_length=1)]] = Field(default_factory=dict)
    """Options of which each task draws one value."""
    splits: dict[Split, dict[str, Any]] = Field(default_factory=dict)
    """Options that keep the splits apart where the environment has splits of its own."""
    brief: str
    rules: Annotated[int, Field(ge=0)] = 0
    """Rules in each block's brief: the environment's own, or standing orders."""
    pool: tuple[str, ...] = ()
    """Which they are drawn from; empty: from all that the environment allows."""
    tasks: Annotated[int, Field(ge=1, le=64)] = 4
    cap: Annotated[int, Field(ge=1, le=1000)] = 8
    blocks: Annotated[int, Field(ge=1, le=1000)] = 8
    orders: Design = "mirrored"
    """`mirrored`: an order and its reverse; `williams`: balanced for position and carry-over;
    `world`: a block's tasks follow each other in one world, as they were made."""
    split: Split = "test"

    @property
    def rows(self) -> int:
        """Rows of the task table in each arm."""
        return self.blocks * len(DESIGNS[self.orders](self.tasks)) * self.tasks

    @property
    def persistent(self) -> bool:
        """Whether the tasks of a block share a world."""
        return self.orders == "world"

    def variants(self, seed: int, index: int) -> list[Variant]:
        """Draw number `index` of the panel with this seed: one game, or all tasks of one world."""
        rng = generator("task", seed, self.split, index)
        game = int(rng.integers(2**31 - 1))
        drawn = {name: values[int(rng.integers(len(values)))] for name, values in self.draw.items()}
        kwargs = {**self.kwargs, **self.splits.get(self.split, {}), **drawn}
        if not self.persistent:
            return [Variant(kwargs, game)]
        return [Variant({**kwargs, "errand": errand}, game) for errand in range(self.tasks)]

    def family(self, variant: Variant) -> str:
        """What kind of task a draw is."""
        return ", ".join(f"{name} {variant.kwargs[name]}" for name in sorted(self.draw)) or "all"

    @field_validator("id")
    @classmethod
    def _registered(cls, id: str) -> str:
        environment_spec(id)  # raises gymnasium's own error, which says "did you mean"
        return id


class Panel(BaseModel):
    """The blocks of an experiment."""

    model_config = ConfigDict(frozen=True)

    spec: PanelSpec
    seed: int
    versions: dict[str, str]
    """Versions of the packages that made the games."""
    blocks: tuple[Block, ...]

    @classmethod
    def draw(
        cls,
        spec: PanelSpec,
        seed: int,
        avoid: frozenset[str] = frozenset(),
        progress: Progress | None = None,
    ) -> Panel:
        """Draw the panel of `spec` and make its games.

        No game stands in it twice, and none whose content is in `avoid` (how training games
        are kept apart from a test panel: different seeds can give the same game).
        """
        drawn = draw_tasks(spec, seed, spec.blocks * spec.tasks, avoid, progress)
        blocks = []
        for b in range(spec.blocks):
            tasks = drawn[b * spec.tasks : (b + 1) * spec.tasks]
            shuffled: Sequence[int] = range(spec.tasks)
            if not spec.persistent:
                shuffled = generator("labels", seed, spec.split, b).permutation(spec.tasks).tolist()
            rules, brief = rules_and_brief(spec, seed, b)
            labelled = tuple(
                tasks[i].model_copy(
                    update={"name": f"{spec.split}{seed}/{b}/{chr(65 + k)}", "rules": rules}
                )
                for k, i in enumerate(shuffled)
            )
            blocks.append(
                Block(
                    name=str(b),
                    brief=brief,
                    tasks=labelled,
                    orders=DESIGNS[spec.orders](spec.tasks),
                )
            )
        return cls(
            spec=spec,
            seed=seed,
            versions={name: version(name) for name in environment_class(spec.id).packages},
            blocks=tuple(blocks),
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
        """Write the lock file, a game a line."""
        whole = self.model_dump(mode="json")
        blocks = [
            f'{{"name": {_json(block["name"])}, "brief": {_json(block["brief"])},\n'
            f' "orders": {_json(block["orders"])},\n'
            f' "tasks": [\n  {_lines(block["tasks"], indent=2)}]}}'
            for block in whole.pop("blocks")
        ]
        head = _lines([f"{_json(name)}: {_json(value)}" for name, value in whole.items()])
        path.write_text(f'{{{head},\n"blocks": [\n{_lines(blocks)}]}}\n')

    def check(self, lock: Panel) -> None:
        """Refuse the panel if a game that `lock` names has another content here.

        Raises:
            PanelMismatch: it names the game and both hashes.
        """
        locked = {_identity(task): task.content for task in lock.tasks}
        for task in self.tasks:
            expected = locked.get(_identity(task), task.content)
            if expected != task.content:
                raise mismatch(task, expected, lock.versions)


def mismatch(task: Task, expected: str, versions: Mapping[str, str]) -> PanelMismatch:
    """The refusal of a task whose game has not the content that a lock file expects."""
    called = f"game {task.game}" if task.game else f"seed {task.seed}"
    here = {name: version(name) for name in environment_class(task.environment).packages}
    cause = (
        f"The lock was made with {_listed(versions)}; here: {_listed(here)}. Install those versions"
        if here != versions
        else "The versions are the same, so the files of the game differ. Get the published ones"
    )
    return PanelMismatch(
        f"Task {task.name} ({task.environment}, {called}) came out as {task.content[:12]}, but "
        f"the lock file has {expected[:12]}. {cause}, or play another panel: seed=…"
    )


def draw_tasks(
    spec: PanelSpec,
    seed: int,
    count: int,
    avoid: frozenset[str] = frozenset(),
    progress: Progress | None = None,
) -> list[Task]:
    """Draw `count` tasks of `spec` with contents that differ from each other and from `avoid`."""
    env_class = environment_class(spec.id)
    if env_class.persistent and not spec.persistent:
        raise ValueError(f"The tasks of {spec.id} follow each other in one world: orders=world.")
    if spec.persistent and not env_class.persistent:
        raise ValueError(f"Each task of {spec.id} has a world of its own: orders=mirrored.")
    each = spec.tasks if spec.persistent else 1
    tasks: list[Task] = []
    seen = set(avoid)
    index = 0
    fruitless = 0
    while len(tasks) < count:
        draws = range(index, index + (count - len(tasks)) // each)
        variants = [variant for i in draws for variant in spec.variants(seed, i)]
        games = env_class.prepare(variants, progress=progress)
        nothing_new = seen.issuperset(game.content for game in games)
        fruitless = fruitless + len(games) if nothing_new else 0
        if fruitless >= PATIENCE:
            raise ValueError(
                f"{spec.id} gave only {len(tasks)} different games for this panel, but {count} "
                f"are needed, and {fruitless} more draws gave no other: ask for fewer blocks or "
                "tasks, or draw from more options."
            )
        for n, (variant, game) in enumerate(zip(variants, games, strict=True)):
            if game.content not in seen:
                seen.add(game.content)
                name = f"{spec.split}{seed}/{index + n // each}"
                tasks.append(_task(spec, name, variant, game))
        index += len(draws)
    return tasks


def rules_and_brief(spec: PanelSpec, seed: int, block: int) -> tuple[tuple[str, ...], str]:
    """A block's rules by name, and its brief, which tells them.

    Raises:
        ValueError: the environment takes no rules, not these, or not so many.
    """
    if not spec.rules:
        return (), spec.brief
    book = rulebook_of(environment_class(spec.id))
    rules = book.draw(spec.rules, generator("rules", seed, spec.split, block), spec.pool)
    return rules, f"{spec.brief} {book.tell(rules)}"


def _task(spec: PanelSpec, name: str, variant: Variant, game: Game) -> Task:
    return Task(
        name=name,
        environment=spec.id,
        kwargs=dict(variant.kwargs),
        seed=variant.seed,
        cap=spec.cap,
        content=game.content,
        family=spec.family(variant),
        game=game.name,
    )


def read_lock(path: Traversable) -> Panel:
    """Read a lock file, on disk or shipped in a package."""
    return Panel.model_validate_json(path.read_text())


def contents(tasks: Iterable[Task]) -> frozenset[str]:
    """The contents of some tasks, to keep another set of games apart from them."""
    return frozenset(task.content for task in tasks)


def _identity(task: Task) -> tuple[str, str, int]:
    return task.environment, json.dumps(task.kwargs, sort_keys=True), task.seed


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)


def _lines(values: Sequence[object], indent: int = 0) -> str:
    """Values a line each; what is text already stands as it is."""
    between = ",\n" + " " * indent
    return between.join(value if isinstance(value, str) else _json(value) for value in values)


def _listed(versions: Mapping[str, str]) -> str:
    return ", ".join(f"{name} {number}" for name, number in versions.items()) or "no package"
