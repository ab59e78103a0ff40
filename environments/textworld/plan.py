"""A plan that solves a TextWorld game from where the player stands, kept while it is followed.

TextWorld has a plan of its own at every step, but builds it anew each time and greedily: a step
along it need not shorten it by one, it may walk in circles, and it may not be possible as a
whole, being mended only as one goes. Here a plan is rehearsed in the game's logic, its circles
are cut out, and it is replaced only when the player leaves it. That makes ``distance`` a
measure: it falls by exactly one with every step that follows the plan.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any, NamedTuple

MAX_PLAN = 300
"""Actions after which a rehearsal is taken to go in circles."""

CHECKED = 1024
"""Plans of a game whose check is remembered."""

Action = Any
"""An action of the game's logic (`textworld.logic.Action`)."""

Plan = tuple[Action, ...]

Facts = frozenset[Any]
"""What is true (`textworld.logic.Proposition`)."""


class Situation(NamedTuple):
    """All that decides what is still to be done."""

    facts: Facts
    unmet: frozenset[int]
    """Indices of the quests that are not completed; what was completed once stays so."""


class Routes:
    """What of a plan is true of the game in every play.

    Args:
        game: `textworld.generator.game.Game`.
    """

    def __init__(self, game: Any) -> None:
        self.names = {name: entity.name for name, entity in game.infos.items()}
        self.goals = frozenset(
            i for i, quest in enumerate(game.quests) if quest.win_events and not quest.optional
        )
        self.checked = lru_cache(CHECKED)(self._checked)
        self._quests = list(game.quests)

    def _checked(self, start: Situation, plan: Plan) -> Plan | None:
        """The plan less its circles; None unless it is possible and leads to the goal.

        Kept as `checked`.
        """
        situations, kept = [start], list[Action]()
        for action in plan:
            if not situations[-1].unmet:
                break
            situation = self.after(situations[-1], action)
            if situation is None:
                return None
            if situation in situations:
                back = situations.index(situation)
                del situations[back + 1 :], kept[back:]
            else:
                situations.append(situation)
                kept.append(action)
        return None if situations[-1].unmet else tuple(kept)

    def after(self, situation: Situation, action: Action) -> Situation | None:
        """The situation after ``action``; None if it is not possible, or loses the game."""
        if not situation.facts.issuperset(action.preconditions):
            return None
        facts = situation.facts - action.removed | action.added
        if any(_happened(quest.fail_events, facts) for quest in self._quests if not quest.optional):
            return None
        return self.arrive(facts, situation.unmet)

    def arrive(self, facts: Facts, unmet: frozenset[int]) -> Situation:
        """The situation where ``facts`` hold and there were ``unmet`` quests before."""
        met = {i for i in unmet if _happened(self._quests[i].win_events, facts)}
        return Situation(facts, unmet - met)


class Planner:
    """Keeps the player's situation and one plan from it.

    Args:
        progression: the game as TextWorld follows it (`textworld.generator.game.GameProgression`),
            here at its start.
        routes: of the same game, where several plays share them.
    """

    def __init__(self, progression: Any, routes: Routes | None = None) -> None:
        self._progression = progression
        self._routes = routes or Routes(progression.game)
        self._situation = self._routes.arrive(
            frozenset(progression.state.facts), self._routes.goals
        )
        self._plan = self._shortest(None)

    @property
    def commands(self) -> list[str] | None:
        """What is left of the plan, none when the game is won; None if no plan is known."""
        if self._plan is None:
            return None
        return [action.format_command(self._routes.names) for action in self._plan]

    @property
    def distance(self) -> int | None:
        """How many commands are left."""
        return None if self._plan is None else len(self._plan)

    @property
    def command(self) -> str | None:
        """The first command that is left, if there is one."""
        return self._plan[0].format_command(self._routes.names) if self._plan else None

    def advance(self) -> None:
        """Take in what one command of the player did to the progression.

        A command that changed nothing leaves the plan as it is, one that the plan foresaw
        shortens it by one, and any other leads to a new plan: the old one if that still leads
        to the goal, or TextWorld's if that is shorter.
        """
        before, old = self._situation, self._plan
        facts = frozenset(self._progression.state.facts)
        self._situation = self._routes.arrive(facts, before.unmet)
        if self._situation == before:
            return
        if old and self._routes.after(before, old[0]) == self._situation:
            self._plan = old[1:]
        else:
            self._plan = self._shortest(old)

    def _shortest(self, old: Plan | None) -> Plan | None:
        proposals = [old or (), self._progression.winning_policy or ()]
        plans = [plan for proposal in proposals if (plan := self._checked(proposal)) is not None]
        if not plans and self._situation.unmet:
            plans = [plan for plan in [self._checked(self._rehearsed())] if plan is not None]
        return min(plans, key=len, default=None)

    def _checked(self, plan: Plan) -> Plan | None:
        return self._routes.checked(self._situation, tuple(plan))

    def _rehearsed(self) -> Plan:
        """What TextWorld does if its plan is followed, and mended, step by step."""
        rehearsal, actions = self._progression.copy(), list[Action]()
        while (policy := rehearsal.winning_policy) and len(actions) < MAX_PLAN:
            if not frozenset(rehearsal.state.facts).issuperset(policy[0].preconditions):
                break
            actions.append(policy[0])
            rehearsal.update(policy[0])
        return tuple(actions)


def _happened(events: Sequence[Any], facts: Facts) -> bool:
    return any(facts.issuperset(event.condition.preconditions) for event in events)
