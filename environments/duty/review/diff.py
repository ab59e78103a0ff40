"""A diff: lines of Python, some with a planted defect, and what each defect is called.

>>> print(draw(np.random.default_rng(0)).text)
1 | import os
2 | token = os.environ["RATES_TOKEN"]
3 | def load(path, seen=[]):
...
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np

FORMS = {
    "line first": "line {line}: {called}",
    "kind first": "{called} in line {line}",
    "at": "{called} @{line}",
}
"""How a finding can be worded; something may stand before it, and a quotation behind."""

CLEAR = ("nothing:", "ok:")
REVIEWERS = ("KB", "MT")


class Kind(NamedTuple):
    """A kind of defect: the lines that can have it, without and with it."""

    called: str
    """In findings."""
    described: str
    """In the checklist."""
    before: tuple[str, ...]
    """Lines that lead up to it."""
    good: str
    bad: str
    after: tuple[str, ...] = ()


KINDS: Mapping[str, Kind] = {
    "secret": Kind(
        "hard-coded secret",
        "hard-coded secrets",
        (),
        'token = os.environ["{NAME}_TOKEN"]',
        'token = "{name}-48213"',
    ),
    "default": Kind(
        "mutable default",
        "mutable default arguments",
        (),
        "def load_{name}(path, seen=None):",
        "def load_{name}(path, seen=[]):",
        ("    seen = seen or []",),
    ),
    "except": Kind(
        "bare except",
        "bare excepts",
        ("    try:", "        size = int(path.name)"),
        "    except ValueError:",
        "    except:",
        ("        size = 0",),
    ),
    "none": Kind(
        "comparison with None",
        "comparisons with None by ==",
        (),
        "    if {name} is None:",
        "    if {name} == None:",
        ("        return {name}s",),
    ),
    "bound": Kind(
        "index out of range",
        "indices that run out of range",
        (),
        "    for i in range(len({name}s)):",
        "    for i in range(len({name}s) + 1):",
        ("        total += {name}s[i]",),
    ),
    "query": Kind(
        "query from text",
        "database queries put together from text",
        (),
        '    db.execute("SELECT * FROM {name} WHERE id = ?", (key,))',
        '    db.execute(f"SELECT * FROM {name} WHERE id = {{key}}")',
    ),
    "print": Kind(
        "forgotten print",
        "forgotten prints",
        (),
        '    log.debug("{name} %s", total)',
        '    print("{name}", total)',
    ),
    "encoding": Kind(
        "missing encoding",
        "files opened without an encoding",
        (),
        '    text = open(path, encoding="utf-8").read()',
        "    text = open(path).read()",
    ),
}

NAMES = ("rate", "order", "client", "parcel", "ticket", "sample", "route", "invoice")

SHOWN = 6
"""Kinds whose lines stand in a diff, with or without the defect."""


class Diff(NamedTuple):
    """What is to be reviewed."""

    number: str
    lines: tuple[str, ...]
    where: Mapping[str, int]
    """In which line each kind can be, from 1; of those that are shown."""
    defects: Mapping[str, int]
    """In which line each defect is."""

    @property
    def text(self) -> str:
        """The lines with their numbers."""
        return "\n".join(f"{n} | {line}" for n, line in enumerate(self.lines, start=1))


def draw(random: np.random.Generator) -> Diff:
    """Draw the kinds that are shown, and in two of three plant the defect: of all kinds, half."""
    shown = set(random.permutation(list(KINDS))[:SHOWN].tolist())
    name = str(random.choice(NAMES))
    lines = list[str]()
    where, defects = dict[str, int](), dict[str, int]()
    for key, kind in KINDS.items():  # in an order in which they make a file
        if key not in shown:
            continue
        planted = bool(random.integers(3))
        lines += kind.before
        lines.append(kind.bad if planted else kind.good)
        where[key] = len(lines)
        if planted:
            defects[key] = len(lines)
        lines += kind.after
    named = tuple(line.format(name=name, NAME=name.upper()) for line in lines)
    return Diff(str(random.integers(1000, 10_000)), named, where, defects)
