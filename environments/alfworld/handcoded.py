"""The hand-coded expert of the `alfworld` package, which sees only what a player sees.

    >>> expert = HandCoded(play, goal)
    >>> expert.act(play, "look", "You are in the middle of a room. …")
    'go to fridge 1'

It searches the room by rules of thumb, so that it solves many games but not all, and has no plan
whose length could be a distance. It draws lots where several commands would do: here from a
generator of its own, keyed by the game, so that the same game is played in the same way again.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

from environments.alfworld.engine import Play
from environments.alfworld.goal import Goal

MAX_STEPS = 200
"""Commands after which it gives up; the package's own number."""

TASKS = {
    "": "pick_and_place_simple",
    "isclean": "pick_clean_then_place_in_recep",
    "ishot": "pick_heat_then_place_in_recep",
    "iscool": "pick_cool_then_place_in_recep",
}
"""The type of a task with one thing, by what the thing has to be."""


class NamedFact(NamedTuple):
    """A fact as the expert reads it."""

    name: str
    names: tuple[str, ...]


class HandCoded:
    """Follows one play from its beginning.

    Args:
        play: at its beginning.
        goal: what it asks for.
    """

    def __init__(self, play: Play, goal: Goal) -> None:
        from alfworld.agents.expert import (
            HandCodedAgentFailed,
            HandCodedAgentTimeout,
            HandCodedTWAgent,
        )

        # It looks up and draws from what may be empty, and then fails by an error.
        self._surrenders = (HandCodedAgentFailed, HandCodedAgentTimeout, LookupError)
        self._random = random.Random(play.intro)
        self._agent: Any = HandCodedTWAgent(max_steps=MAX_STEPS)
        # What the package reads from a file beside the game, which not every copy has.
        parameters = _parameters(play, goal)
        self._agent.task_params = parameters
        self._agent.policy = self._agent.get_task_policy(parameters)(parameters, MAX_STEPS)
        self._agent.observe(play.intro)
        self._gave_up = False

    def act(self, play: Play, command: str, feedback: str) -> str | None:
        """What it does next, once ``command`` was answered by ``feedback``; None if it gives up."""
        if self._gave_up:
            return None
        state = {
            "feedback": feedback,
            "facts": _named(play),
            "admissible_commands": list(play.admissible),
        }
        try:
            with self._drawing():
                act = self._agent.act(state, 0, False, command)
        except self._surrenders:
            self._gave_up = True
            return None
        return act if act in play.admissible else "look"

    @contextmanager
    def _drawing(self) -> Iterator[None]:
        """Let the package draw from this generator, which is the global one meanwhile."""
        before = random.getstate()
        random.setstate(self._random.getstate())
        try:
            yield
        finally:
            self._random.setstate(random.getstate())
            random.setstate(before)


def _parameters(play: Play, goal: Goal) -> dict[str, str]:
    """What the task is, in the words of the data set."""
    if goal.number == 1:
        task = TASKS[goal.state]
    else:
        task = "pick_two_obj_and_place" if goal.number else "look_at_obj_in_light"
    return {
        "task_type": task,
        "object_target": _kind(play, goal.things),
        "parent_target": _kind(play, goal.places),
        "toggle_target": _kind(play, goal.lamps),
    }


def _kind(play: Play, things: frozenset[str]) -> str:
    """What things of one kind are called without their numbers; empty if there are none."""
    return play.names[min(things)].split()[0] if things else ""


def _named(play: Play) -> list[NamedFact]:
    return [
        NamedFact(fact[0], tuple(play.names[name] for name in fact[1:]))
        for fact in sorted(play.world)
    ]
