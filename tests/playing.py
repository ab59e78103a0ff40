"""Playing the halls with a language-model agent, its parts prepared as in a run.

agent = prepared(LMAgent(policy=WholeHistory()), folder, model)
rows = play(agent, Panel.draw(SPEC, seed=0), folder)
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from baselines.scripted import Expert
from harness.agent import Agent
from harness.events import Hooks
from harness.experience import ExperienceSpec, expert_plays
from harness.lm import LMAgent
from harness.model_spec import ModelSpec
from harness.preparation import Preparation
from harness.probes import Probe
from harness.records import CostRow, ProbeRow, Records, TaskRow, TurnRow, read_rows
from harness.rollout import Rollout
from harness.task import Panel, PanelSpec

BRIEF = "Answer with a command."
SPEC = PanelSpec(id="tests.halls:toy/Halls-v0", brief=BRIEF, tasks=2, cap=6, blocks=2)


class Rows(NamedTuple):
    """The tables of a run."""

    turns: list[TurnRow]
    tasks: list[TaskRow]
    probes: list[ProbeRow]
    costs: list[CostRow]


def read(folder: Path) -> Rows:
    """What was recorded."""
    return Rows(
        list(read_rows(folder / "turns.jsonl", TurnRow)),
        list(read_rows(folder / "tasks.jsonl", TaskRow)),
        list(read_rows(folder / "probes.jsonl", ProbeRow)),
        list(read_rows(folder / "costs.jsonl", CostRow)),
    )


def play(
    agent: Agent,
    panel: Panel,
    folder: Path,
    slots: int = 3,
    orders: int | None = None,
    arms: Sequence[str] = ("chained", "fresh"),
    probes: Sequence[Probe] = (),
) -> Rows:
    """Play a panel."""
    experts = {}
    if "expert" in arms:
        experts = expert_plays(Expert(), panel, folder / "expert", slots, workers=1)
    records = Records(folder)
    try:
        Rollout(
            agent,
            panel,
            arms,
            records,
            Hooks(),
            slots,
            workers=1,
            orders=orders,
            experts=experts,
            probes=probes,
        ).run()
    finally:
        records.close()
    return read(folder)


def preparation(folder: Path, model: Path | str, spec: PanelSpec = SPEC) -> Preparation:
    """What parts learn from: three sessions of the expert, two of the agent's own."""
    return Preparation(
        panel=Panel.draw(spec, seed=0),
        spec=spec,
        model=ModelSpec(name=str(model)),
        experience=ExperienceSpec(expert_sessions=3, own_sessions=2),
        expert=Expert(),
        records=Records(folder),
        hooks=Hooks(),
        slots=3,
        workers=1,
    )


def prepared(agent: LMAgent, folder: Path, model: Path | str) -> LMAgent:
    """The agent, once its parts have learned."""
    agent.prepare(preparation(folder, model))
    return agent
