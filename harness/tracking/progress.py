"""What a person sees while a run plays: how long it will take, and how far it is.

    64 tasks in 16 sessions, at most 512 turns: at most 4 min at 2.1 turns/s, as measured here
    games: 12/24
    games: done in 3 s
    sessions 3/16 · tasks 24/64 · turns 190 · 2.1 turns/s · about 2 min left
    done: sessions 16/16 · tasks 64/64 · turns 470 · 2.1 turns/s · 4 min

On a terminal the fourth line is live and has a bar; elsewhere (CI, `| tee`) it is printed
about every half minute. All of it goes to standard error, so results can be piped.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn

from harness.cache import cache_folder
from harness.events import (
    Hooks,
    RunEnded,
    RunStarted,
    SessionEnded,
    StepDone,
    StepProgress,
    TaskEnded,
    TurnTaken,
)
from harness.keyed import digest
from harness.records import TaskRow, read_rows


class Pace:
    """How fast the run goes, and how long it will still take. Times are in seconds."""

    def __init__(self, tasks: int, cap: int, known_speed: float | None) -> None:
        self.tasks = tasks
        """Rows of the task table that are still to be played."""
        self.cap = cap
        self.known_speed = known_speed
        """Turns a second of an earlier run, if there was one."""
        self.turns = 0
        self.ended_tasks = 0
        self._turns_of_ended: dict[str, int] = {}
        self._start = self._last = 0.0

    def start(self, now: float) -> None:
        """Play begins. Preparation may move it again until the first turn is taken."""
        if not self.turns:
            self._start = now

    def turn(self, now: float) -> None:
        """A turn was taken."""
        self.turns += 1
        self._last = now

    def task(self, play: str, turns: int) -> None:
        """A task ended. Arms that share a play were played once."""
        self.ended_tasks += 1
        self._turns_of_ended[play] = turns

    @property
    def elapsed(self) -> float:
        """From the begin of play to the latest turn."""
        return self._last - self._start if self.turns else 0.0

    @property
    def speed(self) -> float | None:
        """Turns a second: measured, before that as known from an earlier run."""
        return self.turns / self.elapsed if self.elapsed > 0 else self.known_speed

    @property
    def expected_turns(self) -> float:
        """Turns of the whole: at most that many, until the first task says how long tasks are."""
        if not self.ended_tasks:
            return self.tasks * self.cap
        return self.tasks * sum(self._turns_of_ended.values()) / self.ended_tasks

    @property
    def left(self) -> float | None:
        """Seconds that the rest will take; None if no speed is known."""
        if not self.speed:
            return None
        return max(0.0, self.expected_turns - self.turns) / self.speed


class ProgressHooks(Hooks):
    """Estimate, steps of preparation, and one line of progress.

    Args:
        console: where to write; standard error by default.
        every: seconds between two lines where the output is no terminal.
        clock: seconds that never go back.
    """

    def __init__(
        self,
        console: Console | None = None,
        every: float = 30.0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._console = console or Console(stderr=True)
        self._every = every
        self._clock = clock
        self._printed_at = clock()
        self._bar = Progress(
            TextColumn("{task.description}", markup=False),
            BarColumn(bar_width=16),
            console=self._console,
            transient=True,
            disable=not self._console.is_terminal,
        )
        self._bar_id = self._bar.add_task("preparing", total=None)
        self._kind = ""
        self._pace = Pace(tasks=0, cap=0, known_speed=None)
        self._tasks = self._tasks_before = 0
        self._sessions = self._ended_sessions = 0

    def run_started(self, event: RunStarted) -> None:
        """Say how long it will take, as far as an earlier run tells."""
        shape = event.manifest["config"]["environment"]
        self._kind = _kind(event.manifest)
        self._tasks, self._tasks_before = event.tasks, event.finished_tasks
        self._sessions = event.tasks // (len(event.manifest["arms"]) * shape["tasks"])
        self._ended_sessions = sum(
            task.arm == "chained" and (task.position == shape["tasks"] or task.end == "failed")
            for task in read_rows(event.folder / "tasks.jsonl", TaskRow)
        )
        self._pace = Pace(
            event.tasks - event.finished_tasks, shape["cap"], read_speeds().get(self._kind)
        )
        self._pace.start(self._clock())
        self._print(self._estimate())
        self._bar.start()

    def step_progress(self, event: StepProgress) -> None:
        """Show how far a step of preparation is."""
        self._pace.start(self._clock())
        self._show(f"{event.step}: {event.done}/{event.total}", event.done, event.total)

    def step_done(self, event: StepDone) -> None:
        """Say what a step of preparation took."""
        self._pace.start(self._clock())
        row = event.row
        took = f"done in {span(row.seconds)}" if row.seconds else "found, made earlier"
        self._print(f"{row.step}: {took}" + (f" ({row.detail})" if row.detail else ""))

    def turn_taken(self, event: TurnTaken) -> None:
        """Count."""
        self._pace.turn(self._clock())
        self._show_play()

    def task_ended(self, event: TaskEnded) -> None:
        """Count; the first task that ends says how long tasks are, so it has a line of its own."""
        self._pace.task(event.row.play, len(event.turns))
        self._show_play(now=self._pace.ended_tasks == 1)

    def session_ended(self, event: SessionEnded) -> None:
        """Count."""
        self._ended_sessions += 1
        self._show_play()

    def run_ended(self, event: RunEnded) -> None:
        """Say what it took."""
        self._print(f"done: {self._counts()} · {span(self._pace.elapsed)}")

    def close(self) -> None:
        """Take the live line away, and remember the speed for the next run's estimate."""
        self._bar.stop()
        if self._pace.ended_tasks and self._pace.elapsed > 0 and self._pace.speed:
            _remember_speed(self._kind, self._pace.speed)

    def _estimate(self) -> str:
        what = f"{self._tasks} tasks in {self._sessions} sessions"
        if self._tasks_before:
            sessions = f"{self._sessions - self._ended_sessions} of {self._sessions} sessions"
            what = f"{self._pace.tasks} of {self._tasks} tasks in {sessions} left"
        most = f"{what}, at most {self._pace.expected_turns:.0f} turns"
        if self._pace.left is None or self._pace.speed is None:
            return f"{most}: no earlier run to estimate the time from"
        took = f"at most {span(self._pace.left)} at {turns_a_second(self._pace.speed)}"
        return f"{most}: {took}, as measured here"

    def _counts(self) -> str:
        done = self._tasks_before + self._pace.ended_tasks
        speed = turns_a_second(self._pace.speed) if self._pace.speed else "no speed yet"
        return (
            f"sessions {self._ended_sessions}/{self._sessions} · tasks {done}/{self._tasks} · "
            f"turns {self._pace.turns} · {speed}"
        )

    def _show_play(self, now: bool = False) -> None:
        left = self._pace.left
        about = "about" if self._pace.ended_tasks else "at most"
        time_left = "time left unknown" if left is None else f"{about} {span(left)} left"
        done = self._tasks_before + self._pace.ended_tasks
        self._show(f"{self._counts()} · {time_left}", done, self._tasks, now)

    def _show(self, line: str, done: int, total: int, now: bool = False) -> None:
        """Update the live line; where there is none, print a line if it is time to, or `now`."""
        self._bar.update(self._bar_id, description=line, completed=done, total=total)
        due = self._clock() - self._printed_at >= self._every
        if (now or due) and not self._console.is_terminal:
            self._print(line)

    def _print(self, line: str) -> None:
        self._console.print(line, markup=False, highlight=False, soft_wrap=True)
        self._printed_at = self._clock()


def _kind(manifest: dict[str, Any]) -> str:
    """Runs of one kind are expected to be equally fast: the same entry on the same model."""
    return f"{manifest['name']} {digest(manifest['config'].get('model'))[:8]}"


def _speeds() -> Path:
    return cache_folder("speed") / "turns_per_second.json"


def read_speeds() -> dict[str, float]:
    """Turns a second of earlier runs on this machine, by kind: entry and model."""
    # A cache that cannot be read costs the estimate, never the run.
    with suppress(OSError, ValueError):
        speeds: dict[str, float] = json.loads(_speeds().read_text())
        return speeds
    return {}


def _remember_speed(kind: str, speed: float) -> None:
    speeds = read_speeds() | {kind: round(speed, 3)}
    with suppress(OSError):
        part = _speeds().with_suffix(".part")
        part.write_text(json.dumps(speeds, indent=1, sort_keys=True) + "\n")
        part.replace(_speeds())


def turns_a_second(speed: float) -> str:
    """A speed for the eye."""
    return f"{speed:.2g} turns/s" if speed < 10 else f"{speed:.0f} turns/s"


def span(seconds: float) -> str:
    """A time for the eye."""
    if seconds < 90:
        return f"{seconds:.0f} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 90 else f"{minutes // 60} h {minutes % 60} min"
