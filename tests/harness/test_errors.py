"""The error table of the specification, kind by kind."""

from __future__ import annotations

import math
import time
from typing import Any

import numpy as np
import pandas as pd
import pytest

from harness.errors import KINDS, classify, error_rate
from harness.records import TurnRow
from tests.harness.tables import turn_row


def kinds_of(**columns: Any) -> set[str]:
    """The kinds that are True on a turn that differs so from the expert's."""
    row = classify([turn_row(**columns)]).iloc[0]
    return {kind for kind in KINDS if row[kind] is True or row[kind] is np.True_}


def test_the_expert_has_no_errors_and_no_regret() -> None:
    row = classify([turn_row()]).iloc[0]
    assert kinds_of() == set()
    assert not row["error"]
    assert row["regret"] == 0


@pytest.mark.parametrize(
    ("columns", "kinds"),
    [
        ({"command": None, "distance_after": 3, "accepted": None}, {"unparsed", "stalled"}),
        ({"accepted": False, "distance_after": 3}, {"invalid", "stalled"}),
        ({"distance_after": 4}, {"regress"}),
        ({"distance_after": 3}, {"stalled"}),
        ({"violations": ("no_magic",), "opportunity": True}, {"violation"}),
        ({"lost": True, "distance_after": None}, {"fatal"}),
    ],
)
def test_each_kind_of_error(columns: dict[str, Any], kinds: set[str]) -> None:
    assert kinds_of(**columns) == kinds
    assert classify([turn_row(**columns)])["error"].item()


def test_regret_is_one_plus_the_change_of_distance() -> None:
    regret = [classify([turn_row(distance_after=after)])["regret"].item() for after in (1, 2, 3, 4)]
    assert regret == [-1, 0, 1, 2]


def test_a_chooser_is_unknown_not_innocent_of_unparsed_and_invalid() -> None:
    row = classify([turn_row(chosen=True, accepted=False)]).iloc[0]
    assert row["unparsed"] is pd.NA
    assert row["invalid"] is pd.NA
    assert not row["error"]


def test_whether_it_was_accepted_can_be_unknown() -> None:
    assert classify([turn_row(accepted=None)])["invalid"].isna().item()


def test_without_distance_the_kinds_that_need_it_are_unknown() -> None:
    row = classify([turn_row(distance_before=None, distance_after=None)]).iloc[0]
    assert row["regress"] is pd.NA
    assert row["stalled"] is pd.NA
    assert math.isnan(row["regret"])
    assert row["redundant"] is np.False_ or row["redundant"] is False


def walk(*moves: tuple[str, str, int | None, int | None], **columns: Any) -> list[TurnRow]:
    """A play of moves (state before, command, distance before, distance after)."""
    return [
        turn_row(
            turn=i,
            state_before=state,
            command=command,
            distance_before=before,
            distance_after=after,
            **columns,
        )
        for i, (state, command, before, after) in enumerate(moves, start=1)
    ]


def test_redundant_is_the_same_command_in_the_same_state_without_gain() -> None:
    play = walk(
        ("a", "look", 3, 3),
        ("a", "look", 3, 3),  # again: redundant
        ("a", "east", 3, 2),
        ("b", "look", 2, 2),  # another state
        ("b", "west", 2, 3),
        ("a", "east", 3, 2),  # met before, but the distance falls
    )
    assert classify(play)["redundant"].tolist() == [False, True, False, False, False, False]


def test_redundant_is_within_one_task_and_needs_a_distance() -> None:
    there = [("a", "look", 3, 3)]
    other = [turn_row(play="q", state_before="a", command="look", distance_after=3)]
    assert not classify(walk(*there) + other)["redundant"].any()
    blind = walk(("a", "look", None, None), ("a", "look", None, None))
    assert classify(blind)["redundant"].tolist() == [False, pd.NA]


def test_silence_is_not_redundant() -> None:
    rows = [
        turn_row(turn=i, command=None, distance_after=3, accepted=None, state_before="a")
        for i in (1, 2)
    ]
    assert classify(rows)["redundant"].tolist() == [False, False]


def test_after_a_win_the_distance_is_zero() -> None:
    row = classify([turn_row(distance_before=1, distance_after=None, won=True)]).iloc[0]
    assert row["regret"] == 0
    assert not row["error"]


def test_what_a_rule_required_is_no_detour() -> None:
    required = {"opportunity": True, "required": True, "distance_after": 5}
    again = [turn_row(turn=i, state_before="a", command="wait", **required) for i in (1, 2)]
    errors = classify(again)
    assert not errors["error"].any()
    assert errors["regret"].tolist() == [0, 0]
    broken = turn_row(opportunity=True, distance_after=5, violations=("no_waiting",))
    assert classify([broken])["regress"].item()


def test_what_a_rule_only_allowed_may_be_a_detour() -> None:
    allowed = turn_row(opportunity=True, required=False, distance_after=5)
    assert classify([allowed])["regress"].item()


def test_an_unreadable_output_obeys_no_rule() -> None:
    silent = turn_row(
        command=None, accepted=None, opportunity=True, required=True, distance_after=3
    )
    assert classify([silent])["regret"].item() == 1


def test_fatal_is_one_error_and_leaves_regret_unknown() -> None:
    row = classify([turn_row(lost=True, distance_after=None)]).iloc[0]
    assert row["error"]
    assert math.isnan(row["regret"])


def test_a_declared_end_is_not_in_the_rows() -> None:
    assert classify([turn_row(lost=True)])["premature"].isna().item()


def test_order_and_index_of_the_table_do_not_matter() -> None:
    rows = walk(("a", "look", 3, 3), ("a", "look", 3, 3), ("a", "east", 3, 2))
    frame = pd.DataFrame([{n: getattr(r, n) for n in r.__slots__} for r in rows])
    shuffled = frame.iloc[[2, 0, 1]].set_axis([7, 8, 9])
    errors = classify(shuffled)
    assert errors.index.tolist() == [7, 8, 9]
    assert errors["redundant"].tolist() == [False, False, True]
    pd.testing.assert_frame_equal(classify(rows), classify(frame))


def test_no_turns_no_errors() -> None:
    assert classify([]).columns.tolist() == [*KINDS, "error", "regret"]


@pytest.mark.parametrize(
    ("errors", "turns", "won", "rate"),
    [
        (0, 4, True, 0.0),
        (1, 4, True, 0.25),
        (1, 2, False, 7 / 8),  # lost at turn 2 of 8 with one error: six turns never played
        (5, 8, False, 5 / 8),  # capped: nothing is unplayed
    ],
)
def test_error_rate_of_a_task(errors: int, turns: int, won: bool, rate: float) -> None:
    assert error_rate(errors, turns, 8, won) == pytest.approx(rate)


def test_losing_early_does_not_look_like_getting_better() -> None:
    """The trap: per turn played the loser errs less than the wanderer, per task more."""
    loser, wanderer = error_rate([1, 4], [4, 8], 8, [False, False])
    assert 1 / 4 < 4 / 8
    assert loser > wanderer


def test_a_hundred_thousand_turns_in_a_moment() -> None:
    n, long = 100_000, 50
    row = turn_row()
    frame = pd.DataFrame([[getattr(row, name) for name in row.__slots__]], columns=row.__slots__)
    table = frame.loc[frame.index.repeat(n)].reset_index(drop=True)
    table["play"] = (np.arange(n) // long).astype(str)
    table["turn"] = np.arange(n) % long + 1
    began = time.perf_counter()
    errors = classify(table)
    assert time.perf_counter() - began < 2
    assert not errors["error"].any()
