"""The engine beside what users would otherwise run, and beside what the machine can do.

    python -m tests.benchmarks.engine --repeats 3 --out results/bench    # or: make bench
    python -m tests.benchmarks.engine --quick --only a,d16

Loads: (a) `generate` on the whole prompt, (b) with a cache an episode, (c) transformers'
continuous batching, (d1, d4, d16, d64) the engine, (e) steered, (f) with mixed adapters. Beside
them: passes (shares of the machine's rates), context (a turn's price by length), choice (decoding
steps), vivo (a real run). Ratios count, not seconds: machines are noisy.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from tests.benchmarks.engine.bench import Bench, Scale
from tests.benchmarks.engine.results import report, write

LOADS = ("a", "b", "c", "d1", "d4", "d16", "e", "f", "d64")
BESIDE = ("passes", "context", "choice", "vivo")


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure, print, write."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.benchmarks.engine",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--repeats", type=int, default=3, help="medians are over so many")
    parser.add_argument("--quick", action="store_true", help="only to try it: few, short sessions")
    parser.add_argument("--only", default=",".join((*LOADS, *BESIDE)), help="some of the above")
    parser.add_argument("--out", type=Path, help="folder for tables and manifest; none: print only")
    given = parser.parse_args(arguments)
    chosen = frozenset(given.only.split(","))
    if unknown := chosen - {*LOADS, *BESIDE}:
        parser.error(f"--only: {', '.join(sorted(unknown))} is none of {', '.join(LOADS + BESIDE)}")
    scale = Scale.quick() if given.quick else Scale(repeats=given.repeats)
    with tempfile.TemporaryDirectory() as scratch:
        found = Bench(scale, chosen, Path(scratch)).run()
    print(report(found))
    if given.out is not None:
        write(given.out, found, sys.argv[1:] if arguments is None else arguments)


if __name__ == "__main__":
    main()
