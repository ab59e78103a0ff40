"""A table on disk: JSON lines, each a row of one dataclass, read as rows or as a frame.

    for row in read_rows(folder / "turns.jsonl", TurnRow): ...
    turns = read_frame(folder / "turns.jsonl", TurnRow, ["play", "turn", "command"])

Rows are for going on with a run, frames for measuring one: Arrow reads a million turns in seconds.
"""

from __future__ import annotations

import io
import json
import mmap
from collections.abc import Collection, Iterator, Sequence
from dataclasses import fields
from pathlib import Path
from types import NoneType
from typing import TYPE_CHECKING, Any, Literal, TypeVar, get_args, get_origin, get_type_hints

import numpy as np
import pandas as pd
import pyarrow as pa
from pyarrow.compute import is_in
from pyarrow.json import ParseOptions, ReadOptions, read_json

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

Row = TypeVar("Row", bound="DataclassInstance")

CHUNK = 8 << 20
"""Bytes that Arrow gets at once, and whatever the last line has beyond them: a line can be longer
than any block of Arrow's own choosing."""


def read_rows(path: Path, row: type[Row]) -> Iterator[Row]:
    """The whole rows of a table; a torn last line is passed over, for a run still going.

    Raises:
        ValueError: a line is no row of this table; the message names file and line.
    """
    names = {field.name for field in fields(row)}
    if not path.exists():
        return
    with path.open("rb") as lines:  # a torn line can end inside a character
        for number, line in enumerate(lines, start=1):
            if not line.endswith(b"\n"):
                return
            values = _values(f"{path}:{number}", line, names, exact=True)
            yield row(**{k: tuple(v) if isinstance(v, list) else v for k, v in values.items()})


def read_frame(
    path: Path,
    row: type[DataclassInstance],
    columns: Sequence[str] | None = None,
    *,
    plays: Collection[str] | None = None,
) -> pd.DataFrame:
    """A table as a frame, empty if nothing was recorded yet; a torn last line is passed over.

    Args:
        path: the table.
        row: the dataclass of its rows.
        columns: the only ones wanted, and the only ones that are looked at; None: all, and then a
            row that has others is refused.
        plays: the only ones whose rows are wanted, by the column `play`; the others' are dropped
            as they are read, so that they take no memory. None: all.

    Returns:
        The columns in the order asked for, whatever the rows hold:

        | in the row | dtype | unknown |
        |---|---|---|
        | `str` or a `Literal` of strings, or None | str | NaN |
        | `int`, `float` | int64, float64 | |
        | `int` or `float`, or None | float64 | NaN |
        | `bool` | bool | |
        | `bool` or None | boolean | NA |
        | `tuple[str, ...]`, or None | object: tuples, equal ones kept once | None |

    Raises:
        ValueError: a line is no row of this table; the message names file and line.
    """
    schema = _schema(row, columns)
    exact = columns is None
    wanted = None if plays is None else pa.array(list(plays), pa.large_string())
    tables = [schema.empty_table()]
    above = 0
    for lines in _whole_lines(path):
        try:
            table = _parsed(lines, schema, exact)
        except ValueError:
            table = _line_by_line(path, lines, above, schema, exact)
        above += len(table)
        if wanted is not None:
            table = table.filter(is_in(table["play"], wanted))
        tables.append(table)
    whole = pa.concat_tables(tables)
    return pd.DataFrame({field.name: _series(whole[field.name], field) for field in schema})


def cut_torn_line(path: Path) -> None:
    """Cut off what a killed run left of its last line."""
    if not path.exists() or not path.stat().st_size:
        return
    with path.open("r+b") as file:
        with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
            end = data.rfind(b"\n") + 1
        file.truncate(end)


def _values(where: str, line: bytes, names: set[str], *, exact: bool) -> dict[str, Any]:
    try:
        values: dict[str, Any] = json.loads(line)
    except ValueError as error:
        raise ValueError(f"{where} is not a row: {error}") from None
    if not isinstance(values, dict):
        raise ValueError(f"{where} is not a row: {values!r}")
    other = values.keys() ^ names if exact else names - values.keys()
    if other:
        raise ValueError(
            f"{where} has other columns than this version of driftgauge writes: {sorted(other)}"
        )
    return values


def _schema(row: type[DataclassInstance], columns: Sequence[str] | None) -> pa.Schema:
    hints = get_type_hints(row)
    names = [field.name for field in fields(row)] if columns is None else columns
    return pa.schema([_field(name, hints[name]) for name in names])


def _field(name: str, hint: Any) -> pa.Field:
    kinds = [kind for kind in get_args(hint) if kind is not NoneType]
    nullable = NoneType in get_args(hint)
    kind = kinds[0] if nullable else hint
    if nullable and kind is int:
        kind = float  # so that the dtype does not depend on whether a row is unknown
    if get_origin(kind) is Literal:
        kind = str
    types = {
        str: pa.large_string(),
        int: pa.int64(),
        float: pa.float64(),
        bool: pa.bool_(),
        tuple[str, ...]: pa.list_(pa.large_string()),
    }
    return pa.field(name, types[kind], nullable)


def _whole_lines(path: Path) -> Iterator[bytes]:
    if not path.exists():
        return
    with path.open("rb") as file:
        while chunk := file.read(CHUNK) + file.readline():
            if end := chunk.rfind(b"\n") + 1:
                yield chunk[:end]


def _parsed(lines: bytes, schema: pa.Schema, exact: bool) -> pa.Table:
    """Whole lines as a table.

    Raises:
        ValueError: not every line is a row.
    """
    count = lines.count(b"\n")
    # Arrow skips blank lines, takes two objects from one, and a line `null` ends the process.
    if not lines.startswith(b"{") or lines.count(b"\n{") != count - 1:
        raise ValueError("a row is one JSON object")
    table = read_json(
        pa.BufferReader(lines),
        ReadOptions(use_threads=False, block_size=len(lines)),
        ParseOptions(
            explicit_schema=schema, unexpected_field_behavior="error" if exact else "ignore"
        ),
    )
    table = table.cast(schema)  # a column that cannot be unknown must hold no null
    table.validate(full=True)
    if len(table) != count:
        raise ValueError("a row is one JSON object")
    for name in schema.names:
        # To Arrow, a field that is missing is null. Quotes inside a text are escaped, so that
        # these bytes are nothing but a field's name.
        if table[name].null_count and lines.count(f'"{name}":'.encode()) < count:
            raise ValueError(f"it has no {name}")
    return table


def _line_by_line(path: Path, lines: bytes, above: int, schema: pa.Schema, exact: bool) -> pa.Table:
    """As `_parsed`, slowly: the message names the first line that is no row."""
    tables = []
    for number, line in enumerate(io.BytesIO(lines), start=above + 1):
        where = f"{path}:{number}"
        _values(where, line, set(schema.names), exact=exact)
        try:
            tables.append(_parsed(line, schema, exact))
        except ValueError as error:
            raise ValueError(f"{where} is not a row: {error}") from None
    return pa.concat_tables(tables)


def _series(column: pa.ChunkedArray, field: pa.Field) -> pd.Series:
    if pa.types.is_list(field.type):
        return pd.Series(_tuples(column), dtype=object)
    if pa.types.is_boolean(field.type) and field.nullable:
        return pd.Series(column.to_pandas(), dtype="boolean")
    series: pd.Series = column.combine_chunks().to_pandas()
    return series


def _tuples(column: pa.ChunkedArray) -> np.ndarray:
    kept: dict[tuple[str, ...], tuple[str, ...]] = {}
    tuples = np.empty(len(column), object)
    lists = (value for chunk in column.chunks for value in chunk.to_pylist())
    for i, values in enumerate(lists):
        if values is not None:
            entry = tuple(values)
            tuples[i] = kept.setdefault(entry, entry)
    return tuples
