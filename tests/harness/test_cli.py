"""The command `driftgauge`, as a user types it."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pytest

from harness import load
from harness.cli import main
from harness.lm import LanguageModel
from tests.harness.test_run import TOY

ROOT = Path(__file__).parents[2]
SMALL = ["environment.blocks=2", "environment.tasks=2", "environment.cap=4"]


def driftgauge(cwd: Path, *words: str, **environ: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [
            sys.executable,
            "-c",
            "import sys; from harness.cli import main; sys.exit(main())",
            *words,
        ],
        cwd=cwd,
        env={**os.environ, "WANDB_MODE": "disabled", "PYTHONPATH": str(ROOT), **environ},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture(scope="module")
def quickstart(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The folder in which the quickstart was typed, with two agents that need no model."""
    folder = tmp_path_factory.mktemp("quickstart")
    done = driftgauge(folder, *QUICKSTART, WANDB_MODE="offline")
    assert done.returncode == 0, done.stderr
    (folder / "said").write_text(done.stdout)
    yield folder


QUICKSTART = ["run", "-m", "agent=random,expert", *SMALL, "runs=runs", "report=runs/report"]


def test_the_quickstart_prints_a_table_and_leaves_a_report(quickstart: Path) -> None:
    said = (quickstart / "said").read_text()
    assert "entry" in said and "random" in said and "expert" in said
    assert "Report: runs/report/index.html" in said
    assert max(map(len, said.splitlines())) <= 100
    report = quickstart / "runs" / "report"
    assert "<html" in (report / "index.html").read_text()
    assert list(pd.read_csv(report / "table.csv")["entry"]) == ["random", "expert"]
    assert len(list(quickstart.glob("runs/*/wandb/offline-run-*/*.wandb"))) == 2
    # Nothing lies about but what was asked for.
    assert sorted(path.name for path in quickstart.iterdir()) == ["runs", "said"]


def test_what_was_played_can_be_read_from_python(quickstart: Path) -> None:
    comparison = load(quickstart / "runs")
    assert {run.name for run in comparison.runs} == {"random", "expert"}
    assert all(run.finished and len(run.tasks) == 2 * 2 * 2 * 2 for run in comparison.runs)


def test_the_same_command_plays_nothing_and_says_how_to_play_anew(quickstart: Path) -> None:
    turns = {path: path.read_bytes() for path in quickstart.glob("runs/*/turns.jsonl")}
    done = driftgauge(quickstart, *QUICKSTART)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith((quickstart / "said").read_text())
    assert "Everything was played before." in done.stdout and "runs=runs-2" in done.stdout
    assert {path: path.read_bytes() for path in quickstart.glob("runs/*/turns.jsonl")} == turns


def test_a_report_is_made_of_a_folder_of_runs(quickstart: Path, tmp_path: Path) -> None:
    done = driftgauge(tmp_path, "report", str(quickstart / "runs"))
    assert done.returncode == 0, done.stderr
    assert "random" in done.stdout and "Report: report/index.html" in done.stdout
    assert (tmp_path / "report" / "index.html").exists()


def test_a_report_compares_with_the_entry_that_is_named(quickstart: Path, tmp_path: Path) -> None:
    words = ("report", str(quickstart / "runs"), "--out", str(tmp_path / "new"))
    declared = driftgauge(tmp_path, *words)
    assert "The declared reference, in_context, is not among the entries." in " ".join(
        declared.stdout.split()
    )
    assert not (tmp_path / "new" / "against.csv").exists()
    named = driftgauge(tmp_path, *words, "--reference", "expert")
    assert "Against expert, chosen after the runs (declared: in_context)." in " ".join(
        named.stdout.split()
    )
    against = pd.read_csv(tmp_path / "new" / "against.csv")
    assert set(against["entry"]) == {"random"} and set(against["reference"]) == {"expert"}


def test_a_reference_that_is_no_entry_is_a_sentence_and_2(
    quickstart: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["report", str(quickstart / "runs"), "--reference", "lora"]) == 2
    told = capsys.readouterr()
    assert "driftgauge: The reference 'lora' is none of the entries" in told.err
    assert told.out == ""


def test_a_language_model_plays(
    smollm2: LanguageModel,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("WANDB_MODE", "disabled")
    monkeypatch.setattr(sys, "argv", ["driftgauge"])  # Hydra reads it; it is put back afterwards
    words = ["environment.blocks=1", "environment.tasks=2", "environment.cap=2", "workers=1"]
    assert main(["run", "agent=in_context", *words]) == 0
    assert "in_context" in capsys.readouterr().out
    [run] = load(tmp_path / "runs").runs
    assert run.manifest["model"] == smollm2.fingerprint and run.finished
    assert len(run.tasks) == 8 and (run.turns["encoded_tokens"] > 0).all()
    first = run.tasks[run.tasks["position"] == 1].groupby(["block", "order"])["play"].nunique()
    assert (first == 1).all()


@pytest.mark.parametrize(
    ("words", "said"), [("--help", "table, page and CSV"), ("report --help", "a run's folder")]
)
def test_help_is_given(words: str, said: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(words.split())
    assert not ended.value.code and said in capsys.readouterr().out


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("run --help", "environment: alfworld, "),
        ("run --cfg job agent=lora environment.cap=3", "cap: 3"),
    ],
)
def test_groups_and_keys_are_shown(words: str, said: str, tmp_path: Path) -> None:
    done = driftgauge(tmp_path, *words.split())
    assert done.returncode == 0 and said in done.stdout
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("", "usage: driftgauge"),
        ("runn", "invalid choice: 'runn'"),
        ("report", "the following arguments are required: RUN"),
        ("run --multi-run", "unrecognized arguments: --multi-run"),
    ],
)
def test_wrong_words_end_in_usage(
    words: str, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        main(words.split())
    assert ended.value.code == 2 and said in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("report missing-folder", "missing-folder is no run folder: it has no manifest.json"),
        ("run environment.cpa=3", "did you mean 'environment.cap'?"),
        ("run agent=npm,lora", "add -m"),
        ("run -m agent=npm,lroa", "did you mean 'lora'?"),
        ("run agent=random environment.draw.level=[99]", "level from 1 to 30"),
    ],
)
def test_wrong_use_is_a_sentence_and_2(
    words: str,
    said: str,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(words.split()) == 2
    told = capsys.readouterr()
    assert told.out == "" and said in told.err
    assert "driftgauge: " in told.err and "Traceback" not in told.err


@pytest.mark.parametrize(
    "words", ["run environment.cpa=3 --debug", "--debug report missing-folder"]
)
def test_a_trace_is_given_on_request(words: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(words.split()) == 2
    told = capsys.readouterr().err
    assert "Traceback" in told and told.splitlines()[-1].startswith("driftgauge: ")


def test_what_breaks_inside_a_run_is_said_too(tmp_path: Path) -> None:
    """An error of the engine goes through Hydra unchanged."""
    few = ["agent=random", *TOY, "+environment.kwargs.games=3"]
    done = driftgauge(tmp_path, "run", *few)
    assert done.returncode == 2, done.stderr
    assert "gave only 3 different games" in done.stderr and "Traceback" not in done.stderr


def test_w_and_b_is_asked_for_in_vain(tmp_path: Path) -> None:
    done = driftgauge(tmp_path, "run", "agent=random", *TOY, WANDB_MODE="onlien")
    assert done.returncode == 1 and "WANDB_MODE is 'onlien'" in done.stderr
    assert "Traceback" not in done.stderr
