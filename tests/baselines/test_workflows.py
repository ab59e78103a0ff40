"""Workflows: what is induced from won tasks, and where it stands in the prompt."""

from __future__ import annotations

from pathlib import Path

from baselines.policies import WholeHistory
from baselines.workflows import Workflows, induce
from harness.agent import Episode, View
from harness.experience import Trajectory
from harness.lm import LMAgent
from tests.harness.tables import turn_row
from tests.playing import prepared


def won(goal: str, *commands: str) -> Trajectory:
    rows = [turn_row(command=command, text=command) for command in commands]
    return Trajectory("t", "brief", (), goal, rows, "won")


def test_tasks_with_the_same_verbs_are_one_workflow_and_frequent_ones_come_first() -> None:
    lines = induce(
        [
            won("Find the lamp.", "open box", "take lamp"),
            won("Find the coin.", "go east", "take coin"),
            won("Find the key.", "go west", "take key"),
        ],
        count=2,
    )
    assert lines == [
        '1. go, take. For example, "Find the coin.": go east, take coin',
        '2. open, take. For example, "Find the lamp.": open box, take lamp',
    ]


def test_only_so_many_are_shown() -> None:
    tasks = [won("a", "go east"), won("b", "go east", "go east"), won("c", "go west")]
    assert len(induce(tasks, count=1)) == 1


def test_the_text_stands_behind_the_brief(tiny_folder: Path, tmp_path: Path) -> None:
    agent = prepared(LMAgent(policy=WholeHistory(), memory=Workflows()), tmp_path, tiny_folder)
    view = View(0, "Play.", (), Episode("Find it.", "A hall."), ("go east",), key=())
    text = agent.model.format.decode(agent.prompt(view).tokens)
    assert "Play.\n\nWorkflows that won earlier tasks:\n1. " in text
    assert text.index("Workflows") < text.index("Find it.")
