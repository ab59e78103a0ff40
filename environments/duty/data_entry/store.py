"""The database behind the tools: a table in SQLite, in memory, one a case."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from contextlib import closing
from typing import Any


class Store:
    """What is stored of a form, field by field."""

    def __init__(self) -> None:
        self._database = sqlite3.connect(":memory:")
        self._database.execute("CREATE TABLE record (field TEXT PRIMARY KEY, value TEXT NOT NULL)")

    def write(self, field: str, value: str) -> None:
        """Store a value in the place of what was there."""
        self._database.execute("INSERT OR REPLACE INTO record VALUES (?, ?)", (field, value))

    def read(self, field: str) -> str | None:
        """What is stored; None if nothing is."""
        return self.values().get(field)

    def values(self) -> Mapping[str, str]:
        """All that is stored."""
        with closing(self._database.execute("SELECT field, value FROM record")) as rows:
            return dict(rows.fetchall())

    def close(self) -> None:
        """Forget everything. Closing twice does no harm."""
        self._database.close()

    def __deepcopy__(self, memo: dict[int, Any]) -> Store:
        other = Store()
        self._database.commit()
        self._database.backup(other._database)
        return other
