"""The search for quests: TextWorld's own outcome, and an end."""

import pytest
from textworld import GameOptions
from textworld.generator import make_world
from textworld.generator.chaining import ChainingOptions
from textworld.logic import Proposition, State, Variable

from environments.textworld.env import Quest, TreasureHunter
from environments.textworld.making import FAMILIES
from environments.textworld.search import Constraints, Search, TooLong

GAMES = [
    (Quest(), 0),
    (Quest(rooms=8, objects=20, quest_length=4, quests=2), 5),
    (TreasureHunter(level=13), 2),
]


def made(env, seed, chaining):
    options = GameOptions()
    options.chaining = chaining
    options.seeds = seed
    return FAMILIES[env.family](env.parameters, options)


@pytest.fixture(scope="module")
def world():
    options = GameOptions()
    options.seeds = 0
    world = make_world(6, nb_objects=12, rngs=options.rngs)
    box = next(fact for fact in world.facts if fact.name == "at" and fact.arguments[0].type == "c")
    world.set_player_room(box.arguments[1])
    return world


@pytest.mark.parametrize(("env", "seed"), GAMES)
def test_the_game_is_the_one_that_textworld_makes_without_it(env, seed):
    ours = made(env, seed, Search(effort=1000))
    theirs = made(env, seed, ChainingOptions())
    assert ours.serialize() == theirs.serialize()


def test_it_ends_after_as_many_steps_as_it_may_take():
    search = Search(effort=12)
    with pytest.raises(TooLong, match="given up after 12 steps: ask for fewer or shorter quests"):
        made(Quest(rooms=10, quest_length=15), 0, search)
    assert search.steps == 13


def test_facts_that_changed_since_the_last_search_count(world):
    search, state = Search(effort=9), world.state.copy()
    search.kb = world.kb
    rules = world.kb.rules.get_matching("open/c", "close/c")
    action = next(iter(state.all_applicable_actions(rules)))
    search.get_rules(depth=0)
    assert search.check_action(state, action)
    [container] = [thing for thing in action.variables if thing.type == "c"]
    state.add_fact(Proposition("locked", [container]))
    search.get_rules(depth=0)
    assert not search.check_action(state, action)


# Constraints


def possible(world, facts):
    """TextWorld's own answer: that no constraint of its rules can be applied."""
    state = State(world.kb.logic, facts)
    return not any(state.all_applicable_actions(world.kb.logic.constraints.values()))


def test_a_world_holds_and_each_constraint_can_be_broken(world):
    constraints = Constraints(world.kb.logic)
    sound = frozenset(world.facts)
    assert constraints.hold(sound) and possible(world, sound)
    for rule in world.kb.logic.constraints.values():
        things = {part: Variable(f"another {part.name}", part.type) for part in rule.placeholders}
        broken = sound | set(rule.instantiate(things).preconditions)
        assert not possible(world, broken)
        assert not constraints.hold(broken), rule
        assert constraints.hold(sound)


def test_it_is_textworlds_answer_for_each_fact_that_is_added_or_taken_away(world):
    constraints = Constraints(world.kb.logic)
    facts, answers = frozenset(world.facts), []
    things = sorted(world.state.variables_of_type("o")) + sorted(world.state.variables_of_type("c"))
    rooms = sorted(world.state.variables_of_type("r"))
    places = [Proposition("at", [thing, room]) for thing in things for room in rooms]
    doors = [
        Proposition(name, [d])
        for d in world.state.variables_of_type("d")
        for name in ("open", "closed", "locked")
    ]
    for fact in [*places, *doors]:
        other = facts ^ {fact}
        answers.append(constraints.hold(other))
        assert answers[-1] == possible(world, other), fact
        if answers[-1]:
            facts = other
    assert True in answers and False in answers
