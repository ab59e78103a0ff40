"""Rows and frames say the same; what is torn is passed over, what is wrong is named."""

import json
import math
from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import harness.json_lines
from harness.json_lines import read_frame, read_rows
from harness.records import TurnRow
from tests.harness.tables import turn_row

ROWS = [
    turn_row(turn=1, observation="A café.\nTwo lines\u2028and more.", admissible=("look", "wait")),
    turn_row(turn=2, command=None, violations=("no swearing",), margin=None, accepted=None),
    turn_row(turn=3, distance_before=None, distance_after=None, progress=None, admissible=None),
]

Reader = Callable[[Path], object]


def rows(path: Path) -> list[TurnRow]:
    return list(read_rows(path, TurnRow))


def frame(path: Path, columns: Sequence[str] | None = None) -> pd.DataFrame:
    return read_frame(path, TurnRow, columns)


def line(**columns: Any) -> bytes:
    """A row of the turn table, with the given columns instead."""
    return json.dumps({**asdict(ROWS[0]), **columns}, ensure_ascii=False).encode() + b"\n"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A table of `ROWS`."""
    path = tmp_path / "turns.jsonl"
    path.write_bytes(b"".join(line(**asdict(row)) for row in ROWS))
    return path


def known(value: Any) -> Any:
    """The value as a row has it: None if it is unknown."""
    return value if isinstance(value, tuple) or pd.notna(value) else None


def test_only_the_plays_that_are_asked_for_are_kept(path: Path) -> None:
    path.write_bytes(b"".join(line(play=play, turn=i) for i, play in enumerate("abcab")))
    kept = read_frame(path, TurnRow, ["play", "turn"], plays={"a", "c", "none"})
    assert kept.values.tolist() == [["a", 0], ["c", 2], ["a", 3]]
    assert read_frame(path, TurnRow, ["play"], plays=()).empty


def test_rows_and_frame_hold_what_was_written(path: Path) -> None:
    assert rows(path) == ROWS
    records = frame(path).to_dict("records")
    assert [{name: known(value) for name, value in row.items()} for row in records] == [
        asdict(row) for row in ROWS
    ]


@pytest.mark.parametrize("kept", [[], ROWS[:1], ROWS[1:], ROWS])
def test_a_dtype_depends_on_the_column_never_on_its_values(path: Path, kept: list[TurnRow]) -> None:
    path.write_bytes(b"".join(line(**asdict(row)) for row in kept))
    dtypes = frame(path).dtypes
    assert list(dtypes.index) == list(asdict(ROWS[0]))
    of_kind = {
        "str": ["play", "task", "observation", "command", "text", "feedback", "expert"],
        "int64": ["turn", "age", "prompt_tokens", "dropped_turns"],
        "float64": ["distance_before", "distance_after", "progress", "margin", "dose", "seconds"],
        "bool": ["chosen", "opportunity", "won", "lost", "recomputed"],
        "boolean": ["accepted"],
        "object": ["admissible", "violations"],
    }
    for dtype, names in of_kind.items():
        assert {str(dtypes[name]) for name in names} == {dtype}


def test_equal_tuples_are_kept_once(path: Path) -> None:
    path.write_bytes(line(admissible=["look"]) * 2)
    first, second = frame(path)["admissible"]
    assert first == ("look",) and first is second


def test_what_is_no_finite_number_is_read_as_it_was_written(path: Path) -> None:
    path.write_bytes(line(margin=math.nan, dose=math.inf) + line(margin=-math.inf))
    for values in ([row.margin for row in rows(path)], frame(path)["margin"]):
        np.testing.assert_array_equal(np.array(values, float), [math.nan, -math.inf])
    assert rows(path)[0].dose == frame(path)["dose"][0] == math.inf


def test_a_table_that_is_not_there_is_empty(tmp_path: Path) -> None:
    assert rows(tmp_path / "turns.jsonl") == []
    assert frame(tmp_path / "turns.jsonl").empty


def test_a_torn_last_line_is_passed_over(path: Path) -> None:
    whole = path.read_bytes()
    inside_a_character = whole.index("é".encode()) + 1
    first = whole.index(b"\n")
    second = whole.index(b"\n", first + 1)
    for cut, left in (
        (0, 0),
        (1, 0),
        (inside_a_character, 0),
        (first, 0),
        (first + 1, 1),
        (second, 1),
        (second + 1, 2),
        (second + 9, 2),
    ):
        path.write_bytes(whole[:cut])
        assert len(frame(path)) == len(rows(path)) == left


@pytest.mark.parametrize("reader", [rows, frame])
@pytest.mark.parametrize(
    "wrong",
    [
        b'{"play": \n',
        b"3\n",
        b"null\n",
        b"[]\n",
        b'{"play": "\xff"}\n',
        b"\n",
        line()[:-1] + line(),
        line().replace(b"A caf\xc3\xa9", b"A caf\xe9"),
    ],
)
def test_a_line_that_is_no_row_is_named(path: Path, reader: Reader, wrong: bytes) -> None:
    path.write_bytes(line() + wrong + line())
    with pytest.raises(ValueError, match=r"turns\.jsonl:2 is not a row"):
        reader(path)


@pytest.mark.parametrize(
    "columns",
    [{"turn": "3"}, {"turn": 2.5}, {"won": 1}, {"play": None}, {"dose": None}, {"violations": "a"}],
)
def test_a_frame_takes_no_value_of_another_type(path: Path, columns: dict[str, Any]) -> None:
    path.write_bytes(line() + line(**columns) + line())
    with pytest.raises(ValueError, match=r"turns\.jsonl:2 is not a row"):
        frame(path)


@pytest.mark.parametrize("reader", [rows, frame])
def test_other_columns_are_named(path: Path, reader: Reader) -> None:
    values = asdict(ROWS[1])
    del values["margin"]  # which could be unknown, but is not said to be
    values["text"] = 'I say "margin": 3'
    path.write_bytes(line() + json.dumps({**values, "mood": 3}).encode() + b"\n")
    with pytest.raises(ValueError, match=r"turns\.jsonl:2 has other columns.*'margin', 'mood'"):
        reader(path)


def test_a_column_that_could_be_unknown_must_still_be_there(path: Path) -> None:
    values = asdict(ROWS[0])
    del values["margin"]
    values["text"] = 'I say "margin": 3'
    path.write_bytes(line() + json.dumps(values).encode() + b"\n")
    for columns in (None, ["turn", "margin"]):
        with pytest.raises(ValueError, match=r"turns\.jsonl:2 has other columns.*\['margin'\]"):
            frame(path, columns)
    assert len(frame(path, ["turn"])) == 2


def test_blanks_between_the_parts_of_a_row_mean_nothing(path: Path) -> None:
    spaced = json.dumps(asdict(ROWS[0]), separators=(" , ", " : ")).encode() + b"\n"
    path.write_bytes(line(margin=None) + spaced)
    assert rows(path)[1] == ROWS[0]
    assert frame(path)["margin"].tolist()[1] == 1.0


def test_only_wanted_columns_are_read_in_the_order_asked_for(path: Path) -> None:
    path.write_bytes(line(mood=3) + line(text=None))
    read = frame(path, ["turn", "command", "play"])
    assert list(read.columns) == ["turn", "command", "play"]
    assert read["command"].tolist() == ["go east", "go east"]


def test_where_a_chunk_ends_changes_nothing(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = frame(path)
    for size in (1, 700, 1500):
        monkeypatch.setattr(harness.json_lines, "CHUNK", size)
        pd.testing.assert_frame_equal(frame(path), whole)
    path.write_bytes(path.read_bytes() + b"3\n")
    with pytest.raises(ValueError, match=r"turns\.jsonl:4 is not a row"):
        frame(path)


def test_a_line_may_be_longer_than_a_chunk(path: Path) -> None:
    text = "é" * harness.json_lines.CHUNK
    path.write_bytes(line() + line(text=text) + line())
    assert frame(path, ["text"])["text"].tolist() == ["go east", text, "go east"]
