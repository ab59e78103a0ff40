"""WebShop's products and goals, read from files in the official schema.

    >>> catalogue = load("generated")
    >>> len(catalogue.products), len(catalogue.goals)
    (2000, 2000)
    >>> catalogue.goals[2].instruction
    'i want to buy some potato chips which should be low sodium and kosher, with flavor: roasted
    onion, and price lower than 40.00 dollars'

The official files are those that https://github.com/princeton-nlp/WebShop tells to download; they
may not be passed on, so whoever has them names their folder in the environment variable
``WEBSHOP_DATA``. What is read of them, and in which order, follows ``web_agent_site/engine`` there
(``engine.py``, ``goal.py``), so that a goal has the index that it has there. Where the original
draws from an unseeded generator (the price within a range, the price that a goal allows), the draw
is keyed by the asin here: every process has the same goals.
"""

from __future__ import annotations

import itertools
import json
import os
import random
import re
from collections.abc import Iterator, Mapping
from functools import cache, cached_property
from pathlib import Path
from typing import Any, NamedTuple

from environments.contract import NotInstalled
from environments.digest import digest
from environments.webshop.making import Files, generate

CATALOGUES = ("generated", "official", "official-human")

FOLDER = "WEBSHOP_DATA"
"""The environment variable with the folder of the official files."""

PRODUCTS, ATTRIBUTES = "items_shuffle_1000.json", "items_ins_v2_1000.json"
INSTRUCTIONS = "items_human_ins.json"
NEEDED = {
    "official": (PRODUCTS, ATTRIBUTES),
    "official-human": (PRODUCTS, ATTRIBUTES, INSTRUCTIONS),
}

SPLITS = {"test": (0, 500), "dev": (500, 1500), "train": (1500, None)}
"""Which goals of the shuffled list belong to a split: the original's cut of its whole data."""

ANY_PRICE = 1_000_000.0
"""What a goal allows that names no price."""

PRICE = re.compile(r"\$\s*([\d,]+(?:\.\d+)?)")


class Product(NamedTuple):
    """What the shop knows of a product."""

    asin: str
    title: str
    category: str
    query: str
    """The words that it was found by when the catalogue was collected."""
    path: tuple[str, ...]
    """From the broadest to the narrowest category."""
    description: str
    features: tuple[str, ...]
    attributes: tuple[str, ...]
    """Not shown to customers."""
    options: tuple[tuple[str, tuple[str, ...]], ...]
    """Names, and the values to choose from, in lower case."""
    price: float
    """Dollars; what is paid."""
    price_tag: str
    """What is shown: a price, or a range with the price in it."""


class Goal(NamedTuple):
    """What a customer is to buy."""

    asin: str
    """The product that the instruction was written for; others may do as well."""
    instruction: str
    attributes: tuple[str, ...]
    options: tuple[str, ...]
    """Values; in the synthetic goals of the official files each with its name before it."""
    price_upper: float
    title: str
    query: str
    path: tuple[str, ...]


class Catalogue:
    """Products, and what to buy of them: one object a process, shared by its environments."""

    def __init__(self, products: tuple[Product, ...], goals: tuple[Goal, ...]) -> None:
        self.products = products
        self.goals = goals
        self.by_asin = {product.asin: product for product in products}

    @cached_property
    def content(self) -> str:
        """SHA-256 of the products."""
        return digest(self.products)

    @cached_property
    def characters(self) -> frozenset[str]:
        """All characters in its texts."""
        return frozenset(json.dumps([self.products, self.goals], ensure_ascii=False))

    @cached_property
    def longest(self) -> int:
        """Characters of the product with the longest texts."""
        return max(len(json.dumps(product, ensure_ascii=False)) for product in self.products)


def load(name: str) -> Catalogue:
    """The catalogue of that name, one of `CATALOGUES`.

    Raises:
        NotInstalled: official files are wanted and not there.
    """
    if name == "generated":
        return _generated()
    folder = os.environ.get(FOLDER, "")
    missing = [file for file in NEEDED[name] if not folder or not (Path(folder) / file).is_file()]
    if missing:
        raise NotInstalled(
            f"The official WebShop files {', '.join(missing)} are not in the folder "
            f"{FOLDER}={folder!r}: download them as https://github.com/princeton-nlp/WebShop "
            f"tells and set {FOLDER} to their folder."
        )
    return _official(Path(folder), human=name == "official-human")


def read(files: Files, human: bool) -> Catalogue:
    """Read products and goals.

    Args:
        files: in the official schema.
        human: whether the goals are the instructions that people wrote, or one for each
            combination of a product's options, after the instruction that stands in its attributes.
    """
    products: dict[str, Product] = {}
    goals: list[Goal] = []
    for raw in files.products:
        asin = raw["asin"]
        if asin == "nan" or len(asin) > 10 or asin in products:
            continue
        about = files.attributes.get(asin, {})
        product = products[asin] = _product(raw, about.get("attributes") or ())
        if human:
            goals += _human_goals(product, files.instructions.get(asin, ()))
        else:
            goals += _synthetic_goals(product, about)
    random.Random(233).shuffle(goals)  # the seed of the original
    return Catalogue(tuple(products.values()), tuple(goals))


@cache
def _generated() -> Catalogue:
    return read(generate(), human=True)


@cache
def _official(folder: Path, human: bool) -> Catalogue:
    def parsed(file: str) -> Any:
        return json.loads((folder / file).read_text(encoding="utf-8"))

    instructions = parsed(INSTRUCTIONS) if human else {}
    return read(Files(parsed(PRODUCTS), parsed(ATTRIBUTES), instructions), human)


def _product(raw: Mapping[str, Any], attributes: Any) -> Product:
    features = raw["small_description"]
    # What has no price costs a hundred dollars, as in the original.
    prices = [float(digits.replace(",", "")) for digits in PRICE.findall(raw.get("pricing") or "")][
        :2
    ] or [100.0]
    drawn = random.Random(f"WebShop: price of {raw['asin']}").uniform(prices[0], prices[-1])
    return Product(
        asin=raw["asin"],
        title=_line(raw["name"]),
        category=raw["category"],
        query=raw["query"].lower().strip(),
        path=tuple(step.strip() for step in raw["product_category"].split("›")),
        description=_line(raw["full_description"]),
        features=tuple(map(_line, features if isinstance(features, list) else [features])),
        attributes=tuple(attributes),
        options=tuple(dict(_options(raw.get("customization_options") or {})).items()),
        price=round(drawn, 2),
        price_tag=" to ".join(f"${price}" for price in prices),
    )


def _options(raw: Mapping[str, Any]) -> Iterator[tuple[str, tuple[str, ...]]]:
    for name, contents in raw.items():
        if contents is not None:
            values = (_line(one["value"].replace("/", " | ")).lower() for one in contents)
            yield name.lower(), tuple(values)


def _line(text: str | None) -> str:
    """On one line, with single spaces, printable: pages and commands are read line by line."""
    text = text or ""
    if not text.isprintable():
        text = "".join(letter if letter.isprintable() else " " for letter in text)
    return " ".join(text.split())


def _human_goals(product: Product, written: Any) -> Iterator[Goal]:
    for number, one in enumerate(written):
        if one["instruction_attributes"]:
            price_upper = _price_upper(product, number)
            yield _goal(
                product,
                one["instruction"].strip("."),
                one["instruction_attributes"],
                one["instruction_options"],
                price_upper,
            )


def _synthetic_goals(product: Product, about: Mapping[str, Any]) -> Iterator[Goal]:
    if about.get("instruction") is None:
        return
    price_upper = _price_upper(product, 0)
    options = sorted(dict(product.options).items())
    for values in itertools.product(*(values for _, values in options)):
        chosen = [(name, value) for (name, _), value in zip(options, values, strict=True)]
        told = ", and ".join(f"{name}: {value}" for name, value in chosen)
        yield _goal(
            product,
            about["instruction"] + (f" with {told}" if told else ""),
            about["instruction_attributes"],
            [f"{name} {value}" for name, value in chosen],
            price_upper,
        )


def _price_upper(product: Product, number: int) -> float:
    """The larger of two of the next four multiples of ten dollars above the price."""
    above = [10.0 * n for n in range(1, 100) if 10.0 * n > product.price][:4]
    if len(above) < 2:
        return ANY_PRICE
    return max(random.Random(f"WebShop: budget {number} of {product.asin}").sample(above, 2))


def _goal(
    product: Product, wish: str, attributes: list[str], options: list[str], price_upper: float
) -> Goal:
    price = "" if price_upper == ANY_PRICE else f", and price lower than {price_upper:.2f} dollars"
    return Goal(
        asin=product.asin,
        instruction=_line(wish + price),
        attributes=tuple(attributes),
        options=tuple(options),
        price_upper=price_upper,
        title=product.title,
        query=product.query,
        path=product.path,
    )
