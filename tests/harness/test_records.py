"""The tables on disk: what is written stays, what is torn goes, what is wrong is named."""

from pathlib import Path

import pytest

from harness.records import (
    CostRow,
    Records,
    Table,
    TaskRow,
    TurnRow,
    read_manifest,
    read_rows,
    write_manifest,
)
from tests.harness.tables import task_row, turn_row

ROWS = [
    turn_row(turn=1, observation="A café.\nTwo lines\u2028and more.", admissible=("look", "wait")),
    turn_row(turn=2, command=None, violations=("no swearing",), margin=None),
]


def _write(path: Path, rows: list[TurnRow]) -> None:
    table = Table(path, TurnRow)
    for row in rows:
        table.append(row)
    table.close()


def test_what_is_read_is_what_was_written(tmp_path: Path) -> None:
    _write(tmp_path / "turns.jsonl", ROWS)
    assert list(read_rows(tmp_path / "turns.jsonl", TurnRow)) == ROWS


def test_a_row_can_be_read_as_soon_as_it_is_appended(tmp_path: Path) -> None:
    records = Records(tmp_path)
    records.tasks.append(task_row())
    assert list(read_rows(tmp_path / "tasks.jsonl", TaskRow)) == [task_row()]
    assert list(records.tasks) == [task_row()]
    records.close()


def test_a_kill_at_any_byte_costs_the_last_line_only(tmp_path: Path) -> None:
    path = tmp_path / "turns.jsonl"
    _write(path, [ROWS[1], ROWS[0]])
    whole = path.read_bytes()
    first = whole.index(b"\n") + 1
    # Some of these cuts are inside a character of several bytes.
    for cut in range(first, len(whole)):
        path.write_bytes(whole[:cut])
        assert list(read_rows(path, TurnRow)) == [ROWS[1]]
    Table(path, TurnRow).close()
    assert path.read_bytes() == whole[:first]
    _write(path, [ROWS[0]])
    assert path.read_bytes() == whole


def test_a_table_without_a_whole_line_begins_anew(tmp_path: Path) -> None:
    path = tmp_path / "turns.jsonl"
    path.write_bytes(b'{"play": "4f')
    _write(path, ROWS)
    assert list(read_rows(path, TurnRow)) == ROWS


def test_a_cost_is_recorded_once(tmp_path: Path) -> None:
    """A resumed run asks again for all that was made, and so do two parts that share it."""
    for seconds in (3.0, 0.0):
        records = Records(tmp_path)
        records.cost(CostRow("games", seconds, 3.0, "ab12"))
        records.cost(CostRow("games", seconds, 3.0, "other"))
        records.close()
    rows = list(read_rows(tmp_path / "costs.jsonl", CostRow))
    assert [(row.seconds, row.artefact) for row in rows] == [(3.0, "ab12"), (3.0, "other")]


def test_a_manifest_is_replaced_whole(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"is no run folder: it has no manifest\.json"):
        read_manifest(tmp_path)
    for finished in (False, True):
        write_manifest(tmp_path, {"finished": finished})
        assert read_manifest(tmp_path) == {"finished": finished}
    assert [path.name for path in tmp_path.iterdir()] == ["manifest.json"]
