"""Options of TextWorld's families: refused in a sentence if they are not what they should be."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

T = TypeVar("T")


def within(name: str, value: int, allowed: range) -> int:
    """The number, if it is one of those."""
    if type(value) is not int or value not in allowed:
        raise ValueError(
            f"Expected {name} from {allowed.start} to {allowed.stop - 1}, got {value!r}."
        )
    return value


def at_most(name: str, value: int, most: int, where: str) -> None:
    """Nothing, if it is not too much."""
    if value > most:
        raise ValueError(f"Expected {name} of at most {most} {where}, got {value}.")


def flag(name: str, value: bool) -> bool:
    """The truth value, if it is one."""
    if type(value) is not bool:
        raise ValueError(f"Expected {name} to be true or false, got {value!r}.")
    return value


def one_of(name: str, value: T, allowed: Sequence[T]) -> T:
    """The value, if it is one of those."""
    # By type too: 1.0 is in (1, 6), and would name another game than 1.
    if not any(value == each and type(value) is type(each) for each in allowed):
        raise ValueError(f"Expected {name} one of {', '.join(map(str, allowed))}, got {value!r}.")
    return value
