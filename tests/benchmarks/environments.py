"""Steps a second of TextWorld games, ours against the package's; run by hand.

    python -m tests.benchmarks.environments --turns 96 --repeats 3

plays the same commands in the same 16 games: by the package in one process, with the information
that ours gives (admissible commands and a plan), with admissible commands, and with text alone;
by the interpreter of the compiled games, which all the others wait for; by our environments in
one process; and by a pool of two workers. The commands are what agents
send: the expert's, random admissible ones, and going in circles. A game that ends begins anew.
Each repeat takes all of them in turn, ours with nothing kept from the one before; what is printed
are medians. Ours plays twice, as the arms of a panel do: games that it has not seen, and again.
"""

from __future__ import annotations

import argparse
import time
import warnings
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from statistics import median
from typing import Any, NamedTuple

import gymnasium as gym
import jericho  # type: ignore[import-untyped]
import textworld
from textworld import EnvInfos

import environments  # noqa: F401 - registers driftgauge/…
from environments.textworld import logic
from environments.textworld.env import TextWorldEnv
from environments.textworld.games import StoredGame, prepare
from harness.keyed import generator
from harness.task import Task
from harness.workers import Broken, EnvironmentPool

WORKERS = 2
STRETCH = 8
"""Turns that a lane acts in one way before it acts in the next."""

HUNTS: list[tuple[str, dict[str, Any]]] = [
    ("TextWorldTreasureHunter", {"level": 4 + i % 7}) for i in range(13)
]
OTHERS: list[tuple[str, dict[str, Any]]] = [
    ("TextWorldCoinCollector", {"level": 4}),
    ("TextWorldCooking", {}),
    ("TextWorldQuest", {}),
]

Script = list[str | None]
"""The commands of one lane; None where the game has ended and is begun anew."""


class Lane(NamedTuple):
    task: Task
    game: StoredGame
    script: Script


class Timed(NamedTuple):
    name: str
    seconds: float


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0] if __doc__ else None)
    parser.add_argument("--turns", type=int, default=96, help="of each game, a repeat")
    parser.add_argument("--repeats", type=int, default=3)
    wanted = parser.parse_args()
    # Jericho cannot follow the score of games that it does not know; TextWorld does.
    warnings.filterwarnings("ignore", message="Game .* is not fully supported")
    lanes = prepared(wanted.turns)
    seconds = dict[str, list[float]]()
    for repeat in range(wanted.repeats):
        for contest in (package, interpreter, one_process, pool):
            for name, taken in contest(lanes):
                seconds.setdefault(name, []).append(taken)
        print(f"repeat {repeat + 1} of {wanted.repeats}", flush=True)
    steps = sum(command is not None for lane in lanes for command in lane.script)
    plays = [name for name in seconds if not name.startswith("begin")]
    table(f"{steps} steps", steps, {name: seconds[name] for name in plays})
    begins = {name: taken for name, taken in seconds.items() if name not in plays}
    table(f"{len(lanes)} games begun", len(lanes), begins)


def table(title: str, count: int, seconds: dict[str, list[float]]) -> None:
    """Print how many there are a second, and the median ratio to the first row."""
    print(f"\n{title:32} {'a second':>10} {'ratio':>7}")
    yardstick = next(iter(seconds.values()))
    for name, taken in seconds.items():
        ratio = median(theirs / ours for theirs, ours in zip(yardstick, taken, strict=True))
        print(f"{name:32} {count / median(taken):10.0f} {ratio:7.2f}")


def prepared(turns: int) -> list[Lane]:
    """The games, and what is sent to each."""
    lanes = []
    for number, (name, kwargs) in enumerate(HUNTS + OTHERS):
        id = f"driftgauge/{name}-v0"
        env: Any = gym.make(id, **kwargs).unwrapped
        [game] = prepare([env._key(number)])
        task = Task(
            name=str(number),
            environment=id,
            kwargs=kwargs,
            seed=number,
            cap=turns,
            content="",
            family="",
            game="",
        )
        lanes.append(Lane(task, game, script(env, number, turns)))
        env.close()
    return lanes


def script(env: TextWorldEnv, number: int, turns: int) -> Script:
    """What an agent of changing mind sends to game ``number``."""
    draws = generator("benchmark", "environments", number)
    commands: Script = []
    _, info = env.reset(seed=number)
    for turn in range(turns):
        admissible = info["admissible"]
        if not admissible:
            commands.append(None)
            _, info = env.reset(seed=number)
            continue
        ways = [command for command in admissible if command.startswith("go ")] or admissible
        match (turn // STRETCH + number) % 3:
            case 0:
                command = info["expert"] or "look"
            case 1:
                command = str(draws.choice(admissible))
            case _:
                command = ways[turn % 2 * (len(ways) - 1)]
        commands.append(command)
        info = env.step(command)[-1]
    return commands


def package(lanes: list[Lane]) -> Iterable[Timed]:
    """TextWorld itself, from the most information to the least."""
    for name, wanted in (
        ("commands and plan", EnvInfos(admissible_commands=True, policy_commands=True)),
        ("commands", EnvInfos(admissible_commands=True)),
        ("text alone", EnvInfos()),
    ):
        engines = list[Any]()
        yield clocked(f"begin: package, {name}", partial(begin, lanes, wanted, engines))
        resets, steps = [engine.reset for engine in engines], [engine.step for engine in engines]
        yield clocked(f"package, {name}", partial(in_turn, lanes, resets, steps))
        for engine in engines:
            engine.close()


def begin(lanes: list[Lane], wanted: EnvInfos, engines: list[Any]) -> None:
    """Fill ``engines`` with each lane's game at its start."""
    for lane in lanes:
        engines.append(textworld.start(str(lane.game.story), wanted))
        engines[-1].reset()


def interpreter(lanes: list[Lane]) -> Iterable[Timed]:
    """The machine that runs the compiled games, which nobody who wants its text can leave out."""
    machines = [jericho.FrotzEnv(str(lane.game.story)) for lane in lanes]
    resets, steps = [machine.reset for machine in machines], [machine.step for machine in machines]
    yield clocked("the interpreter alone", partial(in_turn, lanes, resets, steps))


def one_process(lanes: list[Lane]) -> Iterable[Timed]:
    """Our environments, without workers."""
    logic._opened.cache_clear()
    envs = [gym.make(lane.task.environment, **lane.task.kwargs) for lane in lanes]
    resets = [
        partial(env.reset, seed=lane.task.seed) for env, lane in zip(envs, lanes, strict=True)
    ]
    steps = [env.step for env in envs]
    yield clocked("begin: ours", lambda: [reset() for reset in resets])
    for occasion in ("first play", "again"):
        yield clocked(f"ours, {occasion}", partial(in_turn, lanes, resets, steps))
    for env in envs:
        env.close()


def in_turn(
    lanes: list[Lane], resets: Sequence[Callable[[], Any]], steps: Sequence[Callable[[str], Any]]
) -> None:
    """Each game's next command, game after game."""
    for reset in resets:
        reset()
    for turn in range(len(lanes[0].script)):
        for lane, reset, step in zip(lanes, resets, steps, strict=True):
            command = lane.script[turn]
            if command is None:
                reset()
            else:
                step(command)


def pool(lanes: list[Lane]) -> Iterable[Timed]:
    """Our environments in worker processes, every lane as fast as it answers."""
    with EnvironmentPool(WORKERS) as workers:
        empty = [Lane(lane.task, lane.game, []) for lane in lanes]
        played(workers, empty[:WORKERS])  # so that starting Python is not counted
        yield clocked(f"begin: ours, {WORKERS} workers", partial(played, workers, empty))
        known = empty[WORKERS:] + empty[:WORKERS]  # of another lane in the same process
        yield clocked(f"begin: known games, {WORKERS} workers", partial(played, workers, known))
        for occasion in ("first play", "again"):
            name = f"ours, {WORKERS} workers, {occasion}"
            yield clocked(name, partial(played, workers, lanes))


def played(workers: EnvironmentPool, lanes: list[Lane]) -> None:
    """Begin every lane's task and send its commands, the next when the last is answered."""
    ahead = [iter(lane.script) for lane in lanes]
    for number, lane in enumerate(lanes):
        workers.reset(number, lane.task)
    waiting = len(lanes)
    while waiting:
        for number, reply in workers.collect():
            if isinstance(reply, Broken):
                raise RuntimeError(reply.reason)
            command = next(ahead[number], "")
            if command == "":
                waiting -= 1
            elif command is None:
                workers.reset(number, lanes[number].task)
            else:
                workers.step(number, command)


def clocked(name: str, work: Callable[[], Any]) -> Timed:
    start = time.perf_counter()
    work()
    return Timed(name, time.perf_counter() - start)


if __name__ == "__main__":
    main()
