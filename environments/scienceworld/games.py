"""Which games ScienceWorld has: 30 tasks, their variations, and the official split of these.

>>> len(numbered(None, "test")), numbered("boil", "test")[0]
(1819, Game(task='boil', variation=21))
"""

from __future__ import annotations

from typing import NamedTuple

VARIATIONS = {
    "boil": 30,
    "melt": 30,
    "freeze": 30,
    "change-the-state-of-matter-of": 30,
    "use-thermometer": 540,
    "measure-melting-point-known-substance": 436,
    "measure-melting-point-unknown-substance": 300,
    "power-component": 20,
    "power-component-renewable-vs-nonrenewable-energy": 20,
    "test-conductivity": 900,
    "test-conductivity-of-unknown-substances": 600,
    "find-living-thing": 300,
    "find-non-living-thing": 300,
    "find-plant": 300,
    "find-animal": 300,
    "grow-plant": 126,
    "grow-fruit": 126,
    "chemistry-mix": 32,
    "chemistry-mix-paint-secondary-color": 36,
    "chemistry-mix-paint-tertiary-color": 36,
    "lifespan-longest-lived": 125,
    "lifespan-shortest-lived": 125,
    "lifespan-longest-lived-then-shortest-lived": 125,
    "identify-life-stages-1": 14,
    "identify-life-stages-2": 10,
    "inclined-plane-determine-angle": 168,
    "inclined-plane-friction-named-surfaces": 1386,
    "inclined-plane-friction-unnamed-surfaces": 162,
    "mendelian-genetics-known-plant": 120,
    "mendelian-genetics-unknown-plant": 480,
}
"""How many variations each task has in scienceworld 1.2.3, which tells it only once Java runs."""

SPLITS = ("train", "dev", "test")

SIMPLIFICATIONS = (
    "teleportAction",
    "selfWateringFlowerPots",
    "openContainers",
    "openDoors",
    "noElectricalAction",
)

ELECTRICAL = ("power-component", "conductivity")
"""What the names of tasks contain that cannot be solved without connecting things."""


class Game(NamedTuple):
    """One game; its variation is counted as ScienceWorld does, over all splits."""

    task: str
    variation: int

    def __str__(self) -> str:
        return f"{self.task}/variation {self.variation}"


def variations(task: str, split: str) -> range:
    """The variations of a task that are in a split: half train, a quarter dev, the rest test."""
    total = VARIATIONS[task]
    quarter = total // 4
    return {
        "train": range(2 * quarter),
        "dev": range(2 * quarter, 3 * quarter),
        "test": range(3 * quarter, total),
    }[split]


def numbered(task: str | None, split: str) -> list[Game]:
    """The games of a task, else of all tasks one after the other, in the order of their numbers."""
    tasks = VARIATIONS if task is None else (task,)
    return [Game(name, variation) for name in tasks for variation in variations(name, split)]


def simplified(task: str | None, simplifications: str) -> str:
    """``simplifications`` if these can be had, alone or separated by commas.

    Raises:
        ValueError: one is unknown, or makes the task impossible.
    """
    if simplifications in ("", "easy"):
        return simplifications
    named = simplifications.split(",") if isinstance(simplifications, str) else [simplifications]
    if not set(named) <= set(SIMPLIFICATIONS):
        raise ValueError(
            "Expected simplifications 'easy', '' or some of "
            f"{', '.join(SIMPLIFICATIONS)} separated by commas, got {simplifications!r}."
        )
    if "noElectricalAction" in named and (task is None or any(word in task for word in ELECTRICAL)):
        raise ValueError(
            "Expected simplifications other than noElectricalAction for tasks about electricity, "
            f"got {simplifications!r}."
        )
    return simplifications
