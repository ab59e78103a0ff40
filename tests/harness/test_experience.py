"""Experience is a run like any other, on games of its own, read back as trajectories."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from harness.agent import Decision, View, turns_in
from harness.events import Hooks
from harness.experience import (
    ExperienceSpec,
    expert_plays,
    read_experience,
    record_sessions,
)
from harness.model_spec import ModelSpec
from harness.preparation import Preparation, Report
from harness.records import Records
from harness.task import contents
from tests.harness.walks import Walker, expert, moody, panel, play, spec

PANEL = panel(blocks=2, tasks=3)


def test_sessions_come_back_in_order_with_what_each_turn_showed(tmp_path: Path) -> None:
    agent = Walker(moody)
    PANEL.save(tmp_path / "panel.lock.json")
    play(tmp_path, agent, PANEL, arms=("chained",))
    sessions = read_experience(tmp_path)
    assert [[t.task for t in session] for session in sessions] == [
        [f"test0/{block}/{label}" for label in labels]
        for block in (0, 1)
        for labels in ("ABC", "CBA")
    ]
    shown = {(view.history, view.episode): view for view in agent.views}
    turns = 0
    for session in sessions:
        for position, trajectory in enumerate(session):
            assert trajectory.history == tuple(earlier.episode for earlier in session[:position])
            for turn in range(1, len(trajectory.rows) + 1):
                view = trajectory.view(turn)
                seen = shown[view.history, view.episode]
                assert (view.brief, view.admissible, view.expert) == (
                    seen.brief,
                    seen.admissible,
                    seen.expert,
                )
                turns += 1
    assert turns == len(agent.views)


def test_the_arms_that_did_not_live_are_no_experience(tmp_path: Path) -> None:
    PANEL.save(tmp_path / "panel.lock.json")
    play(tmp_path, Walker(moody), PANEL, arms=("chained", "fresh"))
    sessions = read_experience(tmp_path)
    assert [len(session) for session in sessions] == [3] * 4
    assert all(turns_in(session[1].history) for session in sessions)


def test_a_failed_task_is_left_out(tmp_path: Path) -> None:
    def dies(view: View) -> Decision:
        return Decision("explode") if view.key[2] == "test0/1/B" else moody(view)

    PANEL.save(tmp_path / "panel.lock.json")
    play(tmp_path, Walker(dies), PANEL, arms=("chained",))
    assert [len(session) for session in read_experience(tmp_path)] == [3, 3, 1, 1]


def test_sessions_are_recorded_in_the_first_order_of_every_block(tmp_path: Path) -> None:
    record_sessions(Walker(moody), PANEL, tmp_path, Hooks(), slots=2, workers=1)
    assert [[t.task for t in session] for session in read_experience(tmp_path)] == [
        [f"test0/{block}/{label}" for label in "ABC"] for block in (0, 1)
    ]


def test_the_expert_arm_remembers_every_task_as_the_expert_plays_it(tmp_path: Path) -> None:
    plays = expert_plays(Walker(expert), PANEL, tmp_path, slots=2, workers=1)
    assert plays.keys() == {task.name for task in PANEL.tasks}
    assert all(len(episode.exchanges) == 3 for episode in plays.values())
    assert expert_plays(Walker(expert), PANEL, tmp_path, slots=2, workers=1) == plays


def test_an_expert_that_does_not_win_is_refused_by_name_and_not_kept(tmp_path: Path) -> None:
    def waits(view: View) -> Decision:
        return Decision("wait") if view.key[2] == "test0/1/B" else expert(view)

    folder = tmp_path / "expert"
    with pytest.raises(ValueError, match=r"did not win test0/1/B .* leave them out"):
        expert_plays(Walker(waits), PANEL, folder, slots=2, workers=1)
    assert not folder.exists()


@pytest.fixture
def preparation(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Preparation]:
    monkeypatch.setenv("DRIFTGAUGE_CACHE", str(tmp_path / "cache"))
    records = Records(tmp_path / "run")
    yield Preparation(
        panel=panel(kwargs={"games": 20}),
        spec=spec(kwargs={"games": 20}),
        model=ModelSpec(),
        experience=ExperienceSpec(expert_sessions=3, own_sessions=2),
        expert=Walker(expert),
        records=records,
        hooks=Hooks(),
        slots=4,
        workers=1,
    )
    records.close()


def test_training_games_are_apart_and_their_budget_is_kept(preparation: Preparation) -> None:
    """Of 20 games 6 are the panel's and 9 are trained on."""
    assert len(contents(preparation.training.tasks)) == 9
    assert not contents(preparation.training.tasks) & contents(preparation.panel.tasks)
    sessions = preparation.expert_sessions()
    assert [[trajectory.end for trajectory in session] for session in sessions] == [["won"] * 3] * 3


def test_the_agent_itself_plays_the_first_of_the_same_sessions(preparation: Preparation) -> None:
    own = preparation.own_sessions(Walker(moody), {"agent": "moody"})
    both = (own, preparation.expert_sessions())
    played, shown = ([[t.task for t in session] for session in kind] for kind in both)
    assert len(played) == 2 and played == shown[:2]


def test_experience_is_recorded_once(preparation: Preparation) -> None:
    first = preparation.expert_sessions()
    assert isinstance(preparation.expert, Walker)
    preparation.expert.views.clear()
    assert preparation.expert_sessions() == first and not preparation.expert.views
    costs = list(preparation.records.costs)
    assert [row.step for row in costs] == ["training games", "expert experience"]


def test_an_artefact_that_was_not_finished_is_made_anew(preparation: Preparation) -> None:
    def breaks(folder: Path, report: Report) -> None:
        (folder / "half").touch()
        raise RuntimeError("killed")

    def works(folder: Path, report: Report) -> None:
        (folder / "whole").touch()

    with pytest.raises(RuntimeError, match="killed"):
        preparation.artefact("steps", {"rank": 1}, breaks)
    made = preparation.artefact("steps", {"rank": 1}, works)
    assert sorted(path.name for path in made.iterdir()) == ["made.json", "whole"]
    assert preparation.artefact("steps", {"rank": 1}, breaks) == made
    assert preparation.artefact("steps", {"rank": 2}, works) != made
