"""What every child process of ours needs, on both sides of the pipe.

    child = subprocess.Popen(command("environments.serve"), env=environ(), stdin=PIPE, stdout=PIPE)

A child speaks in lines of JSON on standard input and output, and ends when its input does:
that is how it dies with its parent, however the parent died.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TextIO

THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMEXPR_NUM_THREADS")


def command(module: str) -> list[str]:
    """The command line that runs ``module`` as a child.

    The flag keeps the working directory off the child's path: a file there that happens to be
    called ``textworld.py`` must not take the place of the package.
    """
    return [sys.executable, "-P", "-m", module]


def environ() -> dict[str, str]:
    """The child's environment: ours, with hashing fixed, one thread, and this package on its path.

    Hashing has to be fixed before Python starts: TextWorld iterates over sets of strings while
    it makes a game, so that the same seed would give another game in another process.
    """
    path = [str(Path(__file__).parents[1]), os.environ.get("PYTHONPATH", "")]
    return {
        **os.environ,
        **dict.fromkeys(THREADS, "1"),
        "PYTHONHASHSEED": "0",
        "PYTHONPATH": os.pathsep.join(filter(None, path)),
    }


def claim_stdout() -> TextIO:
    """Take standard output for the protocol; whatever else is printed goes to standard error.

    Done on the level of the file descriptor, since game libraries print from C and from
    programs of their own.
    """
    sys.stdout.flush()
    claimed = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    return claimed
