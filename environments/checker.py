"""Does an environment keep the contract? A row of small checks, for ours and for plug-ins.

    >>> for result in check("driftgauge/TextWorldQuest-v0", seeds=(0, 1), rooms=4):
    ...     print("ok  " if result.ok else "FAIL", result.name, result.message)
    ok   contract
    ok   reset
    …

Each check makes environments of its own, so a failure of one does not spoil the next. Messages
say what was seen and the likely cause.
"""

from __future__ import annotations

import json
import random
import subprocess
import threading
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple, get_type_hints

import gymnasium as gym
import numpy as np
from gymnasium.utils.env_checker import check_env

import environments  # noqa: F401 - registers driftgauge/…
from environments import child
from environments.contract import Info, TextEnv
from environments.registry import make

MAX_TURNS = 500
"""Turns after which an expert that has not won is taken to go in circles."""

WALK = 30
"""Turns of the random walks."""

SAMPLED = 20
"""Admissible commands of a game's first turn that are tried; some games have hundreds."""

SOURCES = ("random", "numpy.random")
"""The modules whose global generators are watched."""


class CheckResult(NamedTuple):
    """What one check found."""

    name: str
    ok: bool
    message: str
    """Empty if all is well; else what was seen and the likely cause."""


class Subject(NamedTuple):
    """The environment under test."""

    id: str
    seeds: tuple[int, ...]
    kwargs: Mapping[str, Any]
    rules: tuple[str, ...] = ()
    """Standing orders that it is put under."""

    @contextmanager
    def opened(self) -> Iterator[gym.Env[str, str]]:
        """An environment of its own for one check, closed afterwards."""
        env = make(self.id, self.kwargs, self.rules)
        try:
            yield env
        finally:
            env.close()


class Turn(NamedTuple):
    """A command, and what came of it; the first of an episode has no command."""

    command: str | None
    observation: str
    info: dict[str, Any]


class Broken(AssertionError):
    """The contract is not kept; says what was seen and the likely cause."""


def check(
    env_id: str, seeds: tuple[int, ...] = (0, 1), rules: tuple[str, ...] = (), **kwargs: Any
) -> list[CheckResult]:
    """Run every check on an environment; never raises for what the environment does.

    Args:
        env_id: as for `gymnasium.make`; ``module:namespace/Name-v0`` imports ``module`` first.
        seeds: the games that are played.
        rules: standing orders that it is put under, by name.
        kwargs: given to the environment.
    """
    return list(checked(Subject(env_id, tuple(seeds), kwargs, rules)))


def checked(subject: Subject) -> Iterator[CheckResult]:
    """The same, a result as soon as it is known."""
    for name, run in CHECKS.items():
        try:
            run(subject)
        except Broken as broken:
            yield CheckResult(name, False, str(broken))
        except Exception as error:
            yield CheckResult(name, False, f"It raised {type(error).__name__}: {error}")
        else:
            yield CheckResult(name, True, "")


def contract(subject: Subject) -> None:
    """Every key of `Info`, of the right type, at every turn; goal and content after reset."""
    hints = get_type_hints(Info)
    with subject.opened() as env:
        _expect(
            isinstance(env.unwrapped, TextEnv),
            f"{type(env.unwrapped).__name__} does not derive from environments.TextEnv.",
        )
        for seed in subject.seeds:
            for turn in walk(env, seed):
                _expect(isinstance(turn.observation, str), "An observation is not a str.")
                missing = hints.keys() - turn.info.keys()
                _expect(not missing, f"info lacks {sorted(missing)} after {turn.command!r}.")
                for key, hint in hints.items():
                    _expect(
                        _is(turn.info[key], hint),
                        f"info[{key!r}] is {turn.info[key]!r} after {turn.command!r}, not {hint}.",
                    )
                _consistent(turn)
            goal, content = _goal_and_content(env)
            _expect(isinstance(goal, str) and goal != "", "The goal is empty after reset.")
            _expect(
                isinstance(content, str) and len(content) == 64,
                f"content is {content!r}, not a SHA-256 in hexadecimal.",
            )


def reset(subject: Subject) -> None:
    """The same seed gives the same game, in the same environment and in a new one."""
    with subject.opened() as one, subject.opened() as other:
        for seed in subject.seeds:
            first = (one.reset(seed=seed), _goal_and_content(one))
            for env in (one, other):
                _expect(
                    (env.reset(seed=seed), _goal_and_content(env)) == first,
                    f"Two resets with seed {seed} differ: something is drawn from another "
                    "generator than np_random, or is left over from the episode before.",
                )


def replay(subject: Subject) -> None:
    """The same commands give the same observations and states again."""
    with subject.opened() as env:
        for seed in subject.seeds:
            played = list(walk(env, seed))
            again = list(rerun(env, seed, [str(turn.command) for turn in played[1:]]))
            _same(played, again, f"Replaying the commands of seed {seed}")


def other_process(subject: Subject) -> None:
    """The same commands give the same observations and states in another process."""
    with subject.opened() as env:
        episodes = {seed: list(walk(env, seed)) for seed in subject.seeds}
    where = {
        "lane": 0,
        "id": subject.id,
        "kwargs": dict(subject.kwargs),
        "rules": list(subject.rules),
    }
    requests: list[dict[str, Any]] = []
    for seed, played in episodes.items():
        requests.append({**where, "op": "reset", "seed": seed})
        requests += [{"lane": 0, "op": "step", "command": turn.command} for turn in played[1:]]
    served = subprocess.run(
        child.command("environments.serve"),
        input="".join(json.dumps(request) + "\n" for request in requests),
        env=child.environ(),
        capture_output=True,
        text=True,
        check=False,
    )
    replies = iter([json.loads(line) for line in served.stdout.splitlines()])
    silence: dict[str, Any] = {"error": f"it died: {served.stderr[-500:]}"}
    for seed, played in episodes.items():
        again = []
        for turn in played:
            reply = next(replies, silence)
            _expect("error" not in reply, f"In another process, {reply.get('error')}")
            again.append(Turn(turn.command, reply["observation"], reply["info"]))
        _same(played, again, f"In another process, the commands of seed {seed}")


def expert(subject: Subject) -> None:
    """The expert wins, is accepted, breaks no rule, and every step brings the goal nearer."""
    with subject.opened() as env:
        for seed in subject.seeds:
            _, info = env.reset(seed=seed)
            if info["expert"] is None:
                continue  # the environment has no expert, and says so
            for _ in range(MAX_TURNS):
                command, before = info["expert"], info["distance"]
                if command is None:
                    break
                _, _, _, _, info = env.step(command)
                where = f"seed {seed}, expert's command {command!r}"
                _expect(info["accepted"] is not False, f"The game refused it: {where}.")
                _expect(
                    not info["violations"], f"It broke {', '.join(info['violations'])}: {where}."
                )
                # A command that a rule required is no error, wherever it leads.
                if before is not None and not info["required"]:
                    _expect(
                        info["distance"] is not None and info["distance"] < before,
                        f"distance went from {before} to {info['distance']}: {where}. The plan "
                        "is probably made anew at every step; keep it while it is followed.",
                    )
            _expect(
                info["won"], f"The expert stopped or went on for {MAX_TURNS} turns: seed {seed}."
            )


def admissible(subject: Subject) -> None:
    """What is called admissible is accepted."""
    with subject.opened() as env:
        for seed in subject.seeds:
            commands = list(env.reset(seed=seed)[1]["admissible"] or ())
            random.Random(seed).shuffle(commands)
            for command in commands[:SAMPLED]:
                env.reset(seed=seed)
                _expect_accepted(command, env.step(command)[4], seed)
            for turn in list(walk(env, seed))[1:]:
                _expect_accepted(turn.command, turn.info, seed)


def odd_actions(subject: Subject) -> None:
    """Whatever a model writes is survived."""
    with subject.opened() as env:
        _, before = env.reset(seed=subject.seeds[0])
        for text in ("", "xyzzy plugh", "look\nlook", "\x00", "é" * 500, '{"command": "look"}'):
            _, _, terminated, truncated, info = env.step(text)
            _expect(
                not (info["accepted"] or terminated or truncated)
                and info["distance"] == before["distance"],
                f"The action {text!r} was accepted, or changed the game.",
            )


def global_random(subject: Subject) -> None:
    """No global generator is drawn from or seeded."""
    with subject.opened() as env:
        before = random.getstate(), _numpy_state()
        list(walk(env, subject.seeds[0]))
        after = random.getstate(), _numpy_state()
    names = [name for name, a, b in zip(SOURCES, before, after, strict=True) if a != b]
    _expect(not names, f"The global state of {names} changed: draw from self.np_random instead.")


def close(subject: Subject) -> None:
    """After close the environment is gone: it cannot be stepped and holds nothing."""

    def cycle() -> None:
        with subject.opened() as env:
            env.reset(seed=subject.seeds[0])
            env.close()
            env.close()
            try:
                env.step("look")
            except Exception:
                return
        raise Broken("A closed environment can still be stepped: close() does not end the game.")

    cycle()  # what the first one leaves open (libraries, logs) belongs to the process
    before = _held()
    cycle()
    after = _held()
    _expect(
        all(left <= there for left, there in zip(after, before, strict=True)),
        f"close() leaves something open: {before} before, {after} after.",
    )


def gymnasium_check(subject: Subject) -> None:
    """Gymnasium's own check_env passes without a warning."""
    with subject.opened() as env, warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        env.reset(seed=subject.seeds[0])  # so that its resets without a seed draw the same games
        check_env(env.unwrapped)
    said = [str(warning.message) for warning in caught]
    _expect(not said, f"check_env warns: {' '.join(said)}")


CHECKS: dict[str, Callable[[Subject], None]] = {
    "contract": contract,
    "reset": reset,
    "replay": replay,
    "other process": other_process,
    "expert": expert,
    "admissible": admissible,
    "odd actions": odd_actions,
    "global random": global_random,
    "close": close,
    "gymnasium": gymnasium_check,
}
"""The checks by name, in the order in which they run."""


def walk(env: gym.Env[str, str], seed: int) -> Iterator[Turn]:
    """Play game ``seed`` by admissible commands drawn with the key ``seed``, else the expert's."""
    rng = random.Random(seed)
    observation, info = env.reset(seed=seed)
    yield Turn(None, observation, info)
    for _ in range(WALK):
        command = rng.choice(info["admissible"]) if info["admissible"] else info["expert"]
        if command is None:
            return
        observation, _, terminated, truncated, info = env.step(command)
        yield Turn(command, observation, info)
        if terminated or truncated:
            return


def rerun(env: gym.Env[str, str], seed: int, commands: list[str]) -> Iterator[Turn]:
    """Play game ``seed`` by the given commands."""
    observation, info = env.reset(seed=seed)
    yield Turn(None, observation, info)
    for command in commands:
        observation, _, _, _, info = env.step(command)
        yield Turn(command, observation, info)


class _Held(NamedTuple):
    files: int
    threads: int
    processes: int


def _held() -> _Held:
    """What this process holds open; on Linux with its files and its child processes."""
    files = len(list(Path("/proc/self/fd").glob("*")))
    children = Path("/proc/self/task").glob("*/children")
    processes = sum(len(path.read_text().split()) for path in children)
    return _Held(files, threading.active_count(), processes)


def _expect(holds: bool, message: str) -> None:
    if not holds:
        raise Broken(message)


def _expect_accepted(command: str | None, info: dict[str, Any], seed: int) -> None:
    _expect(
        info["accepted"] is not False,
        f"The admissible command {command!r} was refused: seed {seed}.",
    )


def _same(played: list[Turn], again: list[Turn], what: str) -> None:
    for number, (one, other) in enumerate(zip(played, again, strict=True)):
        keys = [
            key for key in get_type_hints(Info) if _plain(one.info[key]) != _plain(other.info[key])
        ]
        if one.observation != other.observation:
            keys.insert(0, "the observation")
        _expect(
            not keys,
            f"{what} gave another result at turn {number} ({one.command!r}) in {', '.join(keys)}: "
            "the clock, a set's order (PYTHONHASHSEED) or an unkeyed generator plays a part.",
        )


def _plain(value: Any) -> Any:
    """As JSON carries it between processes."""
    return list(value) if isinstance(value, tuple) else value


def _consistent(turn: Turn) -> None:
    info, after = turn.info, f"after {turn.command!r}"
    listed = info["admissible"]
    _expect(not (info["won"] and info["lost"]), f"Both won and lost {after}.")
    _expect(not info["won"] or info["distance"] in (0, None), f"Won at a distance {after}.")
    _expect(not info["lost"] or info["distance"] is None, f"Lost, yet a distance {after}.")
    _expect((turn.command is None) == (info["accepted"] is None), f"accepted is wrong {after}.")
    _expect(listed is None or list(listed) == sorted(listed), f"admissible is unsorted {after}.")
    progress = info["progress"]
    _expect(progress is None or 0.0 <= progress <= 1.0, f"progress is {progress} {after}.")
    if info["won"] or info["lost"]:
        _expect(not listed and info["expert"] is None, f"The task has ended, yet goes on {after}.")


def _is(value: Any, hint: Any) -> bool:
    """Whether ``value`` has the type ``hint``, of those that occur in `Info`."""
    match getattr(hint, "__args__", None):
        case None:
            return type(value) is hint
        case (item, rest) if rest is Ellipsis:
            return isinstance(value, tuple) and all(_is(each, item) for each in value)
        case alternatives:
            return any(
                value is None if option is type(None) else _is(value, option)
                for option in alternatives
            )


def _goal_and_content(env: gym.Env[str, str]) -> tuple[Any, Any]:
    return env.get_wrapper_attr("goal"), env.get_wrapper_attr("content")


def _numpy_state() -> str:
    return repr(np.random.get_state())  # noqa: NPY002 - the global generator is what is watched
