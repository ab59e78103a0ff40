"""Copies of a TextWorld quest's progress, and when two of them are the same.

    after = twin(quest)                         # textworld.generator.game.QuestProgression
    after.update(action, state)                 # leaves ``quest`` as it was
    identity(after) == identity(other)          # then both will have the same plans

This is beneath what TextWorld documents; a test says what it relies on.
"""

from __future__ import annotations

import copy
from collections.abc import Hashable, Iterable
from typing import Any

from environments.textworld.plan import Action


def twin(quest: Any) -> Any:
    """A `QuestProgression` that may be updated in place of ``quest``.

    ``QuestProgression.copy`` gives the same, but plans every event anew and throws it away.
    """
    if quest.done:  # TextWorld does not update it any more
        return quest
    other = copy.copy(quest)
    other.win_events = [_twin_event(event) for event in quest.win_events]
    other.fail_events = [_twin_event(event) for event in quest.fail_events]
    return other


def _twin_event(event: Any) -> Any:
    other = copy.copy(event)
    other._tree = event._tree.copy()
    return other


def identity(quest: Any) -> Hashable:
    """All of a `QuestProgression` that decides what becomes of it.

    Two quests of a game with equal identities answer equal updates by equal plans, word for word.
    """
    return (
        quest.nb_completions,
        *(
            (event._triggered, event._untriggerable, _spelled(event._policy), _shape(event._tree))
            for event in (*quest.win_events, *quest.fail_events)
        ),
    )


def _shape(tree: Any) -> Hashable:
    """A dependency tree: its nodes, which of them share an element, and each element's parents."""
    numbers = dict[int, int]()
    elements = list[Hashable]()

    def shape(node: Any) -> Hashable:
        element = node.element
        if id(element) not in numbers:
            numbers[id(element)] = len(numbers)
            elements.append(_spelled(_lineage(element)))
        return numbers[id(element)], *map(shape, node.children)

    return tuple(map(shape, tree.roots)), tuple(elements)


def _lineage(element: Any) -> list[Action]:
    """The actions of an element and its parents, by which TextWorld orders leaves."""
    actions = []
    while element is not None:
        actions.append(element.value)
        element = element.parent
    return actions


def _spelled(actions: Iterable[Action]) -> Hashable:
    """Actions with all that an equal one may differ in: order and words."""
    return tuple(
        (
            action.name,
            action.preconditions,
            action.postconditions,
            action.command_template,
            action.reverse_name,
            action.reverse_command_template,
        )
        for action in actions
    )
