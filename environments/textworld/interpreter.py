"""A compiled TextWorld game that is being played, and the logic that follows it.

    interpreter = Interpreter()
    interpreter.begin(opened(key))               # what the game prints first
    interpreter.send("go north")                 # Sent(text="-= Shower =-…", done=True)
    interpreter.progression.state.facts          # what is true now

The compiled game says what is read; its logic (`environments.textworld.logic`) what is true. The
game tells the logic which actions it takes.
"""

from __future__ import annotations

import warnings
from typing import Any, NamedTuple

from textworld import EnvInfos
from textworld.envs import JerichoEnv
from textworld.envs.wrappers.tw_inform7 import Inform7Data, _detect_i7_events_debug_tags

from environments.textworld.logic import Opened, Progression
from environments.textworld.text import readable, was_done

TRACE = "tw-trace-actions"
"""What makes the game name the actions that it takes, so that the logic can take them too."""


class Sent(NamedTuple):
    """What came of a command."""

    text: str
    """As the player reads it."""
    done: bool
    """Whether the game did what it was told."""


class Interpreter:
    """Plays one game after another."""

    progression: Progression
    state: Any
    """What TextWorld tells of the game now: `score`, `won`, `lost`."""

    def __init__(self) -> None:
        self._game: Opened | None = None
        self._engine: Any = None

    def begin(self, game: Opened) -> str:
        """Begin a game, and return all that it prints."""
        if self._engine is None or game is not self._game:
            self._load(game)
        self.state = self._engine.reset()
        self._engine.unwrapped.step(TRACE)
        self.progression = Progression(game.logic)
        return str(self.state.feedback)

    def send(self, command: str) -> Sent:
        """Send a command about the world (`environments.textworld.text.is_command`)."""
        self.state, _, _ = self._engine.step(command)
        events, feedback = _detect_i7_events_debug_tags(self.state.feedback)
        for event in events:
            done = self.progression.state.events.get(event.lower())
            if done is not None:
                self.progression.update(done)
        return Sent(readable(feedback), was_done(self.state.raw))

    def close(self) -> None:
        """Let go of the game. Closing twice does no harm."""
        if self._engine is not None:
            self._engine.close()
        self._engine = None

    def _load(self, game: Opened) -> None:
        self.close()
        with warnings.catch_warnings():
            # Jericho cannot follow the score of games that it does not know; TextWorld does.
            warnings.filterwarnings("ignore", message="Game .* is not fully supported")
            # What textworld.start would wrap around these two is done by `Progression`.
            self._engine = Inform7Data(JerichoEnv(EnvInfos()))
            self._engine.load(str(game.story))
        self._game = game
