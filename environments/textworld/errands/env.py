"""Errands in one house of TextWorld: a world that persists from task to task.

    >>> env = gym.make("driftgauge/TextWorldErrands-v0", errand=0)
    >>> observation, info = env.reset(seed=3)
    >>> env.unwrapped.goal
    'Put the mug on the bench.'
    >>> info["expert"], info["distance"]
    ('go east', 6)

Each errand is an environment of its own; what was done before it comes as ``options``:

    >>> env = gym.make("driftgauge/TextWorldErrands-v0", errand=1)
    >>> env.reset(seed=3, options={"past": ["go east", "take mug", …]})

Nothing tells the player where things are. Who has seen the house before knows it, and who has lost
something in it has to find it again.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any, NamedTuple

from environments.digest import digest
from environments.numbered import Situation
from environments.textworld.errands.errand import Errand, shortest
from environments.textworld.errands.house import HANDS, Layout
from environments.textworld.logic import GAMES, Opened, opened
from environments.textworld.options import at_most, flag, within
from environments.textworld.play import TextWorldEnv
from environments.textworld.text import is_command

LOOK = "look"


class Errands(TextWorldEnv):
    """Do one errand of many in a house: fetch something, or put it somewhere.

    ``reset(seed=3, options={"past": commands})`` begins the errand in house number 3 as those
    commands have left it; without, in the house as it was made. It is won at once where the errand
    is done already. Eating what it is about loses it. Half of the progress is to have the thing in
    hand. The expert goes the shortest way, and knows where everything is.

    Args:
        rooms: 2 to 20.
        objects: 4 to 60, at most 3 × ``rooms`` + 8.
        errands: how many are drawn in the house, 1 to 32.
        errand: which of them is to be done, from 0.
        tell: whether the task says in which rooms its thing and its place are.
    """

    family = "errands"
    persistent = True

    def __init__(
        self,
        rooms: int = 8,
        objects: int = 24,
        errands: int = 12,
        errand: int = 0,
        tell: bool = False,
    ) -> None:
        super().__init__()
        self.rooms = within("rooms", rooms, range(2, 21))
        self.objects = within("objects", objects, range(4, 61))
        at_most("objects", objects, 3 * rooms + 8, f"in {rooms} rooms")
        self.errands = within("errands", errands, range(1, 33))
        self.errand = within("errand", errand, range(errands))
        self.tell = flag("tell", tell)
        self._past: Sequence[str] = ()
        self._goal = ""
        self._plan: tuple[str, ...] | None = None

    @property
    def parameters(self) -> Mapping[str, Any]:  # noqa: D102 - inherited
        return {"rooms": self.rooms, "objects": self.objects, "errands": self.errands}

    @property
    def goal(self) -> str:
        """What is to be done."""
        self._begun()
        return self._goal

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[str, dict[str, Any]]:
        """Begin the errand.

        Args:
            seed: which house.
            options: ``past``: the commands of earlier errands in it, in their order.
        """
        self._past = [
            plain
            for command in (options or {}).get("past", ())
            if is_command(plain := command.strip())
        ]
        return super().reset(seed=seed)

    def _begin(self, number: int) -> Situation:
        self._game = game = opened(self._key(number))
        self._interpreter.begin(game)
        for command in self._past:
            self._interpreter.send(command)
        house = _house(game)
        self._errand, self._layout = house.errands[self.errand], house.layout
        state = self._layout.state(self._interpreter.progression.state.facts)
        told = self._errand.told(self._layout)
        where = self._errand.whereabouts(self._layout, state) if self.tell else ""
        self._goal = f"{told} {where}".strip()
        self._plan = shortest(self._layout, state, self._errand)
        return self._now(self._interpreter.send(LOOK).text)

    def _take(self, command: str) -> Situation | None:
        if not is_command(command):
            return None
        before = self._interpreter.progression.state.facts
        text, done = self._interpreter.send(command)
        facts = self._interpreter.progression.state.facts
        if facts != before:
            if self._plan and command == self._plan[0]:
                self._plan = self._plan[1:]
            else:
                self._plan = shortest(self._layout, self._layout.state(facts), self._errand)
        return self._now(text, done)

    def _content(self, game: str) -> str:
        """Of the house with its errands, and which of them it is."""
        return digest([game, self.errand])

    def _now(self, text: str, accepted: bool = True) -> Situation:
        world = self._interpreter.progression.state
        state = self._layout.state(world.facts)
        won = self._errand.done(state)
        held = state.place(self._errand.thing) == HANDS
        return Situation(
            observation=text,
            facts=world.digest,
            admissible=world.admissible,
            expert=self._plan[0] if self._plan else None,
            distance=None if self._plan is None else len(self._plan),
            progress=1.0 if won else 0.5 if held else 0.0,
            accepted=accepted,
            won=won,
            lost=self._plan is None,
        )


class _House(NamedTuple):
    layout: Layout
    errands: Sequence[Errand]


@lru_cache(GAMES)
def _house(game: Opened) -> _House:
    """What of a game is the same in all errands."""
    made = game.logic.game
    return _House(Layout(made), [Errand(*each) for each in made.metadata["errands"]])
