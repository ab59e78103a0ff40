"""Environments in their own processes, which may die."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from harness.task import Task
from harness.workers import Broken, EnvironmentPool, Reply
from tests.harness.walks import panel


@pytest.fixture
def pool() -> Iterator[EnvironmentPool]:
    with EnvironmentPool(1) as pool:
        yield pool


def _tasks(count: int, **kwargs: object) -> dict[int, Task]:
    tasks = panel(blocks=1, tasks=max(count, 1), kwargs=kwargs).tasks
    return dict(enumerate(tasks[:count]))


def _reply(answer: Reply | Broken) -> Reply:
    assert isinstance(answer, Reply), answer
    return answer


def test_lanes_play_their_own_games() -> None:
    tasks = _tasks(5)
    with EnvironmentPool(2) as pool:
        begun = pool.reset(tasks)
        assert list(begun) == [0, 1, 2, 3, 4]
        assert [_reply(begun[i]).content for i in tasks] == [t.content for t in tasks.values()]
        assert all(_reply(reply).goal.startswith("Leave corridor") for reply in begun.values())
        stepped = pool.step({3: str(_reply(begun[3]).info["expert"]), 0: "wait"})
    assert list(stepped) == [3, 0]
    assert _reply(stepped[3]).info["distance"] == 2
    assert _reply(stepped[0]).info["distance"] == 3
    assert _reply(stepped[0]).info["violations"] == ()


def test_an_error_stays_in_its_lane(pool: EnvironmentPool) -> None:
    tasks = _tasks(2)
    wrong = tasks[1].model_copy(update={"kwargs": {"roms": 3}})
    begun = pool.reset({0: tasks[0], 1: wrong})
    assert isinstance(begun[0], Reply)
    assert isinstance(begun[1], Broken) and "roms" in begun[1].reason
    assert isinstance(pool.step({0: "wait"})[0], Reply)


def test_the_lane_that_ends_its_process_is_told_from_the_others(pool: EnvironmentPool) -> None:
    tasks = _tasks(4)
    pool.reset(tasks)
    answers = pool.step({0: "wait", 1: "explode", 2: "wait"})
    assert isinstance(answers[0], Reply)  # it had its answer before the process died
    assert answers[1] == Broken("the environment's process died")
    assert isinstance(answers[2], Broken) and answers[2].bystander
    # Lanes that asked for nothing, or were answered, have lost their game as well.
    for lane in (0, 3):
        lost = pool.step({lane: "wait"})[lane]
        assert isinstance(lost, Broken) and lost.bystander
    assert all(isinstance(reply, Reply) for reply in pool.reset(tasks).values())
    assert all(isinstance(r, Reply) for r in pool.step(dict.fromkeys(tasks, "wait")).values())


def test_another_process_is_not_hurt() -> None:
    tasks = _tasks(4)
    with EnvironmentPool(2) as pool:
        pool.reset(tasks)
        answers = pool.step({0: "explode", 1: "wait", 2: "wait", 3: "wait"})
    assert [isinstance(answers[lane], Reply) for lane in range(4)] == [False, True, False, True]


def test_more_lanes_than_a_pipe_holds_are_no_deadlock(pool: EnvironmentPool) -> None:
    [task] = _tasks(1).values()
    lanes = range(1000)
    assert len(pool.reset(dict.fromkeys(lanes, task))) == 1000
    padded = "wait" + " " * 200
    assert len(pool.step(dict.fromkeys(lanes, padded))) == 1000


def test_workers_end_with_the_pool(tmp_path: Path) -> None:
    with EnvironmentPool(1) as pool:
        pool.reset(_tasks(1))
        [process] = pool._processes
        assert process is not None and process.poll() is None
    assert process.poll() == 0


def test_workers_import_no_torch(pool: EnvironmentPool) -> None:
    pool.reset(_tasks(1))
    [process] = pool._processes
    assert process is not None
    assert "libtorch" not in Path(f"/proc/{process.pid}/maps").read_text()
