"""Which rules can be in force together, how they are drawn, and what the brief says of them."""

from __future__ import annotations

import numpy as np
import pytest

from environments.rulebook import Rulebook

BOOK = Rulebook(
    {"sign_a": "End with A.", "sign_b": "End with B.", "short": "Be short.", "kind": "Be kind."},
    preface="Rules:",
    ending="Mind them.",
    topics={"sign_a": "sign", "sign_b": "sign"},
)


def drawn(count: int, seed: int = 0, book: Rulebook = BOOK) -> tuple[str, ...]:
    return book.draw(count, np.random.default_rng(seed))


def test_rules_are_drawn_by_seed_and_never_two_with_the_same_topic() -> None:
    draws = [drawn(3, seed) for seed in range(50)]
    assert {len({BOOK.topics.get(name, name) for name in rules}) for rules in draws} == {3}
    assert set().union(*draws) == set(BOOK.names)
    assert draws[7] == drawn(3, 7)


def test_some_topics_can_be_there_always() -> None:
    book = BOOK._replace(always=("sign",))
    assert all(drawn(1, seed, book)[0].startswith("sign") for seed in range(20))
    with pytest.raises(ValueError, match="Expected 1 to 3 rules, got 0"):
        drawn(0, book=book)


@pytest.mark.parametrize("count", [-1, 4])
def test_more_rules_than_there_are_cannot_be_drawn(count: int) -> None:
    with pytest.raises(ValueError, match=f"Expected 0 to 3 rules, got {count}"):
        drawn(count)


def test_only_those_of_the_pool_are_drawn() -> None:
    assert set(BOOK.draw(2, np.random.default_rng(0), ["short", "kind"])) == {"short", "kind"}
    with pytest.raises(ValueError, match="among sign_a, sign_b, short, kind, got loud"):
        BOOK.draw(1, np.random.default_rng(0), ["loud"])


def test_rules_that_exclude_each_other_are_refused() -> None:
    BOOK.check(["sign_a", "short"])
    with pytest.raises(ValueError, match="sign_a and sign_b cannot both be in force"):
        BOOK.check(["sign_a", "short", "sign_b"])
    with pytest.raises(ValueError, match="got loud"):
        BOOK.check(["loud"])


def test_the_brief_tells_them_in_their_order() -> None:
    assert BOOK.tell(["kind", "sign_b"]) == "Rules: (1) Be kind. (2) End with B. Mind them."
    assert BOOK.tell([]) == ""
