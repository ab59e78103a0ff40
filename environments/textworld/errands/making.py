"""Making a house, and drawing the errands in it while they are done.

Each errand is drawn where the one before has left the house, and done at once by its shortest way:
so all of them can be done, one after the other, by commands that the game takes.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from textworld import GameOptions
from textworld.generator import make_grammar, make_world
from textworld.generator.game import Game

from environments.textworld.errands.errand import Errand, shortest
from environments.textworld.errands.house import HANDS, Layout, State
from environments.textworld.interpreter import Interpreter
from environments.textworld.logic import Opened

KINDS = {"o": 5, "f": 2, "k": 1, "c": 2, "s": 3}
"""How likely each kind of thing is: objects, food, keys, containers, supporters."""

SHARES = {"s": 4, "c": 3, "r": 1, "I": 1}
"""How likely it is that a thing is to be put on or into something, left on a floor, or fetched."""

LENGTH = range(4, 13)
"""Commands that an errand may take from where the one before has ended."""


def house(parameters: Mapping[str, Any], options: GameOptions) -> Any:
    """A house with things in it, and no quest: `textworld.generator.game.Game`."""
    world = make_world(parameters["rooms"], nb_objects=0, rngs=options.rngs)
    of_kind = {kind: KINDS.get(kind, 0) for kind in world.kb.types.descendants("t")}
    world.populate(parameters["objects"], options.rngs["objects"], of_kind)
    return Game(world, make_grammar(options.grammar, rng=options.rngs["grammar"]), [])


def draw(game: Opened, errands: int, seed: int) -> list[Errand]:
    """Draw errands, and do them.

    Raises:
        ValueError: there are not so many, or the game did not take the way that was planned.
    """
    layout = Layout(game.logic.game)
    rng = np.random.default_rng(seed)
    interpreter = Interpreter()
    interpreter.begin(game)
    drawn = list[Errand]()
    try:
        for _ in range(errands):
            state = layout.state(interpreter.progression.state.facts)
            errand, commands = _first(layout, state, rng)
            for command in commands:
                if not interpreter.send(command).done:
                    raise ValueError(f"the game did not take {command!r}")
            if not errand.done(layout.state(interpreter.progression.state.facts)):
                raise ValueError(f"the game did not do {errand.told(layout)!r}")
            drawn.append(errand)
    finally:
        interpreter.close()
    return drawn


def _first(
    layout: Layout, state: State, rng: np.random.Generator
) -> tuple[Errand, tuple[str, ...]]:
    """An errand of a length that is drawn first, else of the nearest one."""
    wanted = int(rng.choice(list(LENGTH)))
    found: tuple[Errand, tuple[str, ...]] | None = None
    for errand in _candidates(layout, state, rng):
        commands = shortest(layout, state, errand)
        if commands is None or len(commands) not in LENGTH:
            continue
        if found is None or abs(len(commands) - wanted) < abs(len(found[1]) - wanted):
            found = errand, commands
        if len(commands) == wanted:
            break
    if found is None:
        raise ValueError("there is no errand of the right length")
    return found


def _candidates(layout: Layout, state: State, rng: np.random.Generator) -> list[Errand]:
    """All errands in a random order; those with keys are left out, since keys are needed."""
    places = [*layout.room_of, *layout.rooms, HANDS]
    weights = {
        place: SHARES[place[0]] / sum(other[0] == place[0] for other in places) for place in places
    }
    # The smallest exponential of a rate is drawn in proportion to the rate.
    keyed = [
        (rng.exponential() / weights[place], thing, place)
        for thing, there in state.where
        for place in sorted(places)
        if thing[0] != "k" and there != place
    ]
    return [Errand(thing, place) for _, thing, place in sorted(keyed)]
