"""What happens before the first session: parts learn, and what they learned is kept.

An artefact (recorded experience, an adapter, a memory) lies in this machine's cache under a
hash of everything that made it, so it is made once and never mistaken for another.
"""

from __future__ import annotations

import json
import shutil
import tempfile
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import fields, is_dataclass
from functools import cached_property
from importlib.metadata import version
from pathlib import Path
from typing import Any, TypeVar

from harness.agent import Agent
from harness.cache import cache_folder
from harness.events import Hooks, StepDone, StepProgress
from harness.experience import ExperienceSpec, Trajectory, read_experience, record_sessions
from harness.frozen import panel_for
from harness.keyed import digest
from harness.model_spec import ModelSpec
from harness.records import CostRow, Records, RetentionRow
from harness.task import Panel, PanelSpec, contents

Result = TypeVar("Result")
Report = Callable[[int, int], None]
"""Called with (done, of how many)."""


class Learner(ABC):
    """An agent that has something to learn, or to load, before its first session."""

    @abstractmethod
    def prepare(self, preparation: Preparation) -> None:
        """Learn; it is called once, before the agent acts."""

    @property
    @abstractmethod
    def fingerprint(self) -> str:
        """Of the model it plays with; the manifest has it."""

    def retention(self, preparation: Preparation) -> Iterable[RetentionRow]:
        """What a changed model still knows, if it is not recorded yet; nothing if it is unchanged.

        It is asked once a run, between `prepare` and the first session.
        """
        return ()


class Preparation:
    """Gives the parts of an agent their model, their experience and a place for artefacts."""

    def __init__(
        self,
        panel: Panel,
        spec: PanelSpec,
        model: ModelSpec,
        experience: ExperienceSpec,
        expert: Agent,
        records: Records,
        hooks: Hooks,
        slots: int,
        workers: int,
    ) -> None:
        self.panel = panel
        self.spec = spec
        self.model = model
        self.experience = experience
        self.expert = expert
        self.records = records
        self.hooks = hooks
        self.slots = slots
        self.workers = workers

    @property
    def seed(self) -> int:
        """The panel's seed; whatever a part draws at random is keyed by it."""
        return self.panel.seed

    @cached_property
    def training(self) -> Panel:
        """The training games: as many sessions as the budget says, none with a panel's content."""
        spec = self.spec.model_copy(
            update={"split": "training", "blocks": self.experience.expert_sessions}
        )
        return self.step(
            "training games",
            lambda report: panel_for(spec, self.seed, contents(self.panel.tasks), report),
        )

    def made_of(self) -> dict[str, Any]:
        """All that decides what the experience is, for the hash of what is learned from it."""
        expert = type(self.expert)
        return {
            "training": self.training.digest,
            "budget": self.experience.model_dump(),
            "expert": f"{expert.__module__}.{expert.__qualname__}",
        }

    def expert_sessions(self) -> list[list[Trajectory]]:
        """The training games as the expert plays them, one chained session a block."""
        return self._sessions("expert", self.expert, self.training, {})

    def own_sessions(self, agent: Agent, made_of: Mapping[str, Any]) -> list[list[Trajectory]]:
        """The first of the same sessions as `agent` plays them.

        Args:
            agent: prepared, without the part that is to learn.
            made_of: all that decides how it plays, for the artefact's hash.
        """
        blocks = self.training.blocks[: self.experience.own_sessions]
        return self._sessions(
            "own", agent, self.training.model_copy(update={"blocks": blocks}), made_of
        )

    def artefact(
        self,
        step: str,
        made_of: Mapping[str, Any],
        make: Callable[[Path, Report], None],
        *,
        learned: bool = True,
    ) -> Path:
        """The folder of an artefact; `make(folder, report)` fills it if it is not there.

        Args:
            step: what a person reads while it is made.
            made_of: everything that decides what comes out, as JSON values.
            make: writes the artefact's files.
            learned: the agent learned it, so that comparisons count what it took as the agent's.
        """
        name = digest({"step": step, **made_of})[:16]
        folder = cache_folder("artefacts") / name
        done = folder / "made.json"
        seconds = 0.0
        if not done.exists():
            start = time.perf_counter()
            with tempfile.TemporaryDirectory(dir=folder.parent, prefix=f"{name}.") as scratch:
                part = Path(scratch) / name
                part.mkdir()
                make(part, self._reporter(step))
                seconds = time.perf_counter() - start
                (part / "made.json").write_text(
                    json.dumps({"step": step, "seconds": seconds, "made_of": made_of}, indent=1)
                )
                if not done.exists():  # else another run was faster with the same
                    shutil.rmtree(folder, ignore_errors=True)
                    part.rename(folder)
        made_in = json.loads(done.read_text())["seconds"]
        self._done(step, seconds, made_in, name if learned else "")
        return folder

    def step(self, step: str, do: Callable[[Report], Result]) -> Result:
        """A step of preparation without an artefact of its own, timed and reported."""
        start = time.perf_counter()
        result = do(self._reporter(step))
        seconds = time.perf_counter() - start
        self._done(step, seconds, seconds, "")
        return result

    def _sessions(
        self, whose: str, agent: Agent, panel: Panel, made_of: Mapping[str, Any]
    ) -> list[list[Trajectory]]:
        def record(folder: Path, report: Report) -> None:
            hooks = _Reporting(report, len(panel.tasks))
            record_sessions(agent, panel, folder, hooks, self.slots, self.workers)

        made = {
            "panel": panel.digest,
            # What the agent has learned already, a memory say, comes from all of it.
            "experience": self.made_of(),
            "agent": made_of,
            "driftgauge": version("driftgauge"),
        }
        return read_experience(self.artefact(f"{whose} experience", made, record))

    def _reporter(self, step: str) -> Report:
        return lambda done, total: self.hooks.step_progress(StepProgress(step, done, total))

    def _done(self, step: str, seconds: float, made_in: float, artefact: str) -> None:
        row = CostRow(step, seconds, made_in, artefact)
        self.records.cost(row)
        self.hooks.step_done(StepDone(row))


class _Reporting(Hooks):
    """Turns the tasks of a nested rollout into progress of its step."""

    def __init__(self, report: Report, total: int) -> None:
        self.report = report
        self.total = total
        self.done = 0

    def task_ended(self, event: object) -> None:
        """Count it."""
        self.done += 1
        self.report(self.done, self.total)


def recipe(part: object, packages: Sequence[str] = ()) -> dict[str, Any]:
    """A part's class and options, and versions of packages, for the hash of its artefact.

    Args:
        part: a dataclass, or None for a part that is not there.
        packages: distributions whose versions can change what comes out.
    """
    if part is None:
        return {}
    assert is_dataclass(part)
    kind = type(part)
    return {
        "part": f"{kind.__module__}.{kind.__qualname__}",
        **{field.name: getattr(part, field.name) for field in fields(part)},
        **{f"version of {package}": version(package) for package in packages},
    }
