"""The floor and the ceiling."""

from __future__ import annotations

from collections import Counter
from typing import Any

from baselines.scripted import Expert, Random
from harness.agent import Episode, View


def view(**options: Any) -> View:
    values: dict[str, Any] = {
        "slot": 0,
        "brief": "",
        "history": (),
        "episode": Episode("Goal.", "Room."),
        "admissible": ("east", "look", "west"),
        "key": ("act", 0, "task", 1),
        "expert": "east",
    }
    return View(**(values | options))


def test_random_draws_by_its_key_alone() -> None:
    """The same task and turn draw the same command, whatever the slot and the history."""
    agent = Random()
    [first] = agent.act([view()])
    past = (Episode("Other goal.", "Other room."),)
    crowd = [view(key=("act", 0, "task", n)) for n in range(2, 6)]
    *_, again = agent.act([*crowd, view(slot=7, history=past)])
    assert again == first
    assert not agent.sees_history


def test_random_is_uniform_over_what_is_admissible() -> None:
    views = [view(key=("act", 0, "task", n)) for n in range(3000)]
    counts = Counter(decision.command for decision in Random().act(views))
    assert set(counts) == {"east", "look", "west"}
    assert all(abs(count - 1000) < 100 for count in counts.values())


def test_the_expert_does_what_the_plan_says() -> None:
    decisions = Expert().act([view(), view(expert="west")])
    assert [decision.command for decision in decisions] == ["east", "west"]
    assert decisions[0].said == "east"
