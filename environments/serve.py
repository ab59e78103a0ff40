"""The worker side of an environment process: requests come as lines of JSON, replies go back.

    $ python -m environments.serve
    {"lane": 0, "op": "reset", "id": "driftgauge/TextWorldQuest-v0", "kwargs": {}, "seed": 3}
    {"lane": 0, "observation": "-= Laundromat =-…", "reward": 0.0, "terminated": false, …}
    {"lane": 0, "op": "step", "command": "go north"}
    {"lane": 0, "observation": "-= Shower =-…", "reward": 0.0, …}
    {"lane": 0, "op": "close"}
    {"lane": 0}

A lane is one environment; a process has as many as it is asked for, and a lane that is reset
with the same id, kwargs and rules (names of standing orders) goes on with the environment that it
has. Rules and options (of Gymnasium's reset) may be left out. Replies come in the order
of the requests. A reply to ``reset`` has ``goal`` and ``content`` too. What goes wrong in a lane
is answered by ``{"lane": 0, "error": "ExceptionType: text"}`` and hurts no other lane. The
process ends when its input does.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable
from typing import Any, NamedTuple, TextIO

import gymnasium as gym

import environments  # noqa: F401 - registers driftgauge/…
from environments.child import claim_stdout
from environments.registry import make


class _Lane(NamedTuple):
    id: str
    kwargs: dict[str, Any]
    rules: list[str]
    env: gym.Env[str, str]


class Server:
    """The lanes of one process."""

    def __init__(self) -> None:
        self._lanes: dict[int, _Lane] = {}

    def answer(self, request: dict[str, Any]) -> dict[str, Any]:
        """Do what ``request`` asks for and return the reply, less its lane."""
        match request:
            case {"op": "reset", "lane": lane, "id": id, "kwargs": kwargs, "seed": seed, **rest}:
                env = self._held(lane, id, kwargs, rest.get("rules", []))
                return self._reset(env, seed, rest.get("options"))
            case {"op": "step", "lane": lane, "command": command}:
                return self._step(lane, command)
            case {"op": "close", "lane": lane}:
                self._close(lane)
                return {}
        raise ValueError(
            "Expected op 'reset' with id, kwargs and seed, 'step' with command, or 'close'."
        )

    def close(self) -> None:
        """Close every lane."""
        for lane in list(self._lanes):
            self._close(lane)

    def _held(
        self, lane: int, id: str, kwargs: dict[str, Any], rules: list[str]
    ) -> gym.Env[str, str]:
        """A lane's environment, made anew if it was another one."""
        held = self._lanes.get(lane)
        if held is None or held[:-1] != (id, kwargs, rules):
            self._close(lane)
            held = self._lanes[lane] = _Lane(id, kwargs, rules, make(id, kwargs, rules))
        return held.env

    def _reset(
        self, env: gym.Env[str, str], seed: int, options: dict[str, Any] | None
    ) -> dict[str, Any]:
        observation, info = env.reset(seed=seed, options=options)
        return {
            **_outcome(observation, 0.0, False, False, info),
            # Asked of the outermost wrapper that knows.
            "goal": env.get_wrapper_attr("goal"),
            "content": env.get_wrapper_attr("content"),
        }

    def _step(self, lane: int, command: str) -> dict[str, Any]:
        if lane not in self._lanes:
            raise gym.error.ResetNeeded(f"Lane {lane} has no environment yet: reset it first.")
        return _outcome(*self._lanes[lane].env.step(command))

    def _close(self, lane: int) -> None:
        held = self._lanes.pop(lane, None)
        if held is not None:
            held.env.close()


def serve(requests: Iterable[str], replies: TextIO) -> None:
    """Answer each line of ``requests`` by a line of ``replies``, until there are no more."""
    server = Server()
    try:
        for line in requests:
            lane = None
            try:
                request = json.loads(line)
                lane = request["lane"]
                reply = json.dumps({"lane": lane, **server.answer(request)})
            except Exception as error:
                reply = json.dumps({"lane": lane, "error": f"{type(error).__name__}: {error}"})
            print(reply, file=replies, flush=True)
    finally:
        server.close()


def _outcome(
    observation: str, reward: Any, terminated: bool, truncated: bool, info: dict[str, Any]
) -> dict[str, Any]:
    return {
        "observation": observation,
        "reward": float(reward),
        "terminated": terminated,
        "truncated": truncated,
        "info": info,
    }


if __name__ == "__main__":
    serve(sys.stdin, claim_stdout())
