"""Environments in their own processes, which may die."""

import os
import signal
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from harness.task import Task
from harness.workers import Answer, Broken, EnvironmentPool, Reply
from tests.harness.walks import panel

DIED = Broken("the environment's process died")
SECONDS = 30
"""So that a failure does not hang."""


@pytest.fixture
def pool() -> Iterator[EnvironmentPool]:
    with EnvironmentPool(1) as pool:
        yield pool


def _tasks(count: int, **kwargs: object) -> dict[int, Task]:
    tasks = panel(blocks=1, tasks=max(count, 1), kwargs=kwargs).tasks
    return dict(enumerate(tasks[:count]))


def _collect(pool: EnvironmentPool, count: int) -> list[Answer]:
    answers: list[Answer] = []
    while len(answers) < count:
        more = pool.collect(SECONDS)
        assert more, f"only {answers}"
        answers += more
    assert not pool.collect(0)
    return answers


def _reset(pool: EnvironmentPool, tasks: Mapping[int, Task]) -> dict[int, Reply | Broken]:
    for lane, task in tasks.items():
        pool.reset(lane, task)
    return dict(_collect(pool, len(tasks)))


def _step(pool: EnvironmentPool, commands: Mapping[int, str]) -> dict[int, Reply | Broken]:
    for lane, command in commands.items():
        pool.step(lane, command)
    return dict(_collect(pool, len(commands)))


def _reply(answer: Reply | Broken) -> Reply:
    assert isinstance(answer, Reply), answer
    return answer


def test_lanes_play_their_own_games() -> None:
    tasks = _tasks(5)
    with EnvironmentPool(2) as pool:
        begun = _reset(pool, tasks)
        assert [_reply(begun[i]).content for i in tasks] == [t.content for t in tasks.values()]
        assert all(_reply(reply).goal.startswith("Leave corridor") for reply in begun.values())
        stepped = _step(pool, {3: str(_reply(begun[3]).info["expert"]), 0: "wait"})
    assert sorted(stepped) == [0, 3]
    assert _reply(stepped[3]).info["distance"] == 2
    assert _reply(stepped[0]).info["distance"] == 3
    assert _reply(stepped[0]).info["violations"] == ()


def test_requests_are_sent_without_waiting_and_answers_come_as_they_are_ready(
    tmp_path: Path,
) -> None:
    gate = tmp_path / "gate"
    tasks = _tasks(2, gate=str(gate))
    with EnvironmentPool(2) as pool:
        assert pool.collect(0) == []
        _reset(pool, tasks)
        pool.step(0, "knock")  # answered when the gate is there
        for _ in range(3):
            assert list(_step(pool, {1: "wait"})) == [1]
        gate.touch()
        [answer] = _collect(pool, 1)
    assert (answer.lane, _reply(answer.reply).info["accepted"]) == (0, True)


def test_an_error_stays_in_its_lane(pool: EnvironmentPool) -> None:
    tasks = _tasks(2)
    wrong = tasks[1].model_copy(update={"kwargs": {"roms": 3}})
    begun = _reset(pool, {0: tasks[0], 1: wrong})
    assert isinstance(begun[0], Reply)
    assert isinstance(begun[1], Broken) and "roms" in begun[1].reason
    assert isinstance(_step(pool, {0: "wait"})[0], Reply)


def test_the_lane_that_ends_its_process_is_told_from_the_others(pool: EnvironmentPool) -> None:
    tasks = _tasks(4)
    _reset(pool, tasks)
    for lane, command in ((0, "wait"), (1, "explode"), (2, "wait")):
        pool.step(lane, command)
    first, *lost = _collect(pool, 5)
    assert first.lane == 0 and isinstance(first.reply, Reply)  # before the process died
    assert lost[0] == (1, DIED)
    # Lanes that asked for nothing, or were answered, have lost their game as well.
    assert [answer.lane for answer in lost[1:]] == [0, 2, 3]
    assert all(isinstance(reply, Broken) and reply.bystander for _, reply in lost[1:])
    assert all(isinstance(reply, Reply) for reply in _reset(pool, tasks).values())
    assert all(isinstance(r, Reply) for r in _step(pool, dict.fromkeys(tasks, "wait")).values())


def test_a_process_that_dies_without_being_asked_is_found(pool: EnvironmentPool) -> None:
    tasks = _tasks(3)
    _reset(pool, tasks)
    _step(pool, {1: "wait"})
    _kill(pool)
    answers = _collect(pool, 3)
    # What it did last is the likeliest cause: a game that always dies so must not be played on.
    assert answers[0] == (1, DIED)
    assert [answer.lane for answer in answers[1:]] == [0, 2]
    assert all(isinstance(reply, Broken) and reply.bystander for _, reply in answers[1:])
    assert all(isinstance(reply, Reply) for reply in _reset(pool, tasks).values())


def test_what_is_sent_to_a_process_that_has_died_is_answered_once(pool: EnvironmentPool) -> None:
    _reset(pool, _tasks(2))
    _kill(pool)
    pool.step(0, "wait")
    assert _collect(pool, 2)[0] == (0, DIED)


def test_another_process_is_not_hurt() -> None:
    tasks = _tasks(4)
    with EnvironmentPool(2) as pool:
        _reset(pool, tasks)
        answers = _step(pool, {0: "explode", 1: "wait", 2: "wait", 3: "wait"})
    assert [isinstance(answers[lane], Reply) for lane in range(4)] == [False, True, False, True]


def test_more_lanes_than_a_pipe_holds_are_no_deadlock(pool: EnvironmentPool) -> None:
    [task] = _tasks(1).values()
    lanes = range(1000)
    assert len(_reset(pool, dict.fromkeys(lanes, task))) == 1000
    padded = "wait" + " " * 200
    assert len(_step(pool, dict.fromkeys(lanes, padded))) == 1000


def test_workers_end_with_the_pool() -> None:
    with EnvironmentPool(1) as pool:
        _reset(pool, _tasks(1))
        [worker] = pool._workers
        assert worker is not None and worker._process.poll() is None
    assert worker._process.poll() == 0


def test_a_worker_ends_with_the_pool_though_nobody_took_its_answer() -> None:
    with EnvironmentPool(1) as pool:
        pool.reset(0, _tasks(1)[0])
        [worker] = pool._workers
    assert worker is not None and worker._process.poll() == 0


def test_workers_import_no_torch(pool: EnvironmentPool) -> None:
    _reset(pool, _tasks(1))
    assert "libtorch" not in Path(f"/proc/{_pid(pool)}/maps").read_text()


def _pid(pool: EnvironmentPool) -> int:
    [worker] = pool._workers
    assert worker is not None
    return worker._process.pid


def _kill(pool: EnvironmentPool) -> None:
    """From outside, as a machine does that runs out of memory."""
    os.kill(_pid(pool), signal.SIGKILL)
    os.waitid(os.P_PID, _pid(pool), os.WEXITED | os.WNOWAIT)
