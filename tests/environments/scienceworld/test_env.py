"""ScienceWorld: the official games, an expert that wins them, and what can be known on the way."""

from __future__ import annotations

from collections.abc import Iterator

import gymnasium as gym
import pytest

from environments.numbered import NOT_A_COMMAND
from environments.scienceworld import jvm as jvm_module
from environments.scienceworld.env import ScienceWorld
from environments.scienceworld.games import SPLITS, VARIATIONS, Game, numbered, variations
from environments.scienceworld.house import tour
from environments.scienceworld.jvm import Jvm
from environments.scienceworld.world import LISTED, QUESTION, World
from tests.environments import needs

pytestmark = [needs.package("scienceworld", extra="scienceworld"), needs.java()]

TASK = "find-non-living-thing"

# One of each kind of laboratory, and none that takes its solver long.
SOLVED = [
    ("find-animal", "train", 5),
    ("use-thermometer", "dev", 1),
    ("power-component", "test", 2),
    ("test-conductivity", "train", 0),
    ("chemistry-mix-paint-secondary-color", "test", 8),
    ("lifespan-longest-lived-then-shortest-lived", "dev", 0),
    ("identify-life-stages-2", "test", 0),
    ("inclined-plane-friction-named-surfaces", "dev", 3),
    ("freeze", "train", 7),
]


@pytest.fixture(scope="module", autouse=True)
def jvm() -> Iterator[Jvm]:
    """Java stays for all tests of this file."""
    java = jvm_module.borrow()
    yield java
    jvm_module.give_back(java)


@pytest.fixture(scope="module")
def world(jvm: Jvm) -> World:
    return World(jvm)


@pytest.fixture
def env() -> Iterator[ScienceWorld]:
    made = ScienceWorld(TASK)
    made.reset(seed=0)
    yield made
    made.close()


def test_the_games_are_those_that_scienceworld_tells(jvm: Jvm) -> None:
    told = World(jvm)._game
    assert sorted(VARIATIONS) == list(told.getTaskNames())
    for task, total in VARIATIONS.items():
        assert told.getTaskMaxVariations(task) == total
        getattr(told, "taskStr_$eq")(task)
        assert list(variations(task, "train")) == list(told.getVariationsTrain())
        assert list(variations(task, "dev")) == list(told.getVariationsDev())
        assert list(variations(task, "test")) == list(told.getVariationsTest())


def test_without_a_task_the_games_are_those_of_all_tasks_one_after_the_other() -> None:
    assert [len(numbered(None, split)) for split in SPLITS] == [3592, 1796, 1819]
    assert numbered(None, "test")[:9] == [Game("boil", n) for n in range(21, 30)]
    env = ScienceWorld(split="dev")
    assert (env.games, env.task) == (1796, None)
    assert ScienceWorld("boil", "dev").games == 7


@pytest.mark.parametrize(("task", "split", "seed"), SOLVED)
def test_the_expert_wins_and_every_command_of_it_is_accepted_and_brings_it_nearer(
    task: str, split: str, seed: int
) -> None:
    env = ScienceWorld(task, split)
    _, info = env.reset(seed=seed)
    assert 0 < info["distance"] <= 50
    progress = info["progress"]  # being in the right room counts
    while (command := info["expert"]) is not None:
        left = info["distance"]
        _, reward, terminated, truncated, info = env.step(command)
        progress += reward
        assert info["accepted"]
        assert (info["distance"], terminated, truncated) == (left - 1, left == 1, False)
    assert (info["won"], info["lost"], info["progress"]) == (True, False, 1.0)
    assert progress == pytest.approx(1)
    assert info["admissible"] == ()
    env.close()


def test_the_plan_stands_while_no_time_goes_by_and_is_unknown_after_another_command(
    env: ScienceWorld,
) -> None:
    _, before = env.reset(seed=0)
    for command in ("look around", "inventory", "task", "xyzzy", "", "help", "reset task"):
        info = env.step(command)[4]
        assert (info["expert"], info["distance"]) == (before["expert"], before["distance"])
    *_, info = env.step(f"  {before['expert'].upper()} ")  # as the game reads it
    assert info["distance"] == before["distance"] - 1
    *_, info = env.step("look at inventory")
    assert info["accepted"]
    assert (info["expert"], info["distance"]) == (None, None)


def test_what_is_no_command_in_the_world_is_not_sent(env: ScienceWorld) -> None:
    _, before = env.reset(seed=0)
    for text in (
        "",
        "look\nlook",
        "\x00",
        "é" * 500,
        "a" * 301,
        "help",
        "Objects",
        "the reset task",
    ):
        observation, reward, terminated, _, info = env.step(text)
        assert (observation, reward, terminated) == (NOT_A_COMMAND, 0.0, False)
        assert info == {**before, "accepted": False}
    observation, *_, info = env.step("xyzzy")
    assert observation == "No known action matches that input."
    assert not info["accepted"]


def test_who_focuses_on_the_wrong_thing_has_lost() -> None:
    env = ScienceWorld("find-animal")
    _, before = env.reset(seed=0)
    _, reward, terminated, _, info = env.step("focus on inventory")
    assert (terminated, info["lost"], info["won"]) == (True, True, False)
    assert reward == -before["progress"]
    assert (info["distance"], info["expert"], info["progress"]) == (None, None, 0.0)
    with pytest.raises(gym.error.ResetNeeded):
        env.step("look around")
    env.close()


def test_where_a_command_can_mean_several_things_the_game_asks_and_a_number_answers(
    world: World,
) -> None:
    world.load(Game("boil", 0), "")
    assert world.place == "hallway"
    text, refused, ticks = world.step("open door")
    assert text.startswith(QUESTION)
    assert (refused, ticks) == (False, 0)
    assert world.commands() == tuple("012345")
    asked = world.facts()
    assert not world.step("task").refused
    assert world.facts() == asked
    assert world.step("1") == ("The door is now open.", False, 1)
    assert not world.asking
    assert world.facts() != asked
    world.step("open door")
    assert world.step("never mind").refused
    assert not world.asking


def test_a_question_lists_no_more_than_a_page(world: World) -> None:
    world.load(Game("power-component", 0), "easy")
    world.step("teleport to workshop")
    text = world.step("move terminal to terminal").text
    assert len(text.split("\n")) == LISTED + 1
    assert len(world.commands()) == LISTED


def test_the_game_knows_every_command_that_is_listed(world: World) -> None:
    """Those that the package lists contain some on things in closed containers."""
    game = Game("find-plant", 209)
    world.load(game, "easy")
    world.step("teleport to kitchen")
    listed = world.commands()
    official = list(world._game.getValidActionObjectCombinations())
    assert "reset task" in official
    assert "reset task" not in listed
    assert listed == tuple(sorted(set(listed)))
    for command in listed[:: len(listed) // 40]:
        assert not world.step(command).refused, command
        world.load(game, "easy")
        world.step("teleport to kitchen")
    assert any(world.step(command).refused for command in set(official) - set(listed))


def test_the_facts_tell_what_was_done_anywhere_in_the_house(world: World) -> None:
    world.load(Game("boil", 0), "easy")
    seen = {world.facts()}
    for command in (
        "close kitchen door",
        "pick up picture",
        "teleport to kitchen",
        "focus on sink",
    ):
        if not world.step(command).refused:
            seen.add(world.facts())
    assert len(seen) >= 4
    world.step("look around")
    assert world.facts() in seen


def test_what_a_world_is_like_does_not_depend_on_how_one_got_there(world: World) -> None:
    """The order in which a room's things are kept is another after they were moved."""

    def facts(commands: list[str]) -> bytes:
        world.load(Game("boil", 0), "easy")
        for command in ["teleport to kitchen", *["wait"] * 30, *commands]:
            assert not world.step(command).refused
        return world.facts()

    away = ["pick up soap", "put down soap", "pick up thermometer", "put down thermometer"]
    other = ["pick up thermometer", "put down thermometer", "pick up soap", "put down soap"]
    assert facts(away) == facts(other)


def test_simplifications_are_the_games_own() -> None:
    plain, easy = ScienceWorld(TASK, simplifications=""), ScienceWorld(TASK)
    _, hard = plain.reset(seed=0)
    _, simple = easy.reset(seed=0)
    assert "teleport to kitchen" in simple["admissible"]
    assert "teleport to kitchen" not in hard["admissible"]
    assert plain.content != easy.content
    assert plain.name == easy.name == "find-non-living-thing/variation 225"
    plain.close()
    easy.close()


@pytest.mark.parametrize(
    ("kwargs", "message"),
    [
        ({"task": "fly"}, "Expected task None or one of boil, "),
        ({"split": "valid"}, "Expected split 'train', 'dev' or 'test', got 'valid'."),
        ({"simplifications": "hard"}, "Expected simplifications 'easy', '' or some of"),
        ({"simplifications": "easy,openDoors"}, "Expected simplifications 'easy', '' or some of"),
        ({"simplifications": 3}, "Expected simplifications 'easy', '' or some of"),
        ({"simplifications": "noElectricalAction"}, "for tasks about electricity"),
    ],
)
def test_options_that_cannot_be_are_refused(kwargs: dict[str, str], message: str) -> None:
    with pytest.raises(ValueError, match=message.replace(".", r"\.")):
        ScienceWorld(**kwargs)


def test_before_a_reset_there_is_no_game() -> None:
    env = ScienceWorld(TASK)
    for name in ("goal", "content", "name"):
        with pytest.raises(gym.error.ResetNeeded):
            getattr(env, name)
    with pytest.raises(gym.error.ResetNeeded):
        env.step("look around")
    env.close()


def test_a_tour_sees_every_room_and_is_the_shortest() -> None:
    doors = {"hall": ["bath", "kitchen"], "bath": ["hall"], "kitchen": ["hall", "yard"]}
    doors["yard"] = ["kitchen"]
    assert tour(doors, "hall") == ["hall", "bath", "hall", "kitchen", "yard"]
    assert len(tour(doors, "bath")) == 4
    with pytest.raises(ValueError, match="can all be reached"):
        tour({"hall": [], "cellar": []}, "hall")
