"""Text for a terminal."""

import pytest

from harness.terminal import aligned, apart, counting, printable, shortened


@pytest.mark.parametrize("hostile", ["\x1b[2J", "\r", "\n", "\x07", "\x9b", "\u202e", "\ud800"])
def test_what_moves_the_cursor_or_turns_the_text_is_replaced(hostile: str) -> None:
    assert printable(f"a{hostile[0]}b é 中") == "a�b é 中"


def test_a_text_is_shortened_to_one_line_of_the_width() -> None:
    assert shortened("go\n  east", 7) == "go east"
    assert shortened("go  east now", 7) == "go eas…"


def test_short_texts_are_shown_whole() -> None:
    assert apart("go east", "go west", 7) == ("go east", "go west")


def test_long_texts_are_shown_from_shortly_before_they_part() -> None:
    assert apart("a" * 50 + "north", "a" * 50 + "south!", 12) == ("…aaaaaanorth", "…aaaaaasout…")


def test_one_text_can_be_the_beginning_of_the_other() -> None:
    assert apart("a" * 20, "a" * 20 + "b", 12) == ("…aaaaaa", "…aaaaaab")


def test_cells_stand_under_each_other() -> None:
    assert aligned([("a", "bcd", "e"), ("fgh", "", "i"), ("j", "k", "")]) == [
        "a    bcd  e",
        "fgh       i",
        "j    k",
    ]


def test_what_is_counted_is_told_at_every_tenth_part(capsys: pytest.CaptureFixture[str]) -> None:
    with counting("games") as progress:
        for done in range(1, 101):
            progress(done, 100)
    told = capsys.readouterr().err.splitlines()
    assert told[0] == "games: 1/100" and told[1] == "games: 10/100" and told[-1] == "games: 100/100"
    assert len(told) == 11
