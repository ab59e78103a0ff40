"""Reading runs and laying them beside each other."""

import json
import math
from pathlib import Path

import pandas as pd
import pytest

from harness.comparison import load
from harness.drift import ArmsDoNotMatch
from harness.errors import KINDS
from harness.records import read_manifest, write_manifest
from tests.harness.tables import manifest, write_run


def change(run: Path, **entries: object) -> None:
    write_manifest(run, read_manifest(run) | entries)


def keep_tasks(run: Path, keep: slice) -> None:
    path = run / "tasks.jsonl"
    path.write_text("".join(path.read_text().splitlines(keepends=True)[keep]))


def test_a_run_is_its_tables_with_the_errors(tmp_path: Path) -> None:
    (run,) = load(write_run(tmp_path, name="lora")).runs
    assert run.name == "lora"
    assert run.finished
    assert {*KINDS, "error", "regret"} <= set(run.turns.columns)
    assert set(run.tasks["play"]) <= set(run.turns["play"])
    assert run.costs["step"].tolist() == ["games", "experience", "training"]


def test_drift_of_a_run_is_a_measure_a_row_the_endpoint_first(tmp_path: Path) -> None:
    (run,) = load(write_run(tmp_path, blocks=8, fresh_success=1.0, chained_success=0.3)).runs
    drift = run.drift().set_index("measure")
    assert drift.index.tolist() == ["success", "error_rate", "regret"]
    assert drift.loc["success", "value"] > 0.3
    assert drift.loc["success", "p"] <= 0.05
    assert drift.loc["success", "blocks"] == 8
    assert drift.loc["success", "pairs"] == 8 * 2 * 3
    assert drift["worst_value"].isna().all()  # nothing failed


def test_entries_stand_in_the_order_in_which_they_were_given(tmp_path: Path) -> None:
    names = ["npm", "lora", "in_context"]
    folders = [write_run(tmp_path, name=name) for name in names]
    comparison = load(*folders)
    assert comparison.table()["entry"].tolist() == names
    assert comparison.drift()["entry"].tolist() == names
    assert comparison.turns["entry"].unique().tolist() == names
    assert comparison.tasks["entry"].unique().tolist() == names


def test_a_folder_of_runs_stands_for_all_of_them(tmp_path: Path) -> None:
    write_run(tmp_path, name="b")
    write_run(tmp_path, name="a")
    other = tmp_path / "published"
    other.mkdir()
    write_manifest(other, manifest("paper", kind="reference"))
    assert [run.name for run in load(tmp_path).runs] == ["a", "b"]


def test_a_run_that_is_named_twice_is_read_once(tmp_path: Path) -> None:
    run = write_run(tmp_path)
    assert len(load(run, tmp_path, run / ".." / run.name).runs) == 1


def test_equal_names_get_what_tells_them_apart(tmp_path: Path) -> None:
    by_seed = [write_run(tmp_path, seed=seed) for seed in (0, 1)]
    assert [run.name for run in load(*by_seed).runs] == ["lora seed 0", "lora seed 1"]
    change(by_seed[1], seed=0)
    hashes = [read_manifest(run)["config_hash"][:8] for run in by_seed]
    assert [run.name for run in load(*by_seed).runs] == [f"lora {h}" for h in hashes]
    change(by_seed[1], config_hash=read_manifest(by_seed[0])["config_hash"])
    assert [run.name for run in load(*by_seed).runs] == [f"lora {run}" for run in by_seed]


def test_the_table_says_what_an_entry_did_and_cost(tmp_path: Path) -> None:
    comparison = load(write_run(tmp_path, blocks=8))
    (run,), row = comparison.runs, comparison.table().iloc[0]
    assert 0 <= row["success_chained_low"] <= row["success_chained"] <= row["success_chained_high"]
    assert row["drift_low"] <= row["drift"] <= row["drift_high"]
    assert row["drift"] == run.drift()["value"][0] == comparison.drift()["value"][0]
    assert row["error_rate_fresh"] < row["error_rate_chained"]
    assert 1 <= row["h50"] < math.inf
    assert 0 <= row["locked"] <= 1
    assert row["prompt_tokens"] == run.turns["prompt_tokens"].mean()
    assert row["preparation_seconds"] == 12.5 + 30 + 95
    assert row["turns"] == len(run.turns)
    assert row["blocks"] == 8
    assert row["note"] == ""


def test_the_same_tables_give_the_same_numbers(tmp_path: Path) -> None:
    run = write_run(tmp_path)
    pd.testing.assert_frame_equal(load(run).table(), load(run).table())


def test_another_panel_is_flagged(tmp_path: Path) -> None:
    table = load(write_run(tmp_path, name="a"), write_run(tmp_path, name="b", seed=1)).table()
    assert "another panel" not in table["note"][0]
    assert table["note"][1].endswith("another panel than a: not comparable with it")


def test_an_agent_that_sees_no_history(tmp_path: Path) -> None:
    run = write_run(tmp_path, name="random")
    change(run, sees_history=False)
    drift = load(run).drift().iloc[0]
    assert drift["value"] == 0
    assert math.isnan(drift["p"])
    assert drift["note"].startswith("zero by construction")


# Runs that are not whole.


def test_a_run_that_is_still_going(tmp_path: Path) -> None:
    comparison = load(write_run(tmp_path, finished=False))
    row = comparison.table().iloc[0]
    assert row["note"].endswith("unfinished: 58 of 64 tasks")
    assert row["drift"] == comparison.runs[0].drift()["value"][0]


def test_a_run_of_which_nothing_was_played_yet(tmp_path: Path) -> None:
    write_manifest_only = tmp_path / "new"
    write_manifest_only.mkdir()
    write_manifest(write_manifest_only, manifest("new", finished=False, tasks_total=64))
    comparison = load(write_manifest_only)
    row = comparison.table().iloc[0]
    assert math.isnan(row["success_fresh"])
    assert math.isnan(row["drift"])
    assert math.isnan(row["h50"])
    assert row["turns"] == 0
    assert row["note"] == "no pair yet; unfinished: 0 of 64 tasks"
    assert comparison.runs[0].drift()["value"].isna().all()


@pytest.mark.parametrize("rows", [1, 2, 3, 5])
def test_a_run_can_be_read_after_every_task(tmp_path: Path, rows: int) -> None:
    run = write_run(tmp_path, finished=False)
    keep_tasks(run, slice(rows))
    assert load(run).table()["note"][0].endswith(f"unfinished: {rows} of 64 tasks")


def test_a_play_that_was_begun_again_counts_once(tmp_path: Path) -> None:
    run = write_run(tmp_path)
    whole = load(run).runs[0].turns
    lines = (run / "turns.jsonl").read_text().splitlines(keepends=True)
    (run / "turns.jsonl").write_text("".join(lines[:2] + lines))
    again = load(run).runs[0].turns
    assert len(again) == len(whole)
    assert again["error"].sum() == whole["error"].sum()


def test_arms_that_do_not_match_are_refused_but_break_no_table(tmp_path: Path) -> None:
    good, bad = write_run(tmp_path, name="good"), write_run(tmp_path, name="bad")
    keep_tasks(bad, slice(-1))
    table = load(good, bad).table()
    assert not math.isnan(table["drift"][0])
    assert math.isnan(table["drift"][1])
    assert table["note"][1].startswith("refused: The fresh arm has no play of test0/3/")
    with pytest.raises(ArmsDoNotMatch):
        load(bad).runs[0].drift()


def test_a_failure_is_named_and_shown_at_its_worst(tmp_path: Path) -> None:
    run = write_run(tmp_path, blocks=8)
    path = run / "tasks.jsonl"
    *before, chained, fresh = path.read_text().splitlines()
    chained = json.dumps(json.loads(chained) | {"end": "failed", "reason": "no memory"})
    path.write_text("".join(f"{line}\n" for line in (*before, chained, fresh)))
    note = load(run).drift()["note"][0]
    assert "pairs missing after a failure: 1" in note
    assert "at worst " in note
    assert "position 4, chained): no memory" in note


# Wrong use.


def test_no_folder() -> None:
    with pytest.raises(ValueError, match="at least one run folder"):
        load()


def test_a_folder_that_is_no_run(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="is no run folder"):
        load(tmp_path)
    with pytest.raises(FileNotFoundError, match="is no run folder"):
        load(tmp_path / "nowhere")
