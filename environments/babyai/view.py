"""What the agent sees, and how it walks to what it sees.

The view is minigrid's: the agent's own row and six ahead, three cells to either side, as far as
walls and closed doors let one look. The agent walks over cells that it sees and that are free. It
plans no way through what is out of view, even if it has been there.

A set of cells of the view is an integer, with a bit for every cell: rows of seven cells, the
agent's own first, and after each a bit that stays empty, so that no shift leads from row to row.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from environments.babyai.world import EAST_SOUTH_WEST_NORTH, Pose, Step, World

if TYPE_CHECKING:
    from minigrid.core.world_object import WorldObj

DEPTH = 7
"""Rows of the view, the agent's own included."""

SIDE = 3
"""Columns of the view to either side of the agent."""

COLUMNS = range(2 * SIDE + 1)
ROW = (1 << len(COLUMNS)) - 1
STRIDE = len(COLUMNS) + 1

SHIFTS = (STRIDE, 1, -STRIDE, -1)
"""How far bits move with one step ahead, to the right, back, to the left."""


class Seen(NamedTuple):
    """A thing in view, and where: so many steps ahead, so many to the right."""

    thing: WorldObj
    ahead: int
    right: int


class Sight(NamedTuple):
    """All that is in view."""

    pose: Pose
    seen: tuple[Seen, ...]
    """Things and doors, from near to far."""
    barrier: Seen | None
    """The nearest wall or box straight ahead."""
    free: int
    """Cells to walk on: floor, and doors that are open."""


def look(world: World, pose: Pose) -> Sight:
    """What is in view from ``pose``."""
    cells = world.cells
    seen: list[Seen] = []
    barrier: Seen | None = None
    free = 0
    visible = 1 << SIDE
    for ahead, row in enumerate(_window(world.width, len(world.cells), pose)):
        contents = [cells[cell] for cell in row]
        clear = floor = 0
        for column, content in enumerate(contents):
            if content is None or (content.type == "door" and content.is_open):
                floor |= 1 << column
            elif content.type not in ("wall", "door"):
                clear |= 1 << column
        clear |= floor
        visible = _spread(visible, clear)
        free |= (floor & visible) << ahead * STRIDE
        for column, content in enumerate(contents):
            if content is None or not visible >> column & 1 or (not ahead and column == SIDE):
                continue
            here = Seen(content, ahead, column - SIDE)
            if content.type != "wall":
                seen.append(here)
            if column == SIDE and barrier is None and content.type in ("wall", "box"):
                barrier = here
        through = visible & clear
        visible = (through | through << 1 | through >> 1) & ROW
        if not visible:
            break
    # As AgentBoard lists them: of things as near as each other, first those far ahead.
    seen.sort(key=lambda each: (each.ahead + abs(each.right), -each.ahead, each.right))
    return Sight(pose, tuple(seen), barrier, free)


class Ways:
    """The shortest ways to the things in view; there is none to what is walled up.

    A turn is a step, as is going one cell ahead. Things go by their `id`.
    """

    def __init__(self, sight: Sight, strides: Sequence[int]) -> None:
        bits = {id(thing): _bit(ahead, right) for thing, ahead, right in sight.seen}
        self._reached = _reached(sight.free, sum(bits.values()))
        self._bits = {thing: bit for thing, bit in bits.items() if bit in self._reached.arrivals}
        arrivals = self._reached.arrivals
        self.ends = {
            thing: _pose(sight.pose, strides, arrivals[bit].cell, arrivals[bit].heading)
            for thing, bit in self._bits.items()
        }
        """Where each way ends: in front of the thing, and looking at it."""

    def steps(self, thing: int) -> tuple[Step, ...]:
        """How to get there. Of ways of one length, that which goes ahead later."""
        length, cell, heading = self._reached.arrivals[self._bits[thing]]
        steps: list[Step] = []
        for front in reversed(self._reached.fronts[:length]):
            before = _shift(cell, heading - 2)
            if front[heading] & before:
                cell = before
                steps.append(Step.FORWARD)
            elif front[heading - 1] & cell:
                heading = (heading - 1) % 4
                steps.append(Step.RIGHT)
            else:
                heading = (heading + 1) % 4
                steps.append(Step.LEFT)
        return tuple(reversed(steps))


class _Front(NamedTuple):
    """Cells of the view, by the direction in which the agent looks there."""

    ahead: int
    right: int
    back: int
    left: int


class _Arrival(NamedTuple):
    """How many steps lead in front of a cell, and where one stands and looks then."""

    length: int
    cell: int
    heading: int


class _Reached(NamedTuple):
    fronts: list[_Front]
    """What is reached in 0, 1, 2, … steps and no fewer."""
    arrivals: dict[int, _Arrival]
    """In front of what is wanted, as far as there is a way."""


@lru_cache(maxsize=2048)
def _reached(free: int, wanted: int) -> _Reached:
    """Walk in all ways at once until all that is ``wanted`` is right ahead in one of them."""
    fronts: list[_Front] = []
    arrivals: dict[int, _Arrival] = {}
    front = known = _Front(1 << SIDE, 0, 0, 0)
    while wanted and any(front):
        fronts.append(front)
        ahead, right, back, left = front
        faced = _Front(ahead << STRIDE, right << 1, back >> STRIDE, left >> 1)
        for heading, cells in enumerate(faced):
            for bit in _bits(cells & wanted):
                arrivals[bit] = _Arrival(len(fronts) - 1, _shift(bit, heading - 2), heading)
            wanted &= ~cells
        front = _Front(
            (faced.ahead & free | left | right) & ~known.ahead,
            (faced.right & free | ahead | back) & ~known.right,
            (faced.back & free | right | left) & ~known.back,
            (faced.left & free | back | ahead) & ~known.left,
        )
        known = _Front(*(old | new for old, new in zip(known, front, strict=True)))
    return _Reached(fronts, arrivals)


def _bits(cells: int) -> Iterator[int]:
    """The cells of a set, each as a set of its own."""
    while cells:
        cell = cells & -cells
        yield cell
        cells ^= cell


def _bit(ahead: int, right: int) -> int:
    return 1 << ahead * STRIDE + right + SIDE


def _pose(start: Pose, strides: Sequence[int], bit: int, heading: int) -> Pose:
    """The pose in the grid that is a cell and a direction of the view."""
    ahead, column = divmod(bit.bit_length() - 1, STRIDE)
    onwards, sideways = strides[start.direction], strides[(start.direction + 1) % 4]
    cell = start.cell + ahead * onwards + (column - SIDE) * sideways
    return Pose(cell, (start.direction + heading) % 4)


def _shift(cells: int, heading: int) -> int:
    by = SHIFTS[heading]
    return cells << by if by > 0 else cells >> -by


def _spread(visible: int, clear: int) -> int:
    """The cells of a row that are seen if those of ``visible`` are: sight spreads sideways."""
    while True:
        through = visible & clear
        wider = (visible | through << 1 | through >> 1) & ROW
        if wider == visible:
            return visible
        visible = wider


@lru_cache(maxsize=4096)
def _window(width: int, cells: int, pose: Pose) -> tuple[tuple[int, ...], ...]:
    """The cells of the grid that are in the rows of the view.

    What lies outside of the grid is shown as its last cell: a wall, as all of its border.
    """
    ax, ay = EAST_SOUTH_WEST_NORTH[pose.direction]
    rx, ry = EAST_SOUTH_WEST_NORTH[(pose.direction + 1) % 4]
    rows = []
    for ahead in range(DEPTH):
        row = []
        for right in range(-SIDE, SIDE + 1):
            x = pose.cell % width + ahead * ax + right * rx
            y = pose.cell // width + ahead * ay + right * ry
            inside = 0 <= x < width and 0 <= y < cells // width
            row.append(x + y * width if inside else cells - 1)
        rows.append(tuple(row))
    return tuple(rows)
