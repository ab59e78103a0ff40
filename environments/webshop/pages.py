"""WebShop's pages: what a customer reads on each, and where its buttons lead.

    >>> shop = open_shop(load("generated"))
    >>> print(shop.page(Place(query="lip balm for children", page=2)))
    [Back to Search]
    Page 2 (Total results: 40)
    [< Prev]
    [Next >]
    [B088434463]
    Ellith Isle Lip Balm for Mountain Sun, Refillable, Long Lasting
    $2.49
    …

The texts are those of the original's pages as ReAct (arXiv 2210.03629) and those after it show
them: a line for each element, buttons in brackets, in two of them once an option is chosen. The
instruction, which the original prints at the top of every page, is left out: it is the task's
message, and an agent that forgets it shall not be told it again by each page.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import NamedTuple

from environments.webshop.catalogue import Catalogue, Product
from environments.webshop.search import Engine

BACK, NEXT, PREV, BUY = "Back to Search", "Next >", "< Prev", "Buy Now"
SUBPAGES = ("Description", "Features", "Reviews")
RESERVED = frozenset(label.lower() for label in (BACK, NEXT, PREV, BUY, *SUBPAGES))

SHOWN = 10
"""Products on a page of results."""


class Place(NamedTuple):
    """Where a customer is, and all that is so far done: by default at the search page."""

    query: str | None = None
    page: int = 1
    """Of the results, from 1."""
    asin: str | None = None
    """The product whose page is open."""
    chosen: tuple[tuple[str, str], ...] = ()
    """Name and value of each option that is chosen, in the order of the product's options."""
    subpage: str | None = None
    bought: bool = False


class Shop:
    """The site: pages and buttons, without a goal."""

    def __init__(self, catalogue: Catalogue) -> None:
        self.catalogue = catalogue
        self.results = Engine(catalogue.products).search

    def buttons(self, place: Place) -> dict[str, Place]:
        """What can be clicked, as it reads on the page, and where it leads."""
        if place.query is None or place.bought:
            return {}
        buttons = {BACK: Place()}
        if place.subpage is not None:
            buttons[PREV] = place._replace(subpage=None)
        elif place.asin is not None:
            product = self.catalogue.by_asin[place.asin]
            for value, name in settable(product).items():
                buttons[value] = _choose(place, product, name, value)
            buttons[PREV] = Place(place.query, place.page)
            buttons |= {subpage: place._replace(subpage=subpage) for subpage in SUBPAGES}
            buttons[BUY] = place._replace(bought=True)
        else:
            if place.page > 1:
                buttons[PREV] = Place(place.query, place.page - 1)
            if place.page * SHOWN < len(self.results(place.query)):
                buttons[NEXT] = Place(place.query, place.page + 1)
            for product in self._shown(place):
                buttons[product.asin] = place._replace(asin=product.asin)
        return buttons

    def page(self, place: Place) -> str:
        """What is read there; nothing once something was bought."""
        return "\n".join(self._lines(place))

    def _shown(self, place: Place) -> tuple[Product, ...]:
        assert place.query is not None
        return self.results(place.query)[(place.page - 1) * SHOWN : place.page * SHOWN]

    def _lines(self, place: Place) -> Iterator[str]:
        if place.query is None:
            yield from ("WebShop", "[Search]")
        elif place.asin is None:
            yield f"[{BACK}]"
            yield f"Page {place.page} (Total results: {len(self.results(place.query))})"
            yield from (f"[{label}]" for label in (PREV, NEXT) if label in self.buttons(place))
            for product in self._shown(place):
                yield from (f"[{product.asin}]", product.title, product.price_tag)
        elif place.subpage is None:
            yield from _product_lines(place, self.catalogue.by_asin[place.asin])
        else:
            yield from (f"[{BACK}]", f"[{PREV}]")
            yield from _subpage_lines(place.subpage, self.catalogue.by_asin[place.asin])


def settable(product: Product) -> dict[str, str]:
    """The option values that can be clicked, and which option each belongs to.

    As in the original, a value of two options belongs to the later one.
    """
    options = product.options
    return {v: name for name, values in options for v in values if v not in RESERVED}


@cache
def open_shop(catalogue: Catalogue) -> Shop:
    """The shop that sells it: one in a process, for all its environments."""
    return Shop(catalogue)


def _choose(place: Place, product: Product, name: str, value: str) -> Place:
    chosen = {**dict(place.chosen), name: value}
    return place._replace(chosen=tuple((n, chosen[n]) for n, _ in product.options if n in chosen))


def _product_lines(place: Place, product: Product) -> Iterator[str]:
    yield from (f"You have clicked {value}." for _, value in place.chosen)
    yield from (f"[{BACK}]", f"[{PREV}]")
    for name, values in product.options:
        marked = (f"[[{v}]]" if (name, v) in place.chosen else f"[{v}]" for v in values)
        yield f"{name} {''.join(marked)}"
    yield from (product.title, f"Price: {product.price_tag}", "Rating: N.A.")
    yield from (f"[{label}]" for label in (*SUBPAGES, BUY))


def _subpage_lines(subpage: str, product: Product) -> Iterator[str]:
    match subpage:
        case "Description":
            yield product.description
        case "Features":
            yield from product.features
        case _:  # the official files have no reviews, and say so by this line
            yield "No reviews found"
