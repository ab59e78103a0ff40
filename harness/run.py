"""One run, from its configuration to its manifest. The same configuration resumes."""

from __future__ import annotations

import os
import platform
import subprocess
import sys
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from harness.agent import Episode
from harness.config import RunConfig
from harness.errors import ERROR_DEFINITION
from harness.events import AllHooks, Hooks, RunEnded, RunStarted, StepDone, StepProgress
from harness.experience import expert_plays
from harness.frozen import panel_for
from harness.preparation import Learner, Preparation
from harness.records import CostRow, Records, read_manifest, write_manifest
from harness.rollout import Rollout
from harness.session import BY_EXPERT
from harness.task import Panel, PanelMismatch, read_lock

PACKAGES = ("driftgauge", "torch", "transformers", "peft", "textworld", "gymnasium", "numpy")


def run(config: RunConfig, hooks: Sequence[Hooks]) -> Path:
    """Play one run, or what is left of it, and return its folder.

    Raises:
        PanelMismatch: a game is not what the lock file says.
    """
    folder = config.folder
    folder.mkdir(parents=True, exist_ok=True)
    if is_finished(config):
        return folder
    agent = config.build_agent()
    records = Records(folder)
    everyone = AllHooks(hooks)
    start = time.perf_counter()
    try:
        manifest = _manifest(config)
        manifest["sees_history"] = agent.sees_history
        done = sum(1 for _ in records.tasks)
        everyone.run_started(RunStarted(folder, manifest, manifest["tasks_total"], done))
        panel = _panel(config, records, everyone)
        manifest["panel"] = panel.digest
        write_manifest(folder, manifest)
        if isinstance(agent, Learner):
            preparation = Preparation(
                panel=panel,
                spec=config.environment,
                model=config.model,
                experience=config.experience,
                expert=config.build_expert(),
                records=records,
                hooks=everyone,
                slots=config.slots,
                workers=config.workers,
            )
            agent.prepare(preparation)
            manifest["model"] = agent.fingerprint
            write_manifest(folder, manifest)
            for row in agent.retention(preparation):
                records.retention.append(row)
        Rollout(
            agent,
            panel,
            config.arms,
            records,
            everyone,
            config.slots,
            config.workers,
            experts=_experts(config, panel, records, everyone),
            probes=config.build_probes(),
        ).run()
        manifest["finished"] = True
        manifest["seconds"] += time.perf_counter() - start
        write_manifest(folder, manifest)
        everyone.run_ended(RunEnded(folder, manifest))
    finally:
        records.close()
        everyone.close()
    return folder


def is_finished(config: RunConfig) -> bool:
    """Whether an earlier start has played everything."""
    try:
        return bool(read_manifest(config.folder)["finished"])
    except FileNotFoundError:
        return False


def _panel(config: RunConfig, records: Records, hooks: Hooks) -> Panel:
    """The run's panel: checked against the lock files of the repository and of the run."""
    start = time.perf_counter()
    panel = panel_for(
        config.environment,
        config.seed,
        progress=lambda done, total: hooks.step_progress(StepProgress("games", done, total)),
    )
    own = config.folder / "panel.lock.json"
    if own.exists() and read_lock(own) != panel:
        raise PanelMismatch(
            f"{own} names other games than this machine makes now: the run was begun with "
            f"{read_lock(own).versions}, here: {panel.versions}. Begin a new one elsewhere: runs=…"
        )
    panel.save(own)
    seconds = time.perf_counter() - start
    row = CostRow("games", seconds, seconds, "")
    records.cost(row)
    hooks.step_done(StepDone(row))
    return panel


def _experts(config: RunConfig, panel: Panel, records: Records, hooks: Hooks) -> dict[str, Episode]:
    """The panel's tasks as the expert plays them, if an arm asks for them."""
    if not set(BY_EXPERT) & set(config.arms):
        return {}
    start = time.perf_counter()
    plays = expert_plays(
        config.build_expert(), panel, config.folder / "expert", config.slots, config.workers
    )
    seconds = time.perf_counter() - start
    row = CostRow("expert histories", seconds, seconds, "")
    records.cost(row)
    hooks.step_done(StepDone(row))
    return plays


def _manifest(config: RunConfig) -> dict[str, Any]:
    """What a reader needs in order to repeat the run; `panel` and `model` come when known."""
    try:
        earlier = read_manifest(config.folder)
    except FileNotFoundError:
        earlier = {}
    spec = config.environment
    return {
        "kind": "run",
        "name": config.name,
        "driftgauge": version("driftgauge"),
        "commit": source_commit(),
        "command": " ".join([Path(sys.argv[0]).name, *sys.argv[1:]]),
        "config": config.model_dump(mode="json"),
        "config_hash": config.hash,
        "seed": config.seed,
        "arms": list(config.arms),
        "reference": config.reference,
        "tasks_total": len(config.arms) * spec.rows,
        "error_definition": ERROR_DEFINITION,
        "versions": {"python": platform.python_version(), **_versions()},
        "machine": {
            "system": platform.platform(),
            "processor": platform.machine(),
            "cores": os.cpu_count(),
        },
        "started": earlier.get("started") or datetime.now(UTC).isoformat(timespec="seconds"),
        "seconds": earlier.get("seconds", 0.0),
        "panel": earlier.get("panel"),
        "model": earlier.get("model"),
        "finished": False,
    }


def _versions() -> dict[str, str]:
    versions = {}
    for package in PACKAGES:
        try:
            versions[package] = version(package)
        except PackageNotFoundError:
            continue
    return versions


def source_commit() -> str | None:
    """The commit of the source tree that runs, with `+` if it was changed; None if unknown."""
    root = Path(__file__).parent.parent
    git = ["git", "-C", str(root)]
    try:
        head = subprocess.run(
            [*git, "rev-parse", "--short", "HEAD"], capture_output=True, text=True
        )
        dirty = subprocess.run(
            [*git, "status", "--porcelain", "-uno"], capture_output=True, text=True
        )
    except FileNotFoundError:
        return None
    return head.stdout.strip() + ("+" if dirty.stdout.strip() else "") if head.stdout else None
