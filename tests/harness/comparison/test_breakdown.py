"""The endpoint apart for each environment and each family of tasks."""

from pathlib import Path

import pytest

from harness.comparison import load
from harness.comparison.breakdown import By
from tests.harness.comparison.edits import change, fail, keep_tasks, the
from tests.harness.tables import write_run

BOTH: tuple[By, ...] = ("environment", "family")


def write_two(folder: Path) -> list[Path]:
    """An entry on two environments, in the first of which it drifts."""
    return [
        write_run(folder / id, environment=id, chained_success=chained, fresh_success=1.0)
        for id, chained in (("A-v0", 0.0), ("B-v0", 1.0))
    ]


def test_each_environment_has_a_row(tmp_path: Path) -> None:
    comparison = load(*write_two(tmp_path))
    table = comparison.breakdown("environment").set_index("environment")
    assert table.index.tolist() == ["A-v0", "B-v0"]
    assert table["drift"].tolist() == [1.0, 0.0]
    assert table["success_fresh"].tolist() == [1.0, 1.0]
    assert table["success_chained"].tolist() == [0.0, 1.0]
    assert (table["blocks"] == 4).all()
    assert comparison.drift()["value"].tolist() == [0.5]


def test_each_family_has_a_row_in_the_order_of_its_numbers(tmp_path: Path) -> None:
    table = load(write_run(tmp_path, "a"), write_run(tmp_path, "b")).breakdown("family")
    assert table["entry"].tolist() == ["a", "a", "b", "b"]
    assert table["family"].tolist() == ["level 9", "level 10"] * 2


@pytest.mark.parametrize("by", BOTH)
def test_one_group_alone_is_the_endpoint(tmp_path: Path, by: By) -> None:
    comparison = load(write_run(tmp_path, blocks=8))
    if by == "family":
        (tmp_path / "lora-0" / "panel.lock.json").unlink()
        comparison = load(tmp_path)
    (row,) = comparison.breakdown(by).to_dict("records")
    endpoint = comparison.drift().iloc[0]
    for column, of_endpoint in (("drift", "value"), ("low", "low"), ("high", "high"), ("p", "p")):
        assert row[column] == endpoint[of_endpoint]
    assert row["blocks"] == 8
    assert row["pairs"] == 8 * 2 * 3


def test_pairs_of_families_are_those_of_the_whole(tmp_path: Path) -> None:
    """Every block has as many pairs of each family: the drift is the mean of the families'."""
    comparison = load(write_run(tmp_path, blocks=8))
    table = comparison.breakdown("family")
    assert table["pairs"].tolist() == [24, 24]
    assert table["drift"].mean() == pytest.approx(comparison.drift()["value"][0])
    (entry,) = comparison.entries
    nine = entry.results[entry.results["family"] == "level 9"]
    chained = nine[(nine["arm"] == "chained") & (nine["position"] >= 2)]
    fresh = nine[(nine["arm"] == "fresh") & (nine["position"] >= 2)]
    expected = fresh.groupby("block")["success"].mean() - chained.groupby("block")["success"].mean()
    assert table["drift"][0] == pytest.approx(expected.mean())


def test_a_family_that_is_lost_even_fresh_is_not_assessable(tmp_path: Path) -> None:
    easy, hard = write_two(tmp_path)
    write_run(tmp_path / "C-v0", environment="C-v0", fresh_success=0.0, chained_success=0.0)
    table = load(easy, hard, tmp_path / "C-v0").breakdown("environment")
    assert table["drift"].isna().tolist() == [False, False, True]
    assert the(table, environment="C-v0")["note"].startswith("not assessable: fresh success 0.00")


@pytest.mark.parametrize("by", BOTH)
def test_by_construction_and_refused_are_said_of_each_group(tmp_path: Path, by: By) -> None:
    blind = load(change(write_run(tmp_path / "1"), sees_history=False)).breakdown(by)
    assert (blind["drift"] == 0).all()
    assert blind["p"].isna().all()
    refused = load(keep_tasks(write_run(tmp_path / "2"), slice(-1))).breakdown(by)
    notes = refused["note"].str.startswith("refused: The fresh arm has no play of test0/3/")
    assert notes.sum() == 1
    assert refused.loc[notes, "drift"].isna().all()


def test_what_failures_took_is_said_of_the_environment_that_they_were_in(tmp_path: Path) -> None:
    first, second = write_two(tmp_path)
    fail(first, "0", 0, 2)
    table = load(first, second).breakdown("environment")
    assert the(table, environment="A-v0")["note"].endswith("pairs missing after a failure: 3")
    assert "missing" not in the(table, environment="B-v0")["note"]
    assert table["pairs"].tolist() == [21, 24]


def test_of_which_family_the_lost_tasks_would_have_been_is_not_known(tmp_path: Path) -> None:
    run = fail(write_run(tmp_path), "0", 0, 2)
    table = load(run).breakdown("family")
    assert table["pairs"].sum() == 24 - 3
    said = "pairs missing after a failure, of whatever family: 3"
    assert table["note"].str.endswith(said).all()


@pytest.mark.parametrize("by", BOTH)
def test_nothing_played_yet_is_a_table_without_rows(tmp_path: Path, by: By) -> None:
    run = change(write_run(tmp_path), finished=False)
    for name in ("tasks", "turns"):
        (run / f"{name}.jsonl").write_text("")
    table = load(run).breakdown(by)
    assert table.empty
    assert list(table.columns[:3]) == ["entry", by, "success_fresh"]
