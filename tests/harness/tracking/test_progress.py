import io
import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from rich.console import Console

from harness.events import StepDone, StepProgress
from harness.records import CostRow
from harness.tracking import ProgressHooks
from harness.tracking.progress import Pace
from tests.harness.tracking.small_run import GAMES, TASKS, emit


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("DRIFTGAUGE_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache" / "speed" / "turns_per_second.json"


@pytest.fixture
def clock() -> Callable[[], float]:
    """A clock on which half a second goes by whenever somebody looks at it."""
    ticks: Iterator[float] = (tick / 2 for tick in range(100_000))
    return lambda: next(ticks)


def plain() -> Console:
    return Console(file=io.StringIO(), force_terminal=False)


def lines(console: Console) -> list[str]:
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue().splitlines()


def test_plain_output(tmp_path: Path, clock: Callable[[], float]) -> None:
    console = plain()
    emit(tmp_path / "run", ProgressHooks(console, every=5, clock=clock))
    estimate, games, first, *middle, last = lines(console)
    assert estimate == (
        "12 tasks in 3 sessions, at most 48 turns: no earlier run to estimate the time from"
    )
    assert games == "games: done in 3 s (4 games)"
    number = r"\d+(\.\d+)?"
    shape = rf"sessions \d/3 · tasks \d+/12 · turns \d+ · {number} turns/s · about \d+ s left"
    assert re.fullmatch(shape, first)
    assert first.startswith("sessions 0/3 · tasks 1/12 · turns 2 · ")
    assert 1 <= len(middle) <= 12
    assert all(re.fullmatch(shape, line) for line in middle)
    assert re.fullmatch(
        rf"done: sessions 3/3 · tasks 12/12 · turns 11 · {number} turns/s · \d+ s", last
    )


def test_lines_are_few(tmp_path: Path) -> None:
    console = plain()
    emit(tmp_path / "run", ProgressHooks(console))
    assert len(lines(console)) == 4  # estimate, games, the first task, done


def test_next_run_is_estimated_from_this_one(
    tmp_path: Path, clock: Callable[[], float], cache: Path
) -> None:
    emit(tmp_path / "first", ProgressHooks(plain(), clock=clock))
    (speed,) = json.loads(cache.read_text()).values()
    console = plain()
    emit(tmp_path / "second", ProgressHooks(console, clock=clock))
    seconds = round(48 / speed)
    assert lines(console)[0] == (
        f"12 tasks in 3 sessions, at most 48 turns: at most {seconds} s at {speed:.2g} turns/s, "
        "as measured here"
    )


def test_damaged_cache_costs_the_estimate_only(tmp_path: Path, cache: Path) -> None:
    cache.parent.mkdir(parents=True)
    cache.write_text('{"lora": ')
    console = plain()
    emit(tmp_path / "run", ProgressHooks(console))
    assert lines(console)[0].endswith("no earlier run to estimate the time from")
    assert len(json.loads(cache.read_text())) == 1


def test_resumed_run_counts_what_is_done(tmp_path: Path) -> None:
    emit(tmp_path / "run", ProgressHooks(plain()), TASKS[:5], breaks=True)
    console = plain()
    emit(tmp_path / "run", ProgressHooks(console), TASKS[5:])
    assert lines(console)[0].startswith("7 of 12 tasks in 2 of 3 sessions left, at most 28 turns")
    assert lines(console)[-1].startswith("done: sessions 3/3 · tasks 12/12 · turns 5")


def test_preparation_is_shown(clock: Callable[[], float]) -> None:
    console = plain()
    hooks = ProgressHooks(console, every=3, clock=clock)
    for done in range(1, 13):
        hooks.step_progress(StepProgress("games", done, 12))
    hooks.step_done(StepDone(GAMES))
    hooks.step_done(StepDone(CostRow("training", 0.0, 95.0, "cd34")))
    hooks.close()
    *steps, games, training = lines(console)
    assert 2 <= len(steps) < 12
    assert all(re.fullmatch(r"games: \d+/12", line) for line in steps)
    assert (games, training) == ("games: done in 3 s (4 games)", "training: found, made earlier")


def test_terminal_has_one_live_line(tmp_path: Path) -> None:
    console = Console(file=io.StringIO(), force_terminal=True, width=100)
    emit(tmp_path / "run", ProgressHooks(console))
    text = "\n".join(lines(console))
    assert "━" in text  # the bar
    assert "\x1b[2K" in text  # a line drawn anew
    assert "done: sessions 3/3 · tasks 12/12 · turns 11" in text


def test_writes_to_standard_error(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    emit(tmp_path / "run", ProgressHooks())
    out, err = capsys.readouterr()
    assert out == ""
    assert "done: sessions 3/3" in err


def test_pace() -> None:
    pace = Pace(tasks=10, cap=8, known_speed=4.0)
    pace.start(100.0)
    assert (pace.expected_turns, pace.left) == (80, 20.0)
    for second in range(1, 7):
        pace.turn(100.0 + second)
    assert (pace.speed, pace.left) == (1.0, 74.0)
    # Two arms that share a play of 6 turns: three turns a task.
    pace.task("p", 6)
    pace.task("p", 6)
    assert (pace.expected_turns, pace.left) == (30, 24.0)
    assert Pace(tasks=10, cap=8, known_speed=None).left is None
