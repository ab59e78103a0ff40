"""The environments on their frozen panels: does the expert win, how fast is it, what does it need?

    python -m tests.benchmarks.catalogue --out results/environments
    python -m tests.benchmarks.catalogue babyai webshop --out results/environments  # these rows

The expert plays every task of the three panels once, in the harness, and its turns are judged by
our own table of errors. Speed is measured in fresh processes with one thread each, one after the
other, on the development games: medians of the repeats. Leave the machine alone.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Sequence
from pathlib import Path
from statistics import median
from typing import NamedTuple, get_args

import pandas as pd

from baselines.scripted import Expert
from environments import child
from harness.errors import classify
from harness.events import Hooks
from harness.experience import record_sessions
from harness.freeze import BLOCKS
from harness.frozen import panel_for
from harness.json_lines import read_frame
from harness.records import TaskRow, TurnRow
from harness.run import source_commit
from harness.task import Panel, Split
from harness.terminal import aligned, counting
from harness.trying import specs_by_name
from tests.benchmarks.catalogue.speed import Speed

GAMES = 12
"""Of the development panel, in which speed is measured."""


class Played(NamedTuple):
    """The expert on one panel."""

    environment: str
    split: Split
    tasks: int
    won: int
    errors: int
    """Turns in error by `harness.errors`."""
    turns: float
    """Median of the won tasks."""
    longest: int
    cap: int
    unsolved: str
    """Tasks that were not won, by name."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0] if __doc__ else None)
    parser.add_argument("names", nargs="*", metavar="NAME", help="files of conf/environment (all)")
    parser.add_argument("--turns", type=int, default=240, help="of each measurement of speed (240)")
    parser.add_argument("--repeats", type=int, default=3, help="of each, medians are given (3)")
    parser.add_argument("--out", type=Path, help="a folder for panels.csv, speed.csv, table.txt")
    wanted = parser.parse_args()
    names = wanted.names or list(specs_by_name())
    commit = source_commit()  # before the results, which lie in the tree, are written
    played = pd.DataFrame(experts(names)).assign(commit=commit)
    speed = pd.DataFrame(speeds(names, wanted.turns, wanted.repeats)).assign(commit=commit)
    if wanted.out is not None:
        wanted.out.mkdir(parents=True, exist_ok=True)
        played = _among(wanted.out / "panels.csv", played)
        speed = _among(wanted.out / "speed.csv", speed)
        played.to_csv(wanted.out / "panels.csv", index=False)
        speed.to_csv(wanted.out / "speed.csv", index=False)
        (wanted.out / "table.txt").write_text(f"{table(played, speed)}\n{_commits(speed)}\n")
    print(table(played, speed))


def _among(path: Path, rows: pd.DataFrame) -> pd.DataFrame:
    """Rows in the place of those of the same environments in a file, if there is one."""
    if not path.exists():
        return rows
    old = pd.read_csv(path, dtype={"commit": str}, keep_default_na=False)
    others = old[~old["environment"].isin(rows["environment"])]
    return pd.concat([others, rows]).sort_values("environment", kind="stable", ignore_index=True)


def _commits(speed: pd.DataFrame) -> str:
    """At which commit the rows were measured: that of most of them first."""
    names = speed["environment"].str.partition(",")[0]
    most, *others = speed["commit"].value_counts().index
    apart = (f"{', '.join(names[speed['commit'] == one].unique())}: {one}" for one in others)
    return f"Commit {'; '.join([most, *apart])}."


def frozen(name: str, split: Split) -> Panel:
    """A whole frozen panel, its games made."""
    spec = specs_by_name()[name].model_copy(update={"split": split, "blocks": BLOCKS[split]})
    with counting(f"{name}, {split}: games") as progress:
        return panel_for(spec, 0, progress=progress)


def experts(names: Iterable[str]) -> Iterable[Played]:
    """The expert on every panel."""
    for name in names:
        for split in get_args(Split):
            panel = frozen(name, split)
            with tempfile.TemporaryDirectory() as folder:
                path = Path(folder)
                with counting(f"{name}, {split}: expert") as progress:
                    record_sessions(
                        Expert(), panel, path, _Counting(progress, panel), slots=8, workers=2
                    )
                turns = read_frame(path / "turns.jsonl", TurnRow)
                tasks = read_frame(path / "tasks.jsonl", TaskRow)
            won = tasks[tasks["end"] == "won"]
            games = {task.name: task.game or f"seed {task.seed}" for task in panel.tasks}
            lost = sorted(set(tasks["task"]) - set(won["task"]))
            yield Played(
                name,
                split,
                len(tasks),
                len(won),
                int(classify(turns)["error"].sum()),
                float(won["turns"].median()),
                int(won["turns"].max()),
                panel.spec.cap,
                "; ".join(f"{task} ({games[task]})" for task in lost),
            )


class _Counting(Hooks):
    """Tells how many tasks have ended."""

    def __init__(self, progress: object, panel: Panel) -> None:
        self.progress, self.done, self.total = progress, 0, len(panel.tasks)

    def task_ended(self, event: object) -> None:
        self.done += 1
        self.progress(self.done, self.total)  # type: ignore[operator]


def speeds(names: Iterable[str], turns: int, repeats: int) -> Iterable[dict[str, object]]:
    """The speed of every environment."""
    for name in names:
        tasks = frozen(name, "development").tasks[:GAMES]
        request = {
            "id": tasks[0].environment,
            "kwargs": [task.kwargs for task in tasks],
            "rules": [task.rules for task in tasks],
            "seeds": [task.seed for task in tasks],
            "turns": turns,
        }
        variants = {name: request}
        if name.startswith("alfworld"):
            without = [{**task.kwargs, "expert": None} for task in tasks]
            variants[f"{name}, no oracle"] = {**request, "kwargs": without}
        for variant, asked in variants.items():
            found = [_measured(asked) for _ in range(repeats)]
            yield {
                "environment": variant,
                **{field: median(getattr(one, field) for one in found) for field in Speed._fields},
            }


def _measured(request: dict[str, object]) -> Speed:
    done = subprocess.run(
        [sys.executable, "-m", "tests.benchmarks.catalogue.speed", json.dumps(request)],
        env=child.environ(),
        capture_output=True,
        text=True,
        check=True,
    )
    return Speed(**json.loads(done.stdout.splitlines()[-1]))


def table(played: pd.DataFrame, speed: pd.DataFrame) -> str:
    """What stands in the README: an environment a line."""
    rows: list[Sequence[str]] = [
        (
            "environment",
            "tasks",
            "expert wins",
            "errors",
            "turns",
            "cap",
            "turns/s",
            "MiB",
            "start, s",
            "reset, s",
        ),
    ]
    for name, one in speed.set_index("environment").iterrows():
        of = played[played["environment"] == str(name).partition(",")[0]]
        rows.append(
            (
                str(name),
                str(of["tasks"].sum()),
                f"{of['won'].sum() / of['tasks'].sum():.1%}",
                str(of["errors"].sum()),
                f"to {of['longest'].max()}",
                str(of["cap"].max()),
                f"{one['steps']:,.0f}",
                f"{one['memory']:,.0f}",
                f"{one['start']:.1f}",
                f"{one['reset']:.3f}",
            )
        )
    lines = aligned(rows)
    unsolved = "; ".join(filter(None, played["unsolved"]))
    return "\n".join([*lines, "", f"Not won by the expert: {unsolved or 'none'}."])


if __name__ == "__main__":
    main()
