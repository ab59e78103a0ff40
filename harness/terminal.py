"""Text for a terminal: within its width, and without what would move the reader's cursor.

    >>> shortened("You are in a kitchen.\\x1b[2J There is a key.", 24)
    'You are in a kitchen.�[…'

Names, game text and model output are other people's: all of it goes through here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from itertools import takewhile

from rich.console import Console
from rich.progress import Progress

WIDTH = 100
GAP = 2


def printable(text: str) -> str:
    """Without control characters, line breaks included."""
    return "".join(c if c.isprintable() else "�" for c in text)


def shortened(text: str, width: int) -> str:
    """A text on one line of at most `width` characters, its end left out where it is longer."""
    line = printable(" ".join(text.split()))
    return line if len(line) <= width else line[: width - 1] + "…"


def apart(a: str, b: str, width: int) -> tuple[str, str]:
    """Two texts on a line of `width` each, so long ones from shortly before they part."""
    a, b = (" ".join(text.split()) for text in (a, b))
    cut = 0
    if max(len(a), len(b)) > width:
        equal = (x == y for x, y in zip(a, b, strict=False))
        cut = max(0, sum(takewhile(bool, equal)) - width // 2)
    before = "…" if cut else ""
    return shortened(before + a[cut:], width), shortened(before + b[cut:], width)


def aligned(rows: Iterable[Sequence[str]]) -> list[str]:
    """Rows of as many cells each as lines whose cells stand under each other, on the left."""
    rows = list(rows)
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return [(" " * GAP).join(map(str.ljust, row, widths)).rstrip() for row in rows]


@contextmanager
def counting(what: str) -> Iterator[Callable[[int, int], None]]:
    """A bar on a terminal, for work that is counted: call what it yields with (done, of how many).

    Elsewhere a line at every tenth part.
    """
    console = Console(stderr=True)
    said = -1
    with Progress(console=console, transient=True, disable=not console.is_terminal) as bar:
        task = bar.add_task(what, total=None)

        def show(done: int, total: int) -> None:
            nonlocal said
            bar.update(task, completed=done, total=total)
            if not console.is_terminal and 10 * done // total > said:
                said = 10 * done // total
                console.print(f"{what}: {done}/{total}", markup=False, highlight=False)

        yield show
