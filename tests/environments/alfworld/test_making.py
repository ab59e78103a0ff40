"""Games made from a number: solvable, believable, the same everywhere, else as ALFWorld's."""

from __future__ import annotations

import random
import subprocess
import sys
from typing import Any

import pytest

from environments import NotInstalled, Variant
from environments.alfworld.engine import Play
from environments.alfworld.env import ALFWorldGenerated
from environments.alfworld.games import TASKS
from environments.alfworld.making import ROOMS, make
from environments.alfworld.plan import Planner
from environments.checker import check
from environments.child import environ
from tests.environments import needs

pytestmark = needs.package("alfworld", extra="alfworld")

SEEDS = range(25)

AGAIN = """
from environments.alfworld.env import ALFWorldGenerated
from environments.contract import Variant
print([game.content for game in ALFWorldGenerated.prepare([Variant({}, n) for n in range(6)])])
"""


def facts(play: Play, predicate: str) -> list[tuple[str, ...]]:
    return sorted(fact[1:] for fact in play.problem.facts if fact[0] == predicate)


@pytest.mark.parametrize("options", [{}, {"expert": "handcoded", "task": TASKS[0]}])
def test_it_keeps_the_contract(options: dict[str, Any]) -> None:
    results = check("driftgauge/ALFWorldGenerated-v0", seeds=(0, 1), **options)
    assert [result for result in results if not result.ok] == []


@pytest.mark.parametrize("hashing", ["0", "1"])
def test_a_number_is_the_same_game_in_every_process(hashing: str) -> None:
    games = ALFWorldGenerated.prepare([Variant({}, number) for number in range(6)])
    assert len({game.content for game in games}) == 6
    said = subprocess.run(
        [sys.executable, "-c", AGAIN],
        env={**environ(), "PYTHONHASHSEED": hashing},
        capture_output=True,
        text=True,
        check=True,
    )
    assert said.stdout.strip() == str([game.content for game in games])


@pytest.mark.parametrize("task", TASKS)
def test_the_expert_wins_every_game_of_every_type(task: str) -> None:
    env = ALFWorldGenerated(task=task)
    for seed in SEEDS:
        _, info = env.reset(seed=seed)
        assert info["progress"] == 0.0
        for left in range(info["distance"] - 1, -1, -1):
            info = env.step(info["expert"])[4]
            assert (info["accepted"], info["distance"]) == (True, left)
        assert (info["won"], info["progress"]) == (True, 1.0)


def test_all_types_are_made_where_none_is_asked_for() -> None:
    env = ALFWorldGenerated()
    assert env.games is None
    kinds = set()
    for seed in range(60):
        env.reset(seed=seed)
        goal = env._planner.goal
        kinds.add((goal.number, goal.state))
    assert kinds == {(1, ""), (2, ""), (0, ""), (1, "isclean"), (1, "ishot"), (1, "iscool")}


@pytest.mark.parametrize("seed", SEEDS)
def test_a_room_is_of_one_kind_and_holds_things_where_they_may_be_kept(seed: int) -> None:
    play = Play(make(seed, None))
    kind_of = dict(facts(play, "receptacletype") + facts(play, "objecttype"))
    furniture = {kind for _, kind in facts(play, "receptacletype")}
    rooms = [
        room
        for room in ROOMS.values()
        if furniture <= {f"{type.lower()}type" for type in room.furniture}
    ]
    assert rooms
    allowed = set(facts(play, "cancontain"))
    for thing, place in facts(play, "inreceptacle"):
        if thing.startswith("desklamp"):
            continue  # which no table allows to be put anywhere: it cannot be taken up
        assert (kind_of[place], kind_of[thing]) in allowed
    assert len({location for _, location in facts(play, "receptacleatlocation")}) == len(
        facts(play, "receptacletype")
    )


def test_a_game_is_played_as_the_package_plays_it() -> None:
    from alfworld.agents.environment.alfred_tw_env import AlfredDemangler
    from textworld import EnvInfos
    from textworld.envs import PddlEnv

    source = make(1, "pick_clean_then_place_in_recep")
    package = AlfredDemangler(PddlEnv(EnvInfos(won=True, admissible_commands=True)), shuffle=False)
    package.load(
        {
            "pddl_domain": source.domain,
            "grammar": source.grammar,
            "pddl_problem": source.problem,
        }
    )
    state = package.reset()
    play, draw = Play(source), random.Random(0)
    assert play.intro == state.feedback
    planner = Planner(play.domain, play.problem)
    inner = package.unwrapped
    # Before anything is done, the package's planner is quick enough to be asked, once.
    plan = planner.plan(planner.position(play.world))
    assert plan is not None
    assert len(plan) == len(inner._pddl_state.replan(inner._entity_infos))
    for _ in range(10):
        assert sorted(play.commands) == state.admissible_commands
        here = [each for each in play.admissible if not each.startswith("go to")]
        command = draw.choice(draw.choice([here, play.admissible]))
        state, _, won = package.step(command)
        assert (play.do(command), play.world.solved) == (state.feedback, won)


def test_without_the_package_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("environments.alfworld.making.find_spec", lambda name: None)
    with pytest.raises(NotInstalled, match=r"pip install 'driftgauge\[alfworld\]'"):
        ALFWorldGenerated()
    with pytest.raises(NotInstalled, match=r"pip install 'driftgauge\[alfworld\]'"):
        ALFWorldGenerated(expert="handcoded")
