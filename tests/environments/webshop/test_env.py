"""WebShop: search, look, choose, buy; the first purchase ends the task."""

from __future__ import annotations

from pathlib import Path

import gymnasium as gym
import pytest

from environments.checker import check
from environments.contract import NotInstalled, TextEnv, Variant
from environments.numbered import NOT_A_COMMAND
from environments.webshop.catalogue import SPLITS, load
from environments.webshop.env import MAX_COMMAND, NO_BUTTON, NO_SEARCH_BAR, WebShop
from harness.errors import classify
from tests.environments import needs
from tests.environments.webshop.test_catalogue import OFFICIAL, write
from tests.harness.tables import turn_row

pytestmark = [needs.package("bm25s", "webshop"), needs.package("rapidfuzz", "webshop")]

CAP = 15


@pytest.fixture
def env() -> WebShop:
    env = WebShop()
    env.reset(seed=4)
    return env


def goal_with(env: WebShop, options: int) -> int:
    goals = load("generated").goals
    return next(n for n in range(env.games) if len(goals[n].options) == options)


@pytest.mark.parametrize("split", SPLITS)
def test_it_keeps_the_contract(split: str) -> None:
    results = check("driftgauge/WebShop-v0", seeds=(0, 7), split=split)
    assert [result for result in results if not result.ok] == []


@pytest.mark.parametrize("split", SPLITS)
def test_the_expert_buys_what_was_wanted_and_makes_no_error(split: str) -> None:
    env = WebShop(split)
    rows, won = [], 0
    for seed in range(0, env.games, 4):
        info = env.reset(seed=seed)[1]
        for turn in range(1, CAP + 1):
            before, command = info, info["expert"]
            assert command in before["admissible"]
            info = env.step(command)[4]
            rows.append(
                turn_row(
                    play=f"{split} {seed}",
                    turn=turn,
                    command=command,
                    state_before=before["state"],
                    distance_before=before["distance"],
                    distance_after=info["distance"],
                    accepted=info["accepted"],
                    lost=info["lost"],
                )
            )
            if info["won"]:
                won += 1
                break
    assert won == len(range(0, env.games, 4))
    assert not classify(rows)["error"].any()


def test_pages_read_as_in_the_literature(env: WebShop) -> None:
    assert env.reset(seed=4)[0] == "WebShop\n[Search]"
    assert env.goal == (
        "Instruction: i want to buy a bar stool which should be scratch resistant, stain "
        "resistant and space saving, with height: 30 inch, and price lower than 260.00 dollars"
    )
    results = env.step("search[scratch resistant bar stool, 30 inch]")[0].split("\n")
    assert results[:6] == [
        "[Back to Search]",
        "Page 1 (Total results: 50)",
        "[Next >]",
        "[B0FBA10926]",
        "Harlith Orchid Bar Stool for Breakfast Bar, Scratch Resistant, Space Saving",
        "$179.95",
    ]
    assert len(results) == 3 + 10 * 3
    assert env.step("click[Next >]")[0].startswith(
        "[Back to Search]\nPage 2 (Total results: 50)\n[< Prev]\n[Next >]\n[B0"
    )
    env.step("click[< Prev]")
    env.step("click[B0FBA10926]")
    assert env.step("click[24 inch]")[0] == (
        "You have clicked 24 inch.\n[Back to Search]\n[< Prev]\n"
        "color [navy][olive][coral]\nlegs [walnut][oak][espresso]\nheight [[24 inch]][30 inch]\n"
        "Harlith Orchid Bar Stool for Breakfast Bar, Scratch Resistant, Space Saving\n"
        "Price: $179.95\nRating: N.A.\n[Description]\n[Features]\n[Reviews]\n[Buy Now]"
    )
    features = env.step("click[Features]")[0]
    assert features.startswith("[Back to Search]\n[< Prev]\n")
    assert "Stain resistant: coffee wipes off with a cloth.\n" in features
    env.step("click[< Prev]")
    assert env.step("click[Reviews]")[0] == "[Back to Search]\n[< Prev]\nNo reviews found"
    env.step("click[< Prev]")
    assert env.step("click[Description]")[0].count("\n") == 2


def test_buying_ends_the_task_and_is_worth_the_reward(env: WebShop) -> None:
    for command in ("search[scratch resistant bar stool, 30 inch]", "click[b0fba10926]"):
        _, reward, terminated, _, info = env.step(command)
        assert (reward, terminated, info["progress"]) == (0.0, False, 0.0)
    observation, reward, terminated, truncated, info = env.step("click[buy now]")
    assert (reward, terminated, truncated) == (0.8, True, False)
    assert observation.endswith("Your score (min 0.0, max 1.0): 0.8")
    assert (info["lost"], info["won"], info["progress"]) == (True, False, 0.8)
    assert (info["distance"], info["expert"], info["admissible"]) == (None, None, ())
    with pytest.raises(gym.error.ResetNeeded):
        env.step("click[Back to Search]")


def test_a_wrong_choice_can_be_put_right(env: WebShop) -> None:
    for command in ("search[bar stool]", "click[back to search]"):
        env.step(command)
    for command in ("search[scratch resistant bar stool, 30 inch]", "click[B0FBA10926]"):
        before = env.step(command)[4]
    wrong = env.step("click[24 inch]")[4]
    assert (before["expert"], wrong["expert"]) == ("click[30 inch]", "click[30 inch]")
    assert before["distance"] == wrong["distance"] == 2
    right = env.step("click[30 inch]")[4]
    again = env.step("click[30 inch]")[4]
    assert (right["distance"], again["distance"]) == (1, 1)
    assert right["state"] == again["state"] != wrong["state"]
    assert env.step("click[Buy Now]")[4]["won"]


@pytest.mark.parametrize(
    "command",
    [
        *("", "buy now", "look", "search", "search[]", "search[ ]", "click", "click[]", "buy[x]"),
        *("click[a\nb]", "search[a]\nclick[b]", "search[a\x00b]", f"search[{'a' * MAX_COMMAND}]"),
    ],
)
def test_what_is_no_command_is_not_sent(env: WebShop, command: str) -> None:
    _, before = env.reset(seed=4)
    observation, reward, terminated, _, info = env.step(command)
    assert (observation, reward, terminated) == (NOT_A_COMMAND, 0.0, False)
    assert info == {**before, "accepted": False}


def test_what_the_page_does_not_have_is_refused_and_changes_nothing(env: WebShop) -> None:
    *_, before = env.step("search[bar stool]")
    for command in ("click[Buy Now]", "click[30 inch]", "click[< Prev]", "search[bar stool]"):
        observation, _, _, _, info = env.step(command)
        assert observation == (NO_SEARCH_BAR if "search" in command else NO_BUTTON)
        assert info["accepted"] is False
        for key in ("admissible", "expert", "distance", "progress"):
            assert info[key] == before[key]


def test_any_words_can_be_searched_for(env: WebShop) -> None:
    for words in ("Bar STOOL", "xyzzy", "a [b] c]", "é" * 500, "SELECT * FROM goals; --"):
        observation, _, _, _, info = env.step(f"search[{words}]")
        assert info["accepted"]
        assert observation in env.observation_space
        env.step("click[Back to Search]")


def test_what_is_listed_are_words_of_the_instruction_and_buttons_of_the_page(env: WebShop) -> None:
    observation, info = env.reset(seed=4)
    for command in info["admissible"]:
        assert command.removeprefix("search[")[:-1] in env.goal.lower()
    for command in ("search[scratch resistant bar stool]", "click[B0FBA10926]", "click[Features]"):
        observation, *_, info = env.step(command)
        assert info["accepted"]
        for listed in info["admissible"]:
            assert listed.removeprefix("click") in observation
            assert listed in env.action_space


def test_the_same_index_is_the_same_goal_in_every_environment_of_its_own_split() -> None:
    assert WebShop("test").games == 500
    variants = [Variant({"split": split}, seed) for split in SPLITS for seed in range(0, 500, 10)]
    games = WebShop.prepare(variants)
    assert len({game.content for game in games}) == len(games) == 150
    assert {game.name for game in games} == {""}
    one, other = WebShop("dev"), WebShop("dev")
    one.reset(seed=17)
    other.reset(seed=17 + other.games)
    assert (one.goal, one.content) == (other.goal, other.content)


def test_official_files_are_played_only_where_they_are_asked_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(OFFICIAL, tmp_path)
    monkeypatch.setenv("WEBSHOP_DATA", str(tmp_path))
    assert WebShop().games == 500
    env = WebShop(catalogue="official")
    assert env.games == 4
    _, info = env.reset(seed=2)
    assert (env.name, info["distance"]) == ("goal 2", 5)
    while info["expert"] is not None:
        observation, *_, info = env.step(info["expert"])
        assert observation in env.observation_space
    assert info["won"]
    with pytest.raises(ValueError, match="Expected a split with goals, got 'dev'"):
        WebShop("dev", "official")


def test_the_official_catalogue_keeps_the_contract(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(OFFICIAL, tmp_path)
    monkeypatch.setenv("WEBSHOP_DATA", str(tmp_path))
    for catalogue in ("official", "official-human"):
        results = check("driftgauge/WebShop-v0", catalogue=catalogue)
        assert [result for result in results if not result.ok] == []


def test_what_is_missing_is_told_when_the_environment_is_made(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("WEBSHOP_DATA", raising=False)
    with pytest.raises(NotInstalled, match="WEBSHOP_DATA"):
        gym.make("driftgauge/WebShop-v0", catalogue="official")
    monkeypatch.setattr("environments.webshop.env.find_spec", lambda name: None)
    with pytest.raises(NotInstalled, match=r"pip install 'driftgauge\[webshop\]'"):
        gym.make("driftgauge/WebShop-v0")


@pytest.mark.parametrize(
    ("kwargs", "told"),
    [
        ({"split": "valid"}, "Expected split to be one of test, dev, train, got 'valid'"),
        ({"split": ["test"]}, "Expected split"),
        ({"catalogue": "all"}, "Expected catalogue to be one of generated, official, "),
    ],
)
def test_options_that_cannot_be_are_refused(kwargs: dict[str, object], told: str) -> None:
    with pytest.raises(ValueError, match=told):
        gym.make("driftgauge/WebShop-v0", **kwargs)


def test_before_a_reset_there_is_neither_a_goal_nor_a_turn() -> None:
    env = WebShop()
    assert env.name == ""
    for ask in (lambda: env.goal, lambda: env.content, lambda: env.step("search[tea]")):
        with pytest.raises(gym.error.ResetNeeded):
            ask()


def test_it_is_registered() -> None:
    env = gym.make("driftgauge/WebShop-v0").unwrapped
    assert isinstance(env, TextEnv)
    assert isinstance(env, WebShop)
