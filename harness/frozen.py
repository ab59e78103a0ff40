"""The panels that are frozen in the repository, and which panel a run plays.

    panel = panel_for(spec, seed)        # frozen if there is a lock file for it, else drawn

`conf/panels` has three lock files an environment: `NAME.test.lock.json`, `NAME.development…` and
`NAME.training…`; no game stands in two of them. They are made once, and what a machine makes or
finds has to be what they say. `harness.freeze` makes them.
"""

from __future__ import annotations

from functools import cache
from importlib.resources import files

from environments.registry import environment_class
from harness.task import Panel, PanelSpec, Progress, contents, mismatch, read_lock


@cache
def locks() -> tuple[Panel, ...]:
    """Every frozen panel."""
    folder = files("conf") / "panels"
    paths = sorted(folder.iterdir(), key=lambda path: path.name)
    return tuple(read_lock(path) for path in paths if path.name.endswith(".lock.json"))


def panel_for(
    spec: PanelSpec,
    seed: int,
    avoid: frozenset[str] = frozenset(),
    progress: Progress | None = None,
) -> Panel:
    """The panel that a run with this configuration plays, with its games made.

    Args:
        spec: the panel's configuration.
        seed: draws its games; 0 is frozen for the configurations that come with DriftGauge.
        avoid: contents that it must not have.
        progress: called as games get ready.

    Raises:
        PanelMismatch: a game is not what a lock file says.
    """
    panel = _frozen(spec, seed)
    if panel is not None and not contents(panel.tasks) & avoid:
        _verify(panel, progress)
        return panel
    panel = Panel.draw(spec, seed, avoid, progress)
    for lock in locks():
        panel.check(lock)
    return panel


def _frozen(spec: PanelSpec, seed: int) -> Panel | None:
    """The first blocks of the lock file of this configuration, if there is one."""
    for lock in locks():
        enough = len(lock.blocks) >= spec.blocks
        if seed == lock.seed and enough and _alike(spec, lock.spec):
            return lock.model_copy(update={"spec": spec, "blocks": lock.blocks[: spec.blocks]})
    return None


def _alike(spec: PanelSpec, other: PanelSpec) -> bool:
    return spec == other.model_copy(update={"blocks": spec.blocks})


def _verify(panel: Panel, progress: Progress | None) -> None:
    """Make or find every game of a frozen panel, and refuse one that came out otherwise."""
    env_class = environment_class(panel.spec.id)
    games = env_class.prepare([task.variant for task in panel.tasks], progress=progress)
    for task, game in zip(panel.tasks, games, strict=True):
        if game.content != task.content:
            came = task.model_copy(update={"content": game.content, "game": game.name})
            raise mismatch(came, task.content, panel.versions)
