"""Commands as deeds: the same deed in whatever words an environment takes."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from textworld.generator.data import KnowledgeBase

from environments.alfworld.speech import SPEECH as ALFWORLD
from environments.scienceworld.speech import SPEECH as SCIENCEWORLD
from environments.speech import Deed, Speech
from environments.textworld.speech import SPEECH as TEXTWORLD


@pytest.mark.parametrize(
    ("speech", "command", "deed"),
    [
        (TEXTWORLD, "look", Deed("look")),
        (TEXTWORLD, "Take the red key  from the box", Deed("take", "red key")),
        (TEXTWORLD, "take inventory", Deed("inventory")),
        (TEXTWORLD, "x lamp", Deed("examine", "lamp")),
        (TEXTWORLD, "insert milk into fridge", Deed("put", "milk")),
        (TEXTWORLD, "n", Deed("leave")),
        (TEXTWORLD, "go north", Deed("leave")),
        (TEXTWORLD, "eat apple", Deed("something else", "eat apple")),
        (ALFWORLD, "take mug 1 from desk 2", Deed("take", "mug 1")),
        (ALFWORLD, "move mug 1 to desk 2", Deed("put", "mug 1")),
        (ALFWORLD, "go to desk 2", Deed("leave")),
        (
            ALFWORLD,
            "heat mug 1 with microwave 1",
            Deed("something else", "heat mug 1 with microwave 1"),
        ),
        (SCIENCEWORLD, "look around", Deed("look")),
        (SCIENCEWORLD, "pick up cup", Deed("take", "cup")),
        (SCIENCEWORLD, "move cup to stove", Deed("put", "cup")),
        (SCIENCEWORLD, "put down cup", Deed("put", "cup")),
        (SCIENCEWORLD, "teleport to hallway", Deed("leave")),
        (SCIENCEWORLD, "0", Deed("something else", "0")),
    ],
)
def test_a_command_is_a_deed(speech: Speech, command: str, deed: Deed) -> None:
    assert speech.deed(command) == deed


@pytest.mark.parametrize("speech", [TEXTWORLD, ALFWORLD, SCIENCEWORLD])
def test_what_the_expert_says_is_read_as_what_it_means(speech: Speech) -> None:
    for verb, way in speech.ways.items():
        if way.template:
            deed = Deed(verb, "red key" if "{}" in way.template else "")
            assert speech.deed(speech.command(deed)) == deed


def test_where_one_is_stands_in_what_one_reads_on_coming_there() -> None:
    assert (
        TEXTWORLD.place_in("You open it.\n-= Wine Cellar =-\nWell, here we are.") == "Wine Cellar"
    )
    assert ALFWORLD.place_in("You arrive at desk 2. On the desk 2, you see nothing.") == "desk 2"
    assert SCIENCEWORLD.place_in("You teleport to the living room.") == "living room"
    assert (
        SCIENCEWORLD.place_in("This room is called the art studio. In it, you see:") == "art studio"
    )
    assert TEXTWORLD.place_in("You can't go that way.") is None


def test_textworlds_doors_are_told_from_its_containers() -> None:
    folder = Path(KnowledgeBase.default().text_grammars_path)
    grammar = (folder / "house_obj.twg").read_text()
    nouns = dict(re.findall(r"^\((d|c)\)_noun:(.*)$", grammar, flags=re.MULTILINE))
    assert all(TEXTWORLD.is_door(f"big {noun}") for noun in nouns["d"].split(";"))
    assert not any(TEXTWORLD.is_door(f"big {noun}") for noun in nouns["c"].split(";"))
