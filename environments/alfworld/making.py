"""ALFWorld games made from a number, for machines without the data set.

    >>> source = make(3, task=None)
    >>> Play(source).goal
    'Your task is to: put a cool potato in garbagecan.'

The rules, the words, the goals and the tables of what can be kept where, heated, cooled or cleaned
are the package's own; which furniture and things a kind of room has is from the data set, counted
over its 3,887 games. A number stands for one game, on every machine that has the same version of
the package; each is proved solvable before it is given out.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set
from functools import cache
from importlib.resources import files
from importlib.util import find_spec
from typing import Any, NamedTuple, TypeVar

import gymnasium as gym
import numpy as np

from environments.alfworld.engine import Source
from environments.alfworld.games import TASKS
from environments.alfworld.pddl import Domain, Problem
from environments.alfworld.plan import Planner
from environments.alfworld.world import World
from environments.contract import NotInstalled

Item = TypeVar("Item")


class Room(NamedTuple):
    """What a kind of room has."""

    furniture: Mapping[str, tuple[int, int]]
    """The receptacles of each type: how many at least, how many at most."""
    things: Sequence[str]
    """What is always there, in any number."""
    extras: Sequence[str]
    """What some rooms of the kind have."""


# fmt: off
ROOMS = {
    "Kitchen": Room(
        {"Cabinet": (3, 12), "CoffeeMachine": (1, 1), "CounterTop": (1, 3), "DiningTable": (0, 1),
         "Drawer": (2, 8), "Fridge": (1, 1), "GarbageCan": (1, 1), "Microwave": (1, 1),
         "Shelf": (0, 3), "SinkBasin": (1, 1), "StoveBurner": (4, 4), "Toaster": (1, 1)},
        ("Apple", "Bowl", "Bread", "ButterKnife", "Cup", "DishSponge", "Egg", "Fork", "Knife",
         "Lettuce", "Mug", "Pan", "PepperShaker", "Plate", "Pot", "Potato", "SaltShaker",
         "SoapBottle", "Spatula", "Spoon", "Tomato"),
        ("Glassbottle", "Kettle", "Ladle", "Statue", "Vase", "WineBottle"),
    ),
    "LivingRoom": Room(
        {"ArmChair": (0, 2), "Cabinet": (0, 4), "CoffeeTable": (1, 1), "DiningTable": (0, 1),
         "Drawer": (2, 8), "Dresser": (0, 1), "GarbageCan": (1, 1), "Shelf": (0, 6),
         "SideTable": (1, 3), "Sofa": (1, 2)},
        ("Box", "CreditCard", "KeyChain", "Laptop", "Pillow", "RemoteControl", "Statue"),
        ("Book", "CellPhone", "Newspaper", "Plate", "TissueBox", "Vase", "Watch", "WateringCan"),
    ),
    "Bedroom": Room(
        {"ArmChair": (0, 1), "Bed": (1, 2), "Desk": (1, 2), "Drawer": (2, 8), "Dresser": (0, 1),
         "GarbageCan": (1, 1), "LaundryHamper": (0, 1), "Safe": (0, 1), "Shelf": (0, 6),
         "SideTable": (0, 2)},
        ("AlarmClock", "Book", "CD", "CellPhone", "CreditCard", "KeyChain", "Laptop", "Pen",
         "Pencil", "Pillow"),
        ("BaseballBat", "BasketBall", "Bowl", "Box", "Mug", "Statue", "TennisRacket"),
    ),
    "Bathroom": Room(
        {"BathtubBasin": (0, 1), "Cabinet": (0, 6), "CounterTop": (1, 2), "Drawer": (0, 6),
         "GarbageCan": (1, 1), "HandTowelHolder": (1, 2), "Shelf": (0, 2), "SinkBasin": (1, 2),
         "Toilet": (1, 1), "ToiletPaperHanger": (1, 1), "TowelHolder": (1, 1)},
        ("Candle", "Cloth", "HandTowel", "Plunger", "SoapBar", "SoapBottle", "SprayBottle",
         "ToiletPaper", "Towel"),
        ("DishSponge", "TissueBox"),
    ),
}
# fmt: on

LAMP = "DeskLamp"
LAMP_STANDS = ("Desk", "Dresser", "Shelf", "SideTable")

EXTRA = 0.4
"""Probability of each of a room's extras."""

TREATMENTS = {
    "clean": ("SinkBasin", "Cleanable"),
    "heat": ("Microwave", "Heatable"),
    "cool": ("Fridge", "Coolable"),
}
"""What a task may ask to be done to a thing, where that is done, and what allows it."""

LOOK, TWO = "look_at_obj_in_light", "pick_two_obj_and_place"

UNDONE_AT_FIRST = ("pick_and_place_simple", TWO)
"""Tasks that a thing in the right place from the start would spoil."""

AGENT, START = "agent1", "loc_start"


class Wish(NamedTuple):
    """What a task is about."""

    thing: str
    place: str
    """The type of receptacle to put it in, or of lamp to look at it by."""


class Thing(NamedTuple):
    """A receptacle or an object."""

    type: str
    number: int

    @property
    def name(self) -> str:
        """How the data set would call it, but for the coordinates."""
        if self.type.endswith("Basin"):  # is part of something that is no receptacle itself
            return f"{self.type.removesuffix('Basin')}_bar_{self.number:02}_bar_{self.type}"
        return f"{self.type}_bar_{self.number:02}"

    @property
    def location(self) -> str:
        """Where one stands before it; each receptacle has a place of its own."""
        return f"loc_{self.name}"


class Package(NamedTuple):
    """What the `alfworld` package says about all games."""

    rules: str
    words: str
    goals: Mapping[str, Any]
    tables: Any
    """The module of its constants."""


def check_installed() -> None:
    """Refuse to go on where the package is missing."""
    if find_spec("alfworld") is None:
        raise NotInstalled("The alfworld package is missing: pip install 'driftgauge[alfworld]'.")


def make(number: int, task: str | None) -> Source:
    """Make game ``number`` of a type of task, or of a type that is drawn too; some milliseconds."""
    random, _ = gym.utils.seeding.np_random(number)
    type = task or _drawn(random, TASKS)
    while True:
        source = _draft(random, type)
        domain, problem = Domain.read(source.domain), Problem.read(source.problem)
        planner = Planner(domain, problem)
        if planner.plan(planner.position(World(domain, problem))):
            return source


def _draft(random: np.random.Generator, task: str) -> Source:
    """A game, which may be impossible."""
    package = _package()
    tables, goal = package.tables, package.goals[task]
    kind = _drawn(random, sorted(ROOMS.keys() & tables.GOALS_VALID[task]))
    room = ROOMS[kind]
    furniture = [
        Thing(type, number)
        for type, (least, most) in room.furniture.items()
        for number in range(random.integers(least, most, endpoint=True))
    ]
    wish = _drawn(random, _wishes(task, room, {place.type for place in furniture}))
    inside = dict[Thing, Thing]()
    for type in (*room.things, *(extra for extra in room.extras if random.random() < EXTRA)):
        places = [place for place in furniture if type in _kept_in(place.type)]
        least, most = 1, tables.MAX_NUM_OF_OBJ_INSTANCES
        if type == wish.thing:
            least, most = 1 + (task == TWO), tables.PICKUP_REPEAT_MAX
            if task in UNDONE_AT_FIRST:
                places = [place for place in places if place.type != wish.place]
        if not places:
            continue  # this room has nothing to keep it in
        for number in range(random.integers(least, most, endpoint=True)):
            # By type first: else most would be in drawers, of which there are many.
            at = _drawn(random, sorted({place.type for place in places}))
            inside[Thing(type, number)] = _drawn(random, [p for p in places if p.type == at])
    if kind in tables.GOALS_VALID[LOOK]:
        stands = [place for place in furniture if place.type in LAMP_STANDS]
        inside[Thing(LAMP, 0)] = _drawn(random, stands)
    named = {"obj": wish.thing, "recep": wish.place, "toggle": wish.place}
    sentence = _drawn(random, goal["templates"]).format(
        **{key: value.lower() for key, value in named.items()}
    )
    return Source(
        domain=package.rules,
        grammar=package.words.replace("UNKNOWN GOAL", sentence),
        problem=_problem(furniture, inside, goal["pddl"].format(**named).replace("#", "-")),
    )


def _wishes(task: str, room: Room, present: Set[str]) -> list[Wish]:
    """What a task of this type can be about in a room with these types of receptacles."""
    if task == LOOK:
        return [Wish(thing, LAMP) for thing in room.things]
    treatment = task.split("_")[1]
    done_in, able = TREATMENTS.get(treatment, ("", ""))
    treatable = _package().tables.VAL_ACTION_OBJECTS.get(able, room.things)
    wishes = list[Wish]()
    for thing in room.things:
        places = sorted(type for type in present if thing in _kept_in(type))
        if thing in treatable and len(places) > 1:
            wishes += [Wish(thing, place) for place in places if place != done_in]
    return wishes


def _problem(furniture: Sequence[Thing], inside: Mapping[Thing, Thing], goal: str) -> str:
    """The game in PDDL; the goal's text closes the problem too."""
    tables = _package().tables
    # The rules name some types that a room may lack.
    types = sorted(tables.VAL_RECEPTACLE_OBJECTS.keys() - tables.MOVABLE_RECEPTACLES_SET)
    kinds = sorted(tables.OBJECTS_SET.difference(types))
    objects = {
        "agent": [AGENT],
        "location": [START, *(place.location for place in furniture)],
        "receptacle": [place.name for place in furniture],
        "object": [thing.name for thing in inside],
        "rtype": [f"{type}Type" for type in types],
        "otype": [f"{kind}Type" for kind in kinds],
    }
    facts = [f"atLocation {AGENT} {START}"]
    for type in sorted({place.type for place in furniture}):
        kept = sorted(_kept_in(type).intersection(kinds))
        facts += [f"canContain {type}Type {kind}Type" for kind in kept]
    for place in furniture:
        facts.append(f"receptacleType {place.name} {place.type}Type")
        facts.append(f"receptacleAtLocation {place.name} {place.location}")
        if place.type in tables.OPENABLE_CLASS_SET:
            facts.append(f"openable {place.name}")
    for thing, place in inside.items():
        facts.append(f"objectType {thing.name} {thing.type}Type")
        facts.append(f"inReceptacle {thing.name} {place.name}")
        facts.append(f"objectAtLocation {thing.name} {place.location}")
        facts += [
            f"{able.lower()} {thing.name}"
            for able, able_things in tables.VAL_ACTION_OBJECTS.items()
            if thing.type in able_things
        ]
        if thing.type in tables.MOVABLE_RECEPTACLES_SET:
            facts.append(f"isReceptacleObject {thing.name}")
        if thing.type != LAMP:
            facts.append(f"pickupable {thing.name}")
    declared = "\n".join(f"{' '.join(names)} - {type}" for type, names in objects.items())
    true = "\n".join(f"({fact})" for fact in facts)
    return (
        f"(define (problem made)\n(:domain alfred)\n(:objects\n{declared})\n(:init\n{true})\n{goal}"
    )


def _kept_in(type: str) -> frozenset[str]:
    """The types of things that a type of receptacle can contain."""
    return frozenset(_package().tables.VAL_RECEPTACLE_OBJECTS[type])


def _drawn(random: np.random.Generator, items: Sequence[Item]) -> Item:
    return items[int(random.integers(len(items)))]


@cache
def _package() -> Package:
    from alfworld.gen import constants, goal_library

    data = files("alfworld") / "data"
    return Package(
        rules=(data / "alfred.pddl").read_text("utf-8"),
        words=(data / "alfred.twl2").read_text("utf-8"),
        goals=goal_library.gdict,
        tables=constants,
    )
