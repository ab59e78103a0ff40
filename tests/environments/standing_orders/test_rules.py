"""The pool of standing orders: what the brief says, and how rules are drawn."""

from __future__ import annotations

import numpy as np
import pytest

from environments.alfworld.speech import SPEECH as ALFWORLD
from environments.scienceworld.speech import SPEECH as SCIENCEWORLD
from environments.speech import Deed
from environments.standing_orders import RULES, draw, orders
from environments.standing_orders.rules import InventoryEveryFifth
from environments.textworld.speech import SPEECH as TEXTWORLD


def test_the_pool_has_at_least_eight_rules() -> None:
    assert len(RULES) >= 8


def test_a_rule_is_told_in_the_words_of_the_environment() -> None:
    sentence = "When you come to a {} for the first time in a task, your next command there is: {}."
    assert sentence.format("room", "look") in orders(TEXTWORLD, ["look_on_arrival"])
    assert sentence.format("place", "look") in orders(ALFWORLD, ["look_on_arrival"])
    assert sentence.format("room", "look around") in orders(SCIENCEWORLD, ["look_on_arrival"])


def test_the_brief_says_that_rules_count_anew_in_each_task() -> None:
    assert "They count anew in each task." in orders(TEXTWORLD, ["close_behind"])
    assert orders(TEXTWORLD, []) == ""


def test_drawn_rules_differ_from_each_other_and_from_seed_to_seed() -> None:
    drawn = [draw(TEXTWORLD.rules, 3, np.random.default_rng(seed)) for seed in range(50)]
    assert all(len(set(rules)) == 3 for rules in drawn)
    assert set().union(*drawn) == set(TEXTWORLD.rules)
    assert drawn[7] == draw(TEXTWORLD.rules, 3, np.random.default_rng(7))


def test_more_rules_than_there_are_cannot_be_drawn() -> None:
    with pytest.raises(ValueError, match=r"Expected 0 to 7 rules, got 8"):
        draw(SCIENCEWORLD.rules, 8, np.random.default_rng(0))


def test_the_inventory_is_due_after_five_other_commands() -> None:
    rule = InventoryEveryFifth(TEXTWORLD, None)
    due = []
    for deed in [*[Deed("look")] * 5, Deed("inventory"), *[Deed("leave")] * 5]:
        due.append(rule.due() is not None)
        rule.follow(deed, None)
    assert due == [False] * 5 + [True] + [False] * 5
    assert rule.due() == Deed("inventory")
