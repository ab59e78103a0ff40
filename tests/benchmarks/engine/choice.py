"""A choice among thirty commands: only the tokens at which they part are decoded.

    count_steps(model, prompts, commands)     # Steps(choices=4, commands=30, forks=…, steps=…)

Behind a prompt the first fork is decided by the prompt's own logits, so that a choice with n
forks on its way takes n - 1 passes.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple
from unittest.mock import patch

from harness.lm import LanguageModel
from harness.lm.deciding import Deciding, Wanted
from tests.benchmarks.engine.recording import Session

COMMANDS = 30


class Steps(NamedTuple):
    """Sums over some choices, but for the number of commands."""

    choices: int
    commands: int
    forks: int
    """Of the prefix tree, on the way to what was chosen."""
    steps: int
    """Passes behind that of the prompt."""
    decoded: int
    """Tokens that were run in them."""
    answered: int
    """Tokens of the answers."""


def commands_of(sessions: Sequence[Session], count: int = COMMANDS) -> list[str]:
    """The first commands that the sessions' games accept, all different."""
    found = {
        command: None
        for session in sessions
        for turn in session
        for command in turn.view.admissible
    }
    return list(found)[:count]


def count_steps(
    model: LanguageModel, prompts: Sequence[Sequence[int]], commands: Sequence[str]
) -> Steps:
    """Choose behind each prompt, one after the other."""
    deciding = Deciding(model, None, "choice")
    candidates = {text: model.format.answer(text) for text in commands}
    forks = steps = decoded = answered = 0
    for prompt in prompts:
        with patch.object(model, "extend", wraps=model.extend) as extend:
            [decided] = deciding.decide([model.slot()], [Wanted(prompt, commands, ())])
        passes = extend.call_count // (2 if decided.recomputed else 1)  # a tie is chosen twice
        answer = candidates[decided.text]
        forks += _forks(list(candidates.values()), answer)
        steps += passes - 1
        decoded += decided.outcome.decoded
        answered += len(answer)
    return Steps(len(prompts), len(commands), forks, steps, decoded, answered)


def _forks(candidates: Sequence[Sequence[int]], answer: Sequence[int]) -> int:
    """How often more than one token can follow on the way to `answer`."""
    return sum(
        len({c[depth] for c in candidates if list(c[:depth]) == list(answer[:depth])}) > 1
        for depth in range(len(answer))
    )
