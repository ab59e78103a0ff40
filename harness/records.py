"""The tables of a run: appended and flushed as turns happen, and all that later stages read.

    runs/3f2a91c0/
        manifest.json      configuration, versions, fingerprints, machine, when, finished or not
        panel.lock.json    the games, by content
        turns.jsonl        a row a decision            (`TurnRow`)
        tasks.jsonl        a row a task in an arm      (`TaskRow`)
        probes.jsonl       a row a probe's question    (`ProbeRow`)
        retention.jsonl    a row a fact or paragraph   (`RetentionRow`)
        costs.jsonl        a row a step of preparation (`CostRow`)

JSON lines, because a run can be killed at any byte: at the next start a torn last line is cut
off and the run goes on from the last whole one.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, Generic, Literal

from harness.json_lines import Row, cut_torn_line
from harness.json_lines import read_frame as read_frame
from harness.json_lines import read_rows as read_rows

End = Literal["won", "lost", "capped", "failed", "void"]
"""Failed: the machinery broke. Void: what happened before has done the task, or made it impossible,
in a world that persists."""
Arm = Literal["chained", "fresh", "padded", "expert", "undamaged"]
RetentionKind = Literal["fact", "perplexity"]


@dataclass(frozen=True, slots=True)
class TurnRow:
    """One decision. `*_before` is the state in which it was taken, `*_after` what it led to."""

    play: str
    """The play that this turn belongs to. Rows of `tasks` point to it, several where a
    deterministic agent met the same history and state in more than one arm."""
    task: str
    turn: int
    """Within the task, from 1."""
    age: int
    """Turns in the agent's history before this task began: `age + turn` is the session's turn."""
    observation: str
    """What the agent read when it decided."""
    admissible: tuple[str, ...] | None
    command: str | None
    """What was sent to the game; None if no command could be read from `text`."""
    text: str
    feedback: str
    """What the game answered; for an unreadable output, what the harness said in its stead."""
    chosen: bool
    """The command was chosen among the admissible ones."""
    expert: str | None
    """The expert's command before this turn."""
    state_before: str
    state_after: str
    distance_before: int | None
    distance_after: int | None
    progress: float | None
    """After the turn."""
    accepted: bool | None
    violations: tuple[str, ...]
    opportunity: bool
    won: bool
    lost: bool
    margin: float | None
    recomputed: bool
    prompt_tokens: int
    encoded_tokens: int
    generated_tokens: int
    dropped_turns: int
    steered_tokens: int
    dose: float
    seconds: float
    """The batch's wall time divided by its decisions."""
    required: bool = False
    """A rule asked for this very action."""


@dataclass(frozen=True, slots=True)
class TaskRow:
    """How one task ended, at one position of one session, in one arm."""

    block: str
    order: int
    """Which of the block's orders; (block, order) is a session."""
    position: int
    """From 1."""
    arm: str
    task: str
    play: str
    end: End
    turns: int
    cap: int
    age: int
    """Turns of the session before this task; 0 in the fresh arm."""
    context_tokens: int
    """Prompt tokens at the task's first turn."""
    goal: str = ""
    reason: str = ""
    """Why it failed, or is void; empty otherwise."""


@dataclass(frozen=True, slots=True)
class ProbeRow:
    """One question of a probe, asked of a fork of the context just before a turn's decision."""

    play: str
    """As in `TurnRow`: several rows of `tasks` may point to it."""
    task: str
    turn: int
    """Within the task, from 1: the turn before whose decision it was asked."""
    age: int
    """Turns in the agent's history before this task began."""
    name: str
    """The probe's."""
    question: str
    """As the agent read it."""
    options: tuple[str, ...]
    expected: str
    """One of the options."""
    answer: str | None
    """One of the options; None if none could be read, or if the window had no room to ask
    (`encoded_tokens` is 0 then)."""
    correct: bool | None
    """None where there is no answer."""
    context: str
    """Digest of the context that was forked, the same before and after."""
    encoded_tokens: int
    """Prompt tokens that were run in the fork."""
    seconds: float
    """The batch's wall time divided by its questions."""


@dataclass(frozen=True, slots=True)
class RetentionRow:
    """What the entry's model and the unmodified one make of one fact or paragraph.

    It is asked once a run, outside of the games, of agents that change their model.
    """

    item: str
    kind: RetentionKind
    modified: float
    """fact: 1 right, 0 wrong; perplexity: mean negative log-likelihood of a token, in nats."""
    unmodified: float
    tokens: int
    """Of a paragraph, those that the mean is over; 0 for a fact."""


@dataclass(frozen=True, slots=True)
class CostRow:
    """One step of preparation: what it took, and the hash under which its artefact is kept.

    Steps without an artefact (games, the model) are nobody's learning: whoever comes first pays
    for all, so comparisons leave them out.
    """

    step: str
    seconds: float
    """0 if the artefact was there already."""
    made_in_seconds: float
    """What it took when it was made."""
    artefact: str
    detail: str = ""


class Table(Generic[Row]):
    """One append-only table on disk."""

    def __init__(self, path: Path, row: type[Row]) -> None:
        self.path = path
        self.row = row
        self._columns = [field.name for field in fields(row)]
        cut_torn_line(path)
        self._file = path.open("a", encoding="utf-8")

    def append(self, row: Row) -> None:
        """Write one row and flush it to the operating system."""
        values = {name: getattr(row, name) for name in self._columns}
        self._file.write(json.dumps(values, ensure_ascii=False) + "\n")
        self._file.flush()

    def close(self) -> None:
        """Close the file; the table can no longer be appended to."""
        self._file.close()

    def __iter__(self) -> Iterator[Row]:
        return read_rows(self.path, self.row)


class Records:
    """The tables of one run, open for appending."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder
        self.turns = Table(folder / "turns.jsonl", TurnRow)
        self.tasks = Table(folder / "tasks.jsonl", TaskRow)
        self.probes = Table(folder / "probes.jsonl", ProbeRow)
        self.retention = Table(folder / "retention.jsonl", RetentionRow)
        self.costs = Table(folder / "costs.jsonl", CostRow)

    def cost(self, row: CostRow) -> None:
        """Record a step of preparation once: whoever asks for it again finds it made."""
        if all((row.step, row.artefact) != (old.step, old.artefact) for old in self.costs):
            self.costs.append(row)

    def close(self) -> None:
        """Close all tables."""
        for table in (self.turns, self.tasks, self.probes, self.retention, self.costs):
            table.close()


def read_manifest(folder: Path) -> dict[str, Any]:
    """The manifest of a run.

    Raises:
        FileNotFoundError: the folder is no run; the message says what was expected.
    """
    path = folder / "manifest.json"
    if not path.exists():
        raise FileNotFoundError(
            f"{folder} is no run folder: it has no manifest.json. A run's folder is printed by "
            "`driftgauge run` and lies under runs/ by default."
        )
    manifest: dict[str, Any] = json.loads(path.read_text())
    return manifest


def write_manifest(folder: Path, manifest: dict[str, Any]) -> None:
    """Replace the manifest in one step, so that a reader never sees half of it."""
    part = folder / "manifest.json.part"
    part.write_text(json.dumps(manifest, indent=1, sort_keys=True) + "\n")
    part.replace(folder / "manifest.json")
