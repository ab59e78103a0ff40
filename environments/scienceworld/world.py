"""One game's world inside the Java process: what is true in it, what can be done, doing it.

    world = World(jvm)
    world.load(Game("boil", 21), "easy")
    world.step("go to kitchen")     # Reply(text='You move to the kitchen.', refused=False, …)
    world.commands()                # ("activate sink", …): 30 to 2,200 of them

Several worlds live in one Java process without touching each other. What ScienceWorld keeps in
variables of its classes is put in place before each use: the counter of objects' numbers and the
simplifications are those of the world, and the one random generator is seeded by the game and the
tick of its clock. So what is random depends on the game and the time in it, and on nothing else:
neither on other worlds, nor on looks and questions that take no time. (The package's own wrapper
draws from that generator whenever it lists the commands.)
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

from environments.digest import canonical, digest
from environments.scienceworld.games import Game
from environments.scienceworld.house import tour
from environments.scienceworld.jvm import Jvm

LISTED = 50
"""Most readings of an ambiguous command that are listed; "move terminal to terminal" has 4,096."""

QUESTION = "Ambiguous request"
"""How the game's question begins that asks which of several things was meant."""

# What the game answers where it does not carry out a command. Trying two things on each other, or
# mixing what does not mix, is no refusal: the game lists it among the valid commands.
REFUSAL = re.compile(
    r"No known action matches that input\.|Unknown action\. |<unknown catch>"
    r"|I'm not sure (what that means|how to (pour|use the ))"
    r"|(It's|Its) not clear how to (connect|disconnect|flush|look|read|get|go)\b"
    r"|Something can't be connected|Connections must specify|You must disconnect entire"
    r"|You can't (pick up|pour|move|dunk)|That can't be moved there|That is already flushing"
    r"|That object (already appears|does not appear) to be in the inventory"
    r"|The door doesn't appear to go anywhere"
    r"|The [^.]* (is not something that can be activated|is already (de)?activated|is not edible"
    r"|isn't open, so|is not moveable|can't be poured out|is in is not movable"
    r"|is empty, so there's nothing to pour|is not open|is not a container|is locked"
    r"|does not contain any liquids|is already (open|closed)|is not (open|close)able)"
    r"|The liquids in [^.]* aren't able to move"
    r"|[^.]* is already connected, and must be disconnected"
)


class Reply(NamedTuple):
    """What came of a command."""

    text: str
    refused: bool
    """The game did not understand it, or did not carry it out."""
    ticks: int
    """How far the game's clock went on; 0 where nothing but what was read can have changed."""


class World:
    """A game's world.

    Args:
        jvm: where it lives; see `environments.scienceworld.jvm`.
    """

    def __init__(self, jvm: Jvm) -> None:
        self.jvm = jvm
        java = jvm.view
        self._game = java.scienceworld.runtime.pythonapi.PythonInterface()
        self._simplifier = java.main.scala.scienceworld.runtime.SimplifierProcessor
        self._numbers = java.util.UniqueIdentifier
        self._random = getattr(getattr(java.scala.util, "Random$"), "MODULE$")
        self._inputs = java.scienceworld.input.InputParser
        self._actions = java.scienceworld.input.ActionDefinitions
        self._paths = java.scienceworld.goldagent.PathFinder
        self._array = java.scala.collection.mutable.WrappedArray
        self._java_set = java.scala.collection.JavaConverters.setAsJavaSet
        thing = java.java.lang.Class.forName("scienceworld.struct.EnvObject")
        self._of_things = java.scala.reflect.ClassTag.apply(thing)
        self._loaded = Game("", -1)
        self._simplifications = ""
        self._count = 0
        """Objects made in this world so far: the last one's number."""
        self._tick = 0
        self._question = ""
        self._answers: tuple[str, ...] = ()
        self._commands: tuple[str, ...] | None = None
        self._tree: dict[str, Any] | None = None
        self._doors: list[Any] = []
        self._teleports = set[str]()
        self._agent_interface: Any = None
        self._agent: Any = None
        self._parser: Any = None
        self._focus: Any = None

    def load(self, game: Game, simplifications: str) -> None:
        """Begin a game anew."""
        self._load(game, simplifications, solve=False)

    def gold(self, game: Game, simplifications: str) -> list[str]:
        """The commands of ScienceWorld's own solver; the game is begun anew after them.

        It plays the game, in 0.1 to 25 s, and what it plays has refused commands in it.
        """
        with self.jvm.lock:
            if self.jvm.tours is None:
                self._show_tours(game, simplifications)
            self._load(game, simplifications, solve=True)
            return list(self._game.getGoldActionSequence())

    def step(self, command: str) -> Reply:
        """Carry out one command."""
        answers = command in self._answers
        with self._entered():
            self._random.setSeed(_seed(self._loaded, self._tick))
            text = self._game.step(command).strip()
            self._count = self._numbers.count()
        if self._agent_interface.isInErrorState():
            error = self._agent_interface.getErrorStateMessage()
            raise RuntimeError(f"ScienceWorld broke down at {command!r}: {error}")
        before, self._tick = self._tick, self._game.getNumMoves()
        if before != self._tick:
            self._commands = self._tree = None
        asked = self._parser.getNumAmbiguousMatches()
        if text.startswith(QUESTION):
            self._question = text = "\n".join(text.split("\n")[: LISTED + 1])
        elif not asked:
            self._question = ""
        self._answers = tuple(map(str, range(min(asked, LISTED))))
        # An answer is understood, whatever becomes of it.
        refused = not answers and REFUSAL.match(text) is not None
        return Reply(text, refused, self._tick - before)

    @property
    def task(self) -> str:
        """What the player is told to do."""
        return str(self._game.getTaskDescription()).strip()

    @property
    def place(self) -> str:
        """The name of the room in which the agent is."""
        return str(self._agent.getContainer().get().getName())

    @property
    def can_teleport(self) -> bool:
        """Whether the agent may go from any room to any other at once."""
        return bool(self._teleports)

    @property
    def asking(self) -> bool:
        """Whether the game has asked which of several things was meant."""
        return bool(self._question)

    @property
    def score(self) -> float:
        """Share of the task that is done, in [0, 1]; -1 once it has failed."""
        return float(self._game.getScore())

    @property
    def completed(self) -> bool:
        """Whether the last of the task's goals is reached."""
        return bool(self._game.getCompleted())

    def facts(self) -> bytes:
        """All that is true, in canonical form, as far as the game tells it.

        Temperatures are whole degrees: that is what the game's thermometers show, and the last
        digits of what flows between things depend on the machine. The game does not tell genes,
        nor how long a living thing has been at its stage of life.
        """
        if self._tree is None:
            self._tree = _in_whole_degrees(json.loads(self._game.getObjectTree("")))
        doors = [door.isOpen() for door in self._doors]
        progress = self._game.getGoalProgressStr()
        return canonical([self._tree, doors, progress, self._focus.toString(), self._question])

    def commands(self) -> tuple[str, ...]:
        """The commands that the game accepts now, sorted.

        ScienceWorld's own list is made in the same way from all that is in the room, and so a
        fifth of it are commands on things in closed containers, which it then does not know. Here
        it is made from what the parser knows.
        """
        if self.asking:
            return self._answers
        if self._commands is None:
            with self._entered():
                self._random.setSeed(0)  # it draws which of a thing's names to use
                self._commands = self._listed()
        return self._commands

    def _listed(self) -> tuple[str, ...]:
        root = self._agent.getContainer().get()
        known = self._inputs.collectAccessibleObjects(root, False)
        own = self._inputs.collectAccessibleObjects(self._agent, False)
        things = getattr(known, "$plus$plus$eq")(own).toArray(self._of_things)
        names = self._parser.getAllUniqueReferentsLUTObjList(things, root, True, True)
        found = self._actions.mkPossibleActions(self._agent, things, things, names, names)
        lines = self._array.make(found).mkString("\n").split("\n")
        return tuple(sorted(_sound(lines) | self._teleports))

    def _load(self, game: Game, simplifications: str, solve: bool) -> None:
        with self.jvm.lock:
            self.jvm.holder = None
            error = self._game.load(game.task, game.variation, simplifications, solve)
            if error:
                raise RuntimeError(f"ScienceWorld cannot load {game}: {error}")
            # What all 7,207 games are made of: 10 MB, made anew at each load.
            getattr(self._game, "taskMaker_$eq")(None)
            self._count = self._numbers.count()
            self.jvm.holder = self
        self._loaded = game
        self._begun()

    def _begun(self) -> None:
        """Take hold of the parts of the world that has just been loaded."""
        self._tick = 0
        self._question = ""
        self._answers = ()
        self._commands = self._tree = None
        self._agent_interface = self._game.agentInterface().get()
        self._agent = self._agent_interface.agent()
        self._parser = self._agent_interface.inputParser()
        self._focus = self._agent_interface.objMonitor()
        self._simplifications = self._agent_interface.simplificationStr()
        rooms = list(self._java_set(self._agent_interface.universe().getContainedObjects(True)))
        doors = {
            door.uuid(): door.propPortal().get()
            for room in rooms
            for door in self._java_set(room.getPortals(True))
        }
        self._doors = [doors[number] for number in sorted(doors)]
        # The way there is known from everywhere, but the list is made from what is in the room.
        teleports = "teleportaction" in self._simplifications.lower()
        places = [room.getName() for room in rooms if room.getPortals(True).nonEmpty()]
        self._teleports = {f"teleport to {place}" for place in places} if teleports else set()

    def _show_tours(self, game: Game, simplifications: str) -> None:
        """Tell the solver how to see all rooms; see `environments.scienceworld.house`."""
        self.load(game, simplifications)
        house: dict[str, list[str]] = {}
        for door in self._doors:
            one, other = door.connectsFrom().getName(), door.connectsTo().getName()
            house.setdefault(one, []).append(other)
            house.setdefault(other, []).append(one)
        known = self._paths.precomputedExhaustivePaths()
        for start in house:
            rooms = tour(house, start)[1:]
            # It looks for things before each leg, and so needs one more to look in the last room.
            legs = [(f"open door to {room}", f"go to {room}") for room in [*rooms, rooms[-2]]]
            known.put(start, self.jvm.texts(legs))
        self.jvm.tours = house

    @contextmanager
    def _entered(self) -> Iterator[None]:
        """Have the Java classes work on this world."""
        with self.jvm.lock, self.jvm.running():
            if self.jvm.holder is not self:
                self._simplifier.parseSimplificationStr(self._simplifications)
                getattr(self._numbers, "count_$eq")(self._count)
                self.jvm.holder = self
            yield


def _seed(game: Game, tick: int) -> int:
    """48 bits, as many as the generator has; those of ticks that follow each other are unlike."""
    return int(digest([*game, tick])[:12], 16)


def _sound(listed: list[str]) -> set[str]:
    """ScienceWorld's list without what is not in the world and what it lists by mistake."""
    sound = set()
    for command in listed:
        verb, _, rest = command.partition(" ")
        one, into, other = rest.partition(" into ")
        if command == "reset task" or (verb == "pour" and one == other):
            continue
        # Its list has the two the other way round than its grammar.
        sound.add(f"dunk {other} into {one}" if verb == "dunk" and into else command)
    return sound


def _in_whole_degrees(thing: dict[str, Any]) -> dict[str, Any]:
    material = thing["propMaterial"]
    if material is not None:
        material["temperatureC"] = round(material["temperatureC"])
    for inner in thing["contents"].values():
        _in_whole_degrees(inner)
    return thing
