"""What to know of an entry's record before its numbers are believed."""

from pathlib import Path

import pytest

from harness.comparison import load
from harness.comparison.caveats import caveats
from harness.drift.outcomes import PLACE
from tests.harness.comparison.edits import Row, change, edit, fail
from tests.harness.tables import write_run


def said(*runs: Path) -> str:
    (entry,) = load(*runs).entries
    return caveats(entry)


def test_of_a_whole_record_there_is_nothing_to_say(tmp_path: Path) -> None:
    assert said(write_run(tmp_path)) == ""


def test_history_that_did_not_fit_the_window_is_counted(tmp_path: Path) -> None:
    run = edit(
        write_run(tmp_path), "turns", lambda row: row | {"dropped_turns": max(0, row["age"] - 8)}
    )
    tasks = load(run).tasks
    cut = (tasks["arm"] == "chained") & (tasks["age"] > 8)
    assert 0 < cut.sum() < 32
    assert said(run) == f"history cut to the window in {cut.sum()} of 32 tasks"
    assert load(run).drift()["note"][0].endswith(said(run))
    assert load(run).table()["note"][0].endswith(said(run))


def test_histories_of_other_arms_that_did_not_fit_are_not_the_agents_own(tmp_path: Path) -> None:
    run = write_run(tmp_path, padded_success=0.8)
    edit(run, "turns", lambda row: row | {"dropped_turns": 3 * ("/padded/" in row["play"])})
    assert said(run) == ""


@pytest.mark.parametrize("lost", ["the last turn", "a whole play"])
def test_turns_that_are_missing_are_counted(tmp_path: Path, lost: str) -> None:
    run = write_run(tmp_path)
    path = run / "turns.jsonl"
    lines = path.read_text().splitlines(keepends=True)
    play = load(run).turns["play"].iloc[-1]
    torn = lines[-1][:40]
    kept = [line for line in lines if play not in line] if "play" in lost else lines[:-1]
    path.write_text("".join((*kept, torn)))
    assert said(run) == (
        "turns are missing of 1 of 64 tasks: start the same command again to play them"
    )


def test_where_no_distance_is_known_stalling_is_not_among_the_errors(tmp_path: Path) -> None:
    def blind(row: Row) -> Row:
        return row | {"distance_before": None, "distance_after": None, "expert": None}

    run = edit(write_run(tmp_path), "turns", blind)
    note = "no distance is known: turns that stall or regress are not among the errors"
    assert said(run) == note
    secondary = load(run).secondary()
    of_errors = secondary[secondary["measure"].isin(["error_rate", "drift in error_rate"])]
    assert len(of_errors) == 3
    assert of_errors["note"].str.endswith(note).all()


def test_a_run_that_is_still_going_says_so_first(tmp_path: Path) -> None:
    run = change(write_run(tmp_path), finished=False, tasks_total=99)
    edit(run, "turns", lambda row: row | {"dropped_turns": 1})
    assert said(run).startswith("unfinished: 64 of 99 tasks; history cut")


def test_before_the_first_turn_there_is_no_more_to_say(tmp_path: Path) -> None:
    run = change(write_run(tmp_path), finished=False)
    for table in ("tasks", "turns"):
        (run / f"{table}.jsonl").write_text("")
    assert said(run) == "unfinished: 0 of 64 tasks"


def test_what_failed_is_counted_as_lost_beside_the_level_that_leaves_it_out(tmp_path: Path) -> None:
    """A crash takes the last task of one session of eight blocks: of 48 tasks 47 are left."""
    run = write_run(tmp_path, blocks=8, fresh_success=1.0, chained_success=1.0)
    fail(run, "7", 1, 4)
    level = load(run).table()["success_chained"][0]
    assert level == 1.0
    worst = (7 * 1.0 + 5 / 6) / 8
    assert f"success chained is {worst:.2f}" in said(run)


def test_what_was_void_is_left_out_in_every_arm_and_counted(tmp_path: Path) -> None:
    def void(row: Row) -> Row:
        there = (row["block"], row["order"], row["position"]) == ("0", 0, 2)
        return row | ({"end": "void", "reason": "it was done already"} if there else {})

    run = edit(write_run(tmp_path), "tasks", void)
    tasks = load(run).tasks
    places = len(tasks[PLACE].drop_duplicates())
    assert said(run) == f"left out of {places} tasks, it was done already: 1"
    (entry,) = load(run).entries
    assert len(entry.results) == len(tasks) - tasks["arm"].nunique()
    assert entry.matched().pairs == places - tasks.groupby(["block", "order"]).ngroups - 1
