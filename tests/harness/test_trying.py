"""Environments from the command line: listed, checked, played by a person."""

import json
import subprocess
import sys
from itertools import islice
from pathlib import Path

import pytest

from environments import CATALOGUE
from environments.catalogue import NotInstalled
from harness import trying
from harness.cli import main
from harness.trying import choose, listing, play, specs_by_name, text


def played(words: list[str], *typed: str, seed: int = 0) -> tuple[int, str]:
    """A game, and what was shown."""
    lines, said = iter(typed), list[str]()

    def ask(prompt: str) -> str:
        said.append(prompt)
        try:
            return next(lines)
        except StopIteration:
            raise EOFError from None

    turns = play(choose(words[0], words[1:]), seed, ask, said.append)
    return turns, "\n".join(said)


# Naming an environment


def test_a_name_of_the_configuration_brings_its_options_and_its_brief() -> None:
    choice = choose("treasure_hunter", [])
    assert choice.id == "driftgauge/TextWorldTreasureHunter-v0" and choice.kwargs == {"level": 4}
    assert "one short command" in choice.brief
    assert choose("treasure_hunter", ["level=9"]).kwargs == {"level": 9}


def test_an_id_has_the_options_that_are_given() -> None:
    choice = choose("driftgauge/TextWorldCooking-v0", ["recipe=2", "cut=true"])
    assert choice.kwargs == {"recipe": 2, "cut": True} and choice.brief == ""


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["coridor"], "did you mean 'corridor'"),
        (["driftgauge/Coridor-v0"], "Did you mean: `Corridor`"),
        (["corridor", "room=3"], "no option 'room', only rooms; did you mean 'rooms'"),
        (["corridor", "rooms"], "Expected options as KEY=VALUE, got 'rooms'"),
        (["corridor", "rooms=0"], "Expected rooms from 1 to 100, got 0"),
        (["corridor", "--seed", "x"], "invalid int value"),
        (["corridor", "rules=1"], "Corridor cannot be put under rules"),
        (["quest", 'rules=["no_magic"]'], "Expected rules among look_on_arrival, "),
        (["quest", "rules=many"], "Expected rules as a number or a list of names, got 'many'"),
    ],
)
def test_what_is_misnamed_is_said_in_a_sentence(
    words: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    try:
        code = main(["play", *words])
    except SystemExit as stopped:
        code = int(str(stopped.code))
    assert code == 2 and message in capsys.readouterr().err


def test_standing_orders_come_by_number_or_by_name_and_stand_in_the_brief() -> None:
    assert len(choose("treasure_hunter_orders", []).rules) == 2
    choice = choose("quest", ['rules=["close_behind"]'])
    assert choice.rules == ("close_behind",) and "you close again before" in choice.brief
    assert len(choose("driftgauge/TextWorldQuest-v0", ["rules=3"]).rules) == 3


# Playing


def test_a_person_sees_what_an_agent_would_see_and_may_ask_for_more() -> None:
    turns, said = played(["corridor", "rooms=1"], "?", "!", "fly", "go west")
    assert "[the brief]\nYou are walking through corridors" in said
    assert "[the task]\nFind your way out of the corridor: go west." in said
    assert "  go east\n  go north" in said and "go west (1 command to go)" in said
    assert "That is not a command.\n[turn 1, not accepted, progress 0.00]" in said
    assert said.rstrip().endswith("You are out of the corridor.\n[turn 2, won, progress 1.00]")
    assert turns == 2


def test_a_broken_rule_is_said() -> None:
    _, said = played(["treasure_hunter", 'rules=["inventory_at_first"]'], "!", "look")
    assert "inventory (" in said and "[turn 1, broke inventory_at_first, progress 0.00]" in said


def test_a_game_can_be_left() -> None:
    assert played(["corridor"])[0] == played(["corridor"], "")[0] == 0


def test_no_text_of_a_game_moves_the_cursor(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("environments.corridor.Corridor.goal", "Go\x1b[2J out.\nNow.")
    assert "Go�[2J out.\nNow." in played(["corridor"])[1]


def test_the_seed_chooses_the_game() -> None:
    assert played(["corridor"], seed=1)[1] != played(["corridor"], seed=2)[1]


# Checking


def test_check_names_every_promise_and_fails_with_1(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", "corridor", "rooms=2", "--seeds", "0,3"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[:2] == ["ok    contract", "ok    reset"] and len(lines) == 10
    assert main(["check", "driftgauge/TextWorldQuest-v0", "rooms=0"]) == 1
    assert "FAIL  contract  It raised ValueError" in capsys.readouterr().out
    assert main(["check", "corridor", "--seeds", "one"]) == 2
    assert "Expected seeds such as 0,1" in capsys.readouterr().err


def test_a_reader_who_goes_away_is_no_error() -> None:
    check = (
        f"{sys.executable} -c 'import sys; from harness.cli import main; sys.exit(main())' check"
    )
    done = subprocess.run(
        ["bash", "-c", f"{check} corridor | head -1"],
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.stdout, done.stderr) == ("ok    contract\n", "")


# Listing


def test_every_environment_is_listed_with_games_licence_and_needs(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["envs", "--json"]) == 0
    rows = {row["id"]: row for row in json.loads(capsys.readouterr().out)}
    assert list(rows) == list(CATALOGUE)
    for row in rows.values():
        assert row["environments"] and row["licence"] and row["task"]
        assert (row["games"] is None) == (row["missing"] is not None)
    assert rows["driftgauge/Corridor-v0"]["games"] == {
        "test": None,
        "development": None,
        "training": None,
    }
    named = {name for row in rows.values() for name in row["environments"]}
    assert named == set(specs_by_name())


def test_what_is_missing_is_said_and_hides_nothing_else(monkeypatch: pytest.MonkeyPatch) -> None:
    def count(id: str, kwargs: object) -> int:
        if "Hunter" in id:
            raise NotInstalled("TextWorld needs a treasure. " + "It is far away. " * 9)
        return 1234

    monkeypatch.setattr(trying.catalogue, "count", count)
    first, second = map(text, islice(listing(), 2))
    assert "missing  TextWorld needs a treasure." in first and "games    unknown" in first
    assert "1,234 test, 1,234 development, 1,234 training" in second
    assert max(map(len, [*first.splitlines(), *second.splitlines()])) <= 100
