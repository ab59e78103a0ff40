"""How a game of ScienceWorld is won: its own solver's commands, without what they do not need.

    plan(world, Game("boil", 21), "easy")
    # ("go to kitchen", "pick up thermometer", "open cupboard", "pick up metal pot", …)

ScienceWorld's solver walks through the house until it has found what it needs; it opens doors that
are open, looks around, and has commands refused. What was refused, what took no time, and detours
are left out, and the rest is played: a plan is what was seen to win, every command of it accepted.
So a plan is not the shortest one, and a game that is won by no such plan has none.

Plans are kept beside the games of other environments (``environments.textworld.games.folder``),
since it takes seconds to make one.
"""

from __future__ import annotations

import json
import re
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import suppress
from enum import Enum, auto
from importlib.metadata import version
from itertools import groupby
from pathlib import Path
from typing import NamedTuple

from environments.digest import canonical, digest
from environments.scienceworld.games import Game
from environments.scienceworld.world import QUESTION, Reply, World
from environments.textworld.games import folder

MAKING = 1
"""Raised when plans are made otherwise, so that none made before is used."""

PATIENCE = 10
"""Waits that may end a plan: what heats, cools or grows may need more time than the solver took,
who spent more of it on the way."""

WATCHING = re.compile(r"(examine|look at|use thermometer|wait)\b")

TICKS = {"wait": 11, "wait1": 2, "look at inventory": 1}
"""How long one does what changes nothing, the longest first."""


class Kind(Enum):
    """What a command is for."""

    TRAVEL = auto()
    """Getting somewhere; what is refused on the way counts as a part of it."""
    WATCH = auto()
    ACT = auto()


class Tempo(Enum):
    """How a plan treats the time that the solver spent, most promising first."""

    FAST = auto()
    """Without what was spent on the way; watching becomes waiting, about as long."""
    EVEN = auto()
    """Every act at the tick at which the solver did it; watching becomes waiting."""
    SAME = auto()
    """The same, with the watching."""


class Move(NamedTuple):
    """A command as it was played."""

    command: str
    reply: Reply
    came_from: str
    """The room in which the agent was."""
    place: str
    """The room in which it is now."""


def plan(world: World, game: Game, simplifications: str) -> tuple[str, ...] | None:
    """Commands that win from the beginning; None if none are known. Leaves the world anywhere."""
    path = _path(game, simplifications)
    with suppress(OSError, ValueError, KeyError, TypeError):
        kept = json.loads(path.read_bytes())["plan"]
        return None if kept is None else tuple(kept)
    made = _make(world, game, simplifications)
    with suppress(OSError):  # a folder that cannot be written to costs time, nothing else
        _keep(path, canonical({"game": str(game), "plan": made}))
    return made


def play(world: World, commands: Sequence[str]) -> Iterator[Move]:
    """Play commands until the game has ended."""
    place = world.place
    for command in commands:
        reply = world.step(command)
        came_from, place = place, world.place
        yield Move(command, reply, came_from, place)
        if world.completed or world.score < 0:
            return


def won_by(world: World, commands: Sequence[str]) -> tuple[str, ...] | None:
    """The commands as they win from where the world is, and waits at their end as it takes.

    None if one is refused, the task fails, or it is not won.
    """
    played = []
    for move in play(world, [*commands, *["wait"] * PATIENCE]):
        if move.reply.refused:
            return None
        played.append(move.command)
    return tuple(played) if world.completed and world.score >= 0 else None


def _make(world: World, game: Game, simplifications: str) -> tuple[str, ...] | None:
    moves = list(play(world, world.gold(game, simplifications)))
    for tempo in Tempo:
        world.load(game, simplifications)
        commands = list(_shortened(moves, tempo, world.can_teleport))
        if (plan := won_by(world, commands)) is not None:
            return plan
    return None


def _shortened(moves: list[Move], tempo: Tempo, teleports: bool) -> Iterator[str]:
    """Only what has to be done, at a tempo."""
    for kind, group in groupby(filter(_took_part, moves), _kind):
        way = list(group)
        commands = [move.command for move in way if not move.reply.refused]
        ticks = sum(move.reply.ticks for move in way)
        if kind is Kind.TRAVEL:
            if way[0].came_from == way[-1].place:
                commands = []
            elif teleports and len(commands) > 1:
                commands = [f"teleport to {way[-1].place}"]
            yield from commands
            if tempo is not Tempo.FAST:
                yield from _pause(ticks - len(commands))
        elif kind is Kind.WATCH and tempo is Tempo.FAST and len(way) >= 3:
            yield from ["wait"] * -(-ticks // TICKS["wait"])
        elif kind is Kind.WATCH and tempo is Tempo.EVEN:
            yield from _pause(ticks)
        else:
            yield from commands


def _took_part(move: Move) -> bool:
    """Whether it took time, or is the game's question, which leads to what does."""
    return move.reply.ticks > 0 or move.reply.text.startswith(QUESTION)


def _kind(move: Move) -> Kind:
    if move.reply.refused or move.came_from != move.place:
        return Kind.TRAVEL
    return Kind.WATCH if WATCHING.match(move.command) else Kind.ACT


def _pause(ticks: int) -> Iterator[str]:
    """Let so many ticks go by."""
    for command, length in TICKS.items():
        count, ticks = divmod(ticks, length)
        yield from [command] * count


def _path(game: Game, simplifications: str) -> Path:
    key = digest([MAKING, *game, simplifications, version("scienceworld")])
    return folder().parent / "scienceworld" / f"{key}.json"


def _keep(path: Path, data: bytes) -> None:
    """Write under another name first: other processes may read, or write the same."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile(dir=path.parent, prefix=".", delete=False) as unfinished:
        unfinished.write(data)
    Path(unfinished.name).replace(path)
