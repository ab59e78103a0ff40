"""Workflows: routines of won tasks, written into the prompt (Agent Workflow Memory, 2409.07429).

Induced by rule, which the paper has beside induction by a language model: won trajectories with
the same sequence of verbs are one workflow, shown by its first example. The prompt then says:

    Workflows that won earlier tasks:
    1. go, go, take. For example, "…pick up the bug…": go north, go east, take bug
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

from pydantic import ConfigDict, Field
from pydantic.dataclasses import dataclass

from harness.agent import View
from harness.experience import Trajectory
from harness.lm import Base, Memory
from harness.preparation import Preparation, Report, recipe


@dataclass(config=ConfigDict(extra="forbid"), kw_only=True)
class Workflows(Memory):
    """The most frequent workflows of the expert's training tasks, the same for every task."""

    count: Annotated[int, Field(ge=1, le=100)] = 4
    """How many workflows stand in the prompt."""

    def learn(self, preparation: Preparation, base: Base) -> None:
        """Induce from the expert's sessions; how the agent itself plays does not matter."""
        del base
        sessions = preparation.expert_sessions()

        def make(folder: Path, report: Report) -> None:
            won = [t for session in sessions for t in session if t.end == "won"]
            (folder / "workflows.json").write_text(json.dumps(induce(won, self.count), indent=1))
            report(1, 1)

        made_of = {**recipe(self), "experience": preparation.made_of()}
        folder = preparation.artefact("workflows", made_of, make)
        lines: list[str] = json.loads((folder / "workflows.json").read_text())
        self._text = "\n".join(["Workflows that won earlier tasks:", *lines])

    def recall(self, view: View) -> str:
        """All of them."""
        return self._text


def induce(won: Sequence[Trajectory], count: int) -> list[str]:
    """The `count` most frequent sequences of verbs, a line each, in order of frequency."""
    examples: dict[tuple[str, ...], list[Trajectory]] = {}
    for trajectory in won:
        verbs = tuple(command.split()[0] for command in _commands(trajectory))
        examples.setdefault(verbs, []).append(trajectory)
    frequent = sorted(examples.items(), key=lambda item: -len(item[1]))[:count]
    return [
        f'{number}. {", ".join(verbs)}. For example, "{first.goal}": {", ".join(_commands(first))}'
        for number, (verbs, [first, *_]) in enumerate(frequent, start=1)
    ]


def _commands(trajectory: Trajectory) -> list[str]:
    return [row.command for row in trajectory.rows if row.command is not None]
