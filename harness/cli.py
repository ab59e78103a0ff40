"""The command `driftgauge`: one verb a line.

driftgauge run experiment=demo          play; the same line again resumes
driftgauge run -m agent=npm,lora seed=0,1,2
driftgauge report runs/demo             tables and page, also of a run still going
driftgauge diff runs/demo/3f2a91c0 runs/demo/b10c44e7      where two runs first part
driftgauge plan --difference 0.1        how many blocks that needs, and how long they take
driftgauge calibrate                    prove the gauge on agents of known drift
driftgauge envs                         which environments there are, and what each needs
driftgauge check babyai                 does an environment keep the contract?
driftgauge play babyai                  play it yourself, and see what an agent sees
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import traceback
from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

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
    except BrokenPipeError:
        # Whoever read the output has gone (`| head`), and what Python still holds of it must not
        # complain at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
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
    verbs = parser.add_subparsers(dest="verb", required=True, metavar="VERB")
    # Hydra reads the words of `run` itself, its --help included.
    verbs.add_parser("run", add_help=False, help="play, or go on with, the runs of a configuration")
    report = verbs.add_parser("report", help="table, page and CSV of one or more runs")
    report.add_argument("runs", nargs="+", type=Path, metavar="RUN", help="a run's folder, or one")
    report.add_argument("--out", type=Path, default=Path("report"), help="where to (report)")
    report.add_argument(
        "--reference", metavar="NAME", help="an entry (the one declared in the runs)"
    )
    report.set_defaults(do=_report)
    diff = verbs.add_parser("diff", help="where two runs first part; exit code 1 if they do")
    diff.add_argument("a", type=Path, metavar="RUN", help="a run's folder")
    diff.add_argument("b", type=Path, metavar="RUN", help="another's")
    diff.add_argument("--tasks", type=int, default=10, help="that part, in the table (10)")
    diff.add_argument("--json", action="store_true", help="everything, for programs")
    diff.set_defaults(do=_diff)
    plan = verbs.add_parser("plan", help="how many blocks a difference needs, and how much time")
    plan.add_argument("--difference", type=float, required=True, help="in success, up to 1")
    plan.add_argument("--environment", help="a file of conf/environment (the first RUN's)")
    plan.add_argument("--arms", default="chained,fresh", help="to be played (chained,fresh)")
    plan.add_argument("--entries", type=int, default=1, help="compared, with the reference (1)")
    plan.add_argument("--blocks", type=int, help="what so many blocks show (as many as it needs)")
    plan.add_argument("--json", action="store_true", help="for programs")
    plan.add_argument("runs", nargs="*", type=Path, metavar="RUN", help="to measure on")
    plan.set_defaults(do=_plan)
    calibrate = verbs.add_parser(
        "calibrate",
        help="prove the gauge on agents of known drift; exit code 1 if it fails",
    )
    calibrate.add_argument("--replications", type=int, default=10_000, help="of each (10,000)")
    calibrate.add_argument("--slow", type=int, default=2_000, help="where a fit is slow (2,000)")
    calibrate.add_argument("--blocks", type=int, default=24, help="of each replication (24)")
    calibrate.add_argument("--seed", type=int, default=0, help="draws everything (0)")
    calibrate.add_argument("--out", type=Path, help="a folder for rates.csv, wiring.csv and both")
    calibrate.set_defaults(do=_calibrate)
    envs = verbs.add_parser("envs", help="the environments, their licences and what they need")
    envs.add_argument("--json", action="store_true", help="for programs")
    envs.set_defaults(do=_envs)
    check = verbs.add_parser(
        "check", help="whether an environment keeps the contract; exit code 1 if not"
    )
    check.add_argument("--seeds", default="0,1", help="the games that are played (0,1)")
    check.set_defaults(do=_check)
    play = verbs.add_parser("play", help="play an environment yourself, as an agent sees it")
    play.add_argument("--seed", type=int, default=0, help="of the game (0)")
    play.set_defaults(do=_play)
    for verb in (check, play):
        verb.add_argument("environment", metavar="ENV", help="a file of conf/environment, or an id")
        verb.add_argument("options", nargs="*", metavar="KEY=VALUE", help="of the environment")
    if words[:1] == ["run"]:
        return _run(words[1:])
    arguments = parser.parse_args(words)
    code: int = arguments.do(arguments)
    return code


def _report(arguments: argparse.Namespace) -> int:
    _show(arguments.runs, arguments.out, arguments.reference)
    return 0


def _diff(arguments: argparse.Namespace) -> int:
    from harness.diff import diff, text

    difference = diff(arguments.a, arguments.b)
    print(_json(difference) if arguments.json else text(difference, max(0, arguments.tasks)))
    return 0 if difference.same else 1


def _plan(arguments: argparse.Namespace) -> int:
    from harness.plan import plan, text

    planned = plan(
        arguments.difference,
        arguments.environment,
        arguments.arms.split(","),
        arguments.entries,
        arguments.blocks,
        arguments.runs,
    )
    print(_json(planned) if arguments.json else text(planned))
    return 0


def _calibrate(arguments: argparse.Namespace) -> int:
    import tempfile

    from harness.calibration import calibrate, text, wiring
    from harness.calibration.wired import text as wiring_text
    from harness.terminal import counting

    sizes = {name: getattr(arguments, name) for name in ("replications", "slow", "blocks", "seed")}
    with counting("simulated experiments") as progress:
        rates = calibrate(**sizes, progress=progress)
    with tempfile.TemporaryDirectory() as folder, counting("agents in real engines") as progress:
        wired = wiring(Path(folder), progress)
    both = f"{text(rates)}\n\n{wiring_text(wired)}"
    print(both)
    if arguments.out is not None:
        arguments.out.mkdir(parents=True, exist_ok=True)
        rates.to_csv(arguments.out / "rates.csv", index=False)
        wired.to_csv(arguments.out / "wiring.csv", index=False)
        (arguments.out / "table.txt").write_text(both + "\n")
    missed = (rates["holds"] == False).any() or wired["disagreements"].any()  # noqa: E712
    return int(missed)


def _envs(arguments: argparse.Namespace) -> int:
    from harness.trying import listing, text

    if arguments.json:
        print(json.dumps([listed._asdict() for listed in listing()], indent=1))
        return 0
    for listed in listing():
        print(f"{text(listed)}\n")
    return 0


def _check(arguments: argparse.Namespace) -> int:
    from harness.trying import check, choose

    try:
        seeds = tuple(int(seed) for seed in arguments.seeds.split(","))
    except ValueError:
        raise ValueError(f"Expected seeds such as 0,1, got {arguments.seeds!r}.") from None
    failed = 0
    for result in check(choose(arguments.environment, arguments.options), seeds):
        failed += not result.ok
        print(f"{'ok  ' if result.ok else 'FAIL'}  {result.name}  {result.message}".rstrip())
    return int(failed > 0)


def _play(arguments: argparse.Namespace) -> int:
    from harness.trying import HELP, choose, play

    choice = choose(arguments.environment, arguments.options)
    print(f"{HELP}\n")
    play(choice, arguments.seed, input, print)
    return 0


def _json(result: DataclassInstance) -> str:
    return json.dumps(asdict(result), indent=1)


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


def _show(runs: Sequence[Path], out: Path | None, reference: str | None = None) -> None:
    """Print the tables of some runs; with `out`, write the report there as well."""
    from harness.comparison import load
    from harness.report import tables, text, write_report

    comparison = load(*runs)
    found = tables(comparison, reference)
    print(text(comparison, found))
    if out is None:
        print(f"\nReport: driftgauge report {' '.join(map(str, runs))}")
    else:
        print(f"\nReport: {write_report(comparison, out, found)}")


def _exit_code(error: Exception) -> int | None:
    """2 for wrong use, 1 for what broke; None where the message is no sentence for the user."""
    if isinstance(error, (ValueError, FileNotFoundError)):
        return 2
    from environments import NotInstalled

    if isinstance(error, NotInstalled):
        return 1
    from harness.lm.embedded import ModelUnavailable
    from harness.tracking.wandb import TrackingError

    return 1 if isinstance(error, (ModelUnavailable, TrackingError)) else None
