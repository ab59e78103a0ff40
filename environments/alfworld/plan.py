"""The shortest plan that solves an ALFWorld game from where the player stands.

    >>> planner = Planner(domain, problem)
    >>> planner.plan(planner.position(world))
    (Step(kind='gotolocation', things=('desk_bar_2',)), Step(kind='pickupobject', things=(…)), …)

The package asks a general planner, which takes up to half a minute of processor time for a plan.
But all goals of ALFWorld are of one kind: one or two things of a type, perhaps cleaned, heated or
cooled, in a receptacle of a type; or such a thing in the hand beside a lamp that was switched on.
So few things matter, and A* finds a shortest plan in milliseconds. Since it is shortest, its length
falls by one with each of its steps, and never by more whatever else is done.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence, Set
from heapq import heappop, heappush
from itertools import count, permutations
from typing import NamedTuple

from environments.alfworld.goal import TREATMENTS, Goal, atoms_of
from environments.alfworld.pddl import Domain, Problem
from environments.alfworld.world import Action, World

KNOWN_RULES = {
    "56df83164fc60e761f972abb948a72b3ca37af46a5da77d516ef71fdcb6a848b",
    "fd1bfbfd3a0de27a0621cf441196121b3939eb208a5ec65cc012e6b7c388fc18",
}
"""The rules that the planner knows: those of the package and of the published games, which differ
in where things can be cleaned."""

STATED = (
    "cancontain",
    "inreceptacle",
    "objecttype",
    "openable",
    "receptacleatlocation",
    "receptacletype",
)
"""Predicates that say how a room is at first."""

MAX_EXPANDED = 20_000
"""Positions after which a search is given up; the longest that was seen took 38."""


class Step(NamedTuple):
    """An action of a plan: its kind in the game's rules, and the things that it is done with."""

    kind: str
    things: tuple[str, ...]

    def is_done_by(self, action: Action) -> bool:
        """Whether ``action`` is this step."""
        return action.name == self.kind and set(self.things) <= set(action.values)


class Position(NamedTuple):
    """All that decides what is still to be done."""

    at: str
    """The player's location."""
    held: str | None
    inside: frozenset[tuple[str, str]]
    """Each of the goal's things with each receptacle that it is in; it may be in several."""
    ready: frozenset[str]
    """The things that are as they have to be."""
    opened: frozenset[str]
    lit: frozenset[str]
    """The lamps that were switched on."""


class Planner:
    """Finds plans in one game.

    Args:
        domain: its rules.
        problem: the game.
    """

    def __init__(self, domain: Domain, problem: Problem) -> None:
        self.goal = goal = Goal.of(problem)
        facts = sorted(problem.facts)
        of = {name: [fact[1:] for fact in facts if fact[0] == name] for name in STATED}
        self._location = {place: location for place, location in of["receptacleatlocation"]}
        self._openable = {place for (place,) in of["openable"]}
        self._lamps = [(lamp, place) for lamp, place in of["inreceptacle"] if lamp in goal.lamps]
        self._kind = {thing: kind for thing, kind in of["receptacletype"] + of["objecttype"]}
        self._can_contain = set(of["cancontain"])
        treated_in = _treated_in(domain, TREATMENTS[goal.state]) if goal.state else set()
        self._treating = {place for place, kind in of["receptacletype"] if kind in treated_in}

    def position(self, world: World) -> Position:
        """The player's position in a world of this game."""
        goal, [(_, _, at)] = self.goal, world.facts("atlocation")
        states = world.facts(goal.state) if goal.state else ()
        return Position(
            at=at,
            held=next((thing for _, _, thing in world.facts("holds")), None),
            inside=frozenset((o, r) for _, o, r in world.facts("inreceptacle") if o in goal.things),
            ready=frozenset(thing for _, thing in states if thing in goal.things),
            opened=frozenset(place for _, place in world.facts("opened")),
            lit=frozenset(lamp for _, lamp in world.facts("istoggled") if lamp in goal.lamps),
        )

    def progress(self, now: Position) -> float:
        """The share of the goal's conditions that hold, of those that can change.

        That a thing is in its place counts only once it is as it has to be: in nearly half of the
        games another one, untreated, lies there from the start.
        """
        goal = self.goal
        if not goal.number:
            light = any(now.at == self._location[r] for o, r in self._lamps if o in now.lit)
            return ((now.held in goal.things) + light) / 2
        placed = [pair for pair in now.inside if pair[1] in goal.places]
        if not goal.state:
            most = Counter(place for _, place in placed).most_common(1)
            return min(goal.number, most[0][1]) / goal.number if most else 0.0
        there = {thing for thing, _ in placed}
        return max((1 + (thing in there) for thing in now.ready), default=0) / 2

    def plan(self, start: Position) -> tuple[Step, ...] | None:
        """A shortest plan, always the same from the same position; None if there is none."""
        order = count()
        costs = {start: 0}
        came: dict[Position, tuple[Position, Step]] = {}
        least = self._least(start)
        queue = [(least, least, next(order), start)]
        for _ in range(MAX_EXPANDED):
            if not queue or queue[0][0] == math.inf:
                return None
            total, least, _, now = heappop(queue)
            if total - least > costs[now]:
                continue  # a shorter way to it was found meanwhile
            if self.progress(now) == 1:
                return tuple(_way(came, now))
            for step, after in self._steps(now):
                cost = costs[now] + 1
                if cost < costs.get(after, math.inf):
                    costs[after] = cost
                    came[after] = now, step
                    least = self._least(after)
                    heappush(queue, (cost + least, least, next(order), after))
        return None

    def _steps(self, now: Position) -> Iterator[tuple[Step, Position]]:
        """All that may be part of a shortest plan, and where it leads."""
        if now.held is None:
            of_use = {place for _, place in now.inside}
        else:
            of_use = {place for place in self._location if self._accepts(place, now.held)}
        for place in sorted(of_use):
            if self._location[place] != now.at:
                yield self._going(place, now)
            elif place in self._openable and place not in now.opened:
                yield Step("openobject", (place,)), now._replace(opened=now.opened | {place})
            elif now.held is None:
                for pair in sorted(pair for pair in now.inside if pair[1] == place):
                    taken = now._replace(held=pair[0], inside=now.inside - {pair})
                    yield Step("pickupobject", pair), taken
            else:
                pair = now.held, place
                inside = now.inside | {pair} if now.held in self.goal.things else now.inside
                yield Step("putobject", pair), now._replace(held=None, inside=inside)
        if now.held is not None and self._untreated(now.held, now):
            for place in sorted(self._treating):
                if self._location[place] != now.at:
                    yield self._going(place, now)
                else:
                    treated = now._replace(ready=now.ready | {now.held})
                    yield Step(TREATMENTS[self.goal.state], (now.held, place)), treated
        for lamp, place in self._lamps:
            if self._location[place] != now.at:
                yield self._going(place, now)
            elif lamp not in now.lit:
                yield Step("toggleobject", (lamp,)), now._replace(lit=now.lit | {lamp})

    def _going(self, place: str, now: Position) -> tuple[Step, Position]:
        return Step("gotolocation", (place,)), now._replace(at=self._location[place])

    def _accepts(self, place: str, thing: str) -> bool:
        return (self._kind.get(place), self._kind.get(thing)) in self._can_contain

    def _untreated(self, thing: str, now: Position) -> bool:
        goal = self.goal
        return bool(goal.state) and thing in goal.things and thing not in now.ready

    def _least(self, now: Position) -> float:
        """A number of actions that every plan has at least; `math.inf` if there is none."""
        goal, here = self.goal, {now.at}
        ends = goal.places if goal.number else frozenset(place for _, place in self._lamps)
        first = {thing: self._effort(thing, here, ends, now) for thing in goal.things}
        if goal.number == 2:
            return self._least_for_two(first, now)
        dropped = now.held is not None and now.held not in goal.things
        return min(first.values(), default=math.inf) + dropped + bool(self._lamps and not now.lit)

    def _least_for_two(self, first: Mapping[str, float], now: Position) -> float:
        """The same where two things have to be in one place, by what each takes when first."""
        places = {thing: self._inside(thing, now) & self.goal.places for thing in first}
        there = {self._location[place] for place in self.goal.places}
        then = {thing: self._effort(thing, there, self.goal.places, now) for thing in first}
        least = math.inf
        for one, other in permutations(sorted(first), 2):
            if first[one]:
                effort = first[one] + then[other]
            else:  # it may stay, and the other must come to it
                effort = self._effort(other, {now.at}, places[one], now)
            # What else is held must be put away, and if it is the other one, taken up again.
            effort += 2 if now.held == other and first[one] else now.held not in (None, one, other)
            least = min(least, effort)
        return least

    def _effort(self, thing: str, start: Set[str], ends: Set[str], now: Position) -> float:
        """At least so many actions bring ``thing`` to one of ``ends`` as it has to be."""
        inside, untreated = self._inside(thing, now), self._untreated(thing, now)
        # A thing that lies in two receptacles at once stays in the one when taken from the other.
        stays = inside & ends and (now.held == thing or len(inside) > 1)
        if self.goal.number and not untreated and inside & ends:
            return 0
        stops, opened = list[Set[str]](), list[Set[str]]()
        if now.held != thing:
            stops.append(inside)
            opened.append(inside)
        if untreated:
            stops.append(self._treating)
        actions = len(stops)
        if self.goal.number and not stays:
            ends = {place for place in ends if self._accepts(place, thing)}
            opened.append(ends)
            actions += 1
        if not stays:
            stops.append(ends)
        closed = [places for places in opened if self._all_closed(places, now)]
        once = len(closed) == 2 and closed[0] & closed[1]  # taken from and put back into it
        moves = _moves(start, [{self._location[place] for place in places} for places in stops])
        return actions + moves + (1 if once else len(closed))

    def _inside(self, thing: str, now: Position) -> set[str]:
        return {place for each, place in now.inside if each == thing}

    def _all_closed(self, places: Set[str], now: Position) -> bool:
        return all(place in self._openable and place not in now.opened for place in places)


def check_known(domain: Domain) -> None:
    """Refuse rules that the planner was not written for: its plans might be impossible there."""
    if domain.content not in KNOWN_RULES:
        raise ValueError(
            "Expected the rules of ALFWorld 0.4, got others, which the planner does not know: "
            "play this game with expert=None."
        )


class Guide:
    """A shortest plan, kept while it is followed.

    Args:
        planner: of the game.
        start: where the player stands.
    """

    def __init__(self, planner: Planner, start: Position) -> None:
        self._planner = planner
        self._position = start
        self.plan = planner.plan(start)
        """What is left of it; None if there is none."""

    def command(self, commands: Mapping[str, Action]) -> str | None:
        """The one of the possible commands that the plan goes on with; None if it does not."""
        if not self.plan:
            return None
        return next(text for text, action in commands.items() if self.plan[0].is_done_by(action))

    def follow(self, action: Action, position: Position) -> None:
        """Take in what the player did, and where it led."""
        if self.plan and self.plan[0].is_done_by(action):
            self.plan = self.plan[1:]
        elif position != self._position:
            self.plan = self._planner.plan(position)
        self._position = position


def _moves(start: Set[str], stops: Sequence[Set[str]]) -> float:
    """How often one has to go elsewhere to visit one location of each stop in turn."""
    here, moves = start, 0
    for stop in stops:
        if not stop:
            return math.inf
        moves += here.isdisjoint(stop)
        here = here & stop or stop
    return moves


def _way(came: Mapping[Position, tuple[Position, Step]], end: Position) -> Sequence[Step]:
    """The steps that lead to ``end``."""
    steps = list[Step]()
    while end in came:
        end, step = came[end]
        steps.append(step)
    return steps[::-1]


def _treated_in(domain: Domain, kind: str) -> set[str]:
    """The types of receptacles that an action such as "cleanobject" can be done at."""
    [schema] = [schema for schema in domain.schemas if schema.name == kind]
    atoms = [atom for atom in atoms_of(schema.condition) if atom.predicate == "receptacletype"]
    return {str(atom.terms[1]) for atom in atoms}
