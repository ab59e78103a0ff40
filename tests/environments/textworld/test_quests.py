"""A quest's progress: its twin, its identity, and what of TextWorld both rely on."""

import gymnasium as gym
import pytest
from textworld.generator.game import GameProgression

import environments
from environments.textworld.logic import opened
from environments.textworld.quests import identity, twin

IDS = sorted(
    id for id in environments.CATALOGUE if "TextWorld" in id and not id.endswith("Errands-v0")
)
"""Those whose games have quests of TextWorld's own."""


@pytest.fixture(params=IDS)
def progression(request):
    key = gym.make(request.param).unwrapped._key(0)
    return GameProgression(opened(key).logic.game)


def test_all_that_decides_a_plan_is_in_the_identity_of_a_quest(progression):
    """A version of TextWorld that keeps more of a quest than this would break `identity`."""
    quest = next(quest for quest in progression.quest_progressions if quest.winning_policy)
    event = quest.win_events[0]
    tree = event._tree
    kept = {"_triggered", "_untriggerable", "_policy", "_tree"}
    assert set(vars(quest)) == {"quest", "kb", "nb_completions", "win_events", "fail_events"}
    assert set(vars(event)) == {"_kb", "event", *kept}
    assert set(vars(tree)) == {"roots", "element_type", "_leaves_values", "_leaves_elements", "_kb"}
    assert set(vars(tree.roots[0])) == {"element", "children", "parent"}
    assert set(vars(tree.roots[0].element)) == {"value", "parent"}


def test_each_step_of_a_plan_changes_the_identity_of_some_quest(progression):
    seen = {identities(progression)}
    while progression.winning_policy:
        progression.update(progression.winning_policy[0])
        assert identities(progression) not in seen
        seen.add(identities(progression))


def test_a_twin_is_identical_and_goes_its_own_way(progression):
    before = identities(progression)
    quests = progression.quest_progressions
    twins = [twin(quest) for quest in quests]
    assert tuple(map(identity, twins)) == before
    progression.quest_progressions = twins
    progression.update(progression.winning_policy[0])
    assert tuple(map(identity, quests)) == before != identities(progression)


def identities(progression):
    return tuple(map(identity, progression.quest_progressions))
