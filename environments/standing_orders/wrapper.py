"""The wrapper: which rules the last command broke, and an expert that breaks none.

It leaves the game as it is. ``distance`` stays that of the environment's plan: what the rules ask
for on the way is not in it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple, cast

import gymnasium as gym

from environments.contract import TextEnv
from environments.speech import Deed
from environments.standing_orders.rules import RULES, Rule, rulebook


class Detour(NamedTuple):
    """What the expert does before a deed of its plan, because a rule guards that."""

    rule: str
    deed: Deed
    planned: str
    """The command that it is made for."""


class StandingOrders(gym.Wrapper[str, str, str, str]):
    """An environment whose player is under standing orders.

    A rule binds only where the game accepts the command that it asks for. Where several things are
    due at once, each may wait for the others. What a rule guards counts when it is done (not when
    the game refuses it), and as one opportunity: at the detour that the expert would make, else at
    the guarded deed.

    Args:
        env: any whose class has a `Speech`.
        rules: names in `environments.standing_orders.RULES`.
    """

    def __init__(self, env: gym.Env[str, str], rules: Sequence[str]) -> None:
        super().__init__(env)
        self.rules = tuple(rules)
        speech = cast(TextEnv, env.unwrapped).speech
        if speech is None:
            raise ValueError(
                f"{type(env.unwrapped).__name__} cannot be put under standing orders: its class "
                "says nothing of how looking, taking or leaving are worded (`speech`)."
            )
        self.speech = speech
        rulebook(self.speech).check(self.rules)
        self._in_force = list[tuple[str, Rule]]()
        self._admissible: tuple[str, ...] | None = None
        self._detour: Detour | None = None
        self._made = set[tuple[str, Deed]]()
        """Detours that were made, by rule and planned deed, until that is done."""
        self._intended: str | None = None
        """The command that the last detour was made for, as long as nothing else was done."""

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[str, dict[str, Any]]:
        """Begin a game; the rules count anew."""
        observation, info = self.env.reset(seed=seed, options=options)
        start = self.speech.place_in(observation)
        self._in_force = [(name, RULES[name](self.speech, start)) for name in self.rules]
        self._made = set()
        self._intended = None
        return observation, self._bent(info)

    def step(self, action: str) -> tuple[str, Any, bool, bool, dict[str, Any]]:
        """Send one command to the game, and judge it by the rules."""
        deed = self.speech.deed(action)
        due = self._due()
        guarding = [(name, rule) for name, rule in self._in_force if rule.guards(deed)]
        unmet = self._before(deed)
        detour = self._detour
        observation, reward, terminated, truncated, info = self.env.step(action)
        done = info["accepted"] is not False
        obeyed = done and deed in due.values()
        broken = [] if obeyed else [*due, *(unmet if done else ())]
        makes_detour = done and detour is not None and deed == detour.deed
        guarded = done and any(
            name in unmet or (name, deed) not in self._made for name, _ in guarding
        )
        if done:
            self._follow(deed, detour if makes_detour else None, observation)
            if not obeyed:
                self._intended = detour.planned if detour and makes_detour else None
        info = self._bent(info)
        info["violations"] = tuple(name for name in self.rules if name in broken)
        info["opportunity"] = bool(due) or makes_detour or guarded
        info["required"] = obeyed or makes_detour
        return observation, reward, terminated, truncated, info

    def _due(self) -> dict[str, Deed]:
        """What is due now, by rule."""
        asked = {name: rule.due() for name, rule in self._in_force}
        return {name: due for name, due in asked.items() if due and self._possible(due)}

    def _before(self, deed: Deed) -> dict[str, Deed]:
        """What has to be done before a deed, by rule."""
        asked = {name: rule.before(deed) for name, rule in self._in_force}
        return {name: need for name, need in asked.items() if need and self._possible(need)}

    def _possible(self, deed: Deed) -> bool:
        return self._listed(self.speech.command(deed))

    def _listed(self, command: str) -> bool:
        return self._admissible is None or command in self._admissible

    def _follow(self, deed: Deed, made: Detour | None, observation: str) -> None:
        place = self.speech.place_in(observation) if deed.verb == "leave" else None
        for name, rule in self._in_force:
            rule.follow(deed, place)
            self._made.discard((name, deed))
        if made is not None:
            self._made.add((made.rule, self.speech.deed(made.planned)))

    def _bent(self, info: dict[str, Any]) -> dict[str, Any]:
        """The same, with an expert that keeps the rules."""
        self._admissible = info["admissible"]
        self._detour = None
        plan = info["expert"]
        if plan is None:
            return info
        if due := list(self._due().values()):
            return {**info, "expert": self.speech.command(due[0])}
        # A plan that is made anew may begin with undoing the detour: open what was just closed.
        if self._intended is not None and self._listed(self._intended):
            plan = self._intended
        for name, need in self._before(self.speech.deed(plan)).items():
            self._detour = Detour(name, need, plan)
            return {**info, "expert": self.speech.command(need)}
        return {**info, "expert": plan}
