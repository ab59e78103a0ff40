"""A customer: who writes, what is wanted, in what mood, and what comes in between.

Customer.draw(random).opening
'Hello, this is Mara Alder. When does my contract renew?'
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np

SIGNATURES = ("Your Harbour team", "Your Northern Line", "Greetings from Birch")

SORRY = "I am sorry"
THANKS = "Thank you"
"""What an agent can be told to say."""

FIRST = ("Mara", "Tilo", "Ines", "Jonas", "Petra", "Samir", "Hanna", "Oskar", "Leila", "Viktor")
LAST = ("Alder", "Birk", "Cramer", "Dorn", "Elmer", "Falk", "Gruber", "Hagen", "Ibsen", "Jansen")

IDENTITY = {"number": "customer number", "postcode": "postcode", "birthday": "date of birth"}
"""What proves who a customer is, and what it is called."""

NEEDS = {
    "plan": ("Which plan am I on?", "What is my plan called?"),
    "balance": ("What is my balance?", "How much do I still owe you?"),
    "renewal": ("When does my contract renew?", "Until when does my contract run?"),
    "speed": ("How fast should my line be?", "What speed am I paying for?"),
    "technician": ("When does the technician come?", "When is my appointment?"),
}
"""What a customer can want to know of the account, in two wordings each."""

DEMANDS = {
    "refund": ("I want my money back.", "Your colleague promised me a refund."),
    "callback": ("I want to be called by a manager.", "Last time I was promised a callback."),
    "discount": ("I want to pay less.", "My neighbour was given a discount."),
}
"""What a customer can ask to be promised, and says first; then, if that does not help."""

PROMISE = "Promise me a {}."
EVASIONS = ("You know who I am, just tell me.", "Do we really need that? Just answer me, please.")
SMALL_TALK = ("", "", "It has been raining here all day.", "I am at the station, it is loud here.")

PLANS = ("Lumina", "Vento", "Corda", "Mistral", "Tessera")
"""Words that are said of nothing else."""

MONTHS = ("January", "March", "April", "June", "August", "October", "November")
DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday")


class Wish(NamedTuple):
    """Something on a customer's mind."""

    kind: str
    """`need` or `demand`."""
    what: str
    wording: int
    """Which of the two wordings."""


@dataclass
class Customer:
    """What is true of a customer, and what has been said to this one so far."""

    first: str
    last: str
    ticket: str
    account: dict[str, str]
    """What the agent can look up: identity and facts."""
    wishes: list[Wish]
    """In the order in which they come up."""
    angry: int
    """Messages that end with an exclamation mark, from the first."""
    small_talk: list[str]
    """Said along with the wishes."""
    evades: bool
    """Does not say who it is when first asked."""
    mistaken: str
    """What of the identity is told wrongly at first; empty: nothing."""
    insists: bool
    """Does not take a first no for an answer."""
    given: set[str] = field(default_factory=set)
    """What of the identity was told, and is right."""
    at: int = 0
    """Which wish is open; all are met at their number."""

    @classmethod
    def draw(cls, random: np.random.Generator) -> Customer:
        """Draw one with two needs, and a demand in between."""

        def one(values: tuple[str, ...]) -> str:
            return values[int(random.integers(len(values)))]

        needs = [
            Wish("need", str(what), int(random.integers(2)))
            for what in random.permutation(list(NEEDS))[:2]
        ]
        demand = Wish("demand", one(tuple(DEMANDS)), 0)
        return cls(
            first=one(FIRST),
            last=one(LAST),
            ticket=f"T{random.integers(1000, 10000)}",
            account={
                "number": str(random.integers(100_000, 1_000_000)),
                "postcode": str(random.integers(10_000, 100_000)),
                "birthday": f"{random.integers(1, 29)} {one(MONTHS)} {random.integers(1950, 2005)}",
                "plan": one(PLANS),
                "balance": f"{random.integers(5, 90)}.{random.integers(10, 100)} euros",
                "renewal": f"{random.integers(1, 29)} {one(MONTHS)} {random.integers(2027, 2030)}",
                "speed": f"{random.integers(2, 40) * 25} megabits",
                "technician": f"{one(DAYS)} at {random.integers(8, 18)}",
            },
            wishes=[needs[0], demand, needs[1]],
            angry=int(random.integers(3)),
            small_talk=[one(SMALL_TALK) for _ in range(3)],
            evades=bool(random.integers(4) == 0),
            mistaken=one(tuple(IDENTITY)) if random.integers(2) else "",
            insists=bool(random.integers(2)),
        )

    @property
    def wish(self) -> Wish | None:
        """What is open."""
        return self.wishes[self.at] if self.at < len(self.wishes) else None

    def demands(self) -> str:
        """What the open wish wants to be promised; empty if it is none."""
        return self.wish.what if self.wish is not None and self.wish.kind == "demand" else ""

    def raise_wish(self) -> str:
        """Say what is open, or that nothing is."""
        if self.wish is None:
            return self._in_mood("Thank you, that was all.")
        kind, what, wording = self.wish
        said = NEEDS[what][wording] if kind == "need" else DEMANDS[what][wording]
        if kind == "demand":
            said = f"{said} {PROMISE.format(what)}"
        talk = self.small_talk[self.at]
        return self._in_mood(f"{talk} {said}" if talk else said)

    def identify(self, asked: list[str]) -> str:
        """Answer the question who this is, sooner or later."""
        if self.evades:
            self.evades = False
            return self._in_mood(EVASIONS[int(self.insists)])
        return self._in_mood(" ".join(self._identity(what) for what in asked))

    def met(self) -> None:
        """The open wish is met, or given up."""
        self.at += 1

    def refused(self) -> None:
        """The open demand was declined."""
        if self.insists:
            self.insists = False
            self.wishes[self.at] = Wish("demand", self.demands(), 1)
        else:
            self.met()

    def _identity(self, what: str) -> str:
        value = self.account[what]
        if self.mistaken == what:
            self.mistaken = ""
            value = _misspelt(value)
        else:
            self.given.add(what)
        return f"My {IDENTITY[what]} is {value}."

    def _in_mood(self, text: str) -> str:
        """Angry at first."""
        if not self.angry:
            return text
        self.angry -= 1
        return f"{text[:-1]}!"


def _misspelt(value: str) -> str:
    """The same with another first digit."""
    return f"{(int(value[0]) % 9) + 1}{value[1:]}"
