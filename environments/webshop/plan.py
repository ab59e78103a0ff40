"""The shortest way to a purchase that is worth 1, from anywhere in WebShop.

    >>> planner = Planner(shop, shop.catalogue.goals[2])
    >>> planner.plan(Place(query="plant based potato chips", page=3))
    Plan(command='click[Back to Search]', distance=5)

The site is small enough to know the way exactly: search, go to the page with a product that will
do, open it, choose the options that are lacking, buy. Since nothing but the searches is taken from
a list (`queries`), the distance is that of the shortest way by these, and each step of a plan
brings it down by one.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from environments.webshop.catalogue import Goal, Product
from environments.webshop.pages import BACK, BUY, NEXT, PREV, SHOWN, Place, Shop, settable
from environments.webshop.reward import option_match, reward, type_match

CLAUSE = re.compile(r"[,;.!?]\s+(?:and |with )?| with | that | which ")

PRICE = ", and price lower than"
"""What the limit of the price begins with, in every instruction that has one."""


class Plan(NamedTuple):
    """A way to a purchase that is worth 1."""

    command: str
    """Its first step."""
    distance: int
    """How many it has."""


def queries(instruction: str) -> tuple[str, ...]:
    """What one might search for who has read the instruction: all of it, then part by part.

    >>> queries("find me a lip balm, refillable, with pack: 3 pack, and price lower than 9 dollars")
    ('find me a lip balm, refillable, with pack: 3 pack', 'find me a lip balm', 'refillable', …)
    """
    wish = instruction.lower().split(PRICE)[0].strip()
    clauses = (clause.strip(" ,;.!?") for clause in CLAUSE.split(wish))
    return tuple(dict.fromkeys(query for query in (wish, *clauses) if query))


class Planner:
    """Plans for one goal; what it found out about a product is kept."""

    def __init__(self, shop: Shop, goal: Goal) -> None:
        self._shop = shop
        self._goal = goal
        self._lacking = dict[str, list[str] | None]()
        # By its title only an agent that words its own searches can look for the product.
        title = " ".join(goal.title.lower().split())
        self._start = self._search(queries(goal.instruction)) or self._search((title,))

    def plan(self, place: Place) -> Plan | None:
        """The shortest plan from ``place``; None if there is none."""
        return min(self._plans(place), key=lambda plan: plan.distance, default=None)

    def _plans(self, place: Place) -> Iterator[Plan]:
        """The shortest plan with each first step that may be the best."""
        if place.query is None:
            if self._start is not None:
                yield self._start
            return
        if place.subpage is not None:
            yield from _after(f"click[{PREV}]", self.plan(place._replace(subpage=None)))
        elif place.asin is not None:
            product = self._shop.catalogue.by_asin[place.asin]
            lacking = lacking_options(self._goal, product, dict(place.chosen))
            if lacking is not None:
                yield Plan(f"click[{[*lacking, BUY][0]}]", len(lacking) + 1)
            yield from _after(f"click[{PREV}]", self._finish(Place(place.query, place.page)))
        else:
            finish = self._finish(place)
            if finish is not None:
                yield finish
        yield from _after(f"click[{BACK}]", self._start)

    def _search(self, searches: Iterable[str]) -> Plan | None:
        """The shortest plan from the search page."""
        plans = (
            plan
            for query in searches
            for plan in _after(f"search[{query}]", self._finish(Place(query)))
        )
        return min(plans, key=lambda plan: plan.distance, default=None)

    def _finish(self, place: Place) -> Plan | None:
        """The shortest plan from a page of results by the products that this search found."""
        assert place.query is not None
        best: Plan | None = None
        for number, product in enumerate(self._shop.results(place.query)):
            lacking = self._lacking_at_first(product)
            if lacking is None:
                continue
            pages = number // SHOWN + 1 - place.page
            step = product.asin if not pages else NEXT if pages > 0 else PREV
            distance = abs(pages) + len(lacking) + 2
            if best is None or distance < best.distance:
                best = Plan(f"click[{step}]", distance)
        return best

    def _lacking_at_first(self, product: Product) -> list[str] | None:
        if product.asin not in self._lacking:
            self._lacking[product.asin] = lacking_options(self._goal, product, {})
        return self._lacking[product.asin]


def lacking_options(goal: Goal, product: Product, chosen: dict[str, str]) -> list[str] | None:
    """The fewest option values to click before buying is worth 1.

    Args:
        chosen: value by name of the options that are chosen already.

    Returns:
        Values in the order of the product's options; None if no choice makes it worth 1.
    """
    if product.price > goal.price_upper or type_match(goal, product) < 1.0:
        return None
    parts = reward(goal, product, ())
    if parts.attributes < len(goal.attributes):
        return None
    option_of = settable(product)
    # For each set of the goal's options that can be matched, the fewest clicks that match it.
    fewest: dict[frozenset[str], list[str]] = {frozenset(): []}
    for name, values in product.options:
        kept = _matched(goal, chosen[name]) if name in chosen else frozenset[str]()
        reached: dict[frozenset[str], list[str]] = {}
        for matched, clicks in fewest.items():
            steps = [(kept, clicks)]
            for value in values:
                if option_of.get(value) == name and (new := _matched(goal, value)):
                    steps.append((new, [*clicks, value]))
            for more, way in steps:
                known = reached.get(matched | more)
                if known is None or len(way) < len(known):
                    reached[matched | more] = way
        fewest = reached
    return fewest.get(frozenset(goal.options))


def _matched(goal: Goal, value: str) -> frozenset[str]:
    return frozenset(wanted for wanted in goal.options if option_match(value, wanted))


def _after(command: str, rest: Plan | None) -> Iterator[Plan]:
    if rest is not None:
        yield Plan(command, rest.distance + 1)
