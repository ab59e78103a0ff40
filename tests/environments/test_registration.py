"""Every id of ours, whatever family it belongs to."""

import subprocess
import sys

import gymnasium as gym
import pytest

import environments  # noqa: F401 - registers the ids
from environments import child
from environments.checker import check, walk

IDS = sorted(spec.id for spec in gym.registry.values() if spec.namespace == "driftgauge")


def test_the_four_families_of_textworld_are_registered():
    assert [id for id in IDS if "TextWorld" in id] == [
        "driftgauge/TextWorldCoinCollector-v0",
        "driftgauge/TextWorldCooking-v0",
        "driftgauge/TextWorldQuest-v0",
        "driftgauge/TextWorldTreasureHunter-v0",
    ]


def test_importing_the_package_imports_no_game_library():
    code = (
        "import sys, gymnasium, environments\n"
        "env = gymnasium.make('environments:driftgauge/TextWorldQuest-v0')\n"
        "assert 'torch' not in sys.modules\n"
    )
    lazy = "import sys, environments\nassert not {'textworld', 'torch'} & set(sys.modules)\n"
    for source in (lazy, code):
        subprocess.run([sys.executable, "-c", source], env=child.environ(), check=True)


@pytest.mark.parametrize("env_id", IDS)
def test_it_keeps_the_contract(env_id):
    assert [result for result in check(env_id) if not result.ok] == []


@pytest.mark.parametrize("env_id", IDS)
def test_two_copies_side_by_side_stay_equal(env_id):
    one, other = gym.make(env_id), gym.make(env_id)
    for turn, twin in zip(walk(one, seed=2), walk(other, seed=2), strict=True):
        assert turn == twin
    one.close()
    other.close()


@pytest.mark.parametrize("env_id", IDS)
def test_a_reset_without_a_seed_draws_the_game_from_the_environments_own_generator(env_id):
    env = gym.make(env_id)
    env.reset(seed=123)
    drawn = env.reset()[0]
    env.reset(seed=123)
    assert env.reset()[0] == drawn
    env.close()
