"""Walks that lock, and walks that only pace."""

import numpy as np
import pandas as pd
import pytest

from harness.calibration.circles import AHEAD, BACK, CIRCLES, DISTANCE, walk
from harness.calibration.known import LoopLocker, Pacer
from harness.drift import lock_in


def test_who_locks_goes_round_in_a_circle_to_the_end_of_the_task() -> None:
    walked = walk(LoopLocker(0.05, 0.1), 100, "circle")
    circles = [np.tile(row[: i + 1], 30) for i, row in enumerate(CIRCLES)]
    for session in np.flatnonzero(np.isfinite(walked.onset)):
        turns = walked.lived[walked.lived["block"] == session]
        start = turns[turns["session_turn"] == walked.onset[session]].iloc[0]
        task = turns[turns["position"] == start["position"]]
        round_ = task.loc[task["turn"] >= start["turn"], "command"].to_numpy()
        assert any(np.array_equal(round_, circle[: len(round_)]) for circle in circles)


def test_it_locks_at_its_hazard() -> None:
    walked = walk(LoopLocker(0.05, 0.0), 2000, "hazard")
    first = [(walked.onset == turn).mean() for turn in (1, 2, 3)]
    assert first == pytest.approx([0.05, 0.0475, 0.0451], abs=0.02)


def test_the_gauge_finds_the_onset() -> None:
    walked = walk(LoopLocker(0.05, 0.0), 100, "onset")
    found = lock_in(walked.lived).onset.set_index("block")["turn"]
    assert found.to_dict() == pytest.approx(
        {i: at for i, at in enumerate(walked.onset) if np.isfinite(at)}, abs=1
    )


def test_who_never_locks_and_never_errs_walks_straight_to_the_goal() -> None:
    walked = walk(LoopLocker(0.0, 0.0), 2, "straight")
    assert np.isinf(walked.onset).all()
    assert (walked.lived["command"] == AHEAD).all()
    assert walked.lived.groupby(["block", "position"]).size().unique().tolist() == [DISTANCE]


def test_pacing_gains_nothing_and_turns_after_three_to_six_steps() -> None:
    lived = walk(Pacer(0.0), 50, "pace").lived
    assert (lived["distance_after"] >= DISTANCE).all()
    for _, task in lived.groupby(["block", "position"]):
        back = (task["command"] == BACK).astype(int)
        leg = back.diff().fillna(0).ne(0).cumsum()
        steps = task.groupby(leg).size()
        assert steps.iloc[:-1].between(Pacer.shortest, Pacer.longest).all()


def test_the_turns_of_a_session_are_counted_through() -> None:
    lived = walk(LoopLocker(0.02, 0.1), 20, "turns").lived
    for _, session in lived.groupby("block"):
        assert session["session_turn"].tolist() == list(range(1, len(session) + 1))
    pd.testing.assert_frame_equal(lived, walk(LoopLocker(0.02, 0.1), 20, "turns").lived)
