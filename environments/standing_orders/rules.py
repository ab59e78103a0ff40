"""The pool of standing orders. Each is a small class: what it says, when it binds, what keeps it.

A rule binds in one of two ways. Something is *due* now, before anything else; or something has to
be done *before* a certain deed. It remembers the present task only, so that an agent that begins
with a task knows all that the rule depends on.
"""

# ruff: noqa: D102 - what a method is for is said once, in `Rule` and in the three bases below it

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import ClassVar

from environments.rulebook import Rulebook
from environments.speech import Deed, Speech, Verb

EVERY = 5
"""Commands after which the inventory is due again."""

LOOK = Deed("look")
INVENTORY = Deed("inventory")


class Rule(ABC):
    """One standing order, and what it remembers of a task.

    Args:
        speech: of the environment.
        start: the place where the task begins, if it is known.
    """

    def __init__(self, speech: Speech, start: str | None) -> None:
        del start
        self.speech = speech

    @classmethod
    @abstractmethod
    def sentence(cls, speech: Speech) -> str:
        """What the brief says."""

    def due(self) -> Deed | None:
        """What has to be done now, before anything else."""
        return None

    def guards(self, deed: Deed) -> bool:
        """Whether something has to be done before this deed."""
        del deed
        return False

    def before(self, deed: Deed) -> Deed | None:
        """What of it is not done yet, of a deed that the rule guards."""
        del deed
        return None

    @abstractmethod
    def follow(self, deed: Deed, place: str | None) -> None:
        """Take in a command that the game accepted.

        Args:
            deed: what it did.
            place: where it led, if it led anywhere.
        """


class _Due(Rule):
    """Something is due at times, until it is done."""

    def __init__(self, speech: Speech, start: str | None) -> None:
        super().__init__(speech, start)
        self._due: Deed | None = None

    def due(self) -> Deed | None:
        return self._due

    def follow(self, deed: Deed, place: str | None) -> None:
        if deed == self._due:
            self._due = None
        self._due = self.asks(deed, place) or self._due

    @abstractmethod
    def asks(self, deed: Deed, place: str | None) -> Deed | None:
        """What becomes due by a deed."""


class LookOnArrival(_Due):
    """Look around first in every place that is new."""

    def __init__(self, speech: Speech, start: str | None) -> None:
        super().__init__(speech, start)
        self._known = {start}

    @classmethod
    def sentence(cls, speech: Speech) -> str:
        return (
            f"When you come to a {speech.place} for the first time in a task, your next command "
            f"there is: {speech.command(LOOK)}."
        )

    def asks(self, deed: Deed, place: str | None) -> Deed | None:
        del deed
        new = place is not None and place not in self._known
        self._known.add(place)
        return LOOK if new else None


class InventoryAtFirst(_Due):
    """Begin with the inventory."""

    def __init__(self, speech: Speech, start: str | None) -> None:
        super().__init__(speech, start)
        self._due = INVENTORY

    @classmethod
    def sentence(cls, speech: Speech) -> str:
        return f"Your first command in every task is: {speech.command(INVENTORY)}."

    def asks(self, deed: Deed, place: str | None) -> Deed | None:
        return None


class InventoryEveryFifth(_Due):
    """Check the inventory after every five commands."""

    def __init__(self, speech: Speech, start: str | None) -> None:
        super().__init__(speech, start)
        self._without = 0

    @classmethod
    def sentence(cls, speech: Speech) -> str:
        inventory = speech.command(INVENTORY)
        return (
            f"After {EVERY} commands of a task without {inventory} among them, your next command "
            f"is: {inventory}."
        )

    def asks(self, deed: Deed, place: str | None) -> Deed | None:
        self._without = 0 if deed == INVENTORY else self._without + 1
        return INVENTORY if self._without >= EVERY else None


class _After(_Due):
    """One deed is followed by another."""

    verb: ClassVar[Verb]
    having: ClassVar[str]
    """What one has done then, in the words of the brief."""
    then: ClassVar[Deed]

    @classmethod
    def sentence(cls, speech: Speech) -> str:
        return f"When you have {cls.having}, your next command is: {speech.command(cls.then)}."

    def asks(self, deed: Deed, place: str | None) -> Deed | None:
        return self.then if deed.verb == self.verb else None


class InventoryAfterTaking(_After):
    """Check the inventory after taking something."""

    verb, having, then = "take", "taken something", INVENTORY


class LookAfterOpening(_After):
    """Look around after opening something."""

    verb, having, then = "open", "opened something", LOOK


class LookAfterPutting(_After):
    """Look around after putting something somewhere."""

    verb, having, then = "put", "put something down, or into or onto something", LOOK


class ExamineAfterTaking(_Due):
    """Examine what was taken."""

    @classmethod
    def sentence(cls, speech: Speech) -> str:
        return "When you have taken something, examine it with your next command."

    def asks(self, deed: Deed, place: str | None) -> Deed | None:
        return Deed("examine", deed.thing) if deed.verb == "take" else None


class _ExamineBefore(Rule):
    """A thing is examined before something is done with it; once is enough."""

    verb: ClassVar[Verb]

    def __init__(self, speech: Speech, start: str | None) -> None:
        super().__init__(speech, start)
        self._examined = set[str]()

    def guards(self, deed: Deed) -> bool:
        return deed.verb == self.verb

    def before(self, deed: Deed) -> Deed | None:
        known = deed.thing in self._examined
        return None if known or not self.guards(deed) else Deed("examine", deed.thing)

    def follow(self, deed: Deed, place: str | None) -> None:
        if deed.verb == "examine":
            self._examined.add(deed.thing)


class ExamineBeforeTaking(_ExamineBefore):
    """Examine before taking."""

    verb = "take"

    @classmethod
    def sentence(cls, speech: Speech) -> str:
        return (
            "Before you take a thing that is in or on something, examine it; once in a task is "
            "enough."
        )


class ExamineBeforeOpening(_ExamineBefore):
    """Examine before opening."""

    verb = "open"

    @classmethod
    def sentence(cls, speech: Speech) -> str:
        return "Before you open a thing, examine it; once in a task is enough."


class LookBeforeLeaving(Rule):
    """Look around directly before leaving."""

    def __init__(self, speech: Speech, start: str | None) -> None:
        super().__init__(speech, start)
        self._looked = False

    @classmethod
    def sentence(cls, speech: Speech) -> str:
        return f"Your last command before you leave a {speech.place} is: {speech.command(LOOK)}."

    def guards(self, deed: Deed) -> bool:
        return deed.verb == "leave"

    def before(self, deed: Deed) -> Deed | None:
        return LOOK if self.guards(deed) and not self._looked else None

    def follow(self, deed: Deed, place: str | None) -> None:
        self._looked = deed == LOOK


class CloseBehind(Rule):
    """Close what was opened, before leaving."""

    def __init__(self, speech: Speech, start: str | None) -> None:
        super().__init__(speech, start)
        self._opened = dict[str, bool]()
        """What was opened here, and whether it still is."""

    @classmethod
    def sentence(cls, speech: Speech) -> str:
        return (
            "Whatever you have opened, doors excepted, you close again before you leave the "
            f"{speech.place}."
        )

    def guards(self, deed: Deed) -> bool:
        return deed.verb == "leave" and bool(self._opened)

    def before(self, deed: Deed) -> Deed | None:
        if not self.guards(deed):
            return None
        return next((Deed("close", thing) for thing, left in self._opened.items() if left), None)

    def follow(self, deed: Deed, place: str | None) -> None:
        if deed.verb == "leave":
            self._opened = {}
        elif deed.verb == "open" and not self.speech.is_door(deed.thing):
            self._opened[deed.thing] = True
        elif deed.verb == "close" and deed.thing in self._opened:
            self._opened[deed.thing] = False


RULES: Mapping[str, type[Rule]] = {
    "look_on_arrival": LookOnArrival,
    "look_before_leaving": LookBeforeLeaving,
    "look_after_opening": LookAfterOpening,
    "look_after_putting": LookAfterPutting,
    "inventory_at_first": InventoryAtFirst,
    "inventory_every_fifth": InventoryEveryFifth,
    "inventory_after_taking": InventoryAfterTaking,
    "examine_after_taking": ExamineAfterTaking,
    "examine_before_taking": ExamineBeforeTaking,
    "examine_before_opening": ExamineBeforeOpening,
    "close_behind": CloseBehind,
}
"""The pool, by the names under which violations are reported."""


def rulebook(speech: Speech) -> Rulebook:
    """The standing orders that an environment allows."""
    return Rulebook(
        {name: RULES[name].sentence(speech) for name in speech.rules},
        preface="Standing orders for every task, whatever the task is:",
        ending=(
            "They count anew in each task. If several ask for something at once, do one after the "
            "other, in any order."
        ),
    )
