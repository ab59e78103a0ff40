"""Agents whose drift is known by construction: what they look at decides when they err.

    agent = SelfConditioning(level=-1.4, per_error=0.08)
    agent.error_probability(Features(turn=1, difficulty=0.5, length=40, played=4, errors=11))

Each looks at one thing and is blind to the rest, so that it is known beforehand what the gauge has
to say of it. `harness.calibration.simulation` gives them a corridor to walk; an environment can ask
the same classes, one turn at a time.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, NamedTuple, Protocol

import numpy as np
import numpy.typing as npt
from scipy.special import expit

Floats = npt.NDArray[np.float64]


class Features(NamedTuple):
    """What can be known before a turn. Arrays of shapes that fit each other, or numbers.

    The arms differ in what stands in the history when the task begins:

    | arm | `length` | `played` | `errors` |
    |---|---|---|---|
    | `chained` | yes | yes | yes |
    | `expert` | yes | yes | 0 |
    | `padded` | yes | 0 | 0 |
    | `fresh` | 0 | 0 | 0 |
    """

    turn: npt.ArrayLike
    """Turn within the task, from 1."""
    difficulty: npt.ArrayLike
    """What the task adds to the log odds of an error."""
    length: npt.ArrayLike = 0
    """Turns in the history when the task began."""
    played: npt.ArrayLike = 0
    """Earlier tasks whose play stands in the history. Tasks and not turns, because the expert
    plays the same tasks in fewer turns: by turns, what interferes would differ between the two."""
    errors: npt.ArrayLike = 0
    """The agent's own errors in the history when the task began."""

    @property
    def session_turn(self) -> Floats:
        """Turn within the session, from 1."""
        turn: Floats = np.asarray(self.length, float) + np.asarray(self.turn, float)
        return turn


class Agent(Protocol):
    """An agent that errs with a known probability."""

    fatal: ClassVar[bool]
    """An error loses the task; else it wastes the turn."""

    def __hash__(self) -> int: ...

    def error_probability(self, features: Features) -> Floats:
        """Probability of an error at a turn, in [0, 1], of the features' common shape."""
        ...


def _errs(level: float, features: Features, *effects: npt.ArrayLike) -> Floats:
    """The probability where the log odds are the sum of all these and the task's difficulty."""
    log_odds = level + np.asarray(features.difficulty, float)
    for effect in effects:
        log_odds = log_odds + np.asarray(effect, float)
    return np.asarray(expit(log_odds))


@dataclass(frozen=True)
class Slope:
    """Errs more the older the session is, turn by turn: σ(level + per_100 · t / 100)."""

    level: float
    per_100: float
    """Change of the log odds in 100 turns of the session."""
    fatal: ClassVar[bool] = False

    def error_probability(self, features: Features) -> Floats:
        """Probability of an error."""
        return _errs(self.level, features, self.per_100 * features.session_turn / 100)


@dataclass(frozen=True)
class Difficulty:
    """Does not drift: its errors depend on the task and on the turn within it."""

    level: float
    per_turn: float
    """Change of the log odds from turn to turn of a task: what comes later in it is harder."""
    fatal: ClassVar[bool] = False

    def error_probability(self, features: Features) -> Floats:
        """Probability of an error."""
        return _errs(self.level, features, self.per_turn * (np.asarray(features.turn, float) - 1))


@dataclass(frozen=True)
class ContextLength:
    """Errs more the longer its history is, whatever stands there."""

    level: float
    per_100: float
    """Change of the log odds for 100 turns of history."""
    fatal: ClassVar[bool] = False

    def error_probability(self, features: Features) -> Floats:
        """Probability of an error."""
        return _errs(self.level, features, self.per_100 * np.asarray(features.length, float) / 100)


@dataclass(frozen=True)
class Interference:
    """Errs more the more earlier tasks stand in its history, whoever played them, and how well."""

    level: float
    per_task: float
    """Change of the log odds for each earlier task."""
    fatal: ClassVar[bool] = False

    def error_probability(self, features: Features) -> Floats:
        """Probability of an error."""
        return _errs(self.level, features, self.per_task * np.asarray(features.played, float))


@dataclass(frozen=True)
class Learner:
    """Errs less the more earlier tasks stand in its history: its drift is negative."""

    level: float
    per_task: float
    """What each earlier task takes off the log odds."""
    fatal: ClassVar[bool] = False

    def error_probability(self, features: Features) -> Floats:
        """Probability of an error."""
        return _errs(self.level, features, -self.per_task * np.asarray(features.played, float))


@dataclass(frozen=True)
class SelfConditioning:
    """Errs more the more errors of its own stand in its history (arXiv 2509.09677)."""

    level: float
    per_error: float
    """Change of the log odds for each error."""
    fatal: ClassVar[bool] = False

    def error_probability(self, features: Features) -> Floats:
        """Probability of an error."""
        return _errs(self.level, features, self.per_error * np.asarray(features.errors, float))


@dataclass(frozen=True)
class HazardWeibull:
    """Its first error comes by a discretised Weibull law: S(t) = exp(-(t / scale)^shape).

    t is the turn within the session; the task's difficulty plays no part.
    """

    shape: float
    """Above 1 the hazard rises, below 1 it falls."""
    scale: float
    """In turns."""
    fatal: ClassVar[bool] = True

    def error_probability(self, features: Features) -> Floats:
        """Hazard: the probability of an error at t if there was none before."""
        t = features.session_turn
        rise = (t / self.scale) ** self.shape - ((t - 1) / self.scale) ** self.shape
        return np.asarray(-np.expm1(-rise))

    def horizon(self, share: float = 0.5) -> int:
        """First turn at which the survival is below `share`."""
        return int(np.floor(self.scale * (-np.log(share)) ** (1 / self.shape))) + 1


@dataclass(frozen=True)
class LoopLocker:
    """Walks to the goal, until it locks: from then on it goes round in a circle to the task's end.

    The circle has period 1, 2, 3 or 4, each as likely. Before that it wastes a turn here and there.
    """

    hazard: float
    """Probability of locking, at each turn at which it is not locked."""
    error: float
    """Probability of wasting a turn."""


@dataclass(frozen=True)
class Pacer:
    """Paces to and fro, three to six steps each way, and gets nowhere, but never in a circle of
    at most four turns."""

    error: float
    """Probability of wasting a turn on the way."""
    shortest: ClassVar[int] = 3
    longest: ClassVar[int] = 6
