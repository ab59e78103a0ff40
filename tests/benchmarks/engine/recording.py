"""What the loads decide on: real sessions, played once by the engine and kept as views.

    config = session_config(blocks=16, tasks=6)
    sessions = record(config, scratch)
    sessions[0][7].view     # what the agent saw at turn 8 of the first session

All loads decide on the same views, so that they do the same work on the same text and wait for
no game. The games are development games: no result that is published is played on them.
"""

from __future__ import annotations

from importlib.metadata import version
from pathlib import Path
from typing import NamedTuple

from harness.agent import View
from harness.cache import cache_folder
from harness.config import RunConfig, validate
from harness.events import Hooks
from harness.experience import read_experience, record_sessions
from harness.keyed import digest
from harness.lm import LMAgent
from harness.preparation import Preparation
from harness.records import Records
from harness.task import Panel

CAP = 10
"""Turns of a task, at most. The model without training hardly ever wins one."""
SLOTS, WORKERS = 16, 2


class Turn(NamedTuple):
    """One recorded decision."""

    view: View
    said: str
    """What was decided, by choice."""
    tied: bool
    """The best two commands lay within 1e-4, so that another engine may take the other."""


Session = list[Turn]


def session_config(blocks: int, tasks: int) -> RunConfig:
    """The in-context agent on development treasure hunts: a session a block."""
    panel = [f"environment.{key}" for key in (f"blocks={blocks}", f"tasks={tasks}", f"cap={CAP}")]
    [config] = validate([*panel, "environment.split=development", "agent=in_context"])
    return config


def build_panel(config: RunConfig) -> Panel:
    """The games; they are made at first use, in this machine's cache."""
    return Panel.draw(config.environment, config.seed)


def prepared(config: RunConfig, scratch: Path) -> LMAgent:
    """The configuration's agent, its model loaded."""
    agent = config.build_agent()
    assert isinstance(agent, LMAgent)
    records = Records(scratch)
    agent.prepare(
        Preparation(
            panel=build_panel(config),
            spec=config.environment,
            model=config.model,
            experience=config.experience,
            expert=config.build_expert(),
            records=records,
            hooks=Hooks(),
            slots=SLOTS,
            workers=WORKERS,
        )
    )
    records.close()
    return agent


def record(config: RunConfig, scratch: Path) -> list[Session]:
    """Every block's chained session in its first order, with the view of each turn.

    It is played at first use and then kept in this machine's cache, under a hash of games, model
    and version. The agent that plays it is let go, with its slots.
    """
    agent, panel = prepared(config, scratch), build_panel(config)
    made_of = [panel.digest, agent.made_of(), version("driftgauge")]
    folder = cache_folder("benchmarks") / digest(made_of)[:16]
    record_sessions(agent, panel, folder, Hooks(), SLOTS, WORKERS)
    return [
        [
            Turn(trajectory.view(turn), row.text, row.recomputed)
            for trajectory in session
            for turn, row in enumerate(trajectory.rows, start=1)
        ]
        for session in read_experience(folder)
    ]
