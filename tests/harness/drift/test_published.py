"""Others' measures, by values worked out by hand from their definitions."""

import math

import numpy as np
import pytest
from scipy.stats.contingency import association

from harness.drift.published import (
    AGING,
    BASELINE,
    WINDOW,
    aging_detected,
    aging_half_life,
    aging_slope,
    goal_drift,
    half_lives,
    ols_slope,
    pass_hat_k,
    stability_index,
)
from harness.keyed import generator
from harness.records import Arm, TaskRow, TurnRow
from tests.harness.tables import Ends, Tables, ended, frames, play, task_row, turn_row

Distances = list[int | None]


def pairs(*tasks: tuple[str, Distances, Distances]) -> Tables:
    """(block, distances fresh, distances chained) of capped tasks, each at position 2."""
    turns: list[TurnRow] = []
    rows: list[TaskRow] = []
    for order, (block, fresh, chained) in enumerate(tasks):
        arms: tuple[tuple[Arm, Distances], ...] = (("fresh", fresh), ("chained", chained))
        for arm, distances in arms:
            id = f"{block}/{order}/{arm}"
            turns += play(id, distances, "capped")
            rows.append(
                task_row(
                    block=block,
                    order=order,
                    position=2,
                    arm=arm,
                    play=id,
                    end="capped",
                    turns=len(distances) - 1,
                )
            )
    return frames(turns, rows)


def test_goal_drift_is_the_excess_share_of_turns_that_regress_or_stall() -> None:
    """Fresh: 1 of 4 turns stalls. Chained: one regresses, two stall, so 3/4 - 1/4."""
    assert goal_drift(pairs(("0", [3, 3, 2, 1, 0], [3, 4, 4, 3, 3])).lived).value == 1 / 2


def test_goal_drift_counts_a_gain_as_nothing() -> None:
    """Excesses of 1/2 and -1/2 over two tasks of a block: (1/2 + 0) / 2, not their mean, 0."""
    worse: tuple[str, Distances, Distances] = ("0", [2, 1, 0], [2, 2, 1])
    better: tuple[str, Distances, Distances] = ("0", [2, 2, 1], [2, 1, 0])
    assert goal_drift(pairs(worse, better).lived).value == 1 / 4


def test_goal_drift_is_over_the_turns_with_a_known_distance() -> None:
    """Chained: one turn that stalls, then two unknown ones. The second task has none known."""
    half_known: tuple[str, Distances, Distances] = ("0", [2, 1, 0], [2, 2, None, None])
    unknown: tuple[str, Distances, Distances] = ("1", [2, 1, 0], [None, None])
    estimate = goal_drift(pairs(half_known, unknown).lived)
    assert estimate.value == 1
    assert estimate.units == 1
    assert "tasks left out, no distance known in both arms: 1" in estimate.note


def test_goal_drift_leaves_out_position_1_where_the_arms_are_equal() -> None:
    tables = ended({("0", 0, 1): ("won", "capped"), ("0", 0, 2): ("won", "capped")})
    assert goal_drift(tables.lived).value == 1  # four stalls of four, against none of two
    only_first = ended({("0", 0, 1): ("won", "capped")})
    assert math.isnan(goal_drift(only_first.lived).value)


def graded(*sessions: tuple[str, int, list[int]]) -> Tables:
    """(block, order, right turns of each task, of 10); every task is capped at 10 turns."""
    turns: list[TurnRow] = []
    tasks: list[TaskRow] = []
    for block, order, rights in sessions:
        for position, right in enumerate(rights, start=1):
            id = f"{block}/{order}/{position}"
            distances = [20 - min(turn, right) for turn in range(11)]
            turns += play(id, distances, "capped", 10 * (position - 1))
            tasks.append(
                task_row(
                    block=block,
                    order=order,
                    position=position,
                    arm="chained",
                    play=id,
                    end="capped",
                    turns=10,
                    cap=10,
                    age=10 * (position - 1),
                )
            )
    return frames(turns, tasks)


def test_the_aging_slope_is_in_score_a_task() -> None:
    """Scores .9, .7, .5 fall by .2 a task; the other session's by nothing."""
    tables = graded(("0", 0, [9, 7, 5]), ("0", 1, [4, 4, 4]))
    assert aging_slope(tables.results).value == pytest.approx(-0.1)


def test_a_task_that_was_lost_early_scores_the_turns_it_never_played_as_errors() -> None:
    """Won: score 1. Lost at turn 2 of 4, both in error, two never played: score 0."""
    tables = ended({("0", 0, 1): ("won", "won"), ("0", 0, 2): ("won", "lost")})
    assert aging_slope(tables.results).value == -1


def test_aging_is_detected_below_a_fixed_threshold() -> None:
    """Slopes of -.1, +.1 and 0 in three blocks."""
    tables = graded(("0", 0, [6, 5]), ("1", 0, [5, 6]), ("2", 0, [5, 5]))
    assert -0.1 < AGING < 0
    assert aging_detected(tables.results).value == pytest.approx(1 / 3)


def test_a_third_of_the_sessions_of_a_steady_agent_pass_for_aging() -> None:
    """What the docstring says of the threshold; turns are right with chance .7."""
    scores = generator("steady").binomial(20, 0.7, size=(4000, 6)) / 20
    assert (ols_slope(scores) < AGING).mean() == pytest.approx(0.34, abs=0.03)


def test_the_aging_half_life_is_over_the_sessions_that_reached_it() -> None:
    """.8, .6, .2 meets .4 half-way between tasks 1 and 2; the steady session never does."""
    estimate = aging_half_life(graded(("0", 0, [8, 6, 2]), ("1", 0, [8, 8, 8])).results)
    assert estimate.value == pytest.approx(1.5)
    assert estimate.units == 1
    assert "of the 1 of 2 sessions that reached it" in estimate.note


def test_a_half_life_that_no_session_reached_is_infinite() -> None:
    estimate = aging_half_life(graded(("0", 0, [8, 8]), ("1", 0, [5, 5])).results)
    assert estimate.value == math.inf
    assert estimate.note == "reached by none of 2 sessions"


@pytest.mark.parametrize(
    ("scores", "slope"),
    [
        ([1, 0.5, 0], -0.5),
        ([0.2, 0.2, 0.2], 0),
        ([0, 1, 0, 1], 0.2),  # t less its mean: -1.5, -.5, .5, 1.5; so (-.5 + 1.5) / 5
        ([1, math.nan, 0], -0.5),
        ([math.nan, 0.4, 0.6], 0.2),
        ([math.nan, 0.4, math.nan], math.nan),
        ([math.nan, math.nan], math.nan),
    ],
)
def test_the_slope_is_that_of_least_squares_over_the_known_scores(
    scores: list[float], slope: float
) -> None:
    assert ols_slope([scores])[0] == pytest.approx(slope, nan_ok=True)


@pytest.mark.parametrize(
    ("scores", "life"),
    [
        ([1, 0.5, 0], 1),
        ([1, 0.75, 0.25, 1], 1.5),  # it does not matter that it recovered
        ([0.8, 0.9, 0.4], 2),
        ([1, 0.6, 0.6], math.inf),
        ([1], math.inf),
        ([1, math.nan, 0], 1),  # between the known scores at 0 and 2
        ([math.nan, 0.8, 0.4], 2),  # the first known score is the one to halve
        ([0, 0.5, 0], 2),  # half of nothing is nothing
        ([0, 0], 1),
        ([math.nan, math.nan], math.nan),
    ],
)
def test_the_half_life_is_where_half_of_the_first_score_is_met(
    scores: list[float], life: float
) -> None:
    assert half_lives([scores])[0] == pytest.approx(life, nan_ok=True)


def test_rows_of_a_matrix_are_on_their_own() -> None:
    scores = generator("rows").random((50, 7))
    for core in (ols_slope, half_lives):
        np.testing.assert_allclose(core(scores), [core(row[None])[0] for row in scores])


def repeated(ends: Ends) -> Tables:
    """As `ended`, but the same task in every order: task 0/1 is played at position 1 of each."""
    tables = ended(ends)
    task = tables.tasks["block"] + "/" + tables.tasks["position"].astype(str)
    return tables._replace(tasks=tables.tasks.assign(task=task))


def test_pass_hat_k_is_the_chance_that_k_plays_are_all_won() -> None:
    """Task 1: 2 of 3 won, C(2,2)/C(3,2) = 1/3. Task 2: 3 of 3, 1."""
    ends = {
        ("0", o, p): (None, "lost" if (o, p) == (1, 1) else "won")
        for o in (0, 1, 2)
        for p in (1, 2)
    }
    results = repeated(ends).results
    assert pass_hat_k(results, 1).value == pytest.approx((2 / 3 + 1) / 2)
    assert pass_hat_k(results, 2).value == pytest.approx((1 / 3 + 1) / 2)
    assert pass_hat_k(results, 3).value == pytest.approx((0 + 1) / 2)


def test_pass_hat_k_needs_k_plays_of_every_task() -> None:
    ends: Ends = {
        ("0", 0, 1): (None, "won"),
        ("0", 1, 1): (None, "won"),
        ("0", 0, 2): (None, "won"),
    }
    estimate = pass_hat_k(repeated(ends).results, 2)
    assert math.isnan(estimate.value)
    assert estimate.note == "not estimable: 1 of 2 tasks have fewer than 2 plays"


def test_rows_that_point_to_one_play_are_one_play() -> None:
    tables = repeated({("0", 0, 1): (None, "won"), ("0", 1, 1): (None, "won")})
    one_play = tables._replace(tasks=tables.tasks.assign(play="0/0/1/chained"))
    assert pass_hat_k(tables.results, 2).value == 1
    assert math.isnan(pass_hat_k(one_play.results, 2).value)


def test_pass_hat_k_is_of_the_arm_that_was_asked_for() -> None:
    results = repeated({("0", 0, 1): ("won", "lost"), ("1", 0, 1): ("won", "won")}).results
    assert pass_hat_k(results, 1).value == 1 / 2
    assert pass_hat_k(results, 1, arm="fresh").value == 1


def test_pass_hat_0_is_refused() -> None:
    with pytest.raises(ValueError, match="not 0"):
        pass_hat_k(ended({}).results, 0)


def spoken(*sessions: tuple[str, list[tuple[str | None, int]]]) -> Tables:
    """(block, (command, tokens) of each turn): one chained session of one task a block."""
    turns = [
        turn_row(play=block, turn=turn, command=command, generated_tokens=tokens)
        for block, said in sessions
        for turn, (command, tokens) in enumerate(said, start=1)
    ]
    tasks = [
        task_row(block=block, arm="chained", play=block, end="capped", turns=len(said), cap=999)
        for block, said in sessions
    ]
    return frames(turns, tasks)


GO: tuple[str | None, int] = ("go east", 4)
TAKE: tuple[str | None, int] = ("take coin", 4)


def test_who_says_the_same_things_at_the_same_length_has_a_stability_index_of_1() -> None:
    """The first word is the tool: going west is the same tool as going east."""
    west: tuple[str | None, int] = ("go west", 4)
    assert stability_index(spoken(("0", [GO] * BASELINE + [west] * WINDOW)).lived).value == 1


def test_the_stability_index_weighs_its_two_dimensions_as_published() -> None:
    """Other tools only: T_sel 0; one length: B_length 1; so (.25 · 0 + .20 · 1) / .45."""
    lived = spoken(("0", [GO] * BASELINE + [TAKE] * WINDOW)).lived
    assert stability_index(lived).value == pytest.approx(0.20 / 0.45)


def test_output_length_is_its_coefficient_of_variation() -> None:
    """Lengths of 2 and 6 in turn: mean 4, standard deviation √(50/49 · 4), so CV = √(50/49) / 2."""
    said: list[tuple[str | None, int]] = [("go east", 2), ("go east", 6)]
    cv = math.sqrt(50 / 49) / 2
    lived = spoken(("0", [GO] * BASELINE + said * (WINDOW // 2))).lived
    assert stability_index(lived).value == pytest.approx((0.25 + 0.20 / (1 + cv)) / 0.45)


def test_tool_selection_is_cramers_v_of_the_two_stretches() -> None:
    said = [GO] * 12 + [TAKE] * 8 + [GO] * 20 + [TAKE] * 30
    v = association(np.array([[12, 8], [20, 30]]), method="cramer")
    lived = spoken(("0", said)).lived
    assert stability_index(lived).value == pytest.approx((0.25 * (1 - v) + 0.20) / 0.45)


def test_a_stable_agent_is_far_from_a_tool_selection_of_1() -> None:
    """What the docstring says of the bias: .74 with six commands, drawn evenly."""
    drawn = generator("even").integers(6, size=(60, BASELINE + WINDOW))
    sessions = [(str(i), [(f"verb{tool}", 4) for tool in row]) for i, row in enumerate(drawn)]
    index = stability_index(spoken(*sessions).lived).value
    assert (0.45 * index - 0.20) / 0.25 == pytest.approx(0.74, abs=0.03)


def test_windows_are_averaged_and_one_that_is_not_whole_is_left_out() -> None:
    said = [GO] * BASELINE + [GO] * WINDOW + [TAKE] * WINDOW + [TAKE] * (WINDOW - 1)
    assert stability_index(spoken(("0", said)).lived).value == pytest.approx((1 + 0.20 / 0.45) / 2)


def test_sessions_that_are_too_short_or_without_tokens_are_unknown_and_counted() -> None:
    short = ("0", [GO] * (BASELINE + WINDOW - 1))
    silent = ("1", [("go east", 0)] * (BASELINE + WINDOW))
    unread = ("2", [(None, 4)] * (BASELINE + WINDOW))
    estimate = stability_index(spoken(short, silent, unread).lived)
    assert math.isnan(estimate.value)
    assert "sessions left out, no whole window known: 3" in estimate.note
    long = ("3", [GO] * (BASELINE + WINDOW))
    assert stability_index(spoken(short, long).lived).units == 1


def test_one_block_has_a_value_and_no_interval() -> None:
    tables = graded(("0", 0, [8, 2]), ("0", 1, [8, 8]))
    for estimate in (aging_slope(tables.results), pass_hat_k(tables.results, 1)):
        assert math.isfinite(estimate.value)
        assert math.isnan(estimate.low)
        assert "one block" in estimate.note


def test_intervals_are_over_blocks() -> None:
    tables = graded(*((str(b), 0, [9, 9 - b]) for b in range(8)))
    estimate = aging_slope(tables.results)
    assert estimate.units == 8
    assert -1 <= estimate.low < estimate.value < estimate.high < 0


def test_nothing_played_yet() -> None:
    nothing = ended({})
    for estimate in (
        goal_drift(nothing.lived),
        stability_index(nothing.lived),
        aging_slope(nothing.results),
        aging_detected(nothing.results),
        aging_half_life(nothing.results),
        pass_hat_k(nothing.results, 2),
    ):
        assert math.isnan(estimate.value)
        assert estimate.note == "no block yet"
