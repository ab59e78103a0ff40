"""TextWorld games that several tests play, made at once; later runs find them in the cache."""

import gymnasium as gym
import pytest
from filelock import FileLock

import environments
from environments.textworld.games import folder, prepare

SEEDS = range(3)
HUNT, SIMPLE = "driftgauge/TextWorldTreasureHunter-v0", "driftgauge/TextWorldSimple-v0"


@pytest.fixture(scope="session", autouse=True)
def games(request: pytest.FixtureRequest) -> None:
    # Who tests another environment shall not wait for them.
    if not any("textworld" in item.nodeid.lower() for item in request.session.items):
        return
    draws = [0, 0, 0, 123, 456, 456]  # what Gymnasium's check_env draws without a seed
    seeds = [*SEEDS, 123, 456]
    for generator_seed in sorted(set(draws)):
        generator, _ = gym.utils.seeding.np_random(generator_seed)
        seeds += [int(generator.integers(2**31)) for _ in range(draws.count(generator_seed))]
    played = [(id, {}, seeds) for id in environments.CATALOGUE if "TextWorld" in id]
    played += [(HUNT, {"level": level}, [0]) for level in range(4, 12)]
    played += [(SIMPLE, {"rewards": rewards}, [0]) for rewards in ("balanced", "sparse")]
    played += [(SIMPLE, {"goal": "detailed"}, [0])]
    keys = []
    for id, kwargs, numbers in played:
        env = gym.make(id, **kwargs).unwrapped
        keys += [env._key(number) for number in numbers]
    folder().mkdir(parents=True, exist_ok=True)
    with FileLock(folder() / "tests.lock"):  # of several pytest processes, one makes them for all
        prepare(keys, workers=2)
