"""The search engine: BM25 as Lucene computes it, the same order everywhere."""

from __future__ import annotations

import math
from collections import Counter

import pytest

from environments.webshop.catalogue import Product, load
from environments.webshop.search import RESULTS, Engine, _document, _singular, _words
from tests.environments import needs

pytestmark = [needs.package("bm25s", "webshop"), needs.package("rapidfuzz", "webshop")]


@pytest.fixture(scope="module")
def products() -> tuple[Product, ...]:
    return load("generated").products


@pytest.fixture(scope="module")
def engine(products: tuple[Product, ...]) -> Engine:
    return Engine(products)


def reference(products: tuple[Product, ...], query: str) -> list[str]:
    """Robertson's formula as Lucene has it, with the two numbers of Pyserini, word for word."""
    texts = [Counter(words) for words in _words([_document(p) for p in products])]
    mean = sum(text.total() for text in texts) / len(texts)
    scores = dict.fromkeys(range(len(texts)), 0.0)
    for word in _words([query])[0]:
        having = sum(word in text for text in texts)
        idf = math.log(1 + (len(texts) - having + 0.5) / (having + 0.5))
        for number, text in enumerate(texts):
            length = 0.9 * (1 - 0.4 + 0.4 * text.total() / mean)
            scores[number] += idf * text[word] / (text[word] + length)
    found = [number for number in scores if scores[number] > 0]
    found.sort(key=lambda number: (-round(scores[number], 4), number))
    return [products[number].asin for number in found[:RESULTS]]


@pytest.mark.parametrize(
    "query",
    [
        "plant based potato chips with garlic",
        "lightweight running shoes us 9",
        "fragrance free, vanilla hair shampoos for curly hair hair",
        "kelby",
    ],
)
def test_it_ranks_as_the_formula_does(
    products: tuple[Product, ...], engine: Engine, query: str
) -> None:
    assert [product.asin for product in engine.search(query)] == reference(products, query)


def test_a_product_without_a_word_of_the_query_is_not_found(engine: Engine) -> None:
    assert engine.search("kestrel") and len(engine.search("kestrel")) <= RESULTS
    assert all("kestrel" in _document(product).lower() for product in engine.search("kestrel"))


@pytest.mark.parametrize("query", ["", "…", "xyzzy", "the of and", "a", "é" * 900, "AND OR ( \"'"])
def test_what_has_no_word_of_the_shop_finds_nothing(engine: Engine, query: str) -> None:
    assert engine.search(query) == ()


def test_case_plural_and_function_words_make_no_difference(engine: Engine) -> None:
    assert engine.search("The HEADPHONE for gaming") == engine.search("headphones gaming")


def test_products_with_equal_scores_stand_in_the_order_of_the_catalogue(
    products: tuple[Product, ...],
) -> None:
    alike = [products[0]._replace(asin=f"B{number:09}") for number in range(99)]
    assert list(Engine(alike).search(products[0].title)) == alike[:RESULTS]


@pytest.mark.parametrize(
    ("word", "stem"),
    [
        ("shoes", "shoe"),
        ("berries", "berry"),
        ("dress", "dress"),
        ("bus", "bus"),
        ("eyes", "eye"),
        ("s", ""),
        ("tea", "tea"),
    ],
)
def test_the_ending_of_the_plural_is_cut(word: str, stem: str) -> None:
    assert _singular(word) == stem
