"""Randomness is a function of its key."""

import random

import numpy as np

from harness.keyed import digest, generator, gumbel


def test_equal_keys_draw_equally_whatever_was_drawn_before() -> None:
    first = generator("act", 0, "test0/0/A", 3).random(4)
    random.random()
    generator("another").random(100)
    assert (generator("act", 0, "test0/0/A", 3).random(4) == first).all()


def test_keys_that_differ_anywhere_draw_differently() -> None:
    keys = [("act", 0, "A", 1), ("act", 0, "A", 2), ("act", 1, "A", 1), ("act", 0, "B", 1)]
    assert len({generator(*key).random() for key in keys}) == len(keys)
    assert generator("1").random() != generator(1).random()
    assert generator("a", "b").random() != generator("ab").random()


def test_a_draw_is_the_same_on_every_machine() -> None:
    assert generator("act", 0).integers(2**31 - 1) == 595433119


def test_nothing_is_drawn_from_a_global_generator() -> None:
    before = random.getstate(), str(np.random.get_state())  # noqa: NPY002 - what is watched
    gumbel(("act", 0), 10)
    assert (random.getstate(), str(np.random.get_state())) == before  # noqa: NPY002


def test_gumbel_noise_makes_an_argmax_a_draw() -> None:
    log_p = np.log([0.7, 0.2, 0.1])
    draws = [int(np.argmax(log_p + gumbel(("draw", i), 3))) for i in range(4000)]
    shares = np.bincount(draws, minlength=3) / len(draws)
    assert np.abs(shares - [0.7, 0.2, 0.1]).max() < 0.03


def test_a_digest_is_of_the_value_not_of_its_spelling() -> None:
    assert digest({"a": 1, "b": (2, "é")}) == digest({"b": [2, "é"], "a": 1})
    assert digest({"a": 1}) != digest({"a": 1.5})
    assert len(digest(None)) == 64
