"""What an agent sees of a TextWorld game, and what it can do to it."""

import random
import re

import gymnasium as gym
import pytest
from textworld import GameMaker, GameOptions

import environments
from environments import Variant
from environments.contract import Game
from environments.numbered import NOT_A_COMMAND
from environments.textworld.env import CoinCollector, Cooking, Quest
from environments.textworld.making import FAMILIES
from environments.textworld.text import is_command, readable

IDS = sorted(id for id in environments.CATALOGUE if "TextWorld" in id)
SEEDS = range(3)


def play(env, seed):
    """The expert's episode: (info before, command, observation, reward, info after) a turn."""
    _, info = env.reset(seed=seed)
    while info["expert"] is not None:
        before, command = info, info["expert"]
        observation, reward, _, _, info = env.step(command)
        yield before, command, observation, reward, info


@pytest.fixture(params=IDS)
def env(request):
    env = gym.make(request.param)
    yield env
    env.close()


# The expert


@pytest.mark.parametrize("seed", SEEDS)
def test_the_expert_wins_without_an_error(env, seed):
    seen = set()
    for before, command, _, _, after in play(env, seed):
        assert command in before["admissible"]
        assert after["accepted"]
        assert after["distance"] == before["distance"] - 1
        assert (before["state"], command) not in seen
        seen.add((before["state"], command))
    assert after["won"] and after["distance"] == 0 and after["progress"] == 1.0
    assert after["admissible"] == ()


@pytest.mark.parametrize("level", range(4, 12))
def test_the_expert_wins_treasure_hunts_of_every_level(level):
    env = gym.make("driftgauge/TextWorldTreasureHunter-v0", level=level)
    turns = list(play(env, seed=0))
    assert turns[-1][-1]["won"] and len(turns) == turns[0][0]["distance"]
    env.close()


@pytest.mark.parametrize("seed", SEEDS)
def test_the_expert_wins_from_wherever_the_agent_strayed(env, seed):
    rng = random.Random(seed)
    _, info = env.reset(seed=seed)
    for _ in range(12):
        if info["admissible"]:
            info = env.step(rng.choice(info["admissible"]))[-1]
    while info["expert"] is not None:
        before, info = info, env.step(info["expert"])[-1]
        assert info["distance"] == before["distance"] - 1
    assert info["won"] or info["lost"] or info["distance"] is None


def test_a_turn_that_changes_nothing_leaves_the_distance(env):
    _, start = env.reset(seed=0)
    for command in ("look", "inventory"):
        info = env.step(command)[-1]
        assert (info["distance"], info["expert"]) == (start["distance"], start["expert"])


def test_the_rewards_of_a_won_game_add_up_to_one(env):
    assert sum(reward for *_, reward, _ in play(env, seed=1)) == pytest.approx(1.0)


# The text


def test_the_first_observation_is_the_room_alone(env):
    observation, _ = env.reset(seed=0)
    assert re.match(r"-= .+ =-\n", observation)
    assert env.unwrapped.goal and env.unwrapped.goal not in observation


@pytest.mark.parametrize("seed", SEEDS)
def test_nothing_but_the_story_is_read(env, seed):
    for _, _, observation, _, _ in play(env, seed):
        assert not re.search(r"\n\s*\n|^>|\*\*\*|\$\$|RESTART|score|^\s|\s$", observation)


def test_a_turn_is_stripped_and_not_reworded():
    printed = (
        "\nYou eat the meal. Not bad.\n\n\n\nYour score has just gone up by one point.\n\n\n"
        "                 *** The End ***\n\nYou scored 4 out of a possible 4, in 9 turns.\n\n\n"
        "Would you like to RESTART, RESTORE a saved game, QUIT or UNDO the last command?\n"
        ">                                         -= Kitchen =-4/8"
    )
    assert readable(printed) == "You eat the meal. Not bad."
    assert readable("\nIngredients:\n  egg\n\n  salt\n\n>   -= Bar =-0/1") == (
        "Ingredients:\n  egg\n  salt"
    )


# The digest


def test_the_state_is_the_facts_and_what_was_read():
    env = gym.make("driftgauge/TextWorldQuest-v0")
    _, start = env.reset(seed=0)
    learned = env.step("inventory")[-1]
    again = env.step("inventory")[-1]
    assert start["state"] != learned["state"] == again["state"]
    assert env.reset(seed=0)[1]["state"] == start["state"]
    env.close()


# What is accepted


def test_a_synonym_is_accepted_and_a_wall_is_not():
    env = gym.make("driftgauge/TextWorldTreasureHunter-v0")
    _, info = env.reset(seed=3)
    exits = {command for command in info["admissible"] if command.startswith("go ")}
    walls = {"go north", "go south", "go east", "go west"} - exits
    assert not env.step(walls.pop())[-1]["accepted"]
    assert not env.step("frobnicate")[-1]["accepted"]
    assert env.step(exits.pop().removeprefix("go "))[-1]["accepted"]
    env.close()


HOSTILE = [
    *("quit", "Q", "restart", "restore", "save", "undo", "script", "script on", "transcript"),
    *("verify", "version", "again", "g", "oops look", "score", "notify off", "superbrief"),
    *("verbose", "pronouns", "help", "goal", "restrict commands", "print_state"),
    *("tw-extra-infos description", "tw-trace-actions", "TW-print version"),
    *("enable print state option", "look. undo", "look, quit", "look then quit", "me, go north"),
    *("look\nquit", "look\x00", "look\rsave", "lóok", "look 北", '"look"', "{look}", "", "  ", "."),
    *("look " * 60, "a" * 101, "<score>9</score>", "[looking - succeeded]"),
]


@pytest.mark.parametrize("command", HOSTILE)
def test_a_hostile_command_is_not_sent(command, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    env = gym.make("driftgauge/TextWorldCooking-v0")
    _, start = env.reset(seed=0)
    monkeypatch.setattr(
        env.unwrapped._interpreter._engine, "step", lambda command: pytest.fail(command)
    )
    observation, reward, terminated, truncated, info = env.step(command)
    assert (observation, reward, terminated, truncated) == (NOT_A_COMMAND, 0.0, False, False)
    assert info == {**start, "accepted": False}
    env.close()
    assert list(tmp_path.iterdir()) == []


def test_no_verb_of_the_game_ends_it_or_writes_a_file(env, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    env.reset(seed=0)
    dictionary = env.unwrapped._interpreter._engine.unwrapped._jericho.get_dictionary()
    verbs = sorted(word.word for word in dictionary if word.is_verb)
    assert {"quit", "save", "take", "look"} <= set(verbs)
    for verb in verbs:
        _, start = env.reset(seed=0)
        _, _, terminated, _, info = env.step(verb)
        # "take" alone takes what is there, if it is one thing; that is a move in the world.
        assert info["accepted"] or (not terminated and info["distance"] == start["distance"]), verb
        if not terminated:
            assert env.step("look")[-1]["accepted"], verb
    assert list(tmp_path.iterdir()) == []


def test_every_admissible_command_is_one_that_may_be_sent(env):
    for before, *_ in play(env, seed=2):
        assert all(is_command(command) for command in before["admissible"])


# The end


def test_a_lost_game_is_over_and_has_no_distance():
    env = gym.make("driftgauge/TextWorldTreasureHunter-v0", level=4)
    *_, (_, treasure, *_) = play(env, seed=0)
    _, info = env.reset(seed=0)
    rng, reward, terminated = random.Random(0), 0.0, False
    for _ in range(300):
        others = [command for command in info["admissible"] if command != treasure]
        takes = [command for command in others if command.startswith("take ")]
        _, reward, terminated, _, info = env.step(rng.choice(takes or others))
        if terminated:
            break
    assert terminated and info["lost"] and not info["won"]
    assert info["distance"] is None and info["expert"] is None and info["admissible"] == ()
    assert reward == 0.0
    env.close()


def test_stepping_without_a_game_is_an_error(env):
    env = env.unwrapped
    list(play(env, seed=0))
    with pytest.raises(gym.error.ResetNeeded):
        env.step("look")
    env.reset(seed=0)
    env.close()
    env.close()
    with pytest.raises(gym.error.ResetNeeded):
        env.step("look")
    assert env.reset(seed=0)[1]["accepted"] is None


# The arguments


@pytest.mark.parametrize(
    ("env_id", "kwargs", "expected"),
    [
        ("TreasureHunter", {"level": 31}, "level from 1 to 30"),
        ("CoinCollector", {"level": 0}, "level from 1 to 100, 101 to 150 or 201 to 233"),
        ("CoinCollector", {"level": 151}, "no more than 100 rooms"),
        ("Cooking", {"go": 2}, "go one of 1, 6, 9, 12"),
        ("Cooking", {"recipe": 2, "take": 3}, "take from 0 to 2"),
        ("Cooking", {"split": "dev"}, "split one of None, train, valid, test"),
        ("Cooking", {"cut": "no"}, "cut to be true or false, got 'no'"),
        ("Quest", {"rooms": 0}, "rooms from 1 to 20"),
        ("Quest", {"rooms": True}, "rooms from 1 to 20"),
        ("Quest", {"rooms": 5.0}, "rooms from 1 to 20, got 5.0"),
        ("Simple", {"rewards": "many"}, "rewards one of dense, balanced, sparse"),
        ("Simple", {"goal": "none"}, "goal one of detailed, brief"),
    ],
)
def test_an_argument_out_of_range_is_refused_with_what_was_expected(env_id, kwargs, expected):
    with pytest.raises(ValueError, match=re.escape(expected)):
        gym.make(f"driftgauge/TextWorld{env_id}-v0", **kwargs)


@pytest.mark.parametrize(
    ("kwargs", "expected"),
    [
        ({"rooms": 3, "objects": 18}, "objects of at most 17 in 3 rooms, got 18"),
        ({"quests": 2, "quest_length": 11}, "quest_length of at most 10 of 2 quests, got 11"),
        ({"quests": 4, "quest_length": 6}, "quests × quest_length of at most 23 in 5 rooms"),
        ({"rooms": 20, "quests": 8, "quest_length": 6}, "of at most 40 in 20 rooms, got 48"),
        ({"rooms": 20, "objects": 60, "quest_length": 20, "quests": 8}, "at most 10 of 8 quests"),
    ],
)
def test_a_house_that_cannot_be_made_in_reasonable_time_is_refused(kwargs, expected):
    with pytest.raises(ValueError, match=re.escape(expected)):
        Quest(**kwargs)


def test_a_seed_that_no_generator_takes_is_refused():
    with pytest.raises(ValueError, match="seed from 0 to"):
        gym.make("driftgauge/TextWorldQuest-v0").reset(seed=2**32)


def test_prepare_gives_the_content_that_is_played():
    env = gym.make("driftgauge/TextWorldCoinCollector-v0")
    env.reset(seed=1)
    assert CoinCollector.prepare([Variant({}, seed=1)]) == [Game(env.unwrapped.content, "")]
    env.close()


# What a family has of its own


def recipe(split, seed):
    """The ingredients of a game with how each is to be prepared: (food, cooking, cutting)."""
    options = GameOptions()
    options.seeds = seed
    env = Cooking(recipe=5, take=0, go=1, cut=True, split=split)
    return set(FAMILIES["cooking"](env.parameters, options).metadata["ingredients"])


def test_what_is_to_be_cooked_in_one_split_is_in_no_other(monkeypatch):
    monkeypatch.setattr(GameMaker, "set_walkthrough", lambda *plan: None)  # it compiles the game
    splits = {
        split: set.union(*(recipe(split, seed) for seed in range(2)))
        for split in ("train", "valid", "test")
    }
    for split, preparations in splits.items():
        assert len(preparations) > 6
        others = set.union(*(known for other, known in splits.items() if other != split))
        assert not preparations & others


def test_a_simple_game_tells_what_is_missing_or_all_the_way():
    told = {}
    for goal in ("brief", "detailed"):
        env = gym.make("driftgauge/TextWorldSimple-v0", goal=goal)
        turns = list(play(env, seed=0))
        told[goal] = env.unwrapped.goal
        env.close()
    [missing] = re.findall(r"only missing a grilled (.*)\.", told["brief"])
    assert turns[-1][1] == f"put {missing} on stove"
    assert "old key" in told["detailed"] and "old key" not in told["brief"]


def test_rewards_of_a_simple_game_come_all_along_or_at_the_end():
    rewards = {}
    for kind in ("dense", "balanced", "sparse"):
        env = gym.make("driftgauge/TextWorldSimple-v0", rewards=kind)
        rewards[kind] = [reward for *_, reward, _ in play(env, seed=0) if reward]
        env.close()
    assert len(rewards["dense"]) > len(rewards["balanced"]) > len(rewards["sparse"]) == 1
