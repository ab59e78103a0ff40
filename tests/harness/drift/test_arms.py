"""Arms that do not hold the same tasks are refused by name."""

import pandas as pd
import pytest

from harness.drift import ArmsDoNotMatch, outcomes
from harness.drift.arms import check_arms
from tests.harness.tables import Ends, ended, with_arm

WON: Ends = {(str(b), 0, position): ("won", "won") for b in range(4) for position in (1, 2)}


def without(results: pd.DataFrame, arm: str, block: str, position: int) -> pd.DataFrame:
    """Results from which the only order's task at this position is missing in one arm."""
    there = (results["block"] == block) & (results["position"] == position)
    return results[~(there & (results["arm"] == arm))]


def test_arms_of_the_same_tasks_are_not_refused() -> None:
    check_arms(with_arm(ended(WON).results, "padded"), ["chained", "fresh", "padded"])
    check_arms(ended({}).results)


@pytest.mark.parametrize("arm", ["chained", "fresh", "padded"])
def test_a_task_that_one_arm_lacks_is_refused(arm: str) -> None:
    results = without(with_arm(ended(WON).results, "padded"), arm, "3", 2)
    with pytest.raises(ArmsDoNotMatch, match=rf"{arm} arm has no play of 3/0/2 \(block 3, order 0"):
        check_arms(results)


def test_an_arm_that_was_asked_for_and_never_played_is_refused() -> None:
    with pytest.raises(ArmsDoNotMatch, match=r"expert arm has no play of 0/0/1 .* and 5 more"):
        check_arms(ended(WON).results, ["chained", "fresh", "expert"])


def test_in_an_unfinished_run_it_was_just_not_played_yet() -> None:
    check_arms(without(ended(WON).results, "fresh", "3", 2), ["padded"], finished=False)


@pytest.mark.parametrize("column", ["task", "cap"])
@pytest.mark.parametrize("arm", ["fresh", "padded"])
@pytest.mark.parametrize("finished", [True, False])
def test_arms_of_different_panels_are_refused(arm: str, column: str, finished: bool) -> None:
    results = with_arm(ended(WON).results, "padded")
    there = (results["block"] == "2") & (results["arm"] == arm) & (results["position"] == 2)
    results.loc[there, column] = "another" if column == "task" else 99
    with pytest.raises(ArmsDoNotMatch, match=f"chained and the {arm} arm .* tasks at 2/0/2"):
        check_arms(results, finished=finished)


def test_a_task_that_was_played_twice_in_one_arm_is_refused() -> None:
    turns, tasks = ended(WON)
    results = outcomes(turns, tasks.loc[[*tasks.index, 3]])
    with pytest.raises(ArmsDoNotMatch, match="more than once in one arm: 0/0/2"):
        check_arms(results)
