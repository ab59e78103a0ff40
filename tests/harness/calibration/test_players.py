"""Agents of known drift play real environments, and the gauge says of them what is known.

The corridor's part is quick for a rollout, a few seconds an agent; TextWorld's takes half a minute.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from harness.agent import Episode, Exchange, View
from harness.calibration.known import (
    Difficulty,
    Features,
    HazardWeibull,
    LoopLocker,
    Pacer,
    Slope,
)
from harness.calibration.players import (
    CORRIDOR,
    LOCKED,
    STRONG,
    KnownDrift,
    disagreements,
    erred,
    features,
    wire,
)
from harness.calibration.wired import CHAIN, HUNT
from harness.comparison import Entry
from harness.drift import horizon, lock_in
from harness.drift.causes import FOUR_ARMS
from harness.drift.hazard import weibull_shape
from harness.drift.slope import drift_slope
from harness.neutral import prose
from harness.session import ARMS, Past

ALWAYS, NEVER = Difficulty(50.0, 0.0), Difficulty(-50.0, 0.0)

ADMISSIBLE = ("go east", "go north", "go south", "look")

OWN = (
    Episode(
        "Go out.",
        "You are in a room without a window.",
        (
            Exchange("look, perhaps", "You are in a room without a window."),
            Exchange("go west", "You are in another room, which has no window."),
            Exchange("go west, again", "The door to the west is locked, as it was before."),
            Exchange("go north", "You are out."),
        ),
    ),
    Episode("Go out again.", "You are in a room.", (Exchange("go east", "You are out."),)),
)
BY_EXPERT = (
    Episode(
        "Go out.",
        "You are in a room without a window.",
        (
            Exchange("go west", "You are in another room, which has no window."),
            Exchange("go north", "You are out."),
        ),
    ),
    OWN[1],
)


def view(
    history: tuple[Episode, ...] = (), said: tuple[str, ...] = (), expert: str | None = "go east"
) -> View:
    exchanges = tuple(Exchange(text, "You are in a room.") for text in said)
    episode = Episode("Go out.", "You are in a room.", exchanges)
    key = ("act", 0, "task", len(said) + 1)
    return View(0, "Walk.", history, episode, ADMISSIBLE, key, expert)


def said_by(agent: KnownDrift, *said: str, expert: str | None = "go east") -> str:
    [decision] = agent.act([view(said=said, expert=expert)])
    return decision.said


@pytest.mark.parametrize(
    ("arm", "length", "played", "errors"),
    [("chained", 5, 2, 2), ("expert", 5, 2, 0), ("padded", 5, 0, 0), ("fresh", 0, 0, 0)],
)
def test_each_arm_shows_the_features_that_are_its_own(
    arm: str, length: int, played: int, errors: int
) -> None:
    past = Past(OWN, BY_EXPERT, KnownDrift(NEVER).length, ("test", 0, 0))
    seen = features(view(ARMS[arm](past), said=("go east",)))
    assert seen == Features(2, 0.0, length, played, errors)


def test_neutral_prose_is_taken_neither_for_play_nor_for_an_error() -> None:
    words = prose().words
    assert not {word for word in words if word in ("go", "jump", "look", "take")}
    assert not any(erred(" ".join(words[: end + 1])) for end in range(len(words)))


def test_who_errs_takes_any_other_command_and_marks_it_and_else_takes_the_experts() -> None:
    keys = [view(said=("go east",) * turn) for turn in range(40)]
    wrong = {decision.said for decision in KnownDrift(ALWAYS).act(keys)}
    assert wrong == {"go north, perhaps", "go south, perhaps", "look, perhaps"}
    assert {decision.said for decision in KnownDrift(NEVER).act(keys)} == {"go east"}


def test_what_is_sent_to_the_game_has_no_mark() -> None:
    [decision] = KnownDrift(ALWAYS).act([view()])
    assert decision.command in ADMISSIBLE
    assert decision.said == f"{decision.command}, perhaps"


def test_where_there_is_no_plan_nothing_is_called_an_error() -> None:
    assert said_by(KnownDrift(ALWAYS), expert="wait").endswith(", perhaps")
    assert said_by(KnownDrift(NEVER), expert=None) in ADMISSIBLE


def test_it_errs_as_often_as_it_is_known_to() -> None:
    agent = KnownDrift(Difficulty(-0.8, 0.0))
    turns = [view((Episode("Go.", str(i), ()),)) for i in range(2000)]
    rate = np.mean([erred(decision.said) for decision in agent.act(turns)])
    assert rate == pytest.approx(1 / (1 + np.exp(0.8)), abs=0.04)


def test_its_luck_is_another_in_another_arm_and_the_same_in_the_same() -> None:
    agent = KnownDrift(Difficulty(0.0, 0.0))

    def luck(history: tuple[Episode, ...]) -> list[str]:
        return [d.said for d in agent.act([view(history, ("go east",) * t) for t in range(40)])]

    assert luck(OWN) == luck(OWN)
    agree = [a == b for a, b in zip(luck(OWN), luck(BY_EXPERT), strict=True)]
    assert 0 < sum(agree) < len(agree)


def test_its_prompt_is_as_long_as_all_that_it_reads() -> None:
    [short, long] = KnownDrift(NEVER).act([view(), view(OWN)])
    words = sum(
        len(text.split())
        for episode in OWN
        for text in (episode.goal, episode.opening, *(t for e in episode.exchanges for t in e))
    )
    assert long.prompt_tokens - short.prompt_tokens == words


def test_who_makes_fatal_errors_errs_to_the_end_of_the_task() -> None:
    agent = KnownDrift(HazardWeibull(1.0, 1e9))
    assert said_by(agent) == "go east"
    assert said_by(agent, "go east", "look, perhaps").endswith(", perhaps")


def test_who_is_locked_takes_the_same_command_again() -> None:
    agent = KnownDrift(LoopLocker(0.0, 0.0))
    assert said_by(agent, "look, perhaps") == "go east"
    assert said_by(agent, "look, again") == "look, again"
    assert said_by(agent, "open door, again").endswith(LOCKED)
    assert said_by(agent, "go east, again") in {f"{c}, again" for c in ADMISSIBLE if c != "go east"}


def test_a_pacer_goes_as_far_back_as_it_went_and_never_in_a_circle_of_four() -> None:
    agent = KnownDrift(Pacer(0.0))
    said: list[str] = []
    for _ in range(60):
        said.append(said_by(agent, *said, expert="go north"))
    offset = np.cumsum([-1 if text == "go south, back" else 1 for text in said])
    assert set(said) == {"go north", "go south, back"}
    assert offset.min() == 0
    turns = np.flatnonzero(offset == 0)
    assert set(np.diff(turns)) <= {6, 8, 10, 12}


@pytest.fixture(scope="module")
def walked(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Entry]:
    """An agent's play of the corridor, played once."""
    entries: dict[str, Entry] = {}

    def of(name: str) -> Entry:
        if name not in entries:
            entries[name] = wire(STRONG[name], CORRIDOR, tmp_path_factory.mktemp(name))
        return entries[name]

    return of


Walked = Callable[[str], Entry]

SURE = 0.001
"""Below this p an effect is taken for real, where none should be: no false alarm is likely."""


@pytest.mark.parametrize("name", STRONG)
def test_in_the_corridor_a_turn_is_in_error_just_where_the_agent_erred(
    walked: Walked, name: str
) -> None:
    entry = walked(name)
    assert len(disagreements(entry)) == 0
    assert entry.turns["error"].any()
    assert set(entry.tasks["arm"]) == set(FOUR_ARMS)


@pytest.mark.parametrize(
    ("name", "cause"),
    [
        ("slope", "length"),
        ("length", "length"),
        ("interference", "interference"),
        ("self-conditioning", "self-conditioning"),
    ],
)
def test_who_drifts_is_found_to_drift_and_for_the_right_cause(
    walked: Walked, name: str, cause: str
) -> None:
    entry = walked(name)
    drift, split = entry.matched().estimate, entry.causes()
    assert drift.low > 0.2
    assert split is not None
    assert split.named == [cause]
    others = sum(abs(part.value) for of, part in split.parts.items() if of != cause)
    assert split.parts[cause].value > 2 * others
    assert drift_slope(entry.lived).coefficient.low > 0


@pytest.mark.parametrize("name", ["difficulty", "locker"])
def test_who_does_not_drift_is_not_found_to_drift(walked: Walked, name: str) -> None:
    entry = walked(name)
    for measure in ("success", "error_rate"):
        split = entry.causes(measure)
        assert split is not None
        assert entry.matched(measure).estimate.p > SURE
        assert min(part.p for part in split.parts.values()) > SURE
    assert drift_slope(entry.lived).coefficient.p > SURE


def test_who_learns_drifts_the_other_way(walked: Walked) -> None:
    entry = walked("learner")
    split = entry.causes()
    assert entry.matched().estimate.high < -0.1
    assert split is not None
    assert split.parts["interference"].high < 0
    assert split.named == []
    assert drift_slope(entry.lived).coefficient.high < 0


def test_the_hazard_of_the_first_error_is_the_known_one(walked: Walked) -> None:
    agent, entry = STRONG["hazard"], walked("hazard")
    assert isinstance(agent, HazardWeibull)
    shape, median = weibull_shape(entry.lived), horizon(entry.lived)
    assert 1 < shape.low < agent.shape < shape.high
    assert median.low <= agent.horizon() <= median.high


def test_who_locks_is_found_to_lock_where_it_did(walked: Walked) -> None:
    entry = walked("locker")
    lived = entry.lived.merge(entry.turns[["play", "turn", "text"]], on=["play", "turn"])
    locks = lived[(lived["arm"] == "chained") & lived["text"].str.endswith(LOCKED)]
    truth = locks.groupby(["block", "order"])["session_turn"].min()
    found = lock_in(entry.lived).onset.set_index(["block", "order"])["turn"]
    late = (found - truth).dropna()
    assert len(late) == len(found) >= 0.7 * len(truth)  # the others locked at a task's very end
    assert (late.abs() <= 2).mean() > 0.8


@pytest.mark.parametrize("name", ["difficulty", "pacer"])
def test_who_does_not_lock_is_not_found_to_lock(walked: Walked, name: str) -> None:
    assert len(lock_in(walked(name).lived).onset) == 0


def test_who_never_wins_is_not_assessable(walked: Walked) -> None:
    assert walked("pacer").matched().estimate.note.startswith("not assessable")


def test_the_arms_histories_are_as_long_as_the_chained_one(walked: Walked) -> None:
    for name in STRONG:
        split = walked(name).causes()
        assert split is not None
        assert 0 <= split.gap < 0.05


def test_what_was_played_is_not_played_again(tmp_path: Path) -> None:
    panel = CORRIDOR.model_copy(update={"blocks": 1, "tasks": 2})
    first = wire(Slope(-1.0, 1.0), panel, tmp_path)
    again = wire(Slope(-1.0, 1.0), panel, tmp_path)
    assert again.runs[0].folder == first.runs[0].folder
    pd.testing.assert_frame_equal(first.turns, again.turns)


# Real games

SIGNS = {"interference": 1, "self-conditioning": 1, "learner": -1}
"""Of the strongest agents' drift in the error rate."""


@pytest.mark.parametrize("name", STRONG)
def test_in_textworld_a_turn_is_in_error_just_where_the_agent_erred(
    tmp_path: Path, name: str
) -> None:
    entry = wire(STRONG[name], CHAIN if name == "pacer" else HUNT, tmp_path)
    assert len(disagreements(entry)) == 0
    assert entry.turns["error"].any()
    if name in SIGNS:
        split = entry.causes("error_rate")
        assert split is not None
        assert split.total * SIGNS[name] > 0
        right = "interference" if name == "learner" else name
        assert split.parts[right].value * SIGNS[name] > 0
    if name == "pacer":
        assert entry.turns["text"].str.endswith(", back").any()
        assert len(lock_in(entry.lived).onset) == 0
