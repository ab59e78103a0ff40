"""The case of a customer: what replies say, and how they are understood."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from environments.duty.case import Case
from environments.duty.rules import Style, Turn
from environments.duty.support.customer import (
    DEMANDS,
    IDENTITY,
    NEEDS,
    SIGNATURES,
    SORRY,
    THANKS,
    Customer,
)

ASK = {what: f"May I have your {called}?" for what, called in IDENTITY.items()}

TELL = {
    "plan": "Your plan is {}.",
    "balance": "Your balance is {}.",
    "renewal": "Your contract renews on {}.",
    "speed": "Your line should have {}.",
    "technician": "The technician comes on {}.",
}

DECLINE = "I cannot promise you a {}."
PROMISE = "I promise you a {}."
ELSE = "Is there anything else?"
CLOSE = "I am closing this case now."

PUZZLED = "Sorry, I do not know what you mean."
TOO_MUCH = "One thing at a time, please."
GOODBYE = "Goodbye."

_DEMANDED = {
    "refund": re.compile(r"\brefund|\bmoney back\b"),
    "callback": re.compile(r"\bcallback\b|\bcall(ed)? (you )?back\b"),
    "discount": re.compile(r"\bdiscount"),
}
_NO = re.compile(r"\b(cannot|can't|can not|not|never|no|unable|won't|don't)\b")
_OPEN = re.compile(r"\b(whether|if|ask|check|request|see)\b")
_YES = re.compile(
    r"\b(promise|guarantee|granted?|get|give|send|arrange|receive|will (have|refund|discount|call))"
)
_ASKS = re.compile(
    r"\b(may i have|what is|what's|provide|confirm|state|need|(tell|give|send) me)\b.*\byour\b"
)
_CLOSE = re.compile(r"\bclos(e|es|ed|ing)\b.*\b(case|ticket)\b|\b(case|ticket)\b.*\bclosed\b")
_NOT_YET = re.compile(r"\b(not|never|before|when|if|until|once|after)\b|[?]")
_SENTENCE = re.compile(r"(?:[^.?!]|[.](?=[0-9]))+[.?!]*")
_CLAUSE = re.compile(r"[,;:]|\bbut\b")


class SupportCase(Case):
    """A customer's case, from the greeting to its closing."""

    ending = "close"

    def __init__(self, customer: Customer) -> None:
        self.customer = customer
        self._opening = f"Hello, this is {customer.first} {customer.last}. {customer.raise_wish()}"

    @property
    def goal(self) -> str:
        """What stands in the ticket."""
        who, account = self.customer, self.customer.account
        known = ", ".join(f"{called} {account[what]}" for what, called in IDENTITY.items())
        facts = ", ".join(f"{what} {account[what]}" for what in NEEDS)
        return (
            f"A customer writes. Ticket {who.ticket}. Account of {who.first} {who.last}: {known}; "
            f"{facts}. Answer what is asked, and close the case when nothing is open."
        )

    @property
    def opening(self) -> str:
        """The customer's first message."""
        return self._opening

    @property
    def solved(self) -> bool:
        """Every wish was met, or given up."""
        return self.customer.wish is None

    @property
    def progress(self) -> float:
        """Share of the wishes that are off the customer's mind; one more for the closing."""
        steps = len(self.customer.wishes) + 1
        return (self.customer.at + (self.over and self.solved)) / steps

    def plan(self) -> str:
        """Meet needs, decline demands, close."""
        match self.customer.wish:
            case None:
                return "close"
            case wish if wish.kind == "need":
                return f"tell {wish.what}"
            case wish:
                return f"decline {wish.what}"

    def acts(self) -> Sequence[str]:
        """Ask for anything, tell anything, promise or decline what is demanded, end."""
        demand = self.customer.demands() or next(iter(DEMANDS))
        return [
            *(f"ask {what}" for what in ASK),
            *(f"tell {what}" for what in TELL),
            f"decline {demand}",
            f"promise {demand}",
            "else",
            "close",
        ]

    def styles(self) -> Mapping[str, Sequence[Any]]:
        """What can be said along with anything."""
        return {
            "name": ("", "first", "last"),
            "sorry": (False, True),
            "thanks": (False, True),
            "question": (False, True),
            "loud": (False, True),
            "ticket": (False, True),
            "signature": ("", *SIGNATURES),
        }

    def rivals(self, act: str) -> Sequence[str]:
        """To ask or tell something else, to promise, to go on or to end too early."""
        kind, _, what = act.partition(" ")
        match kind:
            case "ask" | "tell":
                known = list(ASK if kind == "ask" else TELL)
                return [f"{kind} {known[known.index(what) - 1]}"]
            case "decline":
                return [f"promise {what}"]
            case _:
                return ["else", "close"]

    def say(self, act: str, style: Style) -> str:
        """The act, with what belongs to its style before and behind it."""
        who = self.customer
        said = self._core(act)
        if style.get("loud"):
            said = f"{said[:-1]}!"
        names = {"first": f"Dear {who.first},", "last": f"Dear {who.first} {who.last},"}
        parts = [
            names.get(style.get("name", ""), ""),
            f"{SORRY}." if style.get("sorry") else "",
            f"{THANKS}." if style.get("thanks") else "",
            said,
            "And how are you today?" if style.get("question") else "",
            f"Your ticket is {who.ticket}." if style.get("ticket") else "",
            f"{style['signature']}." if style.get("signature") else "",
        ]
        return " ".join(filter(None, parts))

    def read(self, reply: str) -> frozenset[str]:
        """What a reply asks, tells, promises, declines and ends, sentence by sentence."""
        found = set[str]()
        for sentence in _SENTENCE.findall(reply.lower()):
            if "?" in sentence or _ASKS.search(sentence):
                found |= {f"ask {w}" for w, called in IDENTITY.items() if called in sentence}
            for clause in _CLAUSE.split(sentence):
                found |= _promised(clause)
            if "anything else" in sentence:
                found.add("else")
            elif _CLOSE.search(sentence) and not _NOT_YET.search(sentence):
                found.add("close")
        account, given = self.customer.account, self.customer.given
        told = (what for what in account if what not in given and _mentions(reply, account[what]))
        return frozenset(found | {f"tell {what}" for what in told})

    def hear(self, turn: Turn) -> str:
        """The customer's answer."""
        who, acts = self.customer, turn.acts
        if not acts:
            return PUZZLED
        if "close" in acts:
            self.over = True
            return GOODBYE
        asked = [what for what in IDENTITY if f"ask {what}" in acts]
        said = [who.identify(asked)] if asked else []
        told = [act for act in acts if act.startswith("tell ")]
        refused = [act for act in acts if act.startswith("decline ")]
        before = who.at
        if len(told) + len(refused) > 1:
            said.append(TOO_MUCH)
        elif who.wish is not None and acts & {f"tell {who.wish.what}", f"promise {who.wish.what}"}:
            who.met()
        elif who.demands() and f"decline {who.demands()}" in acts:
            who.refused()
        elif asked:
            return said[0]
        moved = ["All right."] if who.at > before and who.wish is not None else []
        return " ".join([*said, *moved, who.raise_wish()])

    def facts(self) -> Any:
        """All of the customer."""
        return {**asdict(self.customer), "given": sorted(self.customer.given)}

    def _core(self, act: str) -> str:
        kind, _, what = act.partition(" ")
        match kind:
            case "ask":
                return ASK[what]
            case "tell":
                return TELL[what].format(self.customer.account[what])
            case "decline":
                return DECLINE.format(what)
            case "promise":
                return PROMISE.format(what)
            case "else":
                return ELSE
            case _:
                return CLOSE


def _promised(clause: str) -> set[str]:
    """What is promised or declined in a clause. To look into a wish is neither."""
    about = {what for what, called in _DEMANDED.items() if called.search(clause)}
    if _NO.search(clause):
        return {f"decline {what}" for what in about}
    granted = _YES.search(clause) and not _OPEN.search(clause) and "?" not in clause
    return {f"promise {what}" for what in about} if granted else set()


def _mentions(reply: str, value: str) -> bool:
    return re.search(rf"(?<![\w.]){re.escape(value)}(?!\w)", reply, re.IGNORECASE) is not None
