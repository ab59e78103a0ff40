"""TextWorld games on disk: which game a seed means, where it lies, and making those that lack.

    key = GameKey("treasure_hunter", {"level": 7}, seed=3)
    [game] = prepare([key])         # made once, by a child process; found in the cache afterwards
    game.content                    # "48286a76b1d9…", equal on every machine
    game.story                      # ~/.cache/driftgauge/games/48286a76b1d9….z8

The cache lies under ``$DRIFTGAUGE_CACHE``, else ``$XDG_CACHE_HOME/driftgauge``, else
``~/.cache/driftgauge``:

    games/<content>.json            the game in canonical form; its name is its SHA-256
    games/<content>.z8              the same game, compiled
    games/index/<key>.json          which game (family, parameters, seed, version) stands for

Files are written under another name and then moved, and equal content is written as equal
bytes, so any number of processes may share the folder. What does not match its hash is made
anew.
"""

from __future__ import annotations

import json
import os
import subprocess
import tempfile
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from importlib.metadata import version
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import Any, NamedTuple

from environments import child
from environments.digest import canonical, digest, sha256


class GameKey(NamedTuple):
    """What determines a game, with the version of TextWorld."""

    family: str
    parameters: Mapping[str, Any]
    seed: int

    @property
    def digest(self) -> str:
        """SHA-256 of the key and of the version of TextWorld."""
        return digest([*self, _textworld()])


class StoredGame(NamedTuple):
    """A game in the cache; its canonical form lies beside ``story``, with the suffix ``.json``."""

    content: str
    """SHA-256 of the canonical form."""
    story: Path
    """The compiled game."""


class GameError(RuntimeError):
    """A game could not be made."""


def folder() -> Path:
    """Where games are kept."""
    xdg = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    cache = os.environ.get("DRIFTGAUGE_CACHE") or Path(xdg) / "driftgauge"
    return Path(cache).absolute() / "games"


def find(key: GameKey) -> StoredGame | None:
    """The game of ``key``, if it is in the cache and whole."""
    try:
        entry = json.loads(_index(key).read_bytes())
        content, compiled = entry["content"], entry["compiled"]
        story = folder() / f"{content}.z8"
        sound = (
            sha256(story.with_suffix(".json").read_bytes()) == content
            and sha256(story.read_bytes()) == compiled
        )
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return StoredGame(content, story) if sound else None


def store(key: GameKey, canonical_form: bytes, compiled: bytes) -> str:
    """Put a game that was just made into the cache and return its content hash."""
    content = sha256(canonical_form)
    _write(folder() / f"{content}.json", canonical_form)
    _write(folder() / f"{content}.z8", compiled)
    # The index comes last: an entry never points to a game that is not there yet.
    entry = {"key": key._asdict(), "content": content, "compiled": sha256(compiled)}
    _write(_index(key), canonical(entry))
    return content


def prepare(
    keys: Iterable[GameKey],
    workers: int = 1,
    progress: Callable[[int, int], None] | None = None,
) -> list[StoredGame]:
    """Find the games of ``keys``, making those that lack in up to ``workers`` child processes.

    ``progress`` is called with (ready, of how many). Raises `GameError` where no game can be
    made.
    """
    keys = list(keys)
    games = {key.digest: find(key) for key in keys}
    missing = [key for key in {key.digest: key for key in keys}.values() if not games[key.digest]]
    ready = len(keys) - len(missing)
    for key in _make(missing, workers):
        games[key.digest] = find(key)
        ready += 1
        if progress is not None:
            progress(ready, len(keys))
    if not missing and progress is not None:
        progress(ready, len(keys))
    found = []
    for key in keys:
        game = games[key.digest]
        if game is None:
            raise GameError(f"The cache {folder()} did not keep the game of {key}. Is it writable?")
        found.append(game)
    return found


def _make(keys: list[GameKey], workers: int) -> Iterable[GameKey]:
    """Let children make the games, and yield each key as its game is ready."""
    todo: SimpleQueue[GameKey] = SimpleQueue()
    done: SimpleQueue[GameKey | Exception] = SimpleQueue()
    for key in keys:
        todo.put(key)

    def work() -> None:
        # One child per worker, not per game: it takes seconds to import what makes games.
        with (
            tempfile.TemporaryDirectory() as nowhere,
            subprocess.Popen(
                child.command("environments.textworld.making"),
                env={**child.environ(), "DRIFTGAUGE_CACHE": str(folder().parent)},
                cwd=nowhere,  # TextWorld prefers a folder `textworld_data` where it is started
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                text=True,
            ) as maker,
        ):
            assert maker.stdin is not None and maker.stdout is not None
            try:
                while True:
                    key = todo.get_nowait()
                    maker.stdin.write(json.dumps(key) + "\n")
                    maker.stdin.flush()
                    reply = json.loads(maker.stdout.readline() or '{"error": "the maker died"}')
                    if "error" in reply:
                        raise GameError(f"No game could be made from {key}: {reply['error']}")
                    done.put(key)
            except Empty:
                pass
            except Exception as error:
                done.put(error)

    with ThreadPoolExecutor(max(1, workers)) as pool:
        for _ in range(min(workers, len(keys))):
            pool.submit(work)
        try:
            for _ in keys:
                outcome = done.get()
                if isinstance(outcome, Exception):
                    raise outcome
                yield outcome
        finally:
            while not todo.empty():  # whoever gave up wants no more games
                todo.get_nowait()


def _index(key: GameKey) -> Path:
    return folder() / "index" / f"{key.digest}.json"


def _write(path: Path, data: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile(dir=path.parent, prefix=".", delete=False) as unfinished:
        try:
            unfinished.write(data)
            unfinished.close()
            Path(unfinished.name).replace(path)
        except BaseException:
            Path(unfinished.name).unlink(missing_ok=True)
            raise


@cache
def _textworld() -> str:
    """Its version; looking it up reads the package's metadata."""
    return version("textworld")
