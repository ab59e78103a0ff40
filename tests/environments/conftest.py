"""Games that several tests play, made at once; later runs find them in the cache."""

import gymnasium as gym
import pytest

import environments
from environments.textworld_games import GameKey, prepare

SEEDS = range(3)


@pytest.fixture(scope="session", autouse=True)
def games() -> None:
    draws = [0, 0, 0, 123, 456, 456]  # what Gymnasium's check_env draws without a seed
    seeds = [*SEEDS, 123, 456]
    for generator_seed in sorted(set(draws)):
        generator, _ = gym.utils.seeding.np_random(generator_seed)
        seeds += [int(generator.integers(2**31)) for _ in range(draws.count(generator_seed))]
    keys = []
    for env_id in environments.ENTRY_POINTS:
        env = gym.make(env_id).unwrapped
        keys += [GameKey(env.family, env.parameters, seed) for seed in seeds]
    keys += [GameKey("treasure_hunter", {"level": level}, 0) for level in range(4, 12)]
    prepare(keys, workers=2)
