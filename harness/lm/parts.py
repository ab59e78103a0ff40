"""The parts of a language-model agent, each orthogonal to the others, each one small class.

    policy         which of the history stands in the prompt
    memory         text learned from experience, put in the prompt
    adapter        the weights' difference
    intervention   what is added to the residual stream, slot by slot

A part has two beats of life. It learns once, before the first session, and what it learned is
cached under a hash of all that made it (`Preparation.artefact`). Then, in the session, it
reads what it learned. A new method is one file with one such class, and a YAML file that
names it:

    class MeanDifference(Intervention):
        def learn(self, preparation, base): ...
        def steer(self, view, divergence): return Steering(layers, vectors)
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Protocol

from harness.agent import Agent, View
from harness.lm.chat import Prompt, Selected
from harness.lm.model import LanguageModel
from harness.lm.steering import Steering
from harness.preparation import Preparation


class Policy(ABC):
    """Decides what stands in the prompt."""

    sees_history = True
    """False if `select` never shows earlier tasks."""

    @abstractmethod
    def select(self, view: View) -> Selected:
        """What the prompt shows of the view."""


class Memory(ABC):
    """Learns a text from experience, which stands in the prompt behind the brief."""

    @abstractmethod
    def learn(self, preparation: Preparation, base: Base) -> None:
        """Learn from the experience of the agent as it plays without the memory."""

    @abstractmethod
    def recall(self, view: View) -> str:
        """The text for this view; where it changes, all that follows it is encoded again."""


class Adapter(ABC):
    """Changes the weights."""

    @abstractmethod
    def learn(self, preparation: Preparation, model: LanguageModel) -> Path:
        """Train, or find the cached artefact; returns the folder with peft's files."""


class Base(Protocol):
    """The agent as it is without the part that is about to learn."""

    @property
    def model(self) -> LanguageModel:
        """The language model."""

    @property
    def adapter_name(self) -> str | None:
        """The adapter it plays with."""

    @property
    def agent(self) -> Agent:
        """Itself, ready to play."""

    def prompt(self, view: View) -> Prompt:
        """The prompt that its policy makes of a view."""

    def made_of(self) -> dict[str, Any]:
        """Everything that decides how it plays."""


Divergence = Callable[[Sequence[Steering]], list[float]]
"""KL(unsteered ‖ steered) of the next-token distribution, in nats, for each candidate."""


class Intervention(ABC):
    """Decides what is added to the residual stream.

    Steered are the last prompt token, at which the decision begins, and every token decoded
    after it. Their keys and values are forgotten when the turn is over and encoded again
    unsteered with the next prompt: so what a slot holds is a function of its text alone.
    """

    @abstractmethod
    def learn(self, preparation: Preparation, base: Base) -> None:
        """Learn from the experience of the agent as it plays without the intervention."""

    @abstractmethod
    def steer(self, view: View, divergence: Divergence) -> Steering | None:
        """The steering of this decision, or None for an unsteered one.

        Args:
            view: what the agent sees.
            divergence: measures candidates at the last token of the task's first prompt.
        """
