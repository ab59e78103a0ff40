import math

from harness.stats import Estimate, notes, number, p_value


def test_an_estimate_prints_as_a_report_prints_it() -> None:
    assert str(Estimate(0.3125, 0.124, 0.479, 0.0078)) == "0.31 [0.12, 0.48] p=.008"
    assert str(Estimate(1.0, note="all blocks agree")) == "1.00 (all blocks agree)"


def test_numbers_for_the_eye() -> None:
    assert number(math.inf) == "∞"
    assert number(math.nan) == "-"
    assert number(-0.001) == "0.00"
    assert p_value(0.125) == ".125"
    assert p_value(0.0001) == "<.001"
    assert p_value(1.0) == "1.000"


def test_notes_join_what_there_is() -> None:
    assert notes("", "a", "", "b") == "a; b"
    assert notes("") == ""
