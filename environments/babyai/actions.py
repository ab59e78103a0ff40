"""The commands of AgentBoard and AgentGym on the grid.

| command | what it does |
|---|---|
| `turn left`, `turn right`, `move forward` | one step |
| `go to red ball 1` | walks to the thing and looks at it |
| `pick up red ball 1` | walks to it and picks it up |
| `go through red open door 1` | walks to the door and steps into the doorway |
| `toggle and go through red closed door 1` | the same, opening the door; a locked one by its key |
| `toggle` | opens or closes the door right ahead |
| `drop` | puts what is carried on the cell right ahead |

A thing has to be in view, and the way to it is the shortest over cells in view. If there is none,
the command is refused and nothing changes. What is not refused is carried out to its end, or to the
step at which the mission ends. A command is one turn, however many steps it takes.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

from environments.babyai.text import Names
from environments.babyai.view import Ways, look
from environments.babyai.world import Pose, Step, World, state

if TYPE_CHECKING:
    from minigrid.core.world_object import WorldObj

ALONE = {
    "turn left": Step.LEFT,
    "turn right": Step.RIGHT,
    "move forward": Step.FORWARD,
    "toggle": Step.TOGGLE,
    "drop": Step.DROP,
}
"""The commands that are one step."""

ARRIVED: dict[str, tuple[Step, ...]] = {
    "go to": (),
    "pick up": (Step.PICK_UP,),
    "go through": (Step.FORWARD,),
    "toggle and go through": (Step.TOGGLE, Step.FORWARD),
}
"""The commands that begin with a walk to a thing, and what is done in front of it."""

NAMED = re.compile(
    r"(go to|pick ?up|go through|toggle and go through) "
    r"(([a-z]+) (?:(?:open|closed|locked) )?([a-z]+) ([0-9]{1,3}))"
)
"""A command that names a thing, as the texts name it; `pickup` is AgentBoard's spelling."""

NOT_RECOGNIZED = "The action is not recognized."
BARRIER = "There is a barrier in front of you, you can't move forward."
NO_DOOR = "You cannot toggle, as there is no door in front of you."
NOTHING_TO_DROP = "You cannot drop the object, as you are not carrying anything."
NO_ROOM_TO_DROP = "You cannot drop the object, as there is already an object in front of you."
UNSEEN = "You cannot {}, as you cannot see it."
NO_PATH = "You cannot {}, as there is no path leading to it."
HANDS_FULL = "You cannot {}, as you are already carrying something."
NO_THING = "You cannot {}, as it is a door."
NO_WAY_IN = "You cannot {}, as it is not a door."
CLOSED = "You cannot {}, as it is closed. You should toggle it first."
OPEN = "You cannot {}, as it is open. You can go through it."
NO_KEY = "You cannot {}, as you are not carrying a key."
WRONG_KEY = (
    "You cannot {}, as the color of the key you are carrying does not match the color of the door."
)


class Command(NamedTuple):
    """What the agent does in a turn."""

    verb: str
    thing: WorldObj | None = None


class Scene:
    """What is in view from a pose, and what can be done there."""

    def __init__(self, world: World, pose: Pose) -> None:
        self.sight = look(world, pose)
        self.ways = Ways(self.sight, world.strides)
        self.ahead = world.cells[world.ahead(pose)]
        """What the agent would bump into."""
        self._carrying = world.carrying

    def hindrance(self, command: Command) -> str | None:
        """Why a command is refused, with braces in place of its words; None if it is not."""
        match command:
            case Command("move forward"):
                return None if _free(self.ahead) else BARRIER
            case Command("toggle"):
                ahead = self.ahead
                return self._no_key(ahead) if ahead and ahead.type == "door" else NO_DOOR
            case Command("drop"):
                room = None if self.ahead is None else NO_ROOM_TO_DROP
                return room if self._carrying else NOTHING_TO_DROP
            case Command(verb, thing) if thing is not None:
                return self._unfit(verb, thing) or self._out_of_reach(thing)
        return None

    def steps(self, command: Command) -> tuple[Step, ...]:
        """What is done, step by step, by a command that nothing hinders."""
        if command.thing is None:
            return (ALONE[command.verb],)
        steps = self.ways.steps(id(command.thing)) + ARRIVED[command.verb]
        # A mission can begin in front of what has to be gone to, but it is judged after steps only.
        return steps or (Step.WAIT,)

    def commands(self) -> Iterator[Command]:
        """All that nothing hinders."""
        every = [Command(verb) for verb in ALONE]
        every += [Command(verb, each.thing) for each in self.sight.seen for verb in ARRIVED]
        return (command for command in every if self.hindrance(command) is None)

    def _unfit(self, verb: str, thing: WorldObj) -> str | None:
        """Why that cannot be done with a thing, wherever it is."""
        door = thing.type == "door"
        match verb:
            case "pick up" if door:
                return NO_THING
            case "pick up" if self._carrying:
                return HANDS_FULL
            case "go through" | "toggle and go through" if not door:
                return NO_WAY_IN
            case "go through" if state(thing) != "open":
                return CLOSED
            case "toggle and go through" if state(thing) == "open":
                return OPEN
            case "toggle and go through":
                return self._no_key(thing)
        return None

    def _no_key(self, door: WorldObj) -> str | None:
        held = self._carrying
        if state(door) != "locked":
            return None
        if held is None or held.type != "key":
            return NO_KEY
        return None if held.color == door.color else WRONG_KEY

    def _out_of_reach(self, thing: WorldObj) -> str | None:
        if id(thing) in self.ways.ends:
            return None
        return NO_PATH if any(each.thing is thing for each in self.sight.seen) else UNSEEN


def parse(text: str, names: Names) -> Command | None:
    """The command that a text is, if it is one and names nothing that was never listed."""
    words = " ".join(text.lower().split())
    if words in ALONE:
        return Command(words)
    match = NAMED.fullmatch(words)
    if match is None:
        return None
    verb, name, color, noun, number = match.groups()
    thing = names.find(f"{color} {noun}", int(number))
    if thing is None or names.of(thing) != name:
        return None
    return Command(verb.replace("pickup", "pick up"), thing)


def written(command: Command, names: Names) -> str:
    """The text that a command is."""
    return f"{command.verb} {names.of(command.thing)}" if command.thing else command.verb


def _free(content: WorldObj | None) -> bool:
    return content is None or (content.type == "door" and bool(content.is_open))
