"""BabyAI in text: the levels and the words of AgentBoard, an expert from wherever one is."""

from __future__ import annotations

import random
import sys
from collections.abc import Iterator

import gymnasium as gym
import pytest

from environments.babyai.env import BabyAI
from environments.checker import check
from environments.contract import NotInstalled, Variant
from environments.numbered import NOT_A_COMMAND
from harness.errors import classify
from harness.trying import specs_by_name
from tests.environments import needs
from tests.harness.tables import turn_row

pytestmark = needs.package("minigrid", "babyai")

SPEC = specs_by_name()["babyai"]
LEVELS = SPEC.draw["level"]


def begun(level: str, seed: int) -> BabyAI:
    env = BabyAI(level)
    env.reset(seed=seed)
    return env


def info_of(env: BabyAI) -> dict:
    """What is the case, asked without changing anything."""
    return env.step("")[4]


def said(env: BabyAI, *commands: str) -> str:
    """What is read after the last command."""
    return [env.step(command)[0] for command in commands][-1]


@pytest.mark.parametrize("level", ["PutNextLocal", "OpenRedBlueDoorsDebug", "UnlockPickupDist"])
def test_it_keeps_the_contract(level: str) -> None:
    results = check("driftgauge/BabyAI-v0", seeds=(0, 3), level=level)
    assert [result for result in results if not result.ok] == []


# What is read.


def test_a_text_is_in_the_words_of_the_literature() -> None:
    env = BabyAI("UnlockPickup")
    observation, info = env.reset(seed=3)
    assert env.goal == "pick up the blue box"
    assert observation == (
        "In front of you in this room, you can see several objects: There is a green key 1 0 steps "
        "in front of you and 2 steps to your right. There is a green locked door 1 3 steps in "
        "front of you and 3 steps to your right. The room has walls around you. You are facing a "
        "wall 3 steps away. You are not carrying anything."
    )
    assert info["admissible"] == (
        "go to green key 1",
        "go to green locked door 1",
        "move forward",
        "pick up green key 1",
        "turn left",
        "turn right",
    )


def test_the_last_text_says_that_the_task_is_completed() -> None:
    env = begun("UnlockPickup", 3)
    assert said(
        env,
        "pick up green key 1",
        "toggle and go through green locked door 1",
        "move forward",
        "drop",
        "pick up blue box 1",
    ) == (
        "You cannot see any objects within sight. The room has walls around you. You are facing a "
        "wall 2 steps away. You are carrying a blue box.\nThe task is completed."
    )


def test_what_is_dropped_in_a_doorway_is_in_the_way() -> None:
    env = begun("UnlockPickup", 3)
    commands = ("pick up green key 1", "toggle and go through green locked door 1", "drop")
    assert "There is a blue box 1" in said(env, *commands)
    assert said(env, "pick up blue box 1") == (
        "You cannot pick up blue box 1, as there is no path leading to it."
    )


def test_a_thing_keeps_the_number_that_it_was_first_listed_with() -> None:
    for walk in walks("BossLevel", range(3), turns=40):
        numbers: dict[int, int] = {}
        for env, _ in walk:
            for thing in env._world.things:
                (number,) = env._names.listed([thing])
                if number is not None:
                    assert numbers.setdefault(id(thing), number) == number
        names = {(thing.color, thing.type, numbers.get(id(thing))) for thing in env._world.things}
        assert len({name for name in names if name[2]}) == len(numbers) > 5


# What commands do.


@pytest.mark.parametrize(
    "commands, sentence",
    [
        (["open the door"], "The action is not recognized."),
        (["go to red ball 1"], "The action is not recognized."),
        (["go to green key"], "The action is not recognized."),
        (["go to green closed door 1"], "The action is not recognized."),
        (["drop"], "You cannot drop the object, as you are not carrying anything."),
        (["toggle"], "You cannot toggle, as there is no door in front of you."),
        (
            ["turn left", "pick up green key 1"],
            "You cannot pick up green key 1, as you cannot see it.",
        ),
        (
            ["go through green locked door 1"],
            "You cannot go through green locked door 1, as it is closed. You should toggle it "
            "first.",
        ),
        (
            ["toggle and go through green locked door 1"],
            "You cannot toggle and go through green locked door 1, as you are not carrying a key.",
        ),
        (
            ["toggle and go through green key 1"],
            "You cannot toggle and go through green key 1, as it is not a door.",
        ),
        (
            ["pick up green locked door 1"],
            "You cannot pick up green locked door 1, as it is a door.",
        ),
        (
            ["go to green key 1", "move forward"],
            "There is a barrier in front of you, you can't move forward.",
        ),
        (
            ["pick up green key 1", "turn left", "move forward", "move forward", "drop"],
            "You cannot drop the object, as there is already an object in front of you.",
        ),
        (
            [
                "pick up green key 1",
                "toggle and go through green locked door 1",
                "pick up blue box 1",
            ],
            "You cannot pick up blue box 1, as you are already carrying something.",
        ),
    ],
)
def test_what_cannot_be_done_is_refused_with_the_reason(commands: list[str], sentence: str) -> None:
    env = begun("UnlockPickup", 3)
    for command in commands[:-1]:
        assert env.step(command)[4]["accepted"]
    facts, before = env._world.situation(), info_of(env)
    observation, reward, terminated, _, info = env.step(commands[-1])
    assert (observation, reward, terminated) == (sentence, 0.0, False)
    assert info == before | {"accepted": False, "state": info["state"]}
    assert env._world.situation() == facts


def test_the_wrong_key_opens_nothing() -> None:
    env = begun("UnlockPickupDist", 5)
    door = "toggle and go through yellow locked door 1"
    assert said(env, "pick up grey key 1", door) == (
        f"You cannot {door}, as the color of the key you are carrying does not match the color of "
        "the door."
    )


@pytest.mark.parametrize("level", ["UnlockPickupDist", "GoToObjMazeOpen", "BossLevel"])
def test_just_what_is_admissible_is_not_refused(level: str) -> None:
    verbs = ("go to", "pick up", "go through", "toggle and go through")
    for env, info in (turn for walk in walks(level, range(3), turns=6) for turn in walk):
        listed = [thing for thing in env._world.things if env._names.listed([thing])[0]]
        commands = [f"{verb} {env._names.of(thing)}" for verb in verbs for thing in listed]
        commands += ["turn left", "turn right", "move forward", "toggle", "drop"]
        accepted = []
        for command in commands:
            with env._world.rehearsal():
                situation = env._take(command)
            assert situation is not None
            if situation.accepted:
                accepted.append(command)
        assert sorted(accepted) == list(info["admissible"])


def test_a_model_may_write_as_agentboard_spells_in_capitals_or_with_more_space() -> None:
    for text in ("pickup green key 1", "Pick Up Green Key 1", "  pick up   green key 1 "):
        assert begun("UnlockPickup", 3).step(text)[4]["accepted"]


@pytest.mark.parametrize("text", ["", "\n", "turn left\nturn right", "\x00", "é" * 500, "a" * 101])
def test_what_is_not_one_line_of_text_is_not_sent_to_the_game(text: str) -> None:
    env = begun("UnlockPickup", 3)
    before = info_of(env)
    observation, _, _, _, info = env.step(text)
    assert observation == NOT_A_COMMAND
    assert info == before | {"accepted": False}


def test_going_to_what_is_right_ahead_takes_a_turn_and_no_step() -> None:
    env = begun("UnlockPickup", 3)
    text, *_, before = env.step("go to green key 1")
    assert env.step("go to green key 1")[0] == text
    info = env.step("go to green key 1")[4]
    assert info == before


def test_who_begins_in_front_of_the_goal_has_to_go_to_it_all_the_same() -> None:
    env = BabyAI("GoToObjDoor")
    observation, info = env.reset(seed=107)
    assert env.goal == "go to the purple door"
    assert "a purple closed door 1 right in front of you 1 steps away" in observation
    assert info["expert"] == "go to purple closed door 1"
    assert env.step(info["expert"])[4]["won"]


def test_no_number_of_steps_ends_a_task() -> None:
    env = begun("GoToRedBall", 2)
    for _ in range(200):  # where minigrid ends a task after 64 steps
        *_, terminated, truncated, info = env.step("turn left")
        assert not terminated
        assert not truncated
    assert info["expert"] is not None


# The expert.


@pytest.mark.parametrize("level", LEVELS)
def test_the_expert_wins_within_the_cap_and_makes_no_error(level: str) -> None:
    env = BabyAI(level)
    for seed in (1234, 1235, 1236):
        _, info = env.reset(seed=seed)
        rows = []
        while info["expert"] is not None:
            before = info
            assert before["expert"] in before["admissible"]
            info = env.step(before["expert"])[4]
            assert info["distance"] == before["distance"] - 1
            rows.append(
                turn_row(
                    turn=len(rows) + 1,
                    command=before["expert"],
                    state_before=before["state"],
                    distance_before=before["distance"],
                    distance_after=info["distance"],
                    accepted=info["accepted"],
                    won=info["won"],
                    lost=info["lost"],
                )
            )
        assert info["won"]
        assert info["progress"] == 1.0
        assert len(rows) <= SPEC.cap
        assert not classify(rows)["error"].any()


@pytest.mark.parametrize(
    "level", ["PutNextLocal", "UnlockToUnlock", "KeyCorridorS3R2", "BossLevel"]
)
def test_wherever_an_agent_ends_up_there_is_a_plan_that_wins(level: str) -> None:
    env = BabyAI(level)
    for seed in range(4):
        rng = random.Random(seed)
        _, info = env.reset(seed=seed)
        for _ in range(20):
            if not info["won"]:
                assert info["expert"] is not None
                info = env.step(rng.choice(info["admissible"]))[4]
        while not info["won"]:
            distance = info["distance"]
            info = env.step(info["expert"])[4]
            assert info["distance"] == distance - 1


def test_what_changes_nothing_leaves_the_plan_and_a_detour_lengthens_it() -> None:
    env = begun("UnlockPickup", 3)
    start = info_of(env)
    assert env.step("drop")[4]["distance"] == start["distance"]
    assert env.step("turn left")[4]["distance"] == start["distance"] + 1
    back = env.step("turn right")[4]
    assert (back["distance"], back["expert"]) == (start["distance"], start["expert"])


# Winning and losing.


def test_parts_that_are_done_are_progress_and_never_undone() -> None:
    for level in ("GoToSeq", "BossLevel"):
        env = BabyAI(level)
        for seed in range(10):
            _, info = env.reset(seed=seed)
            parts = 1 + sum(env.goal.count(word) for word in (" and ", ", then ", " after you "))
            shares = [info["progress"]]
            while not info["won"]:
                _, reward, _, _, info = env.step(info["expert"])
                assert reward == pytest.approx(info["progress"] - shares[-1])
                shares.append(info["progress"])
            assert shares[0] == 0.0
            assert shares == sorted(shares)
            assert {round(share * parts, 9) for share in shares} <= set(range(parts + 1))


def test_opening_the_wrong_door_first_loses_where_the_level_says_so() -> None:
    env = begun("OpenRedBlueDoorsDebug", 0)
    info = info_of(env)
    while not any("blue closed door" in command for command in info["admissible"]):
        info = env.step("turn left")[4]
    observation, _, terminated, _, info = env.step("toggle and go through blue closed door 1")
    assert observation.endswith("\nThe task has failed.")
    assert terminated
    assert info["lost"]
    assert (info["distance"], info["expert"], info["admissible"]) == (None, None, ())


# Levels and missions.


@pytest.mark.parametrize(
    "level, reason",
    [
        ("GoToRedBal", "such as GoToRedBall, "),
        ("BabyAI-GoToLocal-v0", "levels of BabyAI"),
        (7, "levels of BabyAI"),
        (None, "levels of BabyAI"),
        (["GoTo"], "levels of BabyAI"),
        ("KeyInBox", "its key lies in a box"),
        ("OpenDoorsOrderN2Debug", "counts opening its first door as a mistake"),
        ("OpenDoorsOrderN4Debug", "counts opening its first door as a mistake"),
    ],
)
def test_a_level_that_is_not_there_or_cannot_be_won_is_refused(level: object, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        BabyAI(level)  # type: ignore[arg-type]


def test_the_levels_that_are_refused_cannot_be_won(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("environments.babyai.world.REFUSED", {})
    with pytest.raises(RuntimeError, match="No mission of KeyInBox"):
        BabyAI("KeyInBox").reset(seed=0)
    for level in ("OpenDoorsOrderN2Debug", "OpenDoorsOrderN4Debug"):
        env = BabyAI(level)
        for seed in range(20):
            env.reset(seed=seed)  # what has two doors is skipped
            assert " after you " not in env.goal
            assert ", then " not in env.goal


def test_a_mission_whose_key_is_behind_its_own_door_is_skipped() -> None:
    env = begun("GoToImpUnlock", 6)
    assert env.name == "BabyAI-GoToImpUnlock-v0 seed 7"
    env.reset(seed=5)
    assert env.name == "BabyAI-GoToImpUnlock-v0 seed 5"


def test_equal_games_have_equal_contents_and_others_other_ones() -> None:
    def content(level: str, seed: int) -> str:
        return BabyAI.prepare([Variant({"level": level}, seed)])[0].content

    assert content("OpenDoor", 1) == content("OpenDoor", 1) != content("OpenDoor", 2)
    assert content("OpenDoor", 1) != content(
        "OpenDoorDebug", 1
    )  # the same grid; this one can be lost
    assert content("GoToObjS6", 1) != content("GoToObjS4", 1)


def test_nothing_is_printed(capfd: pytest.CaptureFixture[str]) -> None:
    env = BabyAI("BossLevel")
    for seed in range(20):
        env.reset(seed=seed)
    assert capfd.readouterr() == ("", "")


def test_without_minigrid_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "minigrid", None)
    with pytest.raises(NotInstalled, match=r"pip install 'driftgauge\[babyai\]'"):
        BabyAI()


def test_before_a_reset_there_is_neither_a_goal_nor_a_turn() -> None:
    env = BabyAI()
    for ask in (lambda: env.goal, lambda: env.content, lambda: env.name, lambda: env.step("drop")):
        with pytest.raises(gym.error.ResetNeeded):
            ask()


def walks(level: str, seeds: range, turns: int) -> Iterator[Iterator[tuple[BabyAI, dict]]]:
    """Walks by admissible commands: at every turn the environment, and what is the case."""
    return (walk(level, seed, turns) for seed in seeds)


def walk(level: str, seed: int, turns: int) -> Iterator[tuple[BabyAI, dict]]:
    env = BabyAI(level)
    rng = random.Random(seed)
    _, info = env.reset(seed=seed)
    for _ in range(turns):
        yield env, info
        info = env.step(rng.choice(info["admissible"]))[4]
        if info["won"]:
            return
