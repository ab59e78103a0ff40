import os
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from harness.errors import classify
from harness.events import RunEnded, RunStarted, TurnTaken
from harness.records import TurnRow, read_rows
from harness.tracking import TrackingError, WandbHooks
from tests.harness.tables import write_run
from tests.harness.tracking.small_run import MANIFEST, TASKS, emit
from tests.harness.tracking.wandb_file import BLOCK, WandbFile, offline_runs


@pytest.fixture(scope="module", autouse=True)
def machine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A home without a W&B login, and an empty working directory."""
    home = tmp_path_factory.mktemp("home")
    with pytest.MonkeyPatch.context() as patch:
        for name in [name for name in os.environ if name.startswith("WANDB_")]:
            patch.delenv(name)
        for name in ("HOME", "WANDB_DATA_DIR", "WANDB_CACHE_DIR", "WANDB_CONFIG_DIR"):
            patch.setenv(name, str(home))
        patch.setenv("NETRC", str(home / "netrc"))
        patch.chdir(tmp_path_factory.mktemp("cwd"))
        yield home


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory, machine: Path) -> WandbFile:
    """What W&B has of the small run."""
    folder = tmp_path_factory.mktemp("runs") / "3f2a91c0"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("WANDB_MODE", "offline")
        emit(folder, WandbHooks())
    assert list(Path.cwd().iterdir()) == []
    (file,) = offline_runs(folder)
    return file


def test_run_is_named_and_configured(run: WandbFile) -> None:
    assert run.run.run_id == "3f2a91c0"
    assert run.run.run_group == "first"
    assert run.run.display_name == "lora"
    assert run.run.job_type == "run"
    assert run.run.project == "driftgauge"
    assert {k: v for k, v in run.config.items() if k != "_wandb"} == MANIFEST["config"]
    assert run.exit_code == 0


def test_curves_have_their_own_axes(run: WandbFile) -> None:
    for axis in ("running/turn", "turn/session_turn", "position/position"):
        assert run.step_metrics[axis.split("/")[0] + "/*"] == axis


def test_errors_by_session_turn(run: WandbFile) -> None:
    def curve(name: str) -> dict[int, float]:
        return run.curve("turn/session_turn", f"turn/{name}")

    assert curve("at_risk") == {1: 3, 2: 2, 3: 2, 4: 2, 5: 1}
    assert curve("error") == {1: 0, 2: 0, 3: 1, 4: 0.5, 5: 0}
    assert curve("unparsed") == {1: 0, 2: 0, 3: 0.5, 4: 0, 5: 0}
    assert curve("fatal") == {1: 0, 2: 0, 3: 0, 4: 0.5, 5: 0}
    # Of the two turns at 4, one lost the task: whether it stalled is unknown.
    assert curve("stalled") == {1: 0, 2: 0, 3: 1, 4: 0, 5: 0}


def test_drift_by_position(run: WandbFile) -> None:
    def curve(name: str) -> dict[int, float]:
        return run.curve("position/position", f"position/{name}")

    assert curve("success_chained") == {1: 1, 2: 0.5}
    assert curve("success_fresh") == {1: 1, 2: 1}
    assert curve("drift") == {1: 0, 2: 0.5}
    # B, lost at turn 2 of 4, counts two errors and two turns unplayed; A has one error in three.
    assert curve("error_rate_chained") == {1: 0, 2: pytest.approx((1 + 1 / 3) / 2)}


def test_running_error_rate(run: WandbFile) -> None:
    curve = run.curve("running/turn", "running/error_rate")
    assert list(curve) == list(range(1, 12))
    assert curve[3] == pytest.approx(1 / 3)  # the first look, after A's two turns
    assert curve[11] == pytest.approx(3 / 11)


def test_summary(run: WandbFile) -> None:
    summary = {k: v for k, v in run.summary.items() if not k.startswith(("_", "transcr", "costs"))}
    assert summary == {
        "success_chained": 0.5,
        "success_fresh": 1,
        "drift": 0.5,
        "error_rate_chained": pytest.approx(2 / 3),
        "error_rate_fresh": 0,
        "drift_error_rate": pytest.approx(2 / 3),
        "tasks": 11,
        "tasks_failed": 1,
        "turns": 11,
        "encoded_tokens_a_turn": 20,
        "generated_tokens_a_turn": 4,
        "seconds_playing": pytest.approx(11 * 0.05),
        "seconds_preparing": 12,
    }


def test_tables(run: WandbFile) -> None:
    transcripts = run.table("transcripts")
    assert len(transcripts) == sum(len(played.turns) for played in TASKS)
    (mumble,) = [row for row in transcripts if row["command"] is None]
    assert mumble == {
        "block": "0",
        "order": 1,
        "position": 2,
        "arm": "chained",
        "task": "A",
        "turn": 1,
        "observation": "You are in a corridor.",
        "command": None,
        "feedback": "You go east.",
        "errors": "unparsed, stalled",
    }
    (costs,) = run.table("costs")
    assert costs == {
        "step": "games",
        "seconds": 3,
        "made_in_seconds": 12,
        "artefact": "ab12",
        "detail": "4 games",
    }


def test_broken_run_resumes_under_the_same_id(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "77aa"
    emit(folder, WandbHooks(), TASKS[:3], breaks=True)
    time.sleep(1.1)  # W&B names its folders by the second
    emit(folder, WandbHooks(), TASKS[3:])
    broken, resumed = offline_runs(folder)
    assert (broken.exit_code, resumed.exit_code) == (1, 0)
    assert broken.run.run_id == resumed.run.run_id == "77aa"
    assert list(broken.curve("running/turn", "running/error_rate")) == [1, 2, 3, 4]
    assert list(resumed.curve("running/turn", "running/error_rate")) == list(range(5, 12))
    assert not broken.curve("position/position", "position/drift")
    assert resumed.curve("position/position", "position/drift") == {1: 0, 2: 0.5}
    assert capfd.readouterr() == ("", "")


def test_a_run_that_breaks_at_once(tmp_path: Path) -> None:
    WandbHooks().close()
    emit(tmp_path / "0", WandbHooks(), (), breaks=True)
    (run,) = offline_runs(tmp_path / "0")
    assert run.exit_code == 1


def test_a_run_in_which_nothing_was_played(tmp_path: Path) -> None:
    emit(tmp_path / "0", WandbHooks(), ())
    (run,) = offline_runs(tmp_path / "0")
    assert run.exit_code == 0
    assert "drift" not in run.summary


def test_a_run_of_many_turns(tmp_path: Path) -> None:
    folder = write_run(tmp_path, blocks=4, tasks=6)
    hooks = WandbHooks()
    turns = tuple(read_rows(folder / "turns.jsonl", TurnRow))
    (folder / "tasks.jsonl").rename(folder / "later.jsonl")  # nothing was finished at the start
    hooks.run_started(RunStarted(folder, MANIFEST, tasks=96, finished_tasks=0))
    for row in turns:
        hooks.turn_taken(TurnTaken(row))
    (folder / "later.jsonl").rename(folder / "tasks.jsonl")
    hooks.run_ended(RunEnded(folder, MANIFEST))
    hooks.close()
    (run,) = offline_runs(folder)
    (path,) = folder.glob("wandb/offline-run-*/run-*.wandb")
    assert path.stat().st_size > 2 * BLOCK
    curve = run.curve("running/turn", "running/error_rate")
    assert list(curve) == list(range(1, len(turns) + 1))
    assert curve[len(turns)] == pytest.approx(classify(turns)["error"].mean())
    assert list(run.curve("position/position", "position/drift")) == [1, 2, 3, 4, 5, 6]


def test_disabled_writes_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WANDB_MODE", "disabled")
    emit(tmp_path / "0", WandbHooks())
    assert {path.name for path in (tmp_path / "0").iterdir()} == {
        "turns.jsonl",
        "tasks.jsonl",
        "probes.jsonl",
        "retention.jsonl",
        "costs.jsonl",
    }
    assert list(Path.cwd().iterdir()) == []


def test_online_without_login_says_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WANDB_MODE", "online")
    with pytest.raises(TrackingError, match="run `wandb login` or set WANDB_API_KEY"):
        emit(tmp_path / "0", WandbHooks())


def test_unknown_mode_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WANDB_MODE", "sometimes")
    with pytest.raises(TrackingError, match="one of offline, online, disabled"):
        emit(tmp_path / "0", WandbHooks())
