"""The protocol of a support desk, customer by customer."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from environments.duty.support.case import SupportCase
from environments.duty.support.customer import DEMANDS, IDENTITY, NEEDS, Customer
from environments.duty.support.env import Support


def customer(**changes: Any) -> Customer:
    """Mara wants to know her plan, demands a refund, and wants to know her balance."""
    drawn = Customer.draw(np.random.default_rng(0))
    calm = {"angry": 0, "evades": False, "mistaken": "", "insists": False}
    wishes = [drawn.wishes[0]._replace(what="plan"), drawn.wishes[1]._replace(what="refund")]
    wishes.append(drawn.wishes[2]._replace(what="balance"))
    account = {**drawn.account, "plan": "Corda", "balance": "31.40 euros", "number": "604417"}
    given: dict[str, Any] = {
        "first": "Mara",
        "last": "Alder",
        "ticket": "T4821",
        "small_talk": ["", "", ""],
    }
    for name, value in {**calm, **given, "account": account, "wishes": wishes, **changes}.items():
        setattr(drawn, name, value)
    return drawn


class Desk(Support):
    """A desk to which one customer writes."""

    def __init__(self, who: Customer, *rules: str) -> None:
        super().__init__(rules)
        self.who = who

    def _draw(self, random: np.random.Generator) -> SupportCase:
        return SupportCase(self.who)


def served(who: Customer, rules: list[str], *messages: str) -> list[tuple[str, dict[str, Any]]]:
    """What is read after each message, and what is the case then."""
    desk = Desk(who, *rules)
    desk.reset(seed=0)
    answers = []
    for message in messages:
        text, _, _, _, info = desk.step(message)
        answers.append((text, info))
    return answers


def violations(who: Customer, rule: str, *messages: str) -> list[bool]:
    """Which of some messages break a rule."""
    return [rule in info["violations"] for _, info in served(who, [rule], *messages)]


TELL, DECLINE, CLOSE = "Your plan is Corda.", "I cannot promise a refund.", "I close the case."


def test_a_customer_wants_two_things_and_demands_a_third() -> None:
    texts = [t for t, _ in served(customer(), [], TELL, DECLINE, "It is 31.40 euros.", CLOSE)]
    assert "Promise me a refund." in texts[0]
    assert texts[1].split("?")[0] in (
        "All right. What is my balance",
        "All right. How much do I still owe you",
    )
    assert texts[2] == "Thank you, that was all."
    assert texts[3] == "Goodbye."


def test_a_case_is_won_when_it_is_closed_with_nothing_open_and_lost_before() -> None:
    *_, (_, info) = served(customer(), [], TELL, DECLINE, "It is 31.40 euros.", CLOSE)
    assert info["won"]
    *_, (_, info) = served(customer(), [], TELL, CLOSE)
    assert info["lost"]


@pytest.mark.parametrize(
    ("message", "acts"),
    [
        ("Could you tell me your customer number?", {"ask number"}),
        ("What is your postcode and your date of birth?", {"ask postcode", "ask birthday"}),
        ("You are on the corda plan", {"tell plan"}),
        ("Sure, I promise you a refund!", {"promise refund"}),
        ("We will send you a refund.", {"promise refund"}),
        ("We can not give you a refund.", {"decline refund"}),
        ("There is no refund, I am afraid.", {"decline refund"}),
        ("Anything else I can do?", {"else"}),
        ("Your ticket is closed.", {"close"}),
        ("You owe us 31.40 euros. I close this case.", {"tell balance", "close"}),
        ("You owe us 131.40 euros.", set()),
        ("Please provide your postcode.", {"ask postcode"}),
        ("Of course, I will give you a refund, don't worry.", {"promise refund"}),
        ("No problem, you will get your money back.", {"promise refund"}),
        ("I will check whether a refund is possible.", set()),
        ("I will pass your refund request to my manager.", set()),
        ("May I have your postcode before I close this ticket?", {"ask postcode"}),
        ("I will not close your case yet.", set()),
        ("Is there anything else before I close your case?", {"else"}),
        ("Your customer number is 604417.", {"tell number"}),
        ("For security, plus for our records, listen.", set()),
        ("Good morning.", set()),
    ],
)
def test_free_text_is_understood(message: str, acts: set[str]) -> None:
    assert SupportCase(customer()).read(message) == acts


def test_nothing_is_told_before_the_customer_is_verified() -> None:
    ask = "May I have your customer number?"
    assert violations(customer(), "verify_number", TELL) == [True]
    assert violations(customer(), "verify_number", ask, TELL) == [False, False]
    wrong = "May I have your postcode?"
    assert violations(customer(), "verify_number", wrong, TELL) == [False, True]


def test_a_number_that_is_not_the_accounts_verifies_nobody() -> None:
    ask = "May I have your customer number?"
    who = customer(mistaken="number")
    [(told, _), (_, info)] = served(who, ["verify_number"], ask, TELL)
    assert "604417" not in told
    assert info["violations"] == ("verify_number",)
    again = customer(mistaken="number")
    assert violations(again, "verify_number", ask, ask, TELL) == [False, False, False]


def test_a_customer_who_evades_has_to_be_asked_again() -> None:
    ask = "May I have your customer number?"
    [(first, _), (second, _)] = served(customer(evades=True), [], ask, ask)
    assert "604417" not in first
    assert "604417" in second


def test_who_insists_is_refused_twice() -> None:
    texts = [t for t, _ in served(customer(insists=True), [], TELL, DECLINE, DECLINE)]
    assert "Promise me a refund." in texts[1]
    assert "balance" in texts[2] or "owe" in texts[2]


def test_who_says_everything_at_once_has_said_nothing() -> None:
    account = customer().account
    everything = " ".join(account[what] for what in NEEDS)
    [(text, info)] = served(customer(), [], everything)
    assert text.startswith("One thing at a time, please.")
    assert info["progress"] == 0


def test_an_account_is_not_told_to_who_has_not_told_it() -> None:
    assert violations(customer(), "verify_number", "Is your number 604417?") == [True]


def test_a_promise_ends_the_demand_and_breaks_the_rule() -> None:
    rule = "never_promise_refund"
    assert violations(customer(), rule, TELL, "I promise you a refund.") == [False, True]
    assert violations(customer(), rule, TELL, DECLINE) == [False, False]
    [_, (_, info)] = served(customer(), [rule], TELL, DECLINE)
    assert info["opportunity"]
    [(_, info)] = served(customer(), [rule], TELL)
    assert not info["opportunity"]


@pytest.mark.parametrize(
    ("rule", "kept", "broken"),
    [
        ("one_question", "May I have your postcode?", "May I have your postcode? And your name?"),
        ("one_question", TELL, "Please tell me your postcode and your date of birth."),
        ("ticket_at_first", f"T4821. {TELL}", TELL),
        ("name_at_first", f"Dear Mara, {TELL}", TELL),
        ("never_the_name", TELL, f"Dear Mara, {TELL}"),
        ("never_the_name", TELL, f"Dear Ms Alder, {TELL}"),
        ("never_sorry", TELL, f"I am sorry. {TELL}"),
        ("never_sorry", TELL, f"I'm so SORRY! {TELL}"),
        ("never_loud", TELL, "Your plan is Corda!"),
        ("sign_birch", f"{TELL} Greetings from Birch.", TELL),
    ],
)
def test_rules_of_a_single_message(rule: str, kept: str, broken: str) -> None:
    assert violations(customer(), rule, kept) == [False]
    assert violations(customer(), rule, broken) == [True]


def test_the_ticket_stands_in_the_closing_message() -> None:
    done = [TELL, DECLINE, "It is 31.40 euros."]
    assert violations(customer(), "ticket_at_close", *done, CLOSE) == [False] * 3 + [True]
    assert not any(violations(customer(), "ticket_at_close", *done, "T4821: I close the case."))


def test_whether_there_is_anything_else_is_asked_before_the_closing() -> None:
    done = [TELL, DECLINE, "It is 31.40 euros."]
    assert violations(customer(), "else_before_close", *done, CLOSE)[-1]
    assert not any(violations(customer(), "else_before_close", *done, "Anything else?", CLOSE))


def test_an_angry_customer_is_told_that_one_is_sorry() -> None:
    assert violations(customer(angry=1), "sorry_when_angry", TELL) == [True]
    assert violations(customer(angry=1), "sorry_when_angry", f"I am sorry. {TELL}") == [False]
    assert violations(customer(), "sorry_when_angry", TELL) == [False]


def test_data_is_thanked_for() -> None:
    ask = "May I have your postcode?"
    assert violations(customer(), "thanks_for_data", ask, TELL) == [False, True]
    assert violations(customer(), "thanks_for_data", ask, f"Thank you. {TELL}") == [False, False]


def test_customers_differ() -> None:
    drawn = [Customer.draw(np.random.default_rng(seed)) for seed in range(300)]
    assert {wish.what for who in drawn for wish in who.wishes} == {*NEEDS, *DEMANDS}
    assert {who.mistaken for who in drawn} == {"", *IDENTITY}
    assert {(who.evades, who.insists, who.angry > 0) for who in drawn} == {
        (a, b, c) for a in (True, False) for b in (True, False) for c in (True, False)
    }
