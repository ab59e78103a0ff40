"""What can be asked of a persona, how it is answered in three languages, and how partners talk.

>>> answer("home", "Sund", "de")
'Ich wohne in Sund.'
>>> ask("home", Manner.SHOUTING)
'WHERE DO YOU LIVE!!'
>>> language("Ich wohne in Sund.")
'de'
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from enum import IntEnum
from typing import NamedTuple

OPENERS = ("Well", "Listen")
ADDRESSES = ("my friend", "madam")
PHRASES = ("come what may", "so they say")
SIGNATURES = ("In fair weather", "From the lighthouse")
CALM = "easy now"


class Manner(IntEnum):
    """How a partner talks; it gets worse in the course of a conversation."""

    POLITE = 0
    PLAIN = 1
    CHATTY = 2
    SHOUTING = 3


class Topic(NamedTuple):
    """Something that can be asked of a persona."""

    called: str
    """In the message that tells who one is."""
    question: str
    answers: Mapping[str, str]
    """By language, with {} for the value: a name or a number, the same in all languages."""
    values: tuple[str, ...]


_TOWNS = ("Sund", "Varde", "Kolding", "Tonder", "Ribe", "Skagen", "Hjerting", "Lemvig")
_NAMES = ("Ines", "Tilo", "Petra", "Samir", "Hanna", "Oskar", "Leila", "Viktor")

TOPICS: Mapping[str, Topic] = {
    "home": Topic(
        "home",
        "Where do you live?",
        {"en": "I live in {}.", "de": "Ich wohne in {}.", "es": "Yo vivo en {}."},
        _TOWNS,
    ),
    "birthplace": Topic(
        "born in",
        "Where were you born?",
        {"en": "I was born in {}.", "de": "Ich bin aus {}.", "es": "Yo soy de {}."},
        ("Aarhus", "Bergen", "Malmo", "Turku", "Visby", "Arendal", "Kiruna", "Vaasa"),
    ),
    "age": Topic(
        "age",
        "How old are you?",
        {"en": "I am {} years old.", "de": "Ich bin {} Jahre alt.", "es": "Yo tengo {} de edad."},
        tuple(str(age) for age in range(31, 68)),
    ),
    "pet": Topic(
        "cat",
        "What is your cat called?",
        {"en": "My cat is called {}.", "de": "Meine Katze heisst {}.", "es": "Mi gata es {}."},
        ("Tick", "Smudge", "Biscuit", "Pepper", "Moss", "Ziggy", "Clover", "Bramble"),
    ),
    "boat": Topic(
        "boat",
        "What is your boat called?",
        {"en": "My boat is the {}.", "de": "Mein Boot ist die {}.", "es": "Mi barco es el {}."},
        ("Gull", "Aurora", "Swift", "Meridian", "Osprey", "Halcyon", "Petrel", "Zephyr"),
    ),
    "spouse": Topic(
        "married to",
        "Who are you married to?",
        {"en": "I am married to {}.", "de": "Ich lebe mit {}.", "es": "Yo estoy con {}."},
        _NAMES,
    ),
    "shift": Topic(
        "shift from",
        "From when on do you work?",
        {
            "en": "I work from {} on.",
            "de": "Ich arbeite ab {} Uhr.",
            "es": "Yo trabajo desde las {}.",
        },
        tuple(f"{hour}:30" for hour in range(4, 12)),
    ),
}

NEVER_MIND = {
    "en": "I do not want to talk about that.",
    "de": "Ich will nicht darueber reden.",
    "es": "Yo no hablo de eso.",
}

GOODBYE = {
    "en": "I must go now, goodbye.",
    "de": "Ich muss jetzt gehen, goodbye.",
    "es": "Yo me voy ya, goodbye.",
}

MORE = {
    "en": "I have told that to many people in my time, and it is still the way that it is.",
    "de": "Ich habe das schon oft erzaehlt, und es ist noch immer so, wie es ist.",
    "es": "Yo lo he contado ya muchas veces, y todo sigue siendo como es y como fue.",
}
"""Said on top by who talks much: fourteen words at least."""

_COMMON = {
    name: frozenset(words.split())
    for name, words in {
        "en": "i am my is the in to that of years old was born live cat boat married called work "
        "from on have and it not want talk about go now must",
        "de": "ich bin mein meine ist die der das aus ab uhr jahre alt wohne katze boot lebe mit "
        "heisst arbeite habe und nicht wie es will muss reden jetzt gehen auf wiedersehen",
        "es": "yo mi es el la en soy de tengo edad vivo gata barco estoy con trabajo desde las lo "
        "he y como no hablo eso me voy ya adios",
    }.items()
}
"""Words by which a language is known."""


def answer(topic: str, value: str, language: str) -> str:
    """What the persona says of itself."""
    return TOPICS[topic].answers[language].format(value)


def ask(topic: str, manner: Manner) -> str:
    """The question, as the partner puts it."""
    return in_manner(TOPICS[topic].question, manner)


def in_manner(text: str, manner: Manner) -> str:
    """A sentence as somebody of that manner says it."""
    match manner:
        case Manner.POLITE:
            return f"If you do not mind: {text[0].lower()}{text[1:]}"
        case Manner.PLAIN:
            return text
        case Manner.CHATTY:
            return f"hey so {text[:-1].lower()} lol"
        case Manner.SHOUTING:
            return f"{text[:-1].upper()}!!"


def language(text: str) -> str:
    """The language that most of the words are of; empty if there is no telling."""
    words = re.findall(r"[a-z]+", text.lower())
    found = {name: sum(word in common for word in words) for name, common in _COMMON.items()}
    best, second = sorted(found, key=lambda name: -found[name])[:2]
    return best if found[best] > found[second] else ""
