"""The command `driftgauge`: one verb a line.

driftgauge run experiment=demo          play; the same line again resumes
driftgauge run -m agent=npm,lora seed=0,1,2
driftgauge report runs/demo             table and page, also of a run still going
"""

from __future__ import annotations

import argparse
import sys
import traceback
from collections.abc import Callable, Sequence
from pathlib import Path

EPILOG = """\
driftgauge run takes Hydra's grammar: group=option picks a file of conf/, key=value sets a
key, -m sweeps over lists. `driftgauge run --help` lists groups and keys.
"""


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; returns its exit code: 0 done, 1 it does not hold or broke, 2 wrong use."""
    words = list(sys.argv[1:] if argv is None else argv)
    debug = "--debug" in words
    words = [word for word in words if word != "--debug"]
    try:
        return _command(words)
    except Exception as error:
        if (code := _exit_code(error)) is None:
            raise
        if debug:
            traceback.print_exception(error)
        print(f"driftgauge: {error}", file=sys.stderr)
        return code
    except KeyboardInterrupt:
        print("\ndriftgauge: stopped. The same command goes on from here.", file=sys.stderr)
        return 130


def _command(words: list[str]) -> int:
    parser = argparse.ArgumentParser(
        prog="driftgauge",
        description="Measure how far a language-model agent drifts over a long run.",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    verbs = parser.add_subparsers(dest="verb", required=True, metavar="run | report")
    # Hydra reads the words of `run` itself, its --help included.
    verbs.add_parser("run", add_help=False, help="play, or go on with, the runs of a configuration")
    report = verbs.add_parser("report", help="table, page and CSV of one or more runs")
    report.add_argument("runs", nargs="+", type=Path, metavar="RUN", help="a run's folder, or one")
    report.add_argument("--out", type=Path, default=Path("report"), help="where to (report)")
    if words[:1] == ["run"]:
        return _run(words[1:])
    arguments = parser.parse_args(words)
    _show(arguments.runs, arguments.out)
    return 0


def _run(words: list[str]) -> int:
    from hydra._internal.utils import get_args_parser

    from harness.config import RunConfig, validate
    from harness.run import is_finished

    given = get_args_parser().parse_args(words)
    configs: list[RunConfig] = []
    if not (given.help or given.hydra_help or given.cfg or given.info):
        configs = validate(given.overrides, sweep=given.multirun)
    finished = [config for config in configs if is_finished(config)]
    _hydra(words)
    if configs:
        _show([config.folder for config in configs], configs[0].report)
        if len(finished) == len(configs):
            print(
                "Everything was played before. To play anew, with model, games, adapter and "
                f"experience kept: the same command with runs={configs[0].runs}-2 "
                f"(by make: RUNS={configs[0].runs}-2)"
            )
    return 0


def _hydra(words: list[str]) -> None:
    """Hand over to Hydra: it sweeps, launches and calls `job` for each run."""
    import hydra
    from omegaconf import DictConfig

    def job(composed: DictConfig) -> None:
        from hydra.core.hydra_config import HydraConfig

        from harness.config import run_config
        from harness.run import run
        from harness.tracking import ProgressHooks, WandbHooks

        config = run_config(composed, HydraConfig.get().runtime.choices["agent"])
        print(f"\n{config.name}, seed {config.seed}: {config.folder}", file=sys.stderr)
        run(config, [ProgressHooks(), WandbHooks()])

    errors: list[Exception] = []

    def guarded(composed: DictConfig) -> None:
        try:
            job(composed)
        except Exception as error:
            errors.append(error)  # Hydra would print a trace and exit
            raise SystemExit(1) from error

    application: Callable[[], None] = hydra.main(
        config_path="pkg://conf", config_name="config", version_base=None
    )(guarded)
    sys.argv = ["driftgauge run", *words]
    try:
        application()
    except SystemExit:
        if errors:
            raise errors[0] from None
        raise


def _show(runs: Sequence[Path], out: Path | None) -> None:
    """Print the comparison table of some runs; with `out`, write the report there as well."""
    from harness.comparison import load
    from harness.report import text, write_report

    comparison = load(*runs)
    print(text(comparison, comparison.table()))
    if out is None:
        print(f"\nReport: driftgauge report {' '.join(map(str, runs))}")
    else:
        print(f"\nReport: {write_report(comparison, out)}")


def _exit_code(error: Exception) -> int | None:
    """2 for wrong use, 1 for what broke; None where the message is no sentence for the user."""
    if isinstance(error, (ValueError, FileNotFoundError)):
        return 2
    from harness.lm.embedded import ModelUnavailable
    from harness.tracking.wandb import TrackingError

    return 1 if isinstance(error, (ModelUnavailable, TrackingError)) else None
