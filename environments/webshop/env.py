"""WebShop (arXiv 2207.01206): find what an instruction asks for, choose its options, buy it.

    >>> env = gym.make("driftgauge/WebShop-v0")
    >>> observation, info = env.reset(seed=4)
    >>> env.unwrapped.goal
    'Instruction: i want to buy a bar stool which should be scratch resistant, stain resistant and
    space saving, with height: 30 inch, and price lower than 260.00 dollars'
    >>> print(env.step("search[scratch resistant bar stool, 30 inch]")[0])
    [Back to Search]
    Page 1 (Total results: 50)
    [Next >]
    [B0FBA10926]
    Harlith Orchid Bar Stool for Breakfast Bar, Scratch Resistant, Space Saving
    $179.95
    …
    >>> print(env.step("click[B0FBA10926]")[0])
    [Back to Search]
    [< Prev]
    color [navy][olive][coral]
    legs [walnut][oak][espresso]
    height [24 inch][30 inch]
    Harlith Orchid Bar Stool for Breakfast Bar, Scratch Resistant, Space Saving
    Price: $179.95
    Rating: N.A.
    [Description]
    [Features]
    [Reviews]
    [Buy Now]
    >>> print(env.step("click[Buy Now]")[0])
    Thank you for shopping with us!
    Your score (min 0.0, max 1.0): 0.8

No usable package has the site, so it is written anew here, after the paper and the code of
https://github.com/princeton-nlp/WebShop: products and goals (`environments.webshop.catalogue`, made
by `environments.webshop.making` where the official files are not wanted), the search engine
(`environments.webshop.search`), pages and buttons (`environments.webshop.pages`), the reward
(`environments.webshop.reward`). What the shortest way is: `environments.webshop.plan`.
"""

from __future__ import annotations

import re
import string
from importlib.util import find_spec

import gymnasium as gym
from gymnasium import spaces

from environments.contract import NotInstalled
from environments.digest import canonical, digest
from environments.numbered import NumberedEnv, Situation
from environments.webshop.catalogue import CATALOGUES, SPLITS, Goal, load
from environments.webshop.pages import Place, open_shop
from environments.webshop.plan import Planner, queries
from environments.webshop.reward import reward

COMMAND = re.compile(r"(search|click)\s*\[(.*)\]", re.IGNORECASE)

MAX_COMMAND = 1000
"""Characters; instructions have a few hundred at most."""

NO_SEARCH_BAR = "Invalid action! There is no search bar on this page."
NO_BUTTON = "Invalid action! There is no such button on this page."


class WebShop(NumberedEnv):
    """Shop by an instruction; buying ends the task, and wins it if the reward is 1.

    Args:
        split: "test", "dev" or "train": the goals 0 to 499, 500 to 1,499 and those from 1,500 on
            of the shuffled list. In the generated catalogue each goal has a product of its own, so
            that the splits share none; in the official ones they do, as in the original.
        catalogue: "generated": 2,000 products and as many goals of ours. "official": the 1,000
            products of the official files in the folder ``WEBSHOP_DATA``, with synthetic goals, as
            the original's text environment has them by default. "official-human": the same products
            with the instructions that people wrote.

    Commands are ``search[words]`` on the search page and ``click[button]`` elsewhere, in upper or
    lower case. Any words can be searched for; those that are listed are the instruction and parts
    of it. Progress is 0 until something is bought, and then the reward of the purchase.
    """

    packages = ("bm25s", "rapidfuzz")

    def __init__(self, split: str = "test", catalogue: str = "generated") -> None:
        if split not in tuple(SPLITS):
            raise ValueError(f"Expected split to be one of {', '.join(SPLITS)}, got {split!r}.")
        if catalogue not in CATALOGUES:
            raise ValueError(
                f"Expected catalogue to be one of {', '.join(CATALOGUES)}, got {catalogue!r}."
            )
        missing = [name for name in self.packages if find_spec(name) is None]
        if missing:
            raise NotInstalled(
                f"WebShop needs {' and '.join(missing)}: pip install 'driftgauge[webshop]'."
            )
        super().__init__()
        self._shop = open_shop(load(catalogue))
        goals = self._shop.catalogue.goals
        first, end = SPLITS[split]
        self._numbers = range(len(goals))[first:end]
        if not self._numbers:
            raise ValueError(
                f"Expected a split with goals, got {split!r}: the catalogue {catalogue!r} has "
                f"{len(goals)} goals."
            )
        self._official = catalogue != "generated"
        self._number: int | None = None
        self._place = Place()
        self._planner: Planner
        letters = "".join(sorted(self._shop.catalogue.characters | set(string.printable)))
        longest = 11 * self._shop.catalogue.longest + 1000  # ten results and what is around them
        self.observation_space = spaces.Text(longest, charset=letters)
        self.action_space = spaces.Text(MAX_COMMAND, charset=letters)

    @property
    def goal(self) -> str:
        """The instruction."""
        return f"Instruction: {self._goal.instruction}"

    @property
    def content(self) -> str:
        """SHA-256 of the goal and of all products."""
        return digest([self._goal, self._shop.catalogue.content])

    @property
    def name(self) -> str:
        """The number of the goal in the original's list; empty in the generated catalogue."""
        return f"goal {self._number}" if self._official and self._number is not None else ""

    @property
    def games(self) -> int:
        """Goals of the split."""
        return len(self._numbers)

    @property
    def _goal(self) -> Goal:
        if self._number is None:
            raise gym.error.ResetNeeded("There is no goal before the first reset().")
        return self._shop.catalogue.goals[self._number]

    def _begin(self, number: int) -> Situation:
        self._number = self._numbers[number]
        self._place = Place()
        self._planner = Planner(self._shop, self._goal)
        return self._now()

    def _take(self, command: str) -> Situation | None:
        parsed = COMMAND.fullmatch(command)
        if parsed is None or len(command) > MAX_COMMAND or not command.isprintable():
            return None
        verb, text = parsed[1].lower(), " ".join(parsed[2].lower().split())
        if not text:
            return None
        if verb == "search":
            if self._place.query is not None:
                return self._now(refusal=NO_SEARCH_BAR)
            self._place = Place(query=text)
        else:
            buttons = self._shop.buttons(self._place).items()
            place = {label.lower(): place for label, place in buttons}.get(text)
            if place is None:
                return self._now(refusal=NO_BUTTON)
            self._place = place
        return self._now()

    def _now(self, refusal: str | None = None) -> Situation:
        place = self._place
        plan = None if place.bought else self._planner.plan(place)
        score = self._score() if place.bought else 0.0
        return Situation(
            observation=refusal or (_receipt(score) if place.bought else self._shop.page(place)),
            facts=canonical(place),
            admissible=self._commands(),
            expert=None if plan is None else plan.command,
            distance=None if plan is None else plan.distance,
            progress=score,
            accepted=refusal is None,
            won=place.bought and score == 1.0,
            lost=place.bought and score < 1.0,
        )

    def _score(self) -> float:
        assert self._place.asin is not None
        product = self._shop.catalogue.by_asin[self._place.asin]
        return reward(self._goal, product, dict(self._place.chosen).values()).total

    def _commands(self) -> tuple[str, ...]:
        if self._place.query is None:
            return tuple(f"search[{query}]" for query in queries(self._goal.instruction))
        return tuple(f"click[{label}]" for label in self._shop.buttons(self._place))


def _receipt(score: float) -> str:
    return f"Thank you for shopping with us!\nYour score (min 0.0, max 1.0): {score}"
