"""Agents of known drift in real environments: is the gauge wired to what it measures?

    entry = wire(STRONG["self-conditioning"], CORRIDOR, folder)     # played, recorded, loaded
    entry.causes().named                                            # ["self-conditioning"]
    disagreements(entry)                    # empty: the record is what they know that they did

`harness.calibration.simulation` proves the gauge's rates on arrays; this proves, on a few blocks,
that engine, worker processes, histories, records and measures carry the same agents through.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd

from environments.corridor import OPPOSITE
from harness.agent import Agent, Decision, Episode, History, View, turns_in
from harness.calibration import known as agents
from harness.comparison import Entry, load
from harness.config import validate
from harness.drift import FOUR_ARMS
from harness.keyed import digest, generator
from harness.run import run
from harness.task import PanelSpec

Known = agents.Agent | agents.LoopLocker | agents.Pacer

ERRED, LOCKED, BACK = ", perhaps", ", again", ", back"
"""What an agent adds to a command that it knows to be wrong: it errs, goes on in its circle, or
paces back. So it can read its errors in its history, as a language model might."""

STRONG: Mapping[str, Known] = {
    "slope": agents.Slope(-2.5, 8.0),
    "difficulty": agents.Difficulty(-2.0, 0.15),
    "length": agents.ContextLength(-2.0, 12.0),
    "interference": agents.Interference(-3.0, 3.0),
    "self-conditioning": agents.SelfConditioning(-1.5, 1.5),
    "learner": agents.Learner(-0.5, 3.0),
    "hazard": agents.HazardWeibull(3.0, 30.0),
    "locker": agents.LoopLocker(0.05, 0.1),
    "pacer": agents.Pacer(0.1),
}
"""Agents by what they are, each so strong that a dozen blocks of `CORRIDOR` show it."""

CORRIDOR = PanelSpec(
    id="driftgauge/Corridor-v0",
    kwargs={"rooms": 7},
    brief="Walk.",
    blocks=12,
    cap=14,
)
"""About fifty turns a session."""


class KnownDrift(Agent):
    """Plays any environment that has an expert and admissible commands, and errs as it is known to.

    It takes the expert's command or, if it errs, another admissible one. It errs independently in
    each arm: its draws are keyed by the history too.

    Args:
        known: what it looks at, and how often it errs.
    """

    def __init__(self, known: Known) -> None:
        self.known = known

    def act(self, views: Sequence[View]) -> list[Decision]:
        """Decide for every view, marking what is known to be wrong."""
        return [self._decide(view) for view in views]

    def _decide(self, view: View) -> Decision:
        move = self._move(view, _generator("act", *view.key, history=view.history))
        return Decision(
            move.command, f"{move.command}{move.mark}", prompt_tokens=self._prompt_length(view)
        )

    def _move(self, view: View, random: np.random.Generator) -> _Move:
        match self.known:
            case agents.LoopLocker():
                return _lock(self.known, view, random)
            case agents.Pacer():
                return _pace(self.known, view, random)
        # No environment promises a command that loses: who made a fatal error errs to the end.
        doomed = self.known.fatal and errors_in((view.episode,)) > 0
        errs = random.random() < self.known.error_probability(features(view))
        return _other(view, random, ERRED) if errs or doomed else _ahead(view, random)

    def _prompt_length(self, view: View) -> int:
        texts = [view.brief]
        for episode in (*view.history, view.episode):
            texts += [episode.goal, episode.opening]
            texts += [text for exchange in episode.exchanges for text in exchange]
        return sum(map(self.length, texts))


def features(view: View) -> agents.Features:
    """What an agent can read in its view. How hard the task is does not stand there: 0."""
    return agents.Features(
        turn=len(view.episode.exchanges) + 1,
        difficulty=0.0,
        length=turns_in(view.history),
        played=sum(is_play(episode, view.admissible) for episode in view.history),
        errors=errors_in(view.history),
    )


def is_play(episode: Episode, admissible: Sequence[str]) -> bool:
    """Whether an episode of the history is a task, whoever played it, and not neutral prose.

    In a task somebody said what this agent could have said: something that begins with the verb of
    a command that can be given now, or that is marked as an error. Neutral prose holds no verb of a
    command (`harness.neutral`), and no mark.
    """
    verbs = {command.partition(" ")[0] for command in admissible}
    return any(erred(said) or said.partition(" ")[0] in verbs for said, _ in episode.exchanges)


def erred(said: str) -> bool:
    """Whether an agent of known drift said it and knew that it was wrong."""
    return said.endswith((ERRED, LOCKED, BACK))


def errors_in(history: History) -> int:
    """How many errors an agent of known drift can read in a history."""
    return sum(erred(said) for episode in history for said, _ in episode.exchanges)


def wire(known: Known, panel: PanelSpec, folder: Path) -> Entry:
    """Play a panel in the four arms as `driftgauge run` would, and load it.

    Args:
        known: who plays.
        panel: what is drawn, with seed 0.
        folder: the run's folder is made in it; what was played there before is not played again.
    """
    [default] = validate(["agent=random"])
    kind = type(known)
    config = default.model_copy(
        update={
            "environment": panel,
            "agent": {
                "_target_": f"{KnownDrift.__module__}.{KnownDrift.__qualname__}",
                "known": {"_target_": f"{kind.__module__}.{kind.__qualname__}", **vars(known)},
            },
            "name": str(known),
            "arms": FOUR_ARMS,
            "workers": 1,  # to start another takes longer than it saves
            "runs": folder,
        }
    )
    [entry] = load(run(config, hooks=())).entries
    return entry


def disagreements(entry: Entry) -> pd.DataFrame:
    """The turns whose error flag is not what an agent of known drift knows that it did.

    Each is a fault of the wiring, or a command that is as good as the expert's other than by its
    plan; empty where all is well.

    Returns:
        Columns of `Entry.turns`.
    """
    return entry.turns[entry.turns["text"].map(erred) != entry.turns["error"]]


class _Move(NamedTuple):
    command: str
    mark: str = ""


def _generator(what: str, *key: str | int, history: History) -> np.random.Generator:
    """Keyed by the history too, so that the arms' draws are independent of each other."""
    return generator("known drift", what, *key, digest(history))


def _ahead(view: View, random: np.random.Generator) -> _Move:
    """The expert's move; where it has no plan left, any, for none can be told to be wrong."""
    return _Move(view.expert or _drawn(view.admissible, random))


def _other(view: View, random: np.random.Generator, mark: str, but: str | None = None) -> _Move:
    """A wrong move: any that the game accepts, but for the expert's and `but`."""
    others = [command for command in view.admissible if command not in (view.expert, but)]
    return _Move(_drawn(others, random), mark) if others else _ahead(view, random)


def _drawn(commands: Sequence[str], random: np.random.Generator) -> str:
    return commands[int(random.integers(len(commands)))]


def _lock(locker: agents.LoopLocker, view: View, random: np.random.Generator) -> _Move:
    """Locked, it takes one command again and again, or another where that would be no error."""
    said = view.episode.exchanges[-1].said if view.episode.exchanges else ""
    if said.endswith(LOCKED):
        again = said.removesuffix(LOCKED)
        stays = again in view.admissible and again != view.expert
        return _Move(again, LOCKED) if stays else _other(view, random, LOCKED)
    if random.random() < locker.hazard:
        return _other(view, random, LOCKED)
    return _other(view, random, ERRED) if random.random() < locker.error else _ahead(view, random)


def _pace(pacer: agents.Pacer, view: View, random: np.random.Generator) -> _Move:
    """So many steps with the expert and as many back, then so many others, and so on."""
    path: list[str] = []
    steps = 0
    for said, _ in view.episode.exchanges:
        steps += not said.endswith(ERRED)
        if said.endswith(BACK):
            path.pop()
        elif not erred(said):
            path.append(said)
    strides = _generator("strides", *view.key[:-1], history=view.history)
    stride = 0
    while steps >= 2 * stride:
        steps -= 2 * stride
        stride = int(strides.integers(pacer.shortest, pacer.longest + 1))
    back = _undoing(path[-1]) if path else None
    if random.random() < pacer.error:
        return _other(view, random, ERRED, but=back)
    if steps >= stride and back in view.admissible:
        return _Move(back, BACK)
    return _ahead(view, random)


def _undoing(command: str) -> str | None:
    """The step that leads back from a step; None if it was none."""
    verb, _, direction = command.partition(" ")
    return f"{verb} {OPPOSITE[direction]}" if direction in OPPOSITE else None
