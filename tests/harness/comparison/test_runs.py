"""A run's folder and its tables."""

import json
from pathlib import Path

import pandas as pd
import pytest

from harness.comparison import load
from harness.errors import KINDS
from harness.records import write_manifest
from tests.harness.comparison.edits import change
from tests.harness.tables import manifest, write_run


def test_a_run_is_its_tables_with_the_errors(tmp_path: Path) -> None:
    (run,) = load(write_run(tmp_path, name="lora")).runs
    assert run.name == "lora"
    assert run.finished
    assert {*KINDS, "error", "regret"} <= set(run.turns.columns)
    assert set(run.tasks["play"]) == set(run.turns["play"])
    assert run.costs["step"].tolist() == ["games", "experience", "training"]


def test_measures_start_from_the_same_turns_without_the_texts(tmp_path: Path) -> None:
    (run,) = load(write_run(tmp_path)).runs
    assert set(run.turns) - set(run.measured) == {"observation", "admissible", "text", "feedback"}
    assert len(run.turns) == len(run.measured)


def test_the_order_in_which_games_ended_changes_nothing(tmp_path: Path) -> None:
    """Rows are written as games end, and that is never twice the same."""
    folder = write_run(tmp_path, blocks=12, tasks=2)
    before = load(folder)
    for name in ("tasks.jsonl", "turns.jsonl"):
        lines = (folder / name).read_text().splitlines(keepends=True)
        if name == "turns.jsonl":  # a play's own turns stay in their order
            lines.sort(key=lambda line: str(json.loads(line)["play"]))
        else:
            lines.reverse()
        (folder / name).write_text("".join(lines))
    after = load(folder)
    assert after.runs[0].tasks["block"].unique().tolist() == [str(i) for i in range(12)]
    pd.testing.assert_frame_equal(after.table(), before.table())
    pd.testing.assert_frame_equal(after.secondary(), before.secondary())


def test_a_task_is_of_the_family_that_the_panel_says(tmp_path: Path) -> None:
    (run,) = load(write_run(tmp_path, tasks=2)).runs
    families = run.tasks.groupby("task")["family"].unique().explode()
    assert families.loc[["test0/0/A", "test0/0/B"]].tolist() == ["level 9", "level 10"]
    assert set(run.tasks["environment"]) == {"tests/Corridor-v0"}


def test_a_task_is_under_the_rules_that_the_panel_says(tmp_path: Path) -> None:
    assert set(load(write_run(tmp_path, "a", rules=("sign",))).tasks["rules"]) == {("sign",)}
    assert set(load(write_run(tmp_path, "b")).tasks["rules"]) == {()}


def test_without_a_lock_file_the_family_is_unknown(tmp_path: Path) -> None:
    folder = write_run(tmp_path)
    (folder / "panel.lock.json").unlink()
    assert set(load(folder).runs[0].tasks["family"]) == {"unknown"}


def test_blocks_are_told_apart_by_the_panel_where_there_are_several(tmp_path: Path) -> None:
    first, second = (write_run(tmp_path, seed=seed, blocks=2) for seed in (0, 1))
    assert set(load(first).runs[0].tasks["block"]) == {"0", "1"}
    runs = load(first, second).runs
    for run in runs:
        assert set(run.tasks["block"]) == {f"{run.panel[:8]}/0", f"{run.panel[:8]}/1"}
    assert runs[0].panel != runs[1].panel


def test_runs_of_one_panel_have_the_same_blocks(tmp_path: Path) -> None:
    runs = load(write_run(tmp_path, name="a"), write_run(tmp_path, name="b")).runs
    assert set(runs[0].tasks["block"]) == set(runs[1].tasks["block"]) == {"0", "1", "2", "3"}


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


def test_a_play_that_was_begun_again_counts_once(tmp_path: Path) -> None:
    run = write_run(tmp_path)
    whole = load(run).runs[0].turns
    lines = (run / "turns.jsonl").read_text().splitlines(keepends=True)
    (run / "turns.jsonl").write_text("".join(lines[:2] + lines))
    again = load(run).runs[0].turns
    assert len(again) == len(whole)
    assert again["error"].sum() == whole["error"].sum()


def test_runs_that_have_not_begun_can_be_read(tmp_path: Path) -> None:
    for name, panel in (("a", None), ("b", "0123456789")):
        (tmp_path / name).mkdir()
        change_to = manifest(name, panel=panel, finished=False, tasks_total=64)
        write_manifest(tmp_path / name, change_to)
    first, second = load(tmp_path).runs
    assert (first.panel, second.panel) == ("", "0123456789")
    assert (first.prefix, second.prefix) == ("no panel/", "01234567/")
    for run in (first, second):
        assert run.tasks.empty
        assert run.turns.empty
    merged = first.tasks.merge(second.tasks, on=["block", "task"], how="outer")
    assert merged.empty


def test_a_config_without_an_environment_is_of_an_unknown_one(tmp_path: Path) -> None:
    run = change(write_run(tmp_path), config={"agent": {"name": "lora"}})
    assert load(run).runs[0].environment == "unknown"


# Wrong use.


def test_no_folder() -> None:
    with pytest.raises(ValueError, match="at least one run folder"):
        load()


def test_a_folder_that_is_no_run(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="is no run folder"):
        load(tmp_path)
    with pytest.raises(FileNotFoundError, match="is no run folder"):
        load(tmp_path / "nowhere")
