"""A form: its fields, their types, and the ways in which a value can be written.

>>> FIELDS["due"].parse("12.05.2027"), FIELDS["due"].parse("12 May 2027")
('2027-05-12', '2027-05-12')
>>> FIELDS["due"].write("2027-05-12", "dots")
'12.05.2027'
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import date
from typing import NamedTuple

import numpy as np

INITIALS = ("KB", "MT")

MONTHS = "January February March April May June July August September October November December"

FIRMS = ("Alder", "Birk", "Cramer", "Dorn", "Elmer", "Falk", "Gruber", "Hagen", "Ibsen", "Jansen")
KINDS = ("Ltd", "Works", "Brothers", "Trading")


class Field(NamedTuple):
    """One field of the form. A value is kept in its plainest form: `Alder Ltd`, `430.50`,
    `2027-05-12`."""

    expected: str
    """What the tools say of its type."""
    parse: Callable[[str], str | None]
    """The value of a text; None if it is none."""
    wordings: Mapping[str, Callable[[str], str]]
    """How a value can be written, by name; the first is how it stands in the form."""

    def write(self, value: str, wording: str = "") -> str:
        """The value in words."""
        return self.wordings[wording or next(iter(self.wordings))](value)


def _name(text: str) -> str | None:
    return " ".join(text.split()).title() if re.fullmatch(r"[A-Za-z][A-Za-z ]*", text) else None


def _amount(text: str) -> str | None:
    if re.fullmatch(r"[0-9]+[.,][0-9]{2}", text):
        return text.replace(",", ".")
    return f"{text[:-2]}.{text[-2:]}" if re.fullmatch(r"[0-9]{3,}", text) else None


def _date(text: str) -> str | None:
    try:
        if re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", text):
            return date.fromisoformat(text).isoformat()
        if found := re.fullmatch(r"([0-9]{2})[.]([0-9]{2})[.]([0-9]{4})", text):
            day, month, year = found.groups()
        elif found := re.fullmatch(r"([0-9]{1,2}) ([A-Za-z]+) ([0-9]{4})", text):
            day, name, year = found.groups()
            month = str(MONTHS.split().index(name.title()) + 1)
        else:
            return None
        return date(int(year), int(month), int(day)).isoformat()
    except ValueError:
        return None


def _in_words(value: str) -> str:
    day = date.fromisoformat(value)
    return f"{day.day} {MONTHS.split()[day.month - 1]} {day.year}"


FIELDS: Mapping[str, Field] = {
    "supplier": Field(
        "a name", _name, {"as it stands": str, "capitals": str.upper, "small letters": str.lower}
    ),
    "amount": Field(
        "an amount",
        _amount,
        {
            "point": str,
            "comma": lambda value: value.replace(".", ","),
            "cents": lambda value: value.replace(".", ""),
        },
    ),
    "due": Field(
        "a date",
        _date,
        {
            "words": _in_words,
            "dashes": str,
            "dots": lambda value: ".".join(reversed(value.split("-"))),
        },
    ),
}
"""In the order of the form."""


def argument(command: str) -> str:
    """The value in a command, behind the tool and the field."""
    return command.split(maxsplit=2)[2].removesuffix(".")


def draw(random: np.random.Generator) -> dict[str, str]:
    """What stands in a form, by field."""
    cents = int(random.integers(1000, 100_000))
    day = date(*(int(random.integers(low, high)) for low, high in ((2027, 2030), (1, 13), (1, 29))))
    return {
        "supplier": f"{random.choice(FIRMS)} {random.choice(KINDS)}",
        "amount": f"{cents // 100}.{cents % 100:02}",
        "due": day.isoformat(),
    }


def mistaken(field: str, value: str) -> str:
    """Another value than the one that stands in the form, as a slip would have it."""
    match field:
        case "supplier":
            firm, kind = value.split()
            return f"{FIRMS[(FIRMS.index(firm) + 1) % len(FIRMS)]} {kind}"
        case "amount":
            return f"{int(value[0]) % 9 + 1}{value[1:]}"
        case _:
            day = date.fromisoformat(value)
            return day.replace(month=day.month % 12 + 1).isoformat()
