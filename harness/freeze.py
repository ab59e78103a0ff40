"""Make the lock files of `conf/panels`, once for each environment of `conf/environment`.

    $ python -m harness.freeze alfworld babyai

A file that is there already is only compared, so the same command also proves that this machine
makes, or finds, the games of the frozen panels.
"""

from __future__ import annotations

import argparse
from importlib.resources import files
from pathlib import Path

from harness.config import validate
from harness.task import Panel, PanelMismatch, Split, contents, read_lock
from harness.terminal import counting

BLOCKS: dict[Split, int] = {"test": 16, "development": 8, "training": 24}
"""How many are frozen of each; a run may ask for the first of them."""


def freeze(name: str, folder: Path) -> None:
    """Draw the three panels of an environment, none with a game of another, and write what lacks.

    Raises:
        PanelMismatch: a file is there and has another panel.
    """
    [config] = validate([f"environment={name}", "agent=expert"])
    avoid = frozenset[str]()
    for split, blocks in BLOCKS.items():
        spec = config.environment.model_copy(update={"split": split, "blocks": blocks})
        with counting(f"{name}, {split}") as progress:
            panel = Panel.draw(spec, 0, avoid, progress)
        avoid |= contents(panel.tasks)
        path = folder / f"{name}.{split}.lock.json"
        if not path.exists():
            panel.save(path)
        elif (lock := read_lock(path)) != panel:
            panel.check(lock)  # says which game, if it is one that both have
            raise PanelMismatch(
                f"{path} was frozen from another configuration. Remove it to freeze it anew: what "
                "was measured on it can then no longer be compared."
            )


def main() -> None:
    """Freeze the environments that the command line names."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("names", nargs="+", metavar="NAME", help="a file of conf/environment")
    for name in parser.parse_args().names:
        freeze(name, Path(str(files("conf") / "panels")))


if __name__ == "__main__":
    main()
