"""Every id of ours, whatever family it belongs to."""

import subprocess
import sys

import gymnasium as gym
import pytest

from environments import CATALOGUE, child
from environments.checker import check, walk
from environments.contract import TextEnv
from tests.environments import needs


def test_the_catalogue_is_what_is_registered():
    ids = [spec.id for spec in gym.registry.values() if spec.namespace == "driftgauge"]
    assert ids == list(CATALOGUE)


@pytest.mark.parametrize("env_id", needs.IDS)
def test_it_says_what_its_games_depend_on(env_id):
    """Lock files record the versions; what is all ours, or all data, depends on no package."""
    env = gym.make(env_id).unwrapped
    assert isinstance(env, TextEnv)
    assert env.packages or env_id in ("driftgauge/Corridor-v0", "driftgauge/ALFWorld-v0")
    env.close()


def test_importing_the_package_imports_no_game_library():
    code = (
        "import sys, gymnasium, environments\n"
        "env = gymnasium.make('environments:driftgauge/TextWorldQuest-v0')\n"
        "assert 'torch' not in sys.modules\n"
    )
    heavy = {"textworld", "alfworld", "scienceworld", "minigrid", "bm25s", "torch"}
    lazy = f"import sys, environments\nassert not {heavy} & set(sys.modules)\n"
    for source in (lazy, code):
        subprocess.run([sys.executable, "-c", source], env=child.environ(), check=True)


@pytest.mark.parametrize("env_id", needs.IDS)
def test_it_keeps_the_contract(env_id):
    assert [result for result in check(env_id) if not result.ok] == []


@pytest.mark.parametrize("env_id", needs.IDS)
def test_two_copies_side_by_side_stay_equal(env_id):
    one, other = gym.make(env_id), gym.make(env_id)
    for turn, twin in zip(walk(one, seed=1), walk(other, seed=1), strict=True):
        assert turn == twin
    one.close()
    other.close()


@pytest.mark.parametrize("env_id", needs.IDS)
def test_a_reset_without_a_seed_draws_the_game_from_the_environments_own_generator(env_id):
    env = gym.make(env_id)
    env.reset(seed=0)
    drawn = env.reset()[0]
    env.reset(seed=0)
    assert env.reset()[0] == drawn
    env.close()
