"""What an agent is given and what it returns.

    class Greedy:
        def act(self, view: View) -> Decision:
            return Decision(command=view.admissible[0])

That is the single-slot form, for method authors who think of one episode at a time; the
engine itself speaks to `Agent`, which acts on a batch of views.
"""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol

from harness.keyed import Key


class Exchange(NamedTuple):
    """One turn as it stays in a history: what the agent said and what it read in answer."""

    said: str
    observation: str


class Episode(NamedTuple):
    """One task as it stays in a history."""

    goal: str
    opening: str
    """The first observation."""
    exchanges: tuple[Exchange, ...] = ()

    @property
    def observation(self) -> str:
        """The latest observation."""
        return self.exchanges[-1].observation if self.exchanges else self.opening


History = tuple[Episode, ...]


def turns_in(history: History) -> int:
    """How many turns a history holds."""
    return sum(len(episode.exchanges) for episode in history)


@dataclass(frozen=True, slots=True)
class View:
    """What the agent in one slot may know when it decides."""

    slot: int
    """The lane of the engine. The same slot goes on with the same history when it can."""
    brief: str
    history: History
    """The tasks before this one, as the arm has them."""
    episode: Episode
    """The present task so far."""
    admissible: tuple[str, ...]
    """Commands that the game accepts now; empty if it cannot tell."""
    key: Key
    """Key of this decision's randomness: panel seed, task, turn within the task."""
    expert: str | None = None
    """The expert's next command, for scripted agents; no measured method reads it."""
    messages: bool = False
    """What is written freely is sent as it is, rather than read as a command first."""


@dataclass(frozen=True, slots=True)
class Decision:
    """One turn's outcome on the agent's side."""

    command: str | None
    """What is sent to the game; None if no command could be read from `text`."""
    text: str = ""
    """What the agent produced; it is what stays in its history. Empty: the command."""
    margin: float | None = None
    """Log-probability of the best candidate minus that of the runner-up, the smallest over the
    decision's steps; None where there was nothing to choose."""
    recomputed: bool = False
    """The margin was a tie within 1e-4, so the decision was computed again, alone, uncached."""
    prompt_tokens: int = 0
    encoded_tokens: int = 0
    """Tokens that were run through the model now; the rest of the prompt was cached."""
    generated_tokens: int = 0
    dropped_turns: int = 0
    """Turns of the history that no longer fit the window."""
    steered_tokens: int = 0
    dose: float = 0.0
    """Mean norm of the intervention's change over the residual's norm, at the steered tokens."""

    @property
    def said(self) -> str:
        """What stays in the history."""
        return self.text or self.command or ""


@dataclass(frozen=True, slots=True)
class Question:
    """What a probe asks of an agent, and what the right answer is."""

    name: str
    """The probe's."""
    text: str
    """As the agent reads it; the options stand in it."""
    options: tuple[str, ...]
    """What can be answered: short, for an answer is decoded among them token by token."""
    expected: str
    """One of the options."""

    def read(self, text: str) -> str | None:
        """The option that a text names, as a word of its own; None if it names none or several."""
        longest_first = "|".join(map(re.escape, sorted(self.options, key=len, reverse=True)))
        named = set(re.findall(rf"(?<!\w)(?:{longest_first})(?!\w)", text))
        return named.pop() if len(named) == 1 else None


class Answered(NamedTuple):
    """What an agent answered to a question, in a fork of its context."""

    option: str | None
    """None if no option could be read, or if the window had no room to ask."""
    context: str
    """Digest of the context that was forked, the same before and after."""
    encoded_tokens: int = 0
    """Tokens that were run through the model in the fork."""


class Agent(ABC):
    """The one interface of every entry of a comparison."""

    sees_history = True
    """False if the decision never depends on earlier tasks: its drift is zero by construction."""
    deterministic = True
    """True if equal (history, state, key) give equal decisions: such a play is played once. Else
    position 1, where all arms are equal, is played in each and is the negative control."""
    chooses = True
    """True if it only picks among admissible commands, so that `invalid` is unknown."""

    @abstractmethod
    def act(self, views: Sequence[View]) -> list[Decision]:
        """Decide for every view; the result has the views' order."""

    def answer(
        self, views: Sequence[View], questions: Sequence[Question]
    ) -> Sequence[Answered | None]:
        """Answer a question about each view, and be afterwards as if it had not been asked.

        Args:
            views: of this turn, before `act` gets the same; one may stand here several times.
            questions: one a view.

        Returns:
            An answer a view; None for an agent that cannot be asked, as one without language.
        """
        del questions
        return [None] * len(views)

    def length(self, text: str) -> int:
        """How long a message is for this agent: tokens where it has a tokenizer, else words.

        The arms `padded` and `expert` match their histories' lengths by it.
        """
        return len(text.split())


class SingleSlotAgent(Protocol):
    """The short form: one view, one decision."""

    def act(self, view: View) -> Decision:
        """Decide for one view."""


class OneByOne(Agent):
    """Adapts the single-slot form to the batch."""

    def __init__(self, agent: SingleSlotAgent) -> None:
        self.agent = agent

    def act(self, views: Sequence[View]) -> list[Decision]:
        """Ask the single-slot agent view by view."""
        return [self.agent.act(view) for view in views]


def as_agent(agent: Agent | SingleSlotAgent) -> Agent:
    """The batch form of either form."""
    return agent if isinstance(agent, Agent) else OneByOne(agent)
