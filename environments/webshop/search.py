"""WebShop's search engine: bm25s, set up as the original's index is.

    >>> engine = Engine(load("generated").products)
    >>> [product.title for product in engine.search("plant based potato chips")[:2]]
    ['Morholm Plant Based Potato Chips Clover, Kosher', 'Corvane Summit Potato Chips, Plant Based']

The original searches by Lucene through Pyserini: BM25 in Lucene's form with k1 = 0.9 and b = 0.4,
English stop words, word endings cut off. bm25s scores by the same formula with the same two
numbers; of endings only those of the plural are cut (the S stemmer of Harman 1991), where Lucene
has Porter's. It has no query language, so that whatever an agent writes is plain words.

Whether scores are equal must not depend on the processor, and neither must the order of equals: so
scores are rounded, and equals stand in the catalogue's order.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import numpy as np

from environments.webshop.catalogue import Product

RESULTS = 50
"""Products that a search finds at most."""

DECIMALS = 4
"""Of a score. Sums of float32 are exact to about six digits, and scores have one or two before
the point."""


class Engine:
    """An index of products, kept in memory.

    Args:
        products: what is found, in the order that decides between equals.
    """

    def __init__(self, products: Sequence[Product]) -> None:
        import bm25s  # here and below, since it may be missing where nobody shops

        self._products = products
        self._index = bm25s.BM25(k1=0.9, b=0.4, method="lucene")
        self._index.index(_words([_document(product) for product in products]), show_progress=False)
        self.search = lru_cache(maxsize=1024)(self._search)

    def _search(self, query: str) -> tuple[Product, ...]:
        """At most `RESULTS` products that have a word of ``query``, the best first."""
        (words,) = _words([query])
        if not words:
            return ()
        scores = np.round(self._index.get_scores(words), DECIMALS)
        best = np.argsort(-scores, kind="stable")[:RESULTS]
        return tuple(self._products[i] for i in best if scores[i] > 0)


def _document(product: Product) -> str:
    """What is indexed of a product; the original leaves out all features but the first."""
    options = ", and ".join(f"{name}: {', '.join(values)}" for name, values in product.options)
    return " ".join((product.title, product.description, *product.features[:1], options))


def _words(texts: list[str]) -> list[list[str]]:
    import bm25s

    words: list[list[str]] = bm25s.tokenize(
        texts, stopwords="en", stemmer=_singulars, return_ids=False, show_progress=False
    )
    return words


def _singulars(words: list[str]) -> list[str]:
    return [_singular(word) for word in words]


def _singular(word: str) -> str:
    """Rules of the S stemmer, the first that fits."""
    if word.endswith("ies") and not word.endswith(("eies", "aies")):
        return word[:-3] + "y"
    if word.endswith("es") and not word.endswith(("aes", "ees", "oes")):
        return word[:-1]
    if word.endswith("s") and not word.endswith(("us", "ss")):
        return word[:-1]
    return word
