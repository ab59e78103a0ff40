"""Neutral prose: of the length that is asked for, and about nothing in the games."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable
from functools import cache
from importlib.resources import files
from pathlib import Path

import pytest
from numpy.random import RandomState
from textworld.challenges.tw_coin_collector import coin_collector
from textworld.challenges.tw_cooking import cooking
from textworld.challenges.tw_simple import simple
from textworld.challenges.tw_treasure_hunter import treasure_hunter
from textworld.generator.data import KnowledgeBase
from textworld.generator.text_grammar import Grammar

from environments.textworld.making import FAMILIES
from harness.keyed import generator
from harness.neutral import NeutralText, prose


def vocabulary(text: str) -> set[str]:
    return set(re.findall(r"[a-z]+", text.lower()))


CHALLENGES = {
    "coin_collector": coin_collector,
    "cooking": cooking,
    "simple": simple,
    "treasure_hunter": treasure_hunter,
}

TEXTS = {"house_room", "house_instruction"}
"""Grammars of sentences, which name nothing and are slow to parse."""

NOUN = re.compile(r"#(\w+_)?\(\w+\)_noun")
"""The grammar's symbols for the names of things and rooms, without their adjectives."""

INFORM = vocabulary(
    "burn buy climb cut enter exit get give jump leave listen pull push read remove rub say search "
    "set show sleep smell taste tell think throw touch turn wait wake wave wear"
)
"""Verbs that the games understand too, though TextWorld never proposes them."""

NO_NOUNS = {"a", "as", "half", "low", "of", "old", "the"}
"""Pieces of names, as of a "half of a bag of chips", that name nothing by themselves."""

DIRECTIONS = {"north", "south", "east", "west", "up", "down"}


def words(text: str) -> int:
    return len(text.split())


def pieces(text: str) -> int:
    """A crude tokenizer: pieces of words of at most four letters, and punctuation."""
    return len(re.findall(r"\w{1,4}|[^\w\s]", text))


@cache
def knowledge() -> dict[str, KnowledgeBase]:
    """What TextWorld knows of the games of each family."""
    special = {name: KnowledgeBase.load(module.KB_PATH) for name, module in CHALLENGES.items()}
    plain = dict.fromkeys(("quest", "errands"), KnowledgeBase.default())
    return {**plain, **special}


@cache
def names() -> set[str]:
    """The names that things and rooms of every family can have."""
    found = {*cooking.FOODS, *cooking.ENTITIES, *cooking.NEIGHBORS}
    for entry in [*cooking.FOODS_COMPACT.values(), *cooking.ENTITIES.values(), *cooking.DOORS]:
        found.update(entry.get("names", ()))
    for module in CHALLENGES.values():
        found.update(re.findall(r"name=['\"]([\w ]+)['\"]", inspect.getsource(module)))
    # By content: the families share most files, and each takes a moment to parse.
    grammars = {
        path.read_bytes(): (path.stem, kb)
        for kb in knowledge().values()
        for path in Path(kb.text_grammars_path).glob("house*")
        if path.stem not in TEXTS
    }
    for theme, kb in grammars.values():
        grammar = Grammar({"theme": theme}, RandomState(0), kb)
        for symbol in filter(NOUN.match, grammar.grammar):
            found.update(grammar.get_all_expansions_for_tag(symbol))
    return found


def forms(noun: str) -> set[str]:
    """A noun in the singular and the plural, whichever it was."""
    endings = {"y": "ies", "f": "ves", "fe": "ves", "fly": "flies", "ouse": "ice"}
    plurals = {
        noun.removesuffix(end) + plural for end, plural in endings.items() if noun.endswith(end)
    }
    return {noun, noun + "s", noun + "es", noun.removesuffix("s"), *plurals}


def test_equal_keys_and_requests_give_equal_texts() -> None:
    one, other = NeutralText(pieces, 7, "test0", 3), NeutralText(pieces, 7, "test0", 3)
    assert [one.message(n) for n in (5, 80, 0, 13)] == [other.message(n) for n in (5, 80, 0, 13)]


def test_the_key_draws_the_paragraph_at_which_the_text_begins() -> None:
    begins = {" ".join(prose().words[start : start + 6]) for start in prose().paragraphs}
    drawn = {NeutralText(words, "test", seed).message(6) for seed in range(40)}
    assert drawn <= begins
    assert len(drawn) > 20


def test_what_is_asked_later_changes_no_message() -> None:
    one, other = NeutralText(pieces, "key"), NeutralText(pieces, "key")
    first = [one.message(n) for n in (40, 3, 17)]
    assert first == [other.message(n) for n in (40, 3, 17)]
    assert one.message(100).startswith(other.message(20))


def test_messages_go_on_where_the_last_one_stopped_in_whole_words() -> None:
    neutral = NeutralText(pieces, "key")
    messages = [neutral.message(n) for n in (40, 3, 0, 170, 1, 25)]
    whole = NeutralText(words, "key").message(words(" ".join(messages)))
    assert " ".join(messages) == whole
    assert "\n" not in whole


@pytest.mark.parametrize(("length", "at_most"), [(words, 0), (pieces, 6)])
def test_all_messages_together_are_as_long_as_asked_for(
    length: Callable[[str], int], at_most: int
) -> None:
    neutral, dealt, asked = NeutralText(length, "key"), 0, 0
    for wanted in generator("test").integers(8, 90, size=300).tolist():
        asked += wanted
        dealt += length(neutral.message(wanted))
        assert 0 <= asked - dealt <= at_most


def test_a_message_is_never_empty_and_the_next_long_one_makes_good_for_it() -> None:
    neutral = NeutralText(pieces, "key")
    short = [neutral.message(wanted) for wanted in (0, 1, 0, 0, 1)]
    assert all(words(message) == 1 for message in short)
    long = neutral.message(100)
    assert 0 <= 102 - pieces(" ".join([*short, long])) <= 6


def test_after_the_end_of_the_prose_comes_its_beginning() -> None:
    neutral, size = NeutralText(words, "key"), len(prose().words)
    message = neutral.message(size + 5).split()
    assert message[size:] == message[:5]
    assert " ".join([prose().words[-1], *prose().words[:2]]) in " ".join(message)


def test_a_message_of_a_thousand_words_is_measured_in_some_twenty_steps() -> None:
    texts: list[str] = []

    def counted(text: str) -> int:
        texts.append(text)
        return words(text)

    NeutralText(counted, "key").message(1000)
    assert len(texts) <= 25


def test_the_prose_is_a_few_thousand_words_in_paragraphs_of_plain_sentences() -> None:
    text = " ".join(prose().words)
    assert 3500 <= len(prose().words) <= 5000
    sizes = [b - a for a, b in zip(prose().paragraphs, prose().paragraphs[1:], strict=False)]
    assert min(sizes) >= 40
    assert re.fullmatch(r"[A-Za-z ,.'-]+", text)  # no digits, quotations, headings or lists
    assert vocabulary(text) & {"i", "we", "you", "your", "yours"} == set()


def test_the_prose_names_nothing_of_the_games() -> None:
    nouns = set().union(*map(vocabulary, names())) - NO_NOUNS
    assert {"chest", "kitchen", "key", "coin", "meal", "knife", "strawberry", "corridor"} <= nouns
    assert set(FAMILIES) == set(knowledge())
    forbidden = set().union(*map(forms, nouns))
    assert {"shelves", "knives", "boxes", "berries", "mice", "pant"} <= forbidden
    assert vocabulary(" ".join(prose().words)) & forbidden == set()


def test_the_prose_holds_no_verb_of_a_command_and_no_direction() -> None:
    commands = [command for kb in knowledge().values() for command in kb.inform7_commands.values()]
    verbs = {command.split()[0] for command in commands}
    assert {"go", "take", "open", "unlock", "inventory", "cook", "prepare"} <= verbs
    forbidden = verbs | INFORM | DIRECTIONS
    assert vocabulary(" ".join(prose().words)) & forbidden == set()


def test_a_licence_lies_beside_the_prose_and_names_it() -> None:
    folder = files("harness.neutral")
    assert folder.joinpath("prose.txt").is_file()
    licence = folder.joinpath("LICENSE").read_text(encoding="utf-8")
    assert "prose.txt" in licence
    assert "CC0 1.0" in licence
