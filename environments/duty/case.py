"""What a duty brings: a case that says what is to be done, understands replies, and answers them.

    case.say("ask postcode", {"thanks": True})     # "Thank you. May I have your postcode?"
    case.read("May I have your postcode?")         # frozenset({"ask postcode"})

What a reply does is an *act*, such as ``ask postcode``; how it is said is its *style*. The case
knows nothing of rules: they are the session's.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from environments.duty.rules import Style, Turn


class Case(ABC):
    """One case: what the agent is told, and what answers it."""

    ending: ClassVar[str]
    """The act that ends it, whether it is solved or not."""

    over = False
    """It was ended."""

    @property
    @abstractmethod
    def goal(self) -> str:
        """What the agent is told of it, and what it has to do."""

    @property
    @abstractmethod
    def opening(self) -> str:
        """What the agent reads first."""

    @property
    @abstractmethod
    def solved(self) -> bool:
        """Whether nothing is left to be done but what ends the case."""

    @property
    @abstractmethod
    def progress(self) -> float:
        """Share that is done, in [0, 1]."""

    @abstractmethod
    def plan(self) -> str:
        """The act that comes next, if no rule forbids it."""

    @abstractmethod
    def acts(self) -> Sequence[str]:
        """All that could be done now, sensible or not."""

    @abstractmethod
    def rivals(self, act: str) -> Sequence[str]:
        """What is likeliest to be done by mistake where an act is the right one."""

    @abstractmethod
    def say(self, act: str, style: Style) -> str:
        """An act in words; its style says how."""

    @abstractmethod
    def styles(self) -> Mapping[str, Sequence[Any]]:
        """The features of a style that can be heard, with their values; the first is the plain."""

    @abstractmethod
    def read(self, reply: str) -> frozenset[str]:
        """What a reply does."""

    @abstractmethod
    def hear(self, turn: Turn) -> str:
        """Go on by a reply; what is read in answer. One that does nothing changes nothing."""

    @abstractmethod
    def facts(self) -> Any:
        """All that is true of it, as JSON."""

    def close(self) -> None:  # noqa: B027 - most cases hold nothing
        """Let go of what the case holds."""
