"""ALFWorld's games on disk: where they lie, and in which order they are numbered.

    $ALFWORLD_DATA/json_2.1.1/valid_unseen/pick_heat_then_place_in_recep-Apple-None-Fridge-10/
        trial_T20190906_…/game.tw-pddl

``alfworld-download`` puts them there. The games of a split are numbered in the order of their
paths, which is the same on every machine; games that are marked as unsolvable are left out, as the
official loader does. The task's type is read from the folder's name: `traj_data.json`, in which the
official loader looks it up, is not part of every copy of the data.
"""

from __future__ import annotations

import json
import os
import re
from functools import cache
from pathlib import Path
from typing import NamedTuple

from environments.alfworld.engine import Source

SPLITS = ("train", "valid_train", "valid_seen", "valid_unseen")

TASKS = (
    "pick_and_place_simple",
    "look_at_obj_in_light",
    "pick_clean_then_place_in_recep",
    "pick_heat_then_place_in_recep",
    "pick_cool_then_place_in_recep",
    "pick_two_obj_and_place",
)
"""The six types of tasks, in the order of the paper (arXiv 2010.03768)."""

SOLVABLE = re.compile(rb'"solvable":\s*(true|false)')

TAIL = 8192
"""Bytes at the end of a file of 80 KiB in which it says whether the game can be solved."""


class StoredGame(NamedTuple):
    """A game on disk."""

    name: str
    """Its split, its task's folder and its trial's, as "valid_unseen/look_at…/trial_T2019…"."""
    file: Path

    @property
    def source(self) -> Source:
        """The texts that it consists of."""
        game = json.loads(self.file.read_text("utf-8"))
        return Source(game["pddl_domain"], game["grammar"], game["pddl_problem"])


def data_folder(configured: str | None) -> Path:
    """Where `json_2.1.1` lies: as configured, else `$ALFWORLD_DATA`, else the package's folder."""
    return Path(configured or os.environ.get("ALFWORLD_DATA") or "~/.cache/alfworld").expanduser()


@cache
def stored_games(folder: Path, split: str, task: str | None) -> tuple[StoredGame, ...]:
    """The games of a split, of one type of task or of all, in order.

    Looked up once in a process: the train split has 3,553 files.
    """
    root = folder / "json_2.1.1" / split
    games = [
        StoredGame(f"{split}/{file.parent.relative_to(root).as_posix()}", file)
        for file in root.glob("*/*/game.tw-pddl")
        if task is None or file.parts[-3].startswith(f"{task}-")
    ]
    supported = [g for g in games if "movable" not in g.name and "Sliced" not in g.name]
    return tuple(sorted(game for game in supported if _solvable(game.file)))


def _solvable(file: Path) -> bool:
    with file.open("rb") as opened:
        opened.seek(max(0, file.stat().st_size - TAIL))
        said = SOLVABLE.search(opened.read())
    if said is None:  # written in another order
        return json.loads(file.read_bytes()).get("solvable") is True
    return said[1] == b"true"
