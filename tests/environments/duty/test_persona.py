"""A persona's messages: what they say, and in which form."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from environments.duty.persona.case import Conversation
from environments.duty.persona.env import Persona
from environments.duty.persona.words import GOODBYE, MORE, NEVER_MIND, TOPICS, Manner, ask, language

LIFE = {topic: of.values[0] for topic, of in TOPICS.items()}
HOME = "I live in Sund."


class Talk(Persona):
    """A conversation about home and age."""

    def __init__(self, manner: Manner, *rules: str) -> None:
        super().__init__(rules)
        self.manner = manner

    def _draw(self, random: np.random.Generator) -> Conversation:
        return Conversation("Mara", LIFE, ("home", "age"), [self.manner] * 3)


def talked(
    *messages: str, rules: tuple[str, ...] = (), manner: Manner = Manner.PLAIN
) -> list[tuple[str, dict[str, Any]]]:
    """What the partner answers, and what is the case then."""
    talk = Talk(manner, *rules)
    talk.reset(seed=0)
    answers = []
    for message in messages:
        text, _, _, _, info = talk.step(message)
        answers.append((text, info))
    return answers


def breaks(rule: str, message: str, manner: Manner = Manner.PLAIN) -> bool:
    [(_, info)] = talked(message, rules=(rule,), manner=manner)
    return rule in info["violations"]


def test_questions_are_answered_one_by_one_and_then_it_is_goodbye() -> None:
    answers = talked(HOME, "31", "Goodbye!")
    assert [text for text, _ in answers] == [
        "How old are you?",
        "I have no more questions.",
        "Goodbye.",
    ]
    assert answers[-1][1]["won"]


def test_a_wrong_answer_is_asked_again_and_an_early_goodbye_loses() -> None:
    [(text, _)] = talked("My boat is the Gull.")
    assert text == "Where do you live?"
    [(_, info)] = talked("I have to go, goodbye.")
    assert info["lost"]


def test_who_tells_a_whole_life_at_once_has_answered_nothing() -> None:
    life = " ".join(of.answers["en"].format(LIFE[topic]) for topic, of in TOPICS.items())
    [(text, info)] = talked(life)
    assert text == "So much at once! Where do you live?"
    assert info["progress"] == 0


@pytest.mark.parametrize(
    "message", ["Auf Wiedersehen!", "Adios, madam.", "GOODBYE. IN FAIR WEATHER."]
)
def test_a_goodbye_is_known_in_every_language(message: str) -> None:
    assert talked(message)[0][1]["lost"]
    assert not talked("I live where goodbye is said aloud.")[0][1]["accepted"]


@pytest.mark.parametrize("language", ["in_german", "in_spanish", None])
def test_few_words_are_enough_for_all_that_other_rules_ask_for(language: str | None) -> None:
    wordy = [
        "few_words",
        "begin_listen",
        "familiar",
        "say_what_may",
        "sign_lighthouse",
        "calm_down",
    ]
    talk = Talk(Manner.SHOUTING, *wordy, *([language] if language else []))
    _, info = talk.reset(seed=0)
    while info["expert"]:
        *_, info = talk.step(info["expert"])
        assert info["violations"] == ()
    assert info["won"]


def test_partners_never_get_more_polite_within_a_conversation_and_differ() -> None:
    env = Persona()
    seen = set()
    for seed in range(60):
        env.reset(seed=seed)
        manners = env._begun().manners
        assert list(manners) == sorted(manners)
        seen |= set(manners)
    assert seen == set(Manner)


def test_a_question_sounds_otherwise_in_every_manner() -> None:
    assert len({ask("home", manner) for manner in Manner}) == len(Manner)
    assert ask("home", Manner.SHOUTING).isupper()


@pytest.mark.parametrize("code", ["en", "de", "es"])
def test_the_language_of_everything_that_is_said_is_known(code: str) -> None:
    said = [of.answers[code].format(value) for of in TOPICS.values() for value in of.values]
    for text in (*said, NEVER_MIND[code], GOODBYE[code], MORE[code]):
        assert language(text) == code


def test_there_is_no_telling_the_language_of_a_name() -> None:
    assert language("Sund") == ""


@pytest.mark.parametrize(
    ("rule", "kept", "broken"),
    [
        ("in_german", "Ich wohne in Sund, come what may.", HOME),
        ("in_german", "Auf Wiedersehen!", "Adios!"),
        ("in_spanish", "Yo vivo en Sund.", HOME),
        ("begin_well", f"Well. {HOME}", HOME),
        ("begin_listen", f"LISTEN: {HOME}", f"Well. {HOME}"),
        ("never_well", HOME, "I live well in Sund."),
        ("familiar", "I live in Sund, my friend.", HOME),
        ("formal", "I live in Sund, madam.", "I live in Sund, madam, my friend."),
        ("never_they_say", HOME, "I live in Sund, so they say."),
        ("say_what_may", "I live in Sund, come what may.", HOME),
        ("say_they_say", "I live in Sund, so they say.", HOME),
        ("sign_weather", f"{HOME} In fair weather.", f"In fair weather. {HOME}"),
        ("sign_lighthouse", f"{HOME} From the lighthouse", HOME),
        ("few_words", HOME, f"{HOME} {MORE['en']}"),
        ("many_words", f"{HOME} {MORE['en']}", HOME),
        ("small_letters", HOME.lower(), HOME),
        ("capital_letters", HOME.upper(), HOME),
        ("never_loud", HOME, "I live in Sund!"),
    ],
)
def test_rules_of_form(rule: str, kept: str, broken: str) -> None:
    assert not breaks(rule, kept)
    assert breaks(rule, broken)


def test_who_is_shouted_at_calms_the_other_down() -> None:
    assert breaks("calm_down", HOME, Manner.SHOUTING)
    assert not breaks("calm_down", f"Easy now. {HOME}", Manner.SHOUTING)
    assert not breaks("calm_down", HOME, Manner.POLITE)
