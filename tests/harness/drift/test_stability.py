"""Rules that are kept, and facts that are known, along the session."""

import numpy as np
import pandas as pd

from harness.drift.stability import STRETCH, adherence_curve, probe_accuracy
from harness.records import TaskRow, TurnRow
from tests.harness.tables import Tables, ended, frames, task_row, turn_row


def ruled(*runs: tuple[str, int, str], arm: str = "chained") -> Tables:
    """Sessions of one task whose turns kept a rule (k), broke one (b) or met none (-)."""
    turns: list[TurnRow] = []
    tasks: list[TaskRow] = []
    for block, order, marks in runs:
        id = f"{block}/{order}"
        turns += [
            turn_row(
                play=id,
                turn=turn,
                opportunity=mark != "-",
                violations=("rule",) if mark == "b" else (),
            )
            for turn, mark in enumerate(marks, start=1)
        ]
        tasks.append(
            task_row(block=block, order=order, arm=arm, play=id, end="capped", turns=len(marks))
        )
    return frames(turns, tasks)


def probes(*rows: tuple[str, str, str, int, bool | None]) -> pd.DataFrame:
    """(block, arm, name, session turn, correct), asked at the third turn of a task."""
    return pd.DataFrame(
        [
            {
                "block": block,
                "order": 0,
                "position": 1,
                "arm": arm,
                "name": name,
                "age": turn - 3,
                "turn": 3,
                "correct": pd.NA if correct is None else correct,
            }
            for block, arm, name, turn, correct in rows
        ],
        columns=["block", "order", "position", "arm", "name", "age", "turn", "correct"],
    )


def test_adherence_is_kept_over_opportunities_pooled_within_a_block() -> None:
    """Turn 2: block 0 kept 1 of 2, block 1 its only one; so (1/2 + 1) / 2."""
    curve = adherence_curve(ruled(("0", 0, "kk"), ("0", 1, "-b"), ("1", 0, "bk")).lived)
    assert curve["value"].tolist() == [(1 + 0) / 2, (1 / 2 + 1) / 2]
    assert curve["opportunities"].tolist() == [2, 3]
    assert curve["blocks"].tolist() == [2, 2]


def test_a_turn_at_which_no_rule_bound_is_left_out() -> None:
    assert adherence_curve(ruled(("0", 0, "k--b")).lived)["value"].to_dict() == {1: 1.0, 4: 0.0}


def test_the_adherence_band_is_over_blocks() -> None:
    curve = adherence_curve(ruled(*((str(b), 0, "kb" if b % 3 else "bb") for b in range(9))).lived)
    assert curve.loc[1, "low"] < curve.loc[1, "value"] < curve.loc[1, "high"]
    assert curve.loc[2, "value"] == 0
    assert np.isnan(curve.loc[2, "low"])  # all blocks agree


def test_there_is_no_curve_where_no_rule_ever_bound() -> None:
    for tables in (ruled(("0", 0, "---")), ruled(("0", 0, "kk"), arm="fresh"), ended({})):
        assert adherence_curve(tables.lived).empty


def test_probes_are_by_name_arm_and_stretch_of_the_session() -> None:
    table = probe_accuracy(
        probes(
            ("0", "chained", "goal", STRETCH, True),  # the last turn of the first stretch
            ("0", "chained", "goal", STRETCH + 1, False),
            ("0", "padded", "goal", 3, False),
            ("0", "fresh", "goal", 3, True),
            ("0", "chained", "name", 3, False),
        )
    )
    assert table["arm"].tolist() == ["chained", "chained", "fresh", "padded", "chained"]
    cells = table.set_index(["name", "arm", "session_turn"])["value"].to_dict()
    assert cells == {
        ("goal", "chained", 1): 1,
        ("goal", "chained", STRETCH + 1): 0,
        ("goal", "fresh", 1): 1,
        ("goal", "padded", 1): 0,
        ("name", "chained", 1): 0,
    }


def test_blocks_weigh_alike_however_many_probes_they_have() -> None:
    rows = [("0", "chained", "goal", turn, False) for turn in (3, 4, 5)]
    table = probe_accuracy(probes(*rows, ("1", "chained", "goal", 3, True)))
    assert table["value"].tolist() == [1 / 2]
    assert table["probes"].tolist() == [4]
    assert table["blocks"].tolist() == [2]


def test_an_answer_that_could_not_be_read_is_neither_right_nor_wrong() -> None:
    """Block 0: one right, one unread. Block 1: one unread, so it has no value."""
    table = probe_accuracy(
        probes(
            ("0", "chained", "goal", 3, True),
            ("0", "chained", "goal", 4, None),
            ("1", "chained", "goal", 3, None),
        )
    )
    assert table["value"].tolist() == [1]
    assert table["unknown"].tolist() == [2]
    assert table["probes"].tolist() == [3]
    assert table["blocks"].tolist() == [1]


def test_a_stretch_without_a_readable_answer_is_unknown_not_zero() -> None:
    table = probe_accuracy(probes(("0", "chained", "goal", 3, None)))
    assert table["value"].isna().tolist() == [True]
    assert table["unknown"].tolist() == [1]


def test_no_probe_was_asked() -> None:
    assert probe_accuracy(probes()).empty
