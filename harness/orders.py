"""In which orders a block plays its tasks.

    >>> mirrored_pair(4)
    ((0, 1, 2, 3), (3, 2, 1, 0))
    >>> williams(4)
    ((0, 3, 1, 2), (1, 0, 2, 3), (2, 1, 3, 0), (3, 2, 0, 1))

Tasks get their labels by a keyed shuffle, so which task an index stands for is drawn.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Literal

Order = tuple[int, ...]
"""A permutation of a block's tasks; position k plays `order[k - 1]`."""

Design = Literal["mirrored", "williams", "world"]


def mirrored_pair(tasks: int) -> tuple[Order, ...]:
    """An order and its reverse: cancels trends that are linear in the position, and nothing else.

    The cheapest choice. Matched drift needs no balance; curves by position mix tasks.
    """
    order = tuple(range(tasks))
    return (order,) if tasks == 1 else (order, order[::-1])


def williams(tasks: int) -> tuple[Order, ...]:
    """A Williams square (Williams 1949, Aust. J. Sci. Res. A 2:149); for odd K both squares.

    Every task comes equally often at every position (for odd K twice), and equally often directly
    behind every other: balanced for position and for first-order carry-over. K rows for even K,
    2 K for odd.
    """
    # 0, K-1, 1, K-2, …: the steps between neighbours are all different modulo K.
    first = [k // 2 if k % 2 == 0 else tasks - 1 - k // 2 for k in range(tasks)]
    square = tuple(tuple((label + row) % tasks for label in first) for row in range(tasks))
    if tasks % 2 == 0 or tasks == 1:
        return square
    return (*square, *(row[::-1] for row in square))


def in_order(tasks: int) -> tuple[Order, ...]:
    """The order in which the tasks of one world were made: none of them can come earlier."""
    return (tuple(range(tasks)),)


DESIGNS: Mapping[Design, Callable[[int], tuple[Order, ...]]] = {
    "mirrored": mirrored_pair,
    "williams": williams,
    "world": in_order,
}
