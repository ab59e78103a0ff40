"""TextWorld games (arXiv 1806.11532): five families, made from their seed, without limit.

    >>> env = gym.make("driftgauge/TextWorldTreasureHunter-v0", level=7)
    >>> observation, info = env.reset(seed=3)
    >>> print(observation)
    -= Shower =-
    I am sorry to announce that you are now in the shower.
    There is an unblocked exit to the north. There is an unguarded exit to the south.
    >>> info["expert"], info["distance"]
    ('go north', 4)

Each family is a generator of TextWorld; what its parameters mean is said there in the same words.
Games are made from their seed by a child process and kept (`environments.textworld.games`).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from environments.textworld.options import at_most, flag, one_of, within
from environments.textworld.play import TextWorldEnv

LONGEST_QUEST = 10
"""Commands of each of several quests: in a large house the search for more takes minutes."""

MOST_COMMANDS = 40
"""Commands of all quests together."""


class TreasureHunter(TextWorldEnv):
    """Find one object in a maze and leave another one alone: taking that loses the game.

    Args:
        level: 1 to 30. To 10: 5 rooms, 1 to 5 commands; to 20: 10 rooms with doors and boxes,
            2 to 10 commands; to 30: 20 rooms, some locked, 3 to 20 commands.
    """

    family = "treasure_hunter"

    def __init__(self, level: int = 7) -> None:
        super().__init__()
        self.level = within("level", level, range(1, 31))

    @property
    def parameters(self) -> Mapping[str, Any]:  # noqa: D102 - inherited
        return {"level": self.level}


class CoinCollector(TextWorldEnv):
    """Walk through a chain of rooms and take the coin in the last one.

    Args:
        level: 1 to 100: a chain of that many rooms. 101 to 150, 201 to 233: the same from 1
            anew, with one or two more rooms beside every room of the chain.
    """

    family = "coin_collector"
    levels: ClassVar = (*range(1, 101), *range(101, 151), *range(201, 234))

    def __init__(self, level: int = 5) -> None:
        super().__init__()
        if isinstance(level, bool) or level not in self.levels:
            raise ValueError(
                f"Expected level from 1 to 100, 101 to 150 or 201 to 233, got {level!r}: "
                "TextWorld compiles no more than 100 rooms."
            )
        self.level = level

    @property
    def parameters(self) -> Mapping[str, Any]:  # noqa: D102 - inherited
        return {"level": self.level}


class Cooking(TextWorldEnv):
    """Read the cookbook, gather the ingredients, prepare them, eat the meal.

    Spoiling an ingredient, by cooking or cutting it otherwise than the recipe says, loses.

    Args:
        recipe: ingredients, 1 to 5.
        take: how many of them must be found, 0 to ``recipe``; the others are carried.
        go: rooms, one of 1, 6, 9, 12.
        open: whether containers and doors are closed at first.
        cook: whether ingredients have to be cooked.
        cut: whether ingredients have to be cut.
        split: "train", "valid" or "test": each has ingredients of its own, and beside them those of
            "train", to be prepared as in no other split. None draws from all three. Where nothing
            has to be cooked or cut, five ingredients that are taken as they are (salt, water) are
            in all of them.

    TextWorld's ``drop`` (the player can carry only few things at once) is left out: it has no
    plan for such games, so that nothing could be measured against one.
    """

    family = "cooking"

    def __init__(
        self,
        recipe: int = 1,
        take: int = 1,
        go: int = 6,
        open: bool = True,
        cook: bool = True,
        cut: bool = False,
        split: str | None = None,
    ) -> None:
        super().__init__()
        self.recipe = within("recipe", recipe, range(1, 6))
        self.take = within("take", take, range(self.recipe + 1))
        self.go = one_of("go", go, (1, 6, 9, 12))
        self.open, self.cook = flag("open", open), flag("cook", cook)
        self.cut = flag("cut", cut)
        self.split = one_of("split", split, (None, "train", "valid", "test"))

    @property
    def parameters(self) -> Mapping[str, Any]:  # noqa: D102 - inherited
        return {
            "recipe": self.recipe,
            "take": self.take,
            "go": self.go,
            "open": self.open,
            "cook": self.cook,
            "cut": self.cut,
            "split": self.split,
        }


class Quest(TextWorldEnv):
    """A house with doors, keys, containers and food, and one or more quests in it.

    Args:
        rooms: 1 to 20.
        objects: 1 to 60, at most 8 + 3 × ``rooms``; a quest that needs more brings them along.
        quest_length: commands that a quest takes from where it begins, 1 to 20; one of several
            quests, 1 to 10.
        quests: how many quests have to be completed, 1 to 8, of at most 8 + 3 × ``rooms`` and of
            at most 40 commands together.
        route: whether the goal tells the way, or only the last command of it.

    The limits leave room: in a crowded house two things soon have names that the game mixes up.
    """

    family = "quest"

    def __init__(
        self,
        rooms: int = 5,
        objects: int = 10,
        quest_length: int = 5,
        quests: int = 1,
        route: bool = True,
    ) -> None:
        super().__init__()
        self.rooms = within("rooms", rooms, range(1, 21))
        self.objects = within("objects", objects, range(1, 61))
        self.quest_length = within("quest_length", quest_length, range(1, 21))
        self.quests = within("quests", quests, range(1, 9))
        place = 8 + 3 * rooms
        at_most("objects", objects, place, f"in {rooms} rooms")
        if quests > 1:
            at_most("quest_length", quest_length, LONGEST_QUEST, f"of {quests} quests")
        most = min(place, MOST_COMMANDS)
        at_most("quests × quest_length", quests * quest_length, most, f"in {rooms} rooms")
        self.route = flag("route", route)

    @property
    def parameters(self) -> Mapping[str, Any]:  # noqa: D102 - inherited
        return {
            "rooms": self.rooms,
            "objects": self.objects,
            "quest_length": self.quest_length,
            "quests": self.quests,
            "route": self.route,
        }


class Simple(TextWorldEnv):
    """Get out of the locked bedroom, find the ingredient that dinner lacks, put it on the stove.

    The house is always the same; where the key and the food are is not. Eating the ingredient
    loses.

    Args:
        rewards: what counts as progress: "dense", every door and container on the way;
            "balanced", rooms, doors and the ingredient; "sparse", the end alone.
        goal: "detailed", the whole way; "brief", what is missing. TextWorld's "none" is left out:
            nobody would know what to do.
        split: "train", or "test", where the missing ingredient is one that "train" has not.
    """

    family = "simple"

    def __init__(self, rewards: str = "dense", goal: str = "brief", split: str = "train") -> None:
        super().__init__()
        self.rewards = one_of("rewards", rewards, ("dense", "balanced", "sparse"))
        self.telling = one_of("goal", goal, ("detailed", "brief"))
        self.split = one_of("split", split, ("train", "test"))

    @property
    def parameters(self) -> Mapping[str, Any]:  # noqa: D102 - inherited
        return {"rewards": self.rewards, "goal": self.telling, "split": self.split}
