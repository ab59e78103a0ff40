"""Which rules are forgotten."""

import math
from collections.abc import Sequence

import pandas as pd

from harness.drift import broken_rules
from harness.records import Arm, TaskRow, TurnRow
from tests.harness.tables import frames, task_row, turn_row

RULES = ("look", "sign")


def lived(*tasks: tuple[str, int, Arm, Sequence[Sequence[str]]]) -> pd.DataFrame:
    """(block, position, arm, what was broken turn by turn), under both rules."""
    turns: list[TurnRow] = []
    rows: list[TaskRow] = []
    for block, position, arm, broken in tasks:
        play = f"{block}/{position}/{arm}"
        turns += [
            turn_row(play=play, turn=turn, opportunity=True, violations=tuple(names))
            for turn, names in enumerate(broken, start=1)
        ]
        rows.append(task_row(block=block, position=position, arm=arm, play=play, turns=len(broken)))
    tables = frames(turns, rows)
    tables.tasks["rules"] = [RULES] * len(rows)
    return tables.lived


def test_a_rule_counts_once_a_task_however_often_it_is_broken() -> None:
    table = broken_rules(
        lived(
            ("0", 2, "chained", [["sign"], ["sign"]]),
            ("0", 3, "chained", [[], []]),
            ("0", 2, "fresh", [[], []]),
            ("0", 3, "fresh", [[], []]),
        )
    )
    assert table["broken_chained"].to_dict() == {"look": 0.0, "sign": 0.5}
    assert table["broken_fresh"].to_dict() == {"look": 0.0, "sign": 0.0}
    assert table["tasks"].tolist() == [2, 2]
    assert table["blocks"].tolist() == [1, 1]


def test_the_first_position_and_other_arms_do_not_count() -> None:
    kept: Sequence[Sequence[str]] = [[]]
    table = broken_rules(
        lived(
            ("0", 1, "chained", [["look"]]),
            ("0", 1, "fresh", [["look"]]),
            ("0", 2, "chained", kept),
            ("0", 2, "fresh", kept),
            ("0", 2, "padded", [["look"]]),
        )
    )
    assert table.loc["look"].tolist() == [0.0, 0.0, 1, 1]


def test_a_rule_is_judged_where_it_was_in_force_alone() -> None:
    both = lived(("0", 2, "chained", [["look"]]), ("1", 2, "chained", [["sign"]]))
    both["rules"] = [("look",) if block == "0" else ("look", "sign") for block in both["block"]]
    table = broken_rules(both)
    assert table["broken_chained"].to_dict() == {"look": 0.5, "sign": 1.0}
    assert table["blocks"].to_dict() == {"look": 2, "sign": 1}
    assert all(map(math.isnan, table["broken_fresh"]))


def test_without_rules_the_table_is_empty() -> None:
    free = lived(("0", 2, "chained", [[]]), ("0", 2, "fresh", [[]]))
    free["rules"] = [()] * len(free)
    for table in (broken_rules(free), broken_rules(free.iloc[:0])):
        assert table.empty
        assert table.columns.tolist() == ["broken_fresh", "broken_chained", "tasks", "blocks"]
