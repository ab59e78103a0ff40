"""The protocols of a support desk, of which each session draws some."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from environments.duty.rules import Rule, Turn
from environments.duty.support.case import SupportCase
from environments.duty.support.customer import DEMANDS, IDENTITY, SIGNATURES, SORRY, THANKS


def _verify(what: str) -> Rule[SupportCase]:
    def judge(turn: Turn, case: SupportCase) -> bool | None:
        tells = any(act.startswith("tell ") for act in turn.acts)
        return what in case.customer.given if tells else None

    return Rule(
        topic="verify",
        sentence=(
            f"Before you tell a customer anything from the account, ask for the {IDENTITY[what]}, "
            "and go on only when what you are told is that of the account."
        ),
        judge=judge,
        remedy=lambda act, case: f"ask {what}",
    )


def _never_promise(what: str) -> Rule[SupportCase]:
    def judge(turn: Turn, case: SupportCase) -> bool | None:
        promised = f"promise {what}" in turn.acts
        return not promised if promised or case.customer.demands() == what else None

    return Rule(
        topic=f"promise {what}",
        sentence=f"Never promise a {what}, whatever the customer says.",
        judge=judge,
    )


def _sign(signature: str) -> Rule[SupportCase]:
    return Rule(
        topic="signature",
        sentence=f"End every message with: {signature}.",
        judge=lambda turn, case: turn.reply.lower().rstrip(" .!").endswith(signature.lower()),
        style={"signature": signature},
    )


def _one_question(turn: Turn, case: SupportCase) -> bool | None:
    questions = sum(act == "else" or act.startswith("ask ") for act in turn.acts)
    asked = max(questions, turn.reply.count("?"))
    return asked < 2 if asked else None


def _ticket_at_first(turn: Turn, case: SupportCase) -> bool | None:
    return case.customer.ticket in turn.reply if turn.first else None


def _ticket_at_close(turn: Turn, case: SupportCase) -> bool | None:
    return case.customer.ticket in turn.reply if "close" in turn.acts else None


def _says(turn: Turn, words: str) -> bool:
    return re.search(rf"\b({words})\b", turn.reply, re.IGNORECASE) is not None


def _name_at_first(turn: Turn, case: SupportCase) -> bool | None:
    return _says(turn, case.customer.first) if turn.first else None


def _never_the_name(turn: Turn, case: SupportCase) -> bool | None:
    return not _says(turn, f"{case.customer.first}|{case.customer.last}")


def _sorry_when_angry(turn: Turn, case: SupportCase) -> bool | None:
    return _says(turn, SORRY) if turn.heard.endswith("!") else None


def _never_sorry(turn: Turn, case: SupportCase) -> bool | None:
    return not _says(turn, "sorry")


def _thanks_for_data(turn: Turn, case: SupportCase) -> bool | None:
    gave = any(f"My {called} is" in turn.heard for called in IDENTITY.values())
    return _says(turn, THANKS) if gave else None


def _else_before_close(turn: Turn, case: SupportCase) -> bool | None:
    return "else" in turn.done if "close" in turn.acts else None


def _never_loud(turn: Turn, case: SupportCase) -> bool | None:
    return "!" not in turn.reply


RULES: Mapping[str, Rule[Any]] = {
    **{f"verify_{what}": _verify(what) for what in IDENTITY},
    **{f"never_promise_{what}": _never_promise(what) for what in DEMANDS},
    "sign_harbour": _sign(SIGNATURES[0]),
    "sign_northern": _sign(SIGNATURES[1]),
    "sign_birch": _sign(SIGNATURES[2]),
    "one_question": Rule(
        topic="questions",
        sentence="Ask at most one question in a message.",
        judge=_one_question,
    ),
    "ticket_at_first": Rule(
        topic="ticket",
        sentence="Say the number of the ticket in your first message of a case.",
        judge=_ticket_at_first,
        style={"ticket": True},
    ),
    "ticket_at_close": Rule(
        topic="ticket",
        sentence="Say the number of the ticket in the message with which you close a case.",
        judge=_ticket_at_close,
        style={"ticket": True},
    ),
    "name_at_first": Rule(
        topic="name",
        sentence="Say the customer's first name in your first message of a case.",
        judge=_name_at_first,
        style={"name": "first"},
    ),
    "never_the_name": Rule(
        topic="name",
        sentence="Never say the customer's name.",
        judge=_never_the_name,
    ),
    "sorry_when_angry": Rule(
        topic="sorry",
        sentence=f"When a message ends with an exclamation mark, say in your next one: {SORRY}.",
        judge=_sorry_when_angry,
        style={"sorry": True},
    ),
    "never_sorry": Rule(
        topic="sorry",
        sentence="Never say that you are sorry.",
        judge=_never_sorry,
    ),
    "thanks_for_data": Rule(
        topic="thanks",
        sentence=(
            "When a customer has told you the customer number, the postcode or the date of birth, "
            f"say in your next message: {THANKS}."
        ),
        judge=_thanks_for_data,
        style={"thanks": True},
    ),
    "else_before_close": Rule(
        topic="else",
        sentence="Before you close a case, ask in another message whether there is anything else.",
        judge=_else_before_close,
        remedy=lambda act, case: "else",
    ),
    "never_loud": Rule(
        topic="loud",
        sentence="Never use an exclamation mark.",
        judge=_never_loud,
    ),
}
"""By the names under which violations are reported."""
