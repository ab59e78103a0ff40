"""Probes: what the agent still knows of its goal and its brief, asked beside the run.

    Which of these is what you have to do now?
    A. Go to the east end of hall 7.
    B. Go to the east end of hall 2.
    Answer with one letter.

At chosen turns the agent's context is forked, the question asked, the answer checked by program
and the fork thrown away: no decision ever depends on a probe. A probe is a class with one
method, named by configuration:

    probes: [{_target_: harness.probes.GoalRecall, every: 4}]

`harness.drift.stability.probe_accuracy` measures what comes of it.
"""

from __future__ import annotations

import time
from abc import ABC, abstractmethod
from collections.abc import Sequence
from functools import cache
from string import ascii_uppercase
from typing import Annotated

import gymnasium as gym
import pandas as pd
from pydantic import ConfigDict, Field, ValidationInfo, field_validator
from pydantic.dataclasses import dataclass

from environments.registry import environment_class, rulebook_of
from harness.agent import Agent, Answered, Question, View, turns_in
from harness.drift.outcomes import played
from harness.keyed import Key, generator
from harness.neutral import prose
from harness.records import ProbeRow, Table
from harness.session import Play

_MOST = len(ascii_uppercase)
"""Options that have a letter."""


class Probe(ABC):
    """Asks a question at turns of its choice; which turns and what, it knows from the view alone.

    Turns are counted within the task, so that every arm is asked the same before the same turn of
    a task, wherever its history has what the question is about.
    """

    name: str
    """Tells its rows from those of a run's other probes."""

    @abstractmethod
    def ask(self, view: View, turn: int) -> Question | None:
        """What is asked before this turn, or None.

        Args:
            view: what the agent is about to decide on.
            turn: of the task, from 1.
        """


@dataclass(config=ConfigDict(extra="forbid"), kw_only=True)
class GoalRecall(Probe):
    """Which of these is what you have to do now: the present goal, or those of the tasks before?

    A question has always as many options, else a guess would be right less often the older the
    session is. So it is asked only where the history has goals enough: in the arms `chained` and
    `expert` alike, never in `fresh` and `padded` (neutral prose is nobody's goal).
    """

    name: str = "goal recall"
    every: Annotated[int, Field(ge=1)] = 4
    """Turns from one question to the next; the first is asked before the task's first turn."""
    choices: Annotated[int, Field(ge=2, le=_MOST)] = 2
    """Options of a question: the present goal, and the latest ones that differ from it."""

    def ask(self, view: View, turn: int) -> Question | None:
        """Before the task's first turn, and then before every `every`-th."""
        if (turn - 1) % self.every:
            return None
        latest_first = [view.episode, *reversed(view.history)]
        goals = dict.fromkeys(" ".join(episode.goal.split()) for episode in latest_first)
        real = [goal for goal in goals if not _is_neutral(goal)][: self.choices]
        if len(real) < self.choices:
            return None
        text = "Which of these is what you have to do now?"
        return lettered(self.name, text, real, real[0], view.key)


@dataclass(config=ConfigDict(extra="forbid"), kw_only=True)
class BriefRecall(Probe):
    """A question about the brief, with its answer, as the configuration gives them.

    _target_: harness.probes.BriefRecall
    question: How long is each of your answers to be?
    options: [one short command, a whole story]
    expected: one short command
    """

    name: str = "brief recall"
    every: Annotated[int, Field(ge=1)] = 4
    """Turns from one question to the next; the first is asked before the task's first turn."""
    question: str
    options: Annotated[tuple[str, ...], Field(min_length=2, max_length=_MOST)]
    expected: str
    """One of the options."""

    @field_validator("options")
    @classmethod
    def _distinct(cls, options: tuple[str, ...]) -> tuple[str, ...]:
        if len(set(options)) < len(options):
            raise ValueError("two options are the same")
        return options

    @field_validator("expected")
    @classmethod
    def _known(cls, expected: str, others: ValidationInfo) -> str:
        options = others.data.get("options", (expected,))  # they may be wrong themselves
        if expected not in options:
            raise ValueError(f"{expected!r} is none of the options: {', '.join(options)}")
        return expected

    def ask(self, view: View, turn: int) -> Question | None:
        """Before the task's first turn, and then before every `every`-th."""
        if (turn - 1) % self.every:
            return None
        return lettered(self.name, self.question, self.options, self.expected, view.key)


@dataclass(config=ConfigDict(extra="forbid"), kw_only=True)
class RuleRecall(Probe):
    """Which of these is one of your rules?

    One of the rules that the brief tells is among others that the environment has and the brief
    does not tell. Which, is drawn anew at every question.

    _target_: harness.probes.RuleRecall
    environment: driftgauge/Support-v0
    """

    name: str = "rule recall"
    every: Annotated[int, Field(ge=1)] = 4
    """Turns from one question to the next; the first is asked before the task's first turn."""
    environment: str
    """Gymnasium id of the environment that is played: whose rules they are."""
    choices: Annotated[int, Field(ge=2, le=_MOST)] = 2
    """Options of a question."""

    @field_validator("environment")
    @classmethod
    def _ruled(cls, environment: str) -> str:
        try:
            rulebook_of(environment_class(environment))
        except gym.error.Error as error:
            raise ValueError(str(error)) from None
        return environment

    def ask(self, view: View, turn: int) -> Question | None:
        """Before the task's first turn, and then before every `every`-th."""
        if (turn - 1) % self.every:
            return None
        told, untold = list[str](), list[str]()
        for sentence in rulebook_of(environment_class(self.environment)).sentences.values():
            (told if sentence in view.brief else untold).append(sentence)
        if not told or len(untold) < self.choices - 1:
            return None
        draw = generator("rule recall", *view.key)
        expected = told[int(draw.integers(len(told)))]
        others = [untold[i] for i in draw.permutation(len(untold))[: self.choices - 1]]
        text = "Which of these is one of your rules?"
        return lettered(self.name, text, [expected, *others], expected, view.key)


def lettered(name: str, text: str, options: Sequence[str], expected: str, key: Key) -> Question:
    """A question to be answered with a letter: a letter is cheap to decode and easy to check.

    Args:
        name: the probe's.
        text: the question.
        options: distinct, 26 at most.
        expected: one of them.
        key: draws, with the name, in which order the options stand.
    """
    shown = [options[i] for i in generator("probe", name, *key).permutation(len(options))]
    letters = tuple(ascii_uppercase[: len(shown)])
    lines = [f"{letter}. {option}" for letter, option in zip(letters, shown, strict=True)]
    return Question(
        name,
        "\n".join([text, *lines, "Answer with one letter."]),
        letters,
        letters[shown.index(expected)],
    )


class Prober:
    """Asks an agent what the probes ask, once a turn of a play, and records what it answers.

    Args:
        agent: prepared already.
        probes: each has a name of its own.
        table: what it holds from an earlier start is not asked again.
    """

    def __init__(self, agent: Agent, probes: Sequence[Probe], table: Table[ProbeRow]) -> None:
        self.agent = agent
        self.probes = probes
        self.table = table
        self._asked = {(row.play, row.turn, row.name) for row in table}

    def ask(self, plays: Sequence[Play], views: Sequence[View]) -> None:
        """Ask all that is to be asked before a turn in one batch.

        Args:
            plays: going on now.
            views: one a play; the agent acts on the same ones afterwards.
        """
        due = [
            (play, view, question)
            for play, view in zip(plays, views, strict=True)
            for question in self._questions(play, view)
        ]
        if not due:
            return
        start = time.perf_counter()
        answers = self.agent.answer(
            [view for _, view, _ in due], [question for _, _, question in due]
        )
        seconds = (time.perf_counter() - start) / len(due)
        for (play, view, question), answered in zip(due, answers, strict=True):
            if answered is not None:
                row = _row(play, view, question, answered, seconds)
                self.table.append(row)
                self._asked.add((row.play, row.turn, row.name))

    def _questions(self, play: Play, view: View) -> list[Question]:
        turn = _turn(view)
        asked = [probe.ask(view, turn) for probe in self.probes]
        return [q for q in asked if q is not None and (play.id, turn, q.name) not in self._asked]


def probed(probes: pd.DataFrame, tasks: pd.DataFrame) -> pd.DataFrame:
    """One row a probe's question in each task and arm, without those that are missing.

    Args:
        probes: `ProbeRow` columns.
        tasks: `TaskRow` columns.

    Returns:
        As `harness.drift.played` of the turns: the columns of the task (`age` among them) stand
        beside those of the probe, and `session_turn` counts from 1 over the whole session.
    """
    return played(probes, tasks)


def _row(
    play: Play, view: View, question: Question, answered: Answered, seconds: float
) -> ProbeRow:
    return ProbeRow(
        play=play.id,
        task=play.task.name,
        turn=_turn(view),
        age=turns_in(view.history),
        name=question.name,
        question=question.text,
        options=question.options,
        expected=question.expected,
        answer=answered.option,
        correct=None if answered.option is None else answered.option == question.expected,
        context=answered.context,
        encoded_tokens=answered.encoded_tokens,
        seconds=seconds,
    )


def _turn(view: View) -> int:
    """Within the task, from 1."""
    return len(view.episode.exchanges) + 1


def _is_neutral(goal: str) -> bool:
    """It stands in a padded or filled-up history: prose, which is dealt out from end to end."""
    return f" {goal} " in _prose_twice()


@cache
def _prose_twice() -> str:
    return f" {' '.join(prose().words * 2)} "
