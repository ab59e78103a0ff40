"""Phase 1, contrastive experience: which states are good, which are not.

*Inter*: a won trajectory against an unwon one of the same task. The expert's play of a training
game is the won one where the agent has none: the budget has it for every game.
*Intra*: within one unwon trajectory, the degenerate turns against the rest. It needs no success.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import torch
from torch import Tensor

from harness.agent import View
from harness.errors import classify
from harness.experience import Trajectory
from harness.lm import Base


class Contrast(NamedTuple):
    """What one training task contributes: a pair of states, good and bad."""

    task: str
    good: Tensor
    """Shape (layers, width)."""
    bad: Tensor
    """Shape (layers, width)."""


class Read(NamedTuple):
    """A trajectory and the states in which its decisions were taken."""

    trajectory: Trajectory
    states: Tensor
    """Shape (turns, layers, width)."""


def read_session(base: Base, session: Sequence[Trajectory], layers: Sequence[int]) -> list[Read]:
    """The states of every decision of a session, each token encoded once."""
    views = [t.view(turn) for t in session for turn in range(1, len(t.rows) + 1)]
    states = decision_states(base, views, layers)
    parts = torch.split(states, [len(trajectory.rows) for trajectory in session])
    return [Read(*pair) for pair in zip(session, parts, strict=True)]


def inter(
    base: Base, read: Read, winners: Mapping[str, Trajectory], layers: Sequence[int]
) -> list[Contrast]:
    """The last state of a winning trajectory against that of an unwon one.

    The winner is read in the loser's history, so that only the task's own play differs.
    """
    loser = read.trajectory
    winner = winners.get(loser.task)
    if loser.end == "won" or winner is None:
        return []
    view = winner._replace(history=loser.history).view(len(winner.rows))
    [good] = decision_states(base, [view], layers)
    return [Contrast(loser.task, good, read.states[-1])]


def intra(read: Read) -> list[Contrast]:
    """The mean state of an unwon trajectory's sound turns against that of its degenerate ones.

    A turn is degenerate if it repeats itself or the game refused it; a trajectory that has
    turns of one kind only says nothing.
    """
    errors = classify(list(read.trajectory.rows))
    kinds = errors["redundant"].fillna(False) | errors["invalid"].fillna(False)
    degenerate = torch.from_numpy(kinds.to_numpy(dtype=bool))
    if read.trajectory.end == "won" or degenerate.all() or not degenerate.any():
        return []
    good, bad = read.states[~degenerate].mean(dim=0), read.states[degenerate].mean(dim=0)
    return [Contrast(read.trajectory.task, good, bad)]


def decision_states(base: Base, views: Sequence[View], layers: Sequence[int]) -> Tensor:
    """The residual stream where the agent decides: at the last token of each view's prompt.

    It is where steering will be added. (The paper does not say which token of a step is read;
    this is our reading.) A prompt that another one begins with is read off that one's pass.

    Returns:
        Shape (views, layers, width).
    """
    prompts = [base.prompt(view).tokens for view in views]
    carriers: list[list[int]] = []
    for prompt in sorted(prompts, key=len, reverse=True):
        if not any(carrier[: len(prompt)] == prompt for carrier in carriers):
            carriers.append(prompt)
    found: dict[tuple[int, ...], Tensor] = {}
    for carrier in carriers:
        carried = sorted({len(p) for p in prompts if carrier[: len(p)] == p})
        ends = [length - 1 for length in carried]
        [states] = base.model.states([carrier], [ends], layers, base.adapter_name)
        found |= {tuple(carrier[:n]): s for n, s in zip(carried, states, strict=True)}
    return torch.stack([found[tuple(prompt)] for prompt in prompts])
