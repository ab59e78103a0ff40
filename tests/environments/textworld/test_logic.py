"""What is kept of a game, or worked out only when read, changes nothing that anybody reads."""

import gymnasium as gym
import pytest
from textworld.generator.game import Game, GameProgression

import environments
from environments.textworld import logic as logic_module
from environments.textworld.logic import Logic, Progression, opened
from harness.keyed import generator
from tests.environments.textworld.reference import Reference

IDS = sorted(
    id for id in environments.CATALOGUE if "TextWorld" in id and not id.endswith("Errands-v0")
)
"""Those whose games have quests of TextWorld's own."""

SEEDS = range(2)
BACK = {"north": "south", "south": "north", "east": "west", "west": "east"}


@pytest.fixture(params=IDS)
def env(request):
    env = gym.make(request.param)
    yield env
    env.close()


def expert(info, last, draws):
    return info["expert"] or "look"


def at_random(info, last, draws):
    return str(draws.choice(info["admissible"]))


def in_circles(info, last, draws):
    """There and back again, with a look around."""
    way = last.removeprefix("go ")
    ways = [command for command in info["admissible"] if command.startswith("go ")]
    return f"go {BACK[way]}" if way in BACK else draws.choice([*ways, "look"])


def clumsily(info, last, draws):
    """As the expert, but for what the game or the environment does not take."""
    others = ["go nowhere", "undo", "examine me", "take all", at_random(info, last, draws)]
    return expert(info, last, draws) if draws.random() < 0.5 else str(draws.choice(others))


def walk(policy, env, reference, draws, turns=16):
    """Play both side by side; every answer is equal in every part. Returns the last info."""
    observation, info = env.reset(seed=reference.seed)
    assert (observation, info) == reference.reset()
    assert (env.unwrapped.goal, env.unwrapped.content) == (reference.goal, reference.content)
    command = ""
    for _ in range(turns):
        command = policy(info, command, draws)
        answer = env.step(command)
        assert answer == reference.step(command), command
        info = answer[-1]
        if info["won"] or info["lost"]:
            break
    return info


@pytest.mark.parametrize("seed", SEEDS)
def test_every_answer_is_the_one_of_the_package_with_nothing_kept(env, seed):
    draws = generator("parity", env.spec.id, seed)
    reference = Reference(env, seed)
    for policy in (in_circles, expert, at_random, clumsily, at_random, expert):
        info = walk(policy, env, reference, draws)
    assert info["won"]


@pytest.fixture
def forgetful(monkeypatch):
    """Games that remember one state."""
    monkeypatch.setattr(logic_module, "STATES", 1)
    logic_module._opened.cache_clear()
    yield
    logic_module._opened.cache_clear()


@pytest.mark.usefixtures("forgetful")
def test_what_is_forgotten_is_worked_out_again():
    env = gym.make("driftgauge/TextWorldCooking-v0")
    walk(clumsily, env, Reference(env, 0), generator("forgotten"), turns=20)
    assert opened(env.unwrapped._key(0)).logic.world.cache_info()[2:] == (1, 1)
    env.close()


def test_plays_of_the_same_game_do_not_touch_each_other():
    draws = generator("interleaved")
    envs = [gym.make("driftgauge/TextWorldTreasureHunter-v0", level=7) for _ in range(3)]
    references = [Reference(env, 0) for env in envs]
    infos = [env.reset(seed=0)[1] for env in envs]
    assert infos == [reference.reset()[1] for reference in references]
    for turn in range(30):
        lane = turn % 3
        if not infos[lane]["admissible"]:
            continue
        command = at_random(infos[lane], "", draws)
        answer = envs[lane].step(command)
        assert answer == references[lane].step(command)
        infos[lane] = answer[-1]
    for env in envs:
        env.close()


# The logic


@pytest.fixture
def logic(env):
    return Logic(opened(env.unwrapped._key(0)).logic.game)


def spelled(policy):
    return policy and [(a.command_template, a.preconditions, a.postconditions) for a in policy]


@pytest.mark.parametrize("every", [1, 7, 40])
def test_the_plan_is_the_packages_whenever_it_is_read(logic, every):
    """Read at each turn, at some, or once after many; also when the same way is gone again."""
    for _ in range(2):
        draws = generator("read", every)
        ours, theirs = Progression(logic), GameProgression(logic.game)
        for turn in range(1, 41):
            action = theirs.valid_actions[int(draws.integers(len(theirs.valid_actions)))]
            theirs.update(action)
            ours.update(action)
            assert ours.state.facts == set(theirs.state.facts)
            if turn % every == 0:
                assert spelled(ours.winning_policy) == spelled(theirs.winning_policy)


def test_going_on_from_a_copy_leaves_the_play_where_it_was(logic):
    play = Progression(logic)
    before = play.state, play.winning_policy
    other = play.copy()
    other.update(play.winning_policy[0])
    assert (play.state, play.winning_policy) == before
    assert (other.state, other.winning_policy) != before


def test_a_walk_in_circles_soon_meets_only_what_is_known(logic):
    there, back = next(circles(logic))
    play = Progression(logic)

    def unknown():
        """What had to be worked out for one circle, its plan read at every step."""
        before = logic.world.cache_info().misses + logic.follow.cache_info().misses
        for action in (there, back):
            play.update(action)
            _ = play.winning_policy
        return logic.world.cache_info().misses + logic.follow.cache_info().misses - before

    counts = [unknown() for _ in range(4)]
    assert counts[0] > 0 and counts[-1] == 0


def circles(logic):
    """An action that changes something, and the one that changes it back."""
    for there in logic.world(logic.start).events.values():
        facts = logic.start - there.removed | there.added
        for back in logic.world(facts).events.values():
            if facts != logic.start == facts - back.removed | back.added:
                yield there, back


def test_possible_actions_are_a_function_of_the_facts(logic):
    """No rule has a part that its preconditions leave open, which TextWorld fills in any order."""
    fixed = set(logic.game.kb.types.constants_mapping)
    for rule in logic.game.kb.rules.values():
        bound = {part for condition in rule.preconditions for part in condition.parameters}
        assert set(rule.placeholders) <= bound | fixed


# Reading games


def test_a_game_is_read_once_for_all_plays(monkeypatch):
    envs = [gym.make("driftgauge/TextWorldQuest-v0") for _ in range(2)]
    envs[0].reset(seed=0)
    monkeypatch.setattr(Game, "load", lambda path: pytest.fail("read again"))
    monkeypatch.setattr(logic_module, "prepare", lambda keys: pytest.fail("looked for again"))
    for env in envs:
        env.reset(seed=0)
        env.close()
    assert logic_module._opened.cache_info().maxsize == logic_module.GAMES


def test_a_game_that_was_deleted_is_made_again(monkeypatch, tmp_path):
    key = gym.make("driftgauge/TextWorldQuest-v0").unwrapped._key(0)
    gone = opened(key)._replace(story=tmp_path / "gone.z8")
    made = []
    monkeypatch.setattr(logic_module, "_opened", lambda *key: gone)
    monkeypatch.setattr(logic_module, "prepare", made.extend)
    assert opened(key) is gone and made == [key]
