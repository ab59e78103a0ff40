"""Java: one process for all environments, gone with this one, however this one ends."""

from __future__ import annotations

import gc
import importlib.util
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import gymnasium as gym
import pytest

from environments import NotInstalled, child
from environments.scienceworld import jvm as jvm_module
from environments.scienceworld.env import ScienceWorld
from environments.scienceworld.games import Game
from environments.scienceworld.jvm import OPTIONS, Jvm, borrow, give_back
from environments.scienceworld.world import World
from tests.environments import needs

pytestmark = [needs.package("scienceworld", extra="scienceworld"), needs.java()]

TASK = "find-non-living-thing"


@pytest.fixture(autouse=True)
def none_left() -> Iterator[None]:
    """Each test starts without a Java process and leaves none."""
    jvm_module._shared.at_exit()
    yield
    jvm_module._shared.at_exit()
    assert java_children(os.getpid()) == []


def running(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
    except OSError:
        return False
    return state != "Z"


def java_children(parent: int) -> list[int]:
    listed = subprocess.run(
        ["ps", "-o", "pid=,comm=", "--ppid", str(parent)], capture_output=True, text=True
    )
    lines = (line.split(maxsplit=1) for line in listed.stdout.splitlines())
    return [int(pid) for pid, name in lines if name.startswith("java")]


def within(seconds: float, what: str, pid: int) -> None:
    end = time.monotonic() + seconds
    while running(pid):
        assert time.monotonic() < end, f"Java still ran {seconds} s after {what}."
        time.sleep(0.02)


@pytest.mark.parametrize(
    ("ending", "sent"),
    [
        ("pass", None),
        ("raise ValueError", None),
        ("os._exit(3)", None),
        ("time.sleep(60)", signal.SIGTERM),
        ("time.sleep(60)", signal.SIGINT),
        ("time.sleep(60)", signal.SIGKILL),
        # What a process that was killed leaves behind may live on, and must not keep Java.
        ("os.fork() or time.sleep(8); time.sleep(60)", signal.SIGKILL),
    ],
)
def test_java_ends_with_the_process_whatever_its_end(
    ending: str, sent: signal.Signals | None
) -> None:
    # A shell's background job ignores SIGINT, and so would what the tests start there.
    program = f"""
import os, signal, time
signal.signal(signal.SIGINT, signal.default_int_handler)
from environments.scienceworld.jvm import borrow
print(borrow().pid, flush=True)
{ending}
"""
    with subprocess.Popen(
        [sys.executable, "-c", program],
        env=child.environ(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None and process.stderr is not None
        java = int(process.stdout.readline())
        if sent is not None:
            assert running(java)
            process.send_signal(sent)
        within(10, ending, java)
        if "fork" not in ending:
            said = process.stderr.read()
            assert "BrokenPipe" not in said and "py4j" not in said
            assert sent is signal.SIGINT or "raise" in ending or said == ""
        else:
            process.stdout.close()


def test_environments_share_one_process_and_the_last_to_close_ends_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(jvm_module, "LINGER", 0.2)
    one, other = ScienceWorld(TASK), ScienceWorld(TASK, split="dev")
    assert java_children(os.getpid()) == []  # nothing is started before the first reset
    one.reset(seed=0)
    other.reset(seed=0)
    [java] = java_children(os.getpid())
    one.close()
    one.close()
    time.sleep(0.5)
    assert running(java)
    other.step("look around")
    other.close()
    within(10, "the last environment was closed", java)
    with pytest.raises(gym.error.ResetNeeded):
        other.step("look around")


def test_the_next_environment_goes_on_with_the_process_of_the_last() -> None:
    for _ in range(3):
        env = ScienceWorld(TASK)
        env.reset(seed=0)
        java = java_children(os.getpid())
        env.close()
        assert java == java_children(os.getpid())
        assert len(java) == 1


def test_a_game_whose_process_has_died_says_so_and_begins_anew_in_another() -> None:
    env = ScienceWorld(TASK)
    observation, info = env.reset(seed=0)
    [java] = java_children(os.getpid())
    os.kill(java, signal.SIGKILL)
    within(10, "it was killed", java)
    with pytest.raises(RuntimeError, match=r"call reset\(\)"):
        env.step("look around")
    assert env.reset(seed=0) == (observation, info)
    env.close()


def test_what_the_environment_gives_java_is_not_repeated_and_does_not_confuse_it(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("JAVA_TOOL_OPTIONS", "-Duser.language=tr -Xmx900m")
    jvm = borrow()
    runtime = jvm.view.java.lang.Runtime.getRuntime()
    assert runtime.maxMemory() <= jvm_module.HEAP_MB * 2**20
    assert jvm.view.java.util.Locale.getDefault().toString() == "en_US"
    give_back(jvm)
    assert capfd.readouterr() == ("", "")


def test_a_worker_with_eight_lanes_has_one_java_process_that_ends_with_it() -> None:
    tasks = ["lifespan-shortest-lived", TASK] * 4  # two games
    with subprocess.Popen(
        child.command("environments.serve"),
        env=child.environ(),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as worker:
        assert worker.stdin is not None and worker.stdout is not None
        for lane, task in enumerate(tasks):
            request = {"lane": lane, "op": "reset", "seed": 0, "kwargs": {"task": task}}
            print(json.dumps({**request, "id": "driftgauge/ScienceWorld-v0"}), file=worker.stdin)
        worker.stdin.flush()
        replies = [json.loads(worker.stdout.readline()) for _ in tasks]
        assert ["error" in reply for reply in replies] == [False] * len(tasks)
        [java] = java_children(worker.pid)
        worker.stdin.close()
        within(10, "the worker's input ended", java)


def test_worlds_in_one_process_do_not_touch_each_other() -> None:
    """What is drawn at random, how new objects are numbered, what is simplified: all are apart."""
    games = [(Game("grow-fruit", 3), "easy"), (Game("power-component", 2), "")]
    commands = ["open cupboard", "open door", "1", "wait", "activate sink", "wait1", "look around"]
    jvm = borrow()

    def played(turns: Iterable[tuple[int, str | None]]) -> list[list[object]]:
        worlds = [World(jvm) for _ in games]
        seen: list[list[object]] = [[] for _ in games]
        for i, command in turns:
            if command is None:
                worlds[i].load(*games[i])
            else:
                seen[i].append(worlds[i].step(command))
            seen[i].append((worlds[i].commands(), worlds[i].facts()))
        return seen

    lanes, script = range(len(games)), [None, *commands]
    at_once = played((i, command) for command in script for i in lanes)
    assert at_once == played((i, command) for i in lanes for command in script)
    give_back(jvm)


def test_the_same_hash_for_all_objects_is_what_makes_a_game_come_out_the_same(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """With the hashes that Java draws, this ends in several ways; with ours, always in one."""

    def endings() -> set[bytes]:
        jvm = borrow()
        world = World(jvm)
        facts = set()
        for _ in range(4):
            world.load(Game("boil", 0), "teleportAction")
            for command in ("teleport to kitchen", "pour counter into sink", "activate sink"):
                world.step(command)
            world.step("use lighter on drawer")
            facts.add(world.facts())
        give_back(jvm)
        jvm_module._shared.at_exit()
        return facts

    assert len(endings()) == 1
    drawn = tuple(option for option in OPTIONS if "hashCode" not in option)
    monkeypatch.setattr(jvm_module, "OPTIONS", drawn)
    with pytest.raises(NotInstalled, match="HotSpot"):
        borrow()
    monkeypatch.setattr(Jvm, "_check_hashes", lambda self, java: None)
    assert len(endings()) > 1


def test_a_missing_java_is_told_in_one_sentence_when_the_environment_is_made(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("JAVA_HOME", raising=False)
    with pytest.raises(NotInstalled, match="apt-get install default-jre-headless") as told:
        gym.make("driftgauge/ScienceWorld-v0")
    assert "\n" not in str(told.value)


def test_java_is_found_where_java_home_says(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    there = tmp_path / "bin" / "java"
    there.parent.mkdir()
    there.write_text("#!/bin/sh\necho no such option\nexit 1\n")
    there.chmod(0o755)
    monkeypatch.setenv("JAVA_HOME", str(tmp_path))
    assert jvm_module.requirements()[0] == str(there)
    with pytest.raises(RuntimeError, match="Java did not start: no such option"):
        borrow()


def test_a_missing_package_is_told_in_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    find = importlib.util.find_spec
    monkeypatch.setattr(
        importlib.util, "find_spec", lambda name: None if name == "scienceworld" else find(name)
    )
    with pytest.raises(NotInstalled, match=r"pip install 'driftgauge\[scienceworld\]'"):
        gym.make("driftgauge/ScienceWorld-v0")


def test_garbage_that_is_collected_during_a_command_opens_no_connection(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from py4j.java_gateway import GatewayConnection

    jvm = borrow()
    garbage = [jvm.view.java.util.ArrayList()]
    before = len(list(Path("/proc/self/fd").iterdir()))
    send = GatewayConnection.send_command

    def collecting(connection: Any, command: str) -> Any:
        if garbage:
            garbage.clear()
            gc.collect()
        return send(connection, command)

    monkeypatch.setattr(GatewayConnection, "send_command", collecting)
    jvm.view.java.lang.System.currentTimeMillis()
    assert not garbage
    assert len(list(Path("/proc/self/fd").iterdir())) == before
    give_back(jvm)
