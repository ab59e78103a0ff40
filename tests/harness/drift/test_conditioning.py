"""Errors after errors."""

import math

import pytest

from harness.drift.conditioning import error_association
from harness.records import TaskRow, TurnRow
from tests.harness.tables import Tables, ended, frames, play, task_row

LEFT = {"r": -1, "w": 0}
"""What a right and a wrong turn do to the distance."""


def sessions(*runs: tuple[str, list[str]], arm: str = "chained") -> Tables:
    """Capped tasks, written as their turns: ("0", ["rw", "ww"]) is block 0 with two tasks."""
    turns: list[TurnRow] = []
    tasks: list[TaskRow] = []
    for block, marks in runs:
        age = 0
        for position, task in enumerate(marks, start=1):
            id, distances = f"{block}/{position}", [99]
            for mark in task:
                distances.append(distances[-1] + LEFT[mark])
            turns += play(id, distances, "capped", age)
            tasks.append(
                task_row(
                    block=block,
                    arm=arm,
                    position=position,
                    play=id,
                    end="capped",
                    turns=len(task),
                    cap=len(task),
                    age=age,
                )
            )
            age += len(task)
    return frames(turns, tasks)


def test_it_is_the_difference_of_the_two_chances_of_an_error() -> None:
    """w→w, w→r, r→r, r→r, r→w: 1/2 after an error, 1/3 after none."""
    estimate = error_association(sessions(("0", ["wwrrrw"])).lived)
    assert estimate.value == pytest.approx(1 / 2 - 1 / 3)
    assert estimate.units == 1


def test_the_turns_before_are_of_the_same_task() -> None:
    """ "ww" and "rr" would be w→w, w→r, r→r in one; in two tasks they are w→w and r→r."""
    assert error_association(sessions(("0", ["ww", "rr"])).lived).value == 1


def test_turns_are_pooled_within_a_block_and_blocks_weigh_alike() -> None:
    """Block 0: after an error 0 of 1, after none 0 of 3. Block 1: 1 of 1 and 0 of 1."""
    estimate = error_association(sessions(("0", ["wrrrr"]), ("1", ["ww", "rr"])).lived)
    assert estimate.value == pytest.approx((0 + 1) / 2)
    assert estimate.units == 2


def test_a_block_that_never_errs_says_nothing_and_is_named() -> None:
    estimate = error_association(sessions(("0", ["rrr"]), ("1", ["ww", "rr"])).lived)
    assert estimate.value == 1
    assert estimate.units == 1
    assert "blocks left out, all turns before alike: 1" in estimate.note


def test_errors_that_cluster_are_significant_and_independent_ones_are_not() -> None:
    clustered = [(str(b), ["wwwwrrrr", "rrrrwwww" if b % 2 else "rrrrrwww"]) for b in range(8)]
    assert error_association(sessions(*clustered).lived).p < 0.05
    alternating = ["wwrrwwrrw", "rrwwrrwwr"]  # after each kind as many of each
    assert error_association(sessions(("0", alternating)).lived).value == 0


def test_only_the_chained_arm_counts() -> None:
    assert math.isnan(error_association(sessions(("0", ["wwrr"]), arm="fresh").lived).value)


def test_nothing_played_yet() -> None:
    estimate = error_association(ended({}).lived)
    assert math.isnan(estimate.value)
    assert estimate.note == "no pair yet"
