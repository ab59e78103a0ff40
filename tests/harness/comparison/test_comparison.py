"""Entries beside each other."""

import math
from pathlib import Path

import pandas as pd
import pytest

from harness.comparison import load
from harness.drift import drift_by_block
from harness.records import write_manifest
from harness.stats import detectable
from tests.harness.comparison.edits import Row, change, edit, fail, keep_tasks, the
from tests.harness.tables import manifest, write_run


def test_entries_stand_in_the_order_in_which_they_were_given(tmp_path: Path) -> None:
    names = ["npm", "lora", "in_context"]
    folders = [write_run(tmp_path, name=name, blocks=2) for name in names]
    comparison = load(*folders)
    assert comparison.table()["entry"].tolist() == names
    assert comparison.drift()["entry"].tolist() == names
    for stacked in (comparison.turns, comparison.tasks, comparison.costs):
        assert stacked["entry"].unique().tolist() == names


def test_drift_is_the_endpoint_of_each_entry(tmp_path: Path) -> None:
    comparison = load(write_run(tmp_path, blocks=8, fresh_success=1.0, chained_success=0.3))
    (entry,), (row,) = comparison.entries, comparison.drift().to_dict("records")
    found = entry.matched().estimate
    assert row["value"] == found.value > 0.3
    assert (row["low"], row["high"], row["p"]) == found[1:4]
    assert row["p"] <= 0.05
    assert row["detectable"] == detectable(drift_by_block(entry.results))
    assert row["blocks"] == 8
    assert row["note"] == ""


def test_the_table_says_what_an_entry_did_and_cost(tmp_path: Path) -> None:
    comparison = load(write_run(tmp_path, blocks=8))
    (entry,), row = comparison.entries, comparison.table().iloc[0]
    assert 0 <= row["success_chained_low"] <= row["success_chained"] <= row["success_chained_high"]
    assert row["drift_low"] <= row["drift"] <= row["drift_high"]
    assert row["drift"] == entry.matched().estimate.value == comparison.drift()["value"][0]
    assert row["error_rate_fresh"] < row["error_rate_chained"]
    assert 1 <= row["h50"] < math.inf
    assert 0 <= row["locked"] <= 1
    assert row["prompt_tokens"] == entry.turns["prompt_tokens"].mean()
    assert row["preparation_seconds"] == 30 + 95 + 12.5
    assert row["turns"] == len(entry.turns)
    assert row["blocks"] == 8
    assert row["note"] == ""


def test_the_table_has_each_entry_beside_the_reference(tmp_path: Path) -> None:
    write_run(tmp_path, "in_context", chained_success=0.9)
    write_run(tmp_path, "lora", chained_success=0.2)
    comparison = load(tmp_path)
    drift = the(comparison.compare(), quantity="drift", entry="lora")
    row = the(comparison.table(), entry="lora")
    assert (row["against"], row["p_holm"]) == (drift["value"], drift["p_holm"])
    assert (row["against_low"], row["against_high"]) == (drift["low"], drift["high"])
    base = the(comparison.table(), entry="in_context")
    assert math.isnan(base["against"])
    assert math.isnan(base["p_holm"])


def test_what_seeds_learned_together_was_made_once(tmp_path: Path) -> None:
    """The step and the artefact are the same in both runs."""
    both = load(write_run(tmp_path), write_run(tmp_path, seed=1)).table()
    assert both["preparation_seconds"].tolist() == [12.5 + 30 + 95]

    def other(row: Row) -> Row:
        return row | {"artefact": "ab12" if row["step"] == "training" else row["artefact"]}

    edit(tmp_path / "lora-1", "costs", other)
    assert load(tmp_path).table()["preparation_seconds"].tolist() == [12.5 + 30 + 2 * 95]


def test_steps_without_an_artefact_are_nobodys_learning(tmp_path: Path) -> None:
    def of_nobody(row: Row) -> Row:
        return row | {"artefact": "" if row["step"] == "games" else row["artefact"]}

    run = edit(write_run(tmp_path), "costs", of_nobody)
    assert load(run).table()["preparation_seconds"].tolist() == [30 + 95]


def test_the_same_tables_give_the_same_numbers(tmp_path: Path) -> None:
    run = write_run(tmp_path)
    pd.testing.assert_frame_equal(load(run).table(), load(run).table())


def test_another_panel_is_flagged(tmp_path: Path) -> None:
    runs = [write_run(tmp_path, name=name, seed=seed) for seed, name in enumerate("ab")]
    drift = load(*runs).drift()
    assert "another panel" not in drift["note"][0]
    assert drift["note"][1].endswith("another panel than a: not comparable with it")


def test_panels_that_are_shared_in_part_are_counted(tmp_path: Path) -> None:
    runs = [write_run(tmp_path, "a", seed=seed) for seed in (0, 1)]
    drift = load(*runs, write_run(tmp_path, "b")).drift()
    assert drift["entry"].tolist() == ["a", "b"]
    assert drift["note"][1].endswith("shares 1 of 2 panels with a")


def test_an_agent_that_sees_no_history(tmp_path: Path) -> None:
    drift = load(change(write_run(tmp_path, name="random"), sees_history=False)).drift().iloc[0]
    assert drift["value"] == 0
    assert math.isnan(drift["p"])
    assert math.isnan(drift["detectable"])
    assert drift["note"].startswith("zero by construction")


# Floor and ceiling.


def endpoint(run: Path) -> pd.Series:
    return load(run).drift().iloc[0]


def test_all_won_in_all_arms_is_no_drift_without_an_interval(tmp_path: Path) -> None:
    row = endpoint(write_run(tmp_path, blocks=8, fresh_success=1.0, chained_success=1.0))
    assert (row["value"], row["p"]) == (0.0, 1.0)
    assert row[["low", "high", "detectable"]].isna().all()
    assert row["note"] == "interval not estimable: all blocks agree"


def test_nothing_won_fresh_is_not_assessable(tmp_path: Path) -> None:
    row = endpoint(write_run(tmp_path, blocks=8, fresh_success=0.0, chained_success=0.0))
    assert row[["value", "low", "high", "p", "detectable"]].isna().all()
    assert row["note"] == "not assessable: fresh success 0.00 is below 0.25"


def test_all_won_fresh_and_lost_in_sessions_is_a_drift_of_one(tmp_path: Path) -> None:
    row = endpoint(write_run(tmp_path, blocks=8, fresh_success=1.0, chained_success=0.0))
    assert (row["value"], row["p"]) == (1.0, 2 / 2**8)
    assert row[["low", "high"]].isna().all()
    assert row["note"] == "interval not estimable: all blocks agree"


def test_an_agent_that_learns_what_it_cannot_do_fresh_is_not_assessable(tmp_path: Path) -> None:
    row = endpoint(write_run(tmp_path, blocks=8, fresh_success=0.0, chained_success=1.0))
    assert math.isnan(row["value"])


def test_equal_prompts_have_equal_plays_and_no_drift(tmp_path: Path) -> None:
    """It could see its history and does not use it: one play serves all arms."""
    run = write_run(tmp_path, blocks=8, chained_success=0.0, padded_success=0.0, expert_success=0.0)
    fresh = load(run).tasks.query("arm == 'fresh' and order == 0")

    def shared(row: Row) -> Row:
        play = the(fresh, task=row["task"])
        return row | {name: play[name] for name in ("play", "end", "turns")}

    comparison = load(edit(run, "tasks", shared))
    row = comparison.drift().iloc[0]
    assert (row["value"], row["p"]) == (0.0, 1.0)
    assert row["note"] == "interval not estimable: all blocks agree"
    causes = comparison.causes()
    assert (causes["value"] == 0).all()
    assert (causes["p"] == 1).all()
    assert not causes["named"].any()


# Runs that are not whole.


def test_a_run_that_is_still_going(tmp_path: Path) -> None:
    comparison = load(write_run(tmp_path, finished=False))
    row = comparison.table().iloc[0]
    assert row["note"].endswith("unfinished: 58 of 64 tasks")
    assert row["drift"] == comparison.entries[0].matched().estimate.value


def test_a_run_of_which_nothing_was_played_yet(tmp_path: Path) -> None:
    new = tmp_path / "new"
    new.mkdir()
    write_manifest(new, manifest("new", finished=False, tasks_total=64))
    row = load(new).table().iloc[0]
    assert row[["success_fresh", "drift", "h50"]].isna().all()
    assert row["turns"] == 0
    assert row["note"] == "no pair yet; unfinished: 0 of 64 tasks"


@pytest.mark.parametrize("rows", [1, 3])
def test_a_run_can_be_read_after_every_task(tmp_path: Path, rows: int) -> None:
    run = keep_tasks(write_run(tmp_path, finished=False), slice(rows))
    assert load(run).table()["note"][0].endswith(f"unfinished: {rows} of 64 tasks")


def test_arms_that_do_not_match_are_refused_but_break_no_table(tmp_path: Path) -> None:
    good, bad = write_run(tmp_path, name="good"), write_run(tmp_path, name="bad")
    table = load(good, keep_tasks(bad, slice(-1))).table()
    assert not math.isnan(table["drift"][0])
    assert math.isnan(table["drift"][1])
    assert table["note"][1].startswith("refused: The fresh arm has no play of test0/3/")


def test_an_arm_that_the_run_was_asked_for_and_does_not_have_is_refused(tmp_path: Path) -> None:
    run = change(write_run(tmp_path), arms=["chained", "fresh", "padded"])
    assert load(run).drift()["note"][0].startswith("refused: The padded arm has no play of test0/0")


def test_a_failure_is_named_and_shown_at_its_worst(tmp_path: Path) -> None:
    note = load(fail(write_run(tmp_path, blocks=8), "7", 1, 4)).drift()["note"][0]
    assert "pairs missing after a failure: 1" in note
    assert "at worst " in note
    assert "(block 7, order 1, position 4, chained): no memory" in note
