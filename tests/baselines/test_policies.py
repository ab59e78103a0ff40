"""What of the history stands in the prompt."""

from __future__ import annotations

from baselines.policies import PresentOnly, WholeHistory
from harness.agent import Episode, Exchange, View
from harness.lm import Selected

PAST = (Episode("Find the coin.", "A hall.", (Exchange("look", "A hall."),)),)
NOW = Episode("Eat the apple.", "A kitchen.", (Exchange("go east", "A shed."),))
VIEW = View(0, "You play.", PAST, NOW, ("look",), ())


def test_the_whole_history_is_all_that_was_lived() -> None:
    assert WholeHistory().select(VIEW) == Selected(PAST, NOW)
    assert WholeHistory.sees_history


def test_present_only_is_the_task_as_if_it_began_now() -> None:
    assert PresentOnly().select(VIEW) == Selected((), Episode("Eat the apple.", "A shed."))
    assert not PresentOnly.sees_history
