"""The causes of all entries' drift, as a table."""

import math
from pathlib import Path

import pandas as pd
import pytest

from harness.comparison import Comparison, load
from harness.drift import matched_drift
from harness.drift.pairs import complete
from harness.records import Arm
from tests.harness.comparison.edits import Row, change, edit, fail, keep_tasks, the
from tests.harness.tables import write_run

FOUR: tuple[Arm, ...] = ("chained", "fresh", "padded", "expert")
CAUSES = ["length", "interference", "self-conditioning"]


def write_four(folder: Path, name: str = "lora", blocks: int = 8) -> Path:
    """A run of four arms that drifts for its length."""
    return write_run(
        folder, name, blocks, chained_success=0.2, padded_success=0.2, expert_success=0.2
    )


@pytest.fixture(scope="module")
def lora(tmp_path_factory: pytest.TempPathFactory) -> Comparison:
    return load(write_four(tmp_path_factory.mktemp("runs")))


def test_an_entry_a_measure_and_a_cause_are_a_row(lora: Comparison) -> None:
    table = lora.causes()
    assert table["entry"].tolist() == ["lora"] * 6
    assert table["measure"].tolist() == ["success"] * 3 + ["error_rate"] * 3
    assert table["cause"].tolist() == CAUSES * 2
    assert (table["pairs"] == 8 * 2 * 3).all()
    assert (table["blocks"] == 8).all()
    assert (table["gap"] == 0).all()


def test_causes_add_up_to_the_drift_of_the_entry(lora: Comparison) -> None:
    (entry,) = lora.entries
    sums = lora.causes().groupby("measure")["value"].sum()
    for measure in ("success", "error_rate"):
        drift = entry.matched(measure).estimate.value
        assert sums[measure] == pytest.approx(drift)


def test_the_cause_that_is_shown_is_named(lora: Comparison) -> None:
    table = lora.causes()
    length = the(table, measure="success", cause="length")
    assert length["value"] > 0.3
    assert length["p"] <= 0.05 / 3
    assert table.loc[table["measure"] == "success", "named"].tolist() == [True, False, False]


def test_the_table_of_entries_has_them_beside_the_drift(lora: Comparison) -> None:
    row = the(lora.table())
    found = [the(lora.causes(), measure="success", cause=cause)["value"] for cause in CAUSES]
    assert [row[cause] for cause in CAUSES] == found
    assert row["drift"] == pytest.approx(sum(found))


def test_histories_that_are_not_as_long_name_no_cause_and_say_so(tmp_path: Path) -> None:
    run = write_four(tmp_path, blocks=6)

    def longer(row: Row) -> Row:
        more = 25 * row["age"] // 2 if row["arm"] == "padded" else 0
        return row | {"context_tokens": row["context_tokens"] + more}

    edit(run, "tasks", longer)
    table = load(run).causes()
    assert not table["named"].any()
    assert table["gap"].round(2).eq(0.5).all()
    assert table["note"].str.contains("no cause is named: the arms' histories differ by 50%").all()
    assert table["value"].notna().all()


def test_what_was_said_of_a_part_is_not_lost_behind_the_gap(tmp_path: Path) -> None:
    run = write_four(tmp_path, blocks=2)
    edit(run, "tasks", lambda row: row | {"context_tokens": 0})
    note = load(run).causes()["note"]
    assert note.str.startswith("descriptive: the smallest p of 2 blocks is .500").all()
    assert note.str.endswith("no cause is named: the lengths of the histories are unknown").all()


def test_an_entry_of_two_arms_has_no_row(tmp_path: Path) -> None:
    table = load(write_run(tmp_path, "a"), write_run(tmp_path, "b", padded_success=0.6)).causes()
    assert set(table["entry"]) == {"b"}
    assert table["cause"].tolist() == ["length", "content"] * 2
    rows = load(tmp_path).table().set_index("entry")
    assert rows.loc["a", ["length", "content"]].isna().all()
    assert rows.loc["b", ["length", "content"]].sum() == pytest.approx(rows.loc["b", "drift"])


def test_by_construction_there_is_nothing_to_name(tmp_path: Path) -> None:
    table = load(change(write_four(tmp_path), sees_history=False)).causes()
    assert (table["value"] == 0).all()
    assert table["p"].isna().all()
    assert not table["named"].any()
    assert (table["note"] == "zero by construction: it sees no history").all()


def test_arms_that_do_not_match_have_no_causes(tmp_path: Path) -> None:
    run = keep_tasks(write_four(tmp_path), slice(-1))
    comparison = load(run)
    assert comparison.causes().empty
    assert "The expert arm has no play of test0/7/" in comparison.drift()["note"][0]


def test_a_failure_is_shown_at_its_worst(tmp_path: Path) -> None:
    run = write_four(tmp_path, blocks=6)
    before = load(run).causes()
    after = load(fail(run, "0", 1, 2, "expert")).causes()
    assert (after["pairs"] == before["pairs"] - 3).all()
    assert after["note"].str.contains("at worst ").all()
    worst = after["note"].str.extract(r"at worst (-?\d\.\d\d)")[0].astype(float)
    assert (worst >= before["value"].round(2)).all()


def test_pairs_that_lack_an_arm_are_left_out_of_all(tmp_path: Path) -> None:
    run = change(keep_tasks(write_four(tmp_path, blocks=6), slice(-1)), finished=False)
    (entry,) = load(run).entries
    table = load(run).causes()
    assert (table["pairs"] == 6 * 2 * 3 - 1).all()
    kept = complete(entry.results, "success", FOUR)
    drift = matched_drift(kept).estimate.value
    success = table[table["measure"] == "success"]
    assert success["value"].sum() == pytest.approx(drift)
    assert not math.isclose(drift, entry.matched().estimate.value)


def test_columns_are_there_without_any_entry_that_could_tell(tmp_path: Path) -> None:
    empty = load(write_run(tmp_path)).causes()
    pd.testing.assert_index_equal(
        empty.columns, load(write_four(tmp_path / "4", blocks=1)).causes().columns
    )
