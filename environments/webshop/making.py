"""The generated catalogue of WebShop, in the schema of the official files.

    >>> files = generate()
    >>> product = files.products[0]
    >>> product["name"], product["pricing"]
    ('Norquist Ridge Hair Shampoo, Hypoallergenic', '$13.49 - $18.21')
    >>> files.instructions[product["asin"]][0]["instruction"]
    'i am looking for a hair shampoo that must be paraben free, refillable and hypoallergenic, with
    size: 150 ml'

What it draws depends on the words in `environments.webshop.goods` and on nothing else: the same
catalogue on every machine. Other products or instructions are another version of the environment.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import Any, NamedTuple

from environments.digest import digest
from environments.webshop.goods import KINDS, Kind
from environments.webshop.words import (
    ATTRIBUTES,
    BRAND_BEGINNINGS,
    BRAND_ENDINGS,
    CLOSINGS,
    LINES,
)

ROOTS = {
    "beauty": "Beauty & Personal Care",
    "garden": "Home & Kitchen",
    "grocery": "Grocery & Gourmet Food",
    "electronics": "Electronics",
    "fashion": "Clothing, Shoes & Jewelry",
}
"""First step of the path to a product, by category."""


class Files(NamedTuple):
    """What the official files hold, as `json.load` reads them."""

    products: list[dict[str, Any]]
    """``items_shuffle_1000.json``"""
    attributes: dict[str, dict[str, Any]]
    """``items_ins_v2_1000.json``: by asin."""
    instructions: dict[str, list[dict[str, Any]]]
    """``items_human_ins.json``: by asin."""


def generate() -> Files:
    """Make 2,000 products, 40 of each kind, with one instruction each."""
    files = Files([], {}, {})
    for category, kinds in KINDS.items():
        for kind in kinds:
            for line in LINES:
                _add(files, category, kind, line)
    random.Random("WebShop: order of the products").shuffle(files.products)
    return files


def _add(files: Files, category: str, kind: Kind, line: str) -> None:
    rng = random.Random(f"WebShop: {kind.noun}, {line}")
    brand = rng.choice(BRAND_BEGINNINGS) + rng.choice(BRAND_ENDINGS)
    attributes = rng.sample(kind.attributes, rng.randint(4, 5))
    options = {name: _some(rng, values) for name, values in kind.options.items()}
    asin = f"B0{digest([kind.noun, line])[:8].upper()}"
    files.products.append(
        {
            "asin": asin,
            "name": _title(rng, brand, line, kind, attributes),
            "category": category,
            "query": kind.noun.lower(),
            "product_category": f"{ROOTS[category]} › {kind.aisle} › {kind.noun}",
            "full_description": _description(rng, brand, line, category, kind, attributes),
            "small_description": [
                f"{ATTRIBUTES[a]}." for a in rng.sample(attributes, k=len(attributes))
            ],
            "pricing": _pricing(rng, kind),
            "customization_options": {
                name: [{"value": value} for value in values] for name, values in options.items()
            },
        }
    )
    files.attributes[asin] = {"attributes": attributes}
    files.instructions[asin] = [_instruction(rng, kind, attributes, options)]


def _some(rng: random.Random, values: Sequence[str]) -> list[str]:
    """Two to five of the values, in their order."""
    kept = rng.sample(range(len(values)), min(len(values), rng.randint(2, 5)))
    return [values[i] for i in sorted(kept)]


def _title(rng: random.Random, brand: str, line: str, kind: Kind, attributes: list[str]) -> str:
    first, second = (attribute.title() for attribute in attributes[:2])
    use = rng.choice(kind.uses)
    return rng.choice(
        (
            f"{brand} {line} {kind.noun} for {use}, {first}, {second}",
            f"{first} {kind.noun} by {brand}, {line} Series, for {use}",
            f"{brand} {first} {kind.noun} {line}, {second}",
            f"{brand} {line} {kind.noun}, {first}",
        )
    )


def _description(
    rng: random.Random, brand: str, line: str, category: str, kind: Kind, attributes: list[str]
) -> str:
    noun, use, closing = kind.noun.lower(), rng.choice(kind.uses), rng.choice(CLOSINGS[category])
    told = rng.sample(attributes, 3)
    opening = rng.choice(
        (
            f"{brand} made {line} for {use.lower()}",
            f"With {line}, {brand} brings you {noun} for {use.lower()}",
            f"{line} is what {brand} thinks {noun} should be",
        )
    )
    return f"{opening}: {told[0]}, {told[1]} and {told[2]}. {closing}"


def _pricing(rng: random.Random, kind: Kind) -> str:
    """One price, or from the smallest to the largest of the options."""
    low, high = kind.price
    price = rng.randint(low, high) - rng.choice((0.01, 0.05, 0.51))
    if rng.random() < 0.8:
        return f"${price:.2f}"
    return f"${price:.2f} - ${price * rng.choice((1.2, 1.35, 1.5)):.2f}"


def _instruction(
    rng: random.Random, kind: Kind, attributes: list[str], options: dict[str, list[str]]
) -> dict[str, Any]:
    wanted = rng.sample(attributes, rng.randint(2, 3))
    named = [name for name in options if rng.random() < 0.8] or [next(iter(options))]
    chosen = {name: rng.choice(options[name]) for name in named}
    noun = kind.noun.lower()
    thing = f"{kind.article} {noun}"
    listed = f"{', '.join(wanted[:-1])} and {wanted[-1]}"
    wish = rng.choice(
        (
            f"i am looking for {thing} that must be {listed}",
            f"find me {thing}, {listed}",
            f"i want to buy {thing} which should be {listed}",
            f"can you show me {', '.join(wanted)} {noun}",
            f"i need {listed} {noun}",
        )
    )
    told = ", and ".join(f"{name}: {value}" for name, value in chosen.items())
    return {
        "instruction": f"{wish}, with {told}",
        "instruction_attributes": wanted,
        "instruction_options": list(chosen.values()),
    }
