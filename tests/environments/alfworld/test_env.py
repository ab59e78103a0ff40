"""ALFWorld's own games: every one is won by a shortest plan, and played as the package plays it."""

from __future__ import annotations

import itertools
import json
import random
import tarfile
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import gymnasium as gym
import pytest

from environments import NotInstalled
from environments.alfworld.engine import REFUSAL
from environments.alfworld.env import ALFWorld
from environments.alfworld.games import TASKS, stored_games
from environments.checker import check
from harness.errors import classify
from tests.environments import needs
from tests.environments.alfworld.archives import checked, folder
from tests.harness.tables import turn_row

pytestmark = needs.alfworld_archives()

SMALL = {
    "pick_and_place_simple": 424,
    "look_at_obj_in_light": 308,
    "pick_clean_then_place_in_recep": 424,
    "pick_heat_then_place_in_recep": 10,
    "pick_cool_then_place_in_recep": 10,
    "pick_two_obj_and_place": 424,
}
"""A room of the test split for each type of task; the smaller it is, the faster the package."""


def opened(split: str = "valid_unseen", **options: Any) -> ALFWorld:
    return ALFWorld(split=split, folder=str(folder()), **options)


def in_room(task: str) -> int:
    """The number of a game of this type in its small room, among the games of its type."""
    names = [game.name for game in stored_games(folder(), "valid_unseen", task)]
    return next(i for i, name in enumerate(names) if name.split("/")[1].endswith(f"-{SMALL[task]}"))


def by_the_expert(env: ALFWorld, seed: int, cap: int = 50) -> Iterator[tuple[dict, str, dict]]:
    """Each turn: what was known before, the command, what is known after."""
    _, info = env.reset(seed=seed)
    for _ in range(cap):
        if info["expert"] is None:
            return
        before, command = info, info["expert"]
        info = env.step(command)[4]
        yield before, command, info


@pytest.mark.parametrize("options", [{}, {"expert": None, "task": TASKS[5]}])
def test_it_keeps_the_contract(options: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ALFWORLD_DATA", str(folder()))
    results = check("driftgauge/ALFWorld-v0", seeds=(0, 100), **options)
    assert [result for result in results if not result.ok] == []


def test_the_splits_have_the_games_of_the_paper_in_the_order_of_their_names() -> None:
    env = opened()
    assert env.games == 134
    assert [opened(task=task).games for task in TASKS] == [24, 18, 31, 23, 21, 17]
    assert opened("valid_train").games == 200
    names = [game.name for game in env._games]
    assert names == sorted(names)
    env.reset(seed=134 + 6)
    assert env.name == names[6]
    assert env.goal == "Your task is to: look at bowl under the desklamp."


def test_a_task_of_every_type_is_what_the_data_set_says() -> None:
    for task in TASKS:
        for game in opened(task=task)._games:
            said = json.loads((game.file.parent / "traj_data.json").read_text())
            assert said["task_type"] == task


def test_the_train_archive_has_its_games_too() -> None:
    with tarfile.open(checked("train")) as archive:
        names = [each.name for each in archive if each.name.endswith("/game.tw-pddl")]
    assert len(names) == 3553


@pytest.mark.parametrize("split", ["valid_unseen", "valid_train"])
def test_the_expert_wins_every_game_by_the_length_of_the_stored_walkthrough(split: str) -> None:
    env = opened(split)
    for seed in range(0, env.games, 1 if split == "valid_unseen" else 5):
        turns = list(by_the_expert(env, seed))
        stored = json.loads(env._games[seed].file.read_text())["walkthrough"]
        # The package's planner, which made the walkthroughs, takes seconds and is optimal too.
        assert len(turns) == turns[0][0]["distance"] == len(stored), env.name
        assert turns[-1][2]["won"]
        assert all(after["distance"] == before["distance"] - 1 for before, _, after in turns)


def test_the_expert_makes_no_error_by_the_table() -> None:
    env, rows = opened(), []
    for seed in range(0, env.games, 10):
        for turn, (before, command, after) in enumerate(by_the_expert(env, seed), start=1):
            rows.append(
                turn_row(
                    play=str(seed),
                    turn=turn,
                    command=command,
                    state_before=before["state"],
                    distance_before=before["distance"],
                    distance_after=after["distance"],
                    accepted=after["accepted"],
                    won=after["won"],
                )
            )
    assert not classify(rows)["error"].any()


def test_no_two_games_are_the_same() -> None:
    contents = set[str]()
    for split in ("valid_unseen", "valid_train"):
        env = opened(split, expert=None)
        for seed in range(env.games):
            env.reset(seed=seed)
            contents.add(env.content)
    assert len(contents) == 134 + 200


def test_progress_counts_the_conditions_of_the_goal_that_hold() -> None:
    expected = {
        "pick_and_place_simple": {0.0, 1.0},
        "look_at_obj_in_light": {0.0, 0.5, 1.0},
        "pick_clean_then_place_in_recep": {0.0, 0.5, 1.0},
        "pick_two_obj_and_place": {0.0, 0.5, 1.0},
    }
    for task, values in expected.items():
        env = opened(task=task)
        env.reset(seed=1)
        progress = [0.0, *(after["progress"] for _, _, after in by_the_expert(env, 1))]
        assert set(progress) == values
        assert progress == sorted(progress)


@needs.package("alfworld", extra="alfworld")
@pytest.mark.parametrize("task", TASKS)
def test_it_answers_offers_and_wins_as_the_package_does(task: str) -> None:
    env = opened(task=task)
    seed = in_room(task)
    observation, info = env.reset(seed=seed)
    package = as_packaged(env._games[seed].file)
    state = package.reset()
    assert state.feedback == f"-= Welcome to TextWorld, ALFRED! =-\n\n{observation}\n\n{env.goal}"
    draw = random.Random(task)
    todo = ["nonsense", "help", "look", "inventory", *[""] * 5]  # drawn, where empty
    while not info["won"]:
        assert sorted({*info["admissible"], "help"}) == state.admissible_commands
        command = todo.pop() if todo else info["expert"]
        if not command:
            here = [each for each in info["admissible"] if not each.startswith("go to")]
            command = draw.choice(draw.choice([here, info["admissible"]]))
        observation, _, done, _, info = env.step(command)
        state, _, won = package.step(command)
        assert (observation, done) == (state.feedback, won)
        assert info["accepted"] == (observation != REFUSAL)


def as_packaged(file: Path) -> Any:
    """The game as the package plays it."""
    from alfworld.agents.environment.alfred_tw_env import AlfredDemangler, AlfredInfos
    from textworld import EnvInfos
    from textworld.envs import PddlEnv

    infos = EnvInfos(won=True, admissible_commands=True)
    env = AlfredInfos(AlfredDemangler(PddlEnv(infos), shuffle=False))
    env.load(str(file))
    return env


@needs.package("alfworld", extra="alfworld")
def test_the_hand_coded_expert_wins_without_knowing_where_things_are() -> None:
    env = opened(task="pick_and_place_simple", expert="handcoded")
    _, info = env.reset(seed=0)
    assert (info["expert"], info["distance"]) == ("look", None)
    planned = opened(task="pick_and_place_simple")
    won = 0
    for seed in range(0, env.games, 4):
        turns = list(by_the_expert(env, seed))
        won += turns[-1][2]["won"]
        assert len(turns) > planned.reset(seed=seed)[1]["distance"]
    assert won == 6


def test_without_an_expert_there_is_no_distance_but_progress() -> None:
    planned = [command for _, command, _ in by_the_expert(opened(), 0)]
    env = opened(expert=None)
    _, info = env.reset(seed=0)
    for command in planned:
        assert (info["expert"], info["distance"]) == (None, None)
        info = env.step(command)[4]
    assert (info["won"], info["distance"], info["progress"]) == (True, 0, 1.0)


def test_what_is_no_command_now_is_refused_and_changes_nothing_in_the_world() -> None:
    env = opened()
    _, before = env.reset(seed=0)
    for text in (
        "",
        "Go to desk 1",
        "take alarmclock 1 from desk 2",
        "look\nlook",
        "\0",
        "é" * 500,
    ):
        observation, reward, terminated, _, info = env.step(text)
        assert (observation, reward, terminated) == (REFUSAL, 0.0, False)
        assert (info["accepted"], info["distance"]) == (False, before["distance"])
        assert info["admissible"] == before["admissible"]


def test_help_is_answered_but_not_offered() -> None:
    env = opened()
    _, before = env.reset(seed=0)
    assert "help" not in before["admissible"]
    observation, _, _, _, info = env.step("help")
    assert observation.startswith("Available commands:\n  look:")
    assert (info["accepted"], info["distance"]) == (True, before["distance"])


def test_plays_side_by_side_do_not_touch_each_other() -> None:
    alone = {seed: list(by_the_expert(opened(), seed)) for seed in (0, 60)}
    plays = [by_the_expert(opened(), seed) for seed in alone]
    together = list(itertools.zip_longest(*plays))
    for turns, seed in zip(zip(*together, strict=True), alone, strict=True):
        assert [turn for turn in turns if turn is not None] == alone[seed]


def test_resets_leave_no_files_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    env = opened()
    env.reset(seed=0)
    files = len(list(Path("/proc/self/fd").iterdir()))
    for seed in range(100):
        env.reset(seed=seed)
    assert len(list(Path("/proc/self/fd").iterdir())) == files
    assert list(tmp_path.iterdir()) == []


def test_the_content_is_what_the_texts_say_and_not_how_they_are_written(tmp_path: Path) -> None:
    file = opened()._games[0].file
    game = json.loads(file.read_text())

    def content(**changes: str) -> str:
        place = tmp_path / "json_2.1.1" / "valid_seen" / "look_at_obj_in_light-A-B-C-1" / "trial"
        place.mkdir(parents=True, exist_ok=True)
        (place / "game.tw-pddl").write_text(json.dumps({**game, **changes}))
        env = ALFWorld("valid_seen", folder=str(tmp_path), expert=None)
        env.reset(seed=0)
        return env.content

    domain, grammar, problem = (game[key] for key in ("pddl_domain", "grammar", "pddl_problem"))
    same = content()
    assert (
        content(pddl_problem=problem.replace("plan_trial", "another").replace("\n", "\r\n")) == same
    )
    assert content(pddl_domain=f"; a comment\n{domain}", walkthrough="") == same
    # An older ALFWorld said "put" where this one says "move".
    assert content(grammar=grammar.replace("move {o} to {r}", "put {o} in/on {r}")) != same
    assert content(grammar=grammar.replace("You pick up", "You take")) != same
    assert content(pddl_domain=domain.replace("(not (isCool ?o))", "")) != same
    assert content(pddl_problem=problem.replace("(:goal", "(:goal ; x\n")) == same
    assert content(pddl_problem=problem.replace("AlarmClockType", "MugType")) != same


def test_games_that_cannot_be_solved_or_are_not_supported_are_left_out(tmp_path: Path) -> None:
    game = json.loads(opened()._games[0].file.read_text())
    for name, solvable in (("A", True), ("B", False), ("BowlSliced", True), ("movable", True)):
        place = tmp_path / "json_2.1.1" / "valid_seen" / f"{TASKS[1]}-{name}-None-Desk-1" / "trial"
        place.mkdir(parents=True)
        (place / "game.tw-pddl").write_text(json.dumps({**game, "solvable": solvable}))
    env = ALFWorld("valid_seen", folder=str(tmp_path))
    assert [game.name for game in env._games] == [f"valid_seen/{TASKS[1]}-A-None-Desk-1/trial"]


def test_rules_that_the_planner_does_not_know_are_refused_with_it_only(tmp_path: Path) -> None:
    game = json.loads(opened()._games[0].file.read_text())
    place = tmp_path / "json_2.1.1" / "valid_seen" / f"{TASKS[1]}-A-None-Desk-1" / "trial"
    place.mkdir(parents=True)
    game["pddl_domain"] = game["pddl_domain"].replace("(not (holdsAny ?a))", "")
    (place / "game.tw-pddl").write_text(json.dumps(game))
    with pytest.raises(ValueError, match="expert=None"):
        ALFWorld("valid_seen", folder=str(tmp_path)).reset(seed=0)
    ALFWorld("valid_seen", folder=str(tmp_path), expert=None).reset(seed=0)


def test_the_folder_is_the_configured_one_else_alfworld_data_else_the_packages(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ALFWORLD_DATA", str(folder()))
    assert ALFWorld().games == 134
    with pytest.raises(NotInstalled, match=f"are not in {tmp_path}: run alfworld-download"):
        ALFWorld(folder=str(tmp_path))
    monkeypatch.delenv("ALFWORLD_DATA")
    monkeypatch.setenv("HOME", str(tmp_path))
    with pytest.raises(NotInstalled, match=str(tmp_path / ".cache" / "alfworld")):
        ALFWorld()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"split": "test"}, "Expected split to be one of train, valid_train"),
        ({"task": "cook"}, "Expected task to be one of pick_and_place_simple"),
        ({"expert": "human"}, "Expected expert to be one of planner, handcoded, None"),
    ],
)
def test_options_that_do_not_exist_are_refused(options: dict[str, str], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        ALFWorld(**options)


def test_before_a_reset_and_after_close_there_is_no_game() -> None:
    env = opened()
    for _ in range(2):
        with pytest.raises(gym.error.ResetNeeded):
            _ = env.goal
        with pytest.raises(gym.error.ResetNeeded):
            _ = env.content
        with pytest.raises(gym.error.ResetNeeded):
            env.step("look")
        env.reset(seed=0)
        env.close()
        env.close()
