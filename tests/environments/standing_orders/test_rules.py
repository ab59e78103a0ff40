"""The pool of standing orders: what the brief says, and how rules are drawn."""

from __future__ import annotations

from environments.alfworld.speech import SPEECH as ALFWORLD
from environments.scienceworld.speech import SPEECH as SCIENCEWORLD
from environments.speech import Deed, Speech
from environments.standing_orders import RULES, rulebook
from environments.standing_orders.rules import InventoryEveryFifth
from environments.textworld.speech import SPEECH as TEXTWORLD


def told(speech: Speech, rules: list[str]) -> str:
    return rulebook(speech).tell(rules)


def test_the_pool_has_at_least_eight_rules() -> None:
    assert len(RULES) >= 8


def test_a_rule_is_told_in_the_words_of_the_environment() -> None:
    sentence = "When you come to a {} for the first time in a task, your next command there is: {}."
    assert sentence.format("room", "look") in told(TEXTWORLD, ["look_on_arrival"])
    assert sentence.format("place", "look") in told(ALFWORLD, ["look_on_arrival"])
    assert sentence.format("room", "look around") in rulebook(SCIENCEWORLD).tell(
        ["look_on_arrival"]
    )


def test_the_brief_says_that_rules_count_anew_in_each_task() -> None:
    assert "They count anew in each task." in told(TEXTWORLD, ["close_behind"])
    assert told(TEXTWORLD, []) == ""


def test_there_is_a_sentence_for_every_rule_that_an_environment_allows() -> None:
    for speech in (TEXTWORLD, ALFWORLD, SCIENCEWORLD):
        assert rulebook(speech).names == speech.rules
        assert all(rulebook(speech).sentences.values())


def test_the_inventory_is_due_after_five_other_commands() -> None:
    rule = InventoryEveryFifth(TEXTWORLD, None)
    due = []
    for deed in [*[Deed("look")] * 5, Deed("inventory"), *[Deed("leave")] * 5]:
        due.append(rule.due() is not None)
        rule.follow(deed, None)
    assert due == [False] * 5 + [True] + [False] * 5
    assert rule.due() == Deed("inventory")
