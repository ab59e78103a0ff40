"""Orders: what they balance."""

from collections import Counter
from itertools import pairwise

import pytest

from harness.orders import mirrored_pair, williams

SIZES = [2, 3, 4, 5, 6, 7, 8, 11]


@pytest.mark.parametrize("tasks", [1, *SIZES])
def test_every_order_plays_every_task_once(tasks: int) -> None:
    for order in (*mirrored_pair(tasks), *williams(tasks)):
        assert sorted(order) == list(range(tasks))


@pytest.mark.parametrize("tasks", SIZES)
def test_a_mirrored_pair_gives_every_task_the_same_mean_position(tasks: int) -> None:
    forth, back = mirrored_pair(tasks)
    assert {forth.index(task) + back.index(task) for task in range(tasks)} == {tasks - 1}


@pytest.mark.parametrize("tasks", SIZES)
def test_a_williams_design_has_every_task_equally_often_at_every_position(tasks: int) -> None:
    at = Counter(
        (task, position) for order in williams(tasks) for position, task in enumerate(order)
    )
    assert len(at) == tasks**2
    assert set(at.values()) == {1 if tasks % 2 == 0 else 2}


@pytest.mark.parametrize("tasks", SIZES)
def test_a_williams_design_has_every_task_equally_often_behind_every_other(tasks: int) -> None:
    behind = Counter(pair for order in williams(tasks) for pair in pairwise(order))
    assert len(behind) == tasks * (tasks - 1)
    assert set(behind.values()) == {1 if tasks % 2 == 0 else 2}


def test_a_task_alone_has_one_order() -> None:
    assert mirrored_pair(1) == williams(1) == ((0,),)
