"""What a purchase is worth: the reward of WebShop (arXiv 2207.01206, section 3 and appendix A.5).

    r = r_type * (attributes matched + options matched + [price <= limit])
               / (attributes wanted  + options wanted  + 1)

As in ``web_agent_site/engine/goal.py`` of https://github.com/princeton-nlp/WebShop: attributes and
options are compared by token set ratio (thefuzz there; RapidFuzz, which thefuzz itself is built
on, here) and match above 85; colours are read as the first of a list of colour names; r_type is 1,
0.5, 0.1 or 0 by the search words, the categories and the nouns of the titles.

One thing differs: the original finds nouns by a language model of spaCy (proper nouns included,
which is nearly every word of a title). Here a title's nouns are its words less function words and
anything with a digit: no model to download, the same answer everywhere. On the four pairs of titles
in the original's tests, the share of nouns in common comes out as .86, .29, .15 and .00, beside
.86, .31, .17 and .00 there: on the same sides of the limits.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache
from typing import NamedTuple

from environments.webshop.catalogue import Goal, Product

ALIKE = 85
"""Token set ratios above this match."""

# The order decides which name a value is read as, and so whether two values match.
_COLORS = """
    alabaster apricot aqua ash asphalt azure banana beige black blue blush bordeaux bronze brown
    burgundy camel camo caramel champagne charcoal cheetah chestnut chocolate christmas coffee
    cognac copper coral cranberry cream crystal dark denim eggplant elephant espresso fuchsia
    gold granite grape graphite grass gray green grey heather indigo ivory ivy khaki lavender
    lemon leopard light lilac lime magenta maroon mauve merlot midnight mint mocha multicolor
    mushroom mustard natural navy nude olive orange peach pewter pink plum purple rainbow red
    rose royal rust sand sapphire seashell silver skull slate steel stone stonewash sunflower
    tan taupe teal tiger turquoise violet walnut wheat white wine yellow
"""
COLORS = tuple(_COLORS.split())
"""The colour names of the original, in its order."""

_FUNCTION_WORDS = """
    a about above after all an and any are as at be but by for from if in into is it its no not
    of off on only or our out over per plus so such than that the their then these they this
    those to under up very via was we when which will with without you your
"""
FUNCTION_WORDS = frozenset(_FUNCTION_WORDS.split())
"""What is no noun in a title."""

WORD = re.compile(r"\w[\w.'&]*")


class Reward(NamedTuple):
    """A purchase in parts."""

    type: float
    """1, 0.5, 0.1 or 0."""
    attributes: int
    options: int
    price: bool
    wanted: int
    """Attributes, options and the price of the goal."""

    @property
    def total(self) -> float:
        """From 0 to 1; 1 if everything that was wanted is there."""
        return self.type * (self.attributes + self.options + self.price) / self.wanted


def reward(goal: Goal, product: Product, chosen: Iterable[str]) -> Reward:
    """What buying ``product`` with the ``chosen`` option values is worth."""
    values = list(chosen)
    return Reward(
        type=type_match(goal, product),
        attributes=sum(_has(product, attribute) for attribute in goal.attributes),
        options=sum(any(option_match(value, o) for value in values) for o in goal.options),
        price=product.price <= goal.price_upper,
        wanted=len(goal.attributes) + len(goal.options) + 1,
    )


def type_match(goal: Goal, product: Product) -> float:
    """How far ``product`` is of the type that ``goal`` asks for: 1, 0.5, 0.1 or 0."""
    wanted, there = nouns(goal.title), set(nouns(product.title))
    # A title without nouns counts as sharing a fifth, as in the original.
    share = len(there & set(wanted)) / len(wanted) if wanted else 0.2
    if share == 0.0:
        return 0.0
    if share < 0.1:
        return 0.1
    same = product.query == goal.query or len(set(product.path) & set(goal.path)) >= 2
    return 1.0 if same or share > 0.2 else 0.5


@lru_cache(maxsize=1 << 16)
def option_match(value: str, wanted: str) -> bool:
    """Whether an option's ``value`` is what was ``wanted``."""
    return _alike(color(value), color(wanted))


def color(text: str) -> str:
    """The first colour name in ``text``; the text itself if there is none.

    >>> color("navy blue"), color("xx-large")
    ('blue', 'xx-large')
    """
    return next((name for name in COLORS if name in text), text)


@lru_cache(maxsize=1 << 14)
def nouns(title: str) -> tuple[str, ...]:
    """The words of a title less function words and those with a digit.

    >>> nouns("Face Moisturizer by Norby, 2 Pack, for Dry Skin")
    ('face', 'moisturizer', 'norby', 'pack', 'dry', 'skin')
    """
    words = (word.rstrip(".'&") for word in WORD.findall(title.lower()))
    return tuple(w for w in words if w not in FUNCTION_WORDS and not any(map(str.isdigit, w)))


def _has(product: Product, attribute: str) -> bool:
    if any(_alike(own, attribute) for own in product.attributes):
        return True
    texts = (product.title, " ".join(product.features), product.description)
    return any(attribute in text.lower() for text in texts)


@lru_cache(maxsize=1 << 16)
def _alike(one: str, other: str) -> bool:
    from rapidfuzz import fuzz, utils  # here, since it may be missing where nobody shops

    # thefuzz rounds before anybody compares.
    return round(fuzz.token_set_ratio(one, other, processor=utils.default_process)) > ALIKE
