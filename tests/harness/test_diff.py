"""Where two runs first part."""

import json
import shutil
from collections.abc import Callable
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import pytest

from harness.cli import main
from harness.diff import Place, diff, text
from harness.records import TaskRow, TurnRow, read_manifest, read_rows, write_manifest
from tests.harness.tables import manifest, write_run

Rows = list[TurnRow]
SECOND = Place("0", 0, 2, "chained")
"""A task whose play is no other task's."""


@pytest.fixture
def run(tmp_path: Path) -> Path:
    return write_run(tmp_path / "a", blocks=2, tasks=3)


@pytest.fixture
def copy(run: Path, tmp_path: Path) -> Path:
    return shutil.copytree(run, tmp_path / "b" / run.name)


def tell(run: Path, **entries: object) -> None:
    write_manifest(run, read_manifest(run) | entries)


def edit(run: Path, place: Place, change: Callable[[Rows], Rows]) -> None:
    """Let the play of a task have had other turns."""
    of_task = {
        Place(row.block, row.order, row.position, row.arm): row.play
        for row in read_rows(run / "tasks.jsonl", TaskRow)
    }
    path = run / "turns.jsonl"
    turns = list(read_rows(path, TurnRow))
    others = [turn for turn in turns if turn.play != of_task[place]]
    changed = change([turn for turn in turns if turn.play == of_task[place]])
    path.write_text("".join(f"{json.dumps(asdict(turn))}\n" for turn in (*others, *changed)))


def at(turn: int, **columns: Any) -> Callable[[Rows], Rows]:
    return lambda turns: [replace(t, **columns) if t.turn == turn else t for t in turns]


def before(turn: int) -> Callable[[Rows], Rows]:
    return lambda turns: turns[: turn - 1]


# Decisions.


def test_a_run_and_its_copy_are_the_same(run: Path, copy: Path) -> None:
    found = diff(run, copy)
    assert found.same and found.compared == 2 * 2 * 3 * 2
    assert (found.settings, found.partings, found.only_a, found.only_b) == ((), (), (), ())


def test_a_task_parts_at_the_first_turn_at_which_the_commands_differ(run: Path, copy: Path) -> None:
    edit(run, SECOND, at(2, margin=0.00003, recomputed=True))
    edit(copy, SECOND, at(2, command="jump", text="jump", margin=0.7))
    edit(copy, SECOND, at(3, command="sing", text="sing"))
    [parting] = diff(run, copy).partings
    assert (parting.place, parting.turn, parting.kind) == (SECOND, 2, "decision")
    assert parting.a and parting.b
    assert (parting.a.margin, parting.a.recomputed) == (0.00003, True)
    assert (parting.b.command, parting.b.margin, parting.b.recomputed) == ("jump", 0.7, False)
    assert parting.a.state_before == parting.b.state_before
    assert parting.a.expert == parting.b.expert == "go east"


@pytest.mark.parametrize(
    ("change", "kind"),
    [
        (at(2, text="I think: go east"), "decision"),
        (at(2, command=None), "decision"),
        (at(2, observation="It is dark."), "read"),
        (at(2, state_before="elsewhere", command="jump"), "read"),
        (at(2, feedback="Nothing happens."), "answer"),
        (at(2, state_after="elsewhere"), "answer"),
        (before(2), "end"),
    ],
)
def test_what_differs_first_names_the_parting(
    run: Path, copy: Path, change: Callable[[Rows], Rows], kind: str
) -> None:
    edit(copy, SECOND, change)
    [parting] = diff(run, copy).partings
    assert (parting.turn, parting.kind) == (2, kind)
    assert parting.a and (parting.b is None) == (kind == "end")


def test_costs_and_margins_are_no_difference(run: Path, copy: Path) -> None:
    edit(copy, SECOND, at(1, margin=9.0, recomputed=True, seconds=7.0, encoded_tokens=1))
    assert diff(run, copy).same


def test_what_is_unknown_in_both_is_the_same(run: Path, copy: Path) -> None:
    for folder in (run, copy):
        edit(folder, SECOND, at(1, command=None, text="?", margin=None))
    assert diff(run, copy).same


def test_the_order_is_block_order_position_arm(tmp_path: Path) -> None:
    run = write_run(tmp_path / "a", blocks=11, tasks=2)
    copy = shutil.copytree(run, tmp_path / "b")
    places = [
        Place("0", 0, 2, "chained"),
        Place("0", 0, 2, "fresh"),
        Place("0", 1, 1, "chained"),  # the play of the fresh task above
        Place("0", 1, 1, "fresh"),
        Place("0", 1, 2, "chained"),
        Place("9", 1, 2, "chained"),
        Place("10", 0, 2, "chained"),
    ]
    for place in reversed(places):
        edit(copy, place, at(1, command="sing"))
    assert [parting.place for parting in diff(run, copy).partings] == places


def test_histories_differ_once_the_chained_arm_has_parted(run: Path, copy: Path) -> None:
    later, fresh, elsewhere = (
        Place("0", 0, 3, "chained"),
        Place("0", 0, 3, "fresh"),
        Place("1", 0, 3, "chained"),
    )
    for place in (SECOND, later, fresh, elsewhere):
        edit(copy, place, at(1, command="sing"))
    found = diff(run, copy).partings
    assert {SECOND, later, fresh, elsewhere} <= {parting.place for parting in found}
    assert [parting.place for parting in found if parting.inherited] == [later]


# Runs that are not whole.


def test_a_run_still_going_is_compared_as_far_as_it_is(tmp_path: Path, run: Path) -> None:
    going = write_run(tmp_path / "b", blocks=2, tasks=3, finished=False)
    found = diff(run, going)
    assert found.compared == 2 * 2 * 3 * 2 - 4 and found.partings == ()
    assert found.only_a[0] == Place("1", 1, 2, "chained") and len(found.only_a) == 4
    assert found.only_b == () and not found.same
    assert "still going: 20 of 24 tasks" in text(found)


def test_of_a_turn_that_was_played_again_the_later_one_counts(run: Path, copy: Path) -> None:
    edit(copy, SECOND, lambda turns: [replace(turns[0], command="sing"), *turns])
    assert diff(run, copy).same


def test_two_runs_without_a_task_are_not_the_same(tmp_path: Path) -> None:
    folders = [tmp_path / name for name in "ab"]
    for folder in folders:
        folder.mkdir()
        write_manifest(folder, manifest(finished=False))
    found = diff(*folders)
    assert found.compared == 0 and not found.same
    assert "Tasks compared, each in one arm: 0" in text(found)


# Configurations.


def test_settings_that_differ_have_dotted_names(run: Path, copy: Path) -> None:
    tell(run, config={"agent": {"rank": 16, "layers": [9, 14]}, "seed": 0}, model="m1")
    tell(copy, config={"agent": {"rank": 8, "layers": [9, 14]}, "slots": 4, "seed": 0}, model="m2")
    tell(copy, commit="1" * 40, versions={"python": "3.12"})
    found = {setting.key: (setting.a, setting.b) for setting in diff(run, copy).settings}
    assert found == {
        "agent.rank": (16, 8),
        "slots": (None, 4),
        "model fingerprint": ("m1", "m2"),
        "commit": ("0" * 40, "1" * 40),
        "versions.python": ("3.11", "3.12"),
    }


def test_settings_alone_make_no_difference(run: Path, copy: Path) -> None:
    tell(copy, config={"runs": "elsewhere"})
    found = diff(run, copy)
    assert found.settings and found.same


def test_long_settings_are_shown_from_where_they_part(run: Path, copy: Path) -> None:
    tell(run, config={"brief": "word " * 40 + "north"})
    tell(copy, config={"brief": "word " * 40 + "south"})
    [line] = [line for line in text(diff(run, copy)).splitlines() if line.startswith("brief")]
    assert "north" in line and "south" in line


def test_decisions_on_different_panels_are_refused_by_name(tmp_path: Path, run: Path) -> None:
    other = write_run(tmp_path / "b", name="npm", blocks=3, tasks=3)
    found = diff(run, other)
    assert found.refusal.startswith("lora (A) plays panel ") and "npm (B) panel " in found.refusal
    assert (found.compared, found.partings, found.only_a) == (0, (), ()) and not found.same
    assert "agent.name" in text(found) and found.refusal in " ".join(text(found).split())


def test_a_run_without_games_yet_has_nothing_to_compare(run: Path, copy: Path) -> None:
    tell(copy, panel=None, name="new")
    assert diff(run, copy).refusal.startswith("new has not made its games yet")


# For the eye.


def test_the_first_parting_is_shown_in_full(run: Path, copy: Path) -> None:
    edit(run, SECOND, at(1, observation="You see a lamp.", margin=0.00003, recomputed=True))
    edit(copy, SECOND, at(1, observation="You see a lamp.", command="jump", text="jump"))
    said = text(diff(run, copy))
    assert "First parting: turn 1 of test0/0/B (block 0, order 0, position 2, chained)." in said
    assert "Both read: You see a lamp." in said
    assert "0.0000, recomputed" in said and "jump" in said and "expert" in said
    assert "Tasks compared, each in one arm: 24; 1 part (1 at decision)." in said


def test_the_table_has_as_many_tasks_as_were_asked_for(run: Path, copy: Path) -> None:
    edit(copy, SECOND, at(1, command="sing"))
    edit(copy, replace(SECOND, block="1"), at(1, command="dance"))
    found = diff(run, copy)
    assert [text(found, tasks).count("dance") for tasks in (0, 1, 2)] == [0, 0, 1]


def test_hostile_text_stays_within_the_terminal(run: Path, copy: Path) -> None:
    hostile = "\x1b[2J\x07\u202e\r\n\x9b31m" + "long " * 200
    tell(copy, config={f"agent{hostile}": hostile}, name=hostile)
    edit(copy, SECOND, at(1, command=hostile, text=hostile, expert=hostile, feedback=hostile))
    edit(copy, replace(SECOND, block="1"), at(1, observation=hostile))
    lines = text(diff(run, copy)).splitlines()
    assert max(map(len, lines)) <= 100
    assert all(line.isprintable() for line in lines)


# The command.


def test_the_command_ends_like_diff(
    run: Path, copy: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["diff", str(run), str(copy.parent)]) == 0  # a folder that holds one run
    edit(copy, SECOND, at(1, command="sing", margin=None))
    assert main(["diff", str(run), str(copy)]) == 1
    assert capsys.readouterr().out.count("First parting") == 1
    assert main(["diff", str(run), str(copy), "--json"]) == 1
    [parting] = json.loads(capsys.readouterr().out)["partings"]
    assert parting["place"] == asdict(SECOND)
    assert (parting["b"]["command"], parting["b"]["margin"]) == ("sing", None)


def test_wrong_folders_are_named(
    run: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_run(tmp_path / "a", name="npm")
    assert main(["diff", str(run), str(tmp_path / "nowhere")]) == 2
    assert "nowhere is no run folder" in capsys.readouterr().err
    assert main(["diff", str(run.parent), str(run)]) == 2
    assert "a holds 2 runs, and diff takes one" in capsys.readouterr().err
