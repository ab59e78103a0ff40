"""Figures and charts draw the arms that were played, each in a style of its own."""

from __future__ import annotations

from harness.comparison import Comparison
from harness.report.figures import COLOURS, DASHES, MARKERS, file_bytes, success_figure
from harness.report.series import probes_by_turn, success_by_position

ARMS = ["chained", "fresh", "padded", "expert"]


def test_a_line_an_arm_that_was_played(comparison: Comparison, four_arms: Comparison) -> None:
    for runs, arms in ((comparison, ARMS[:2]), (four_arms, ARMS)):
        for multiple in success_by_position(runs):
            assert [line.style for line in multiple.lines] == arms


def test_every_arm_is_told_apart_by_colour_and_without() -> None:
    drawn = [arm for arm in COLOURS if arm in ARMS]
    assert sorted(drawn) == sorted(ARMS)
    assert len({COLOURS[arm] for arm in drawn}) == 4
    assert len({(DASHES[arm], MARKERS[arm]) for arm in drawn}) == 4


def test_a_figure_names_the_arms_in_text(four_arms: Comparison) -> None:
    svg = file_bytes(success_figure(success_by_position(four_arms)), "svg").decode()
    for arm in ARMS:
        assert f">{arm}</text>" in svg


def test_probes_are_drawn_where_something_was_asked(
    comparison: Comparison, four_arms: Comparison
) -> None:
    assert probes_by_turn(comparison) == []
    (asked,) = probes_by_turn(four_arms)
    assert asked.title == "in_context: goal recall"
    accuracy = {line.style: line.points[0].value for line in asked.lines}
    assert accuracy["fresh"] == 1.0 and accuracy["chained"] < 1.0
