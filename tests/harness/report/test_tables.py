"""The tables of a report, and their files."""

from __future__ import annotations

import io

import pandas as pd
import pytest

from harness.comparison import Comparison
from harness.report import Tables, csv, tables


def test_csv_gives_back_every_table(four_arms_found: Tables) -> None:
    for name, table in four_arms_found.files.items():
        again = pd.read_csv(io.StringIO(csv(table)), keep_default_na=True)
        for column in table.columns.intersection(["note", "arm", "source"]):
            again[column] = again[column].astype(object).fillna("")
        assert again.columns[0] == "entry", name
        pd.testing.assert_frame_equal(again, table, check_dtype=False, check_exact=True)


def test_the_declared_reference_is_the_one_unless_another_is_named(
    comparison: Comparison, found: Tables
) -> None:
    assert (found.reference, found.by_hand) == ("in_context", False)
    assert tables(comparison, "in_context").by_hand is False
    named = tables(comparison, "npm")
    assert (named.reference, named.by_hand) == ("npm", True)
    assert set(named.against["reference"]) == {"npm"}


def test_a_reference_that_is_no_entry_is_refused(comparison: Comparison) -> None:
    with pytest.raises(ValueError, match="'lora' is none of the entries"):
        tables(comparison, "lora")
