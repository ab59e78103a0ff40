"""One real run: where the time of a rollout goes, with its games and its harness.

in_vivo(config, scratch).harness     # share of the wall time; below .03 is the target
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple
from unittest.mock import patch

from harness.config import RunConfig
from harness.events import Hooks
from harness.experience import read_experience, record_sessions
from harness.lm import LanguageModel
from harness.workers import EnvironmentPool
from tests.benchmarks.engine.recording import SLOTS, WORKERS, build_panel, prepared


class Vivo(NamedTuple):
    """Shares of the wall time of a run of 16 slots."""

    turns: int
    seconds: float
    model: float
    """In the model's passes."""
    deciding: float
    """In the agent outside of them: prompts, tokens, choosing."""
    waiting: float
    """For games."""
    harness: float
    """The rest: views, rows, files, processes."""


@dataclass
class Clock:
    """Seconds that were spent in a method."""

    seconds: float = 0.0


def in_vivo(config: RunConfig, scratch: Path) -> Vivo:
    """Play the panel, in an empty folder."""
    agent, panel, folder = prepared(config, scratch / "agent"), build_panel(config), scratch / "run"
    with (
        timing(agent, "act") as acting,
        timing(LanguageModel, "extend") as extending,
        timing(EnvironmentPool, "collect") as waiting,
    ):
        start = time.perf_counter()
        record_sessions(agent, panel, folder, Hooks(), SLOTS, WORKERS)
        wall = time.perf_counter() - start
    turns = sum(len(t.rows) for session in read_experience(folder) for t in session)
    return Vivo(
        turns=turns,
        seconds=wall,
        model=extending.seconds / wall,
        deciding=(acting.seconds - extending.seconds) / wall,
        waiting=waiting.seconds / wall,
        harness=(wall - acting.seconds - waiting.seconds) / wall,
    )


@contextmanager
def timing(owner: Any, name: str) -> Iterator[Clock]:
    """Time all calls of a method of an object or a class."""
    clock = Clock()

    def timed(method: Callable[..., Any]) -> Callable[..., Any]:
        def call(*args: Any, **kwargs: Any) -> Any:
            start = time.perf_counter()
            try:
                return method(*args, **kwargs)
            finally:
                clock.seconds += time.perf_counter() - start

        return call

    with patch.object(owner, name, timed(getattr(owner, name))):
        yield clock
