"""Panels: the same for the same seed, without a game twice, held to their lock file."""

from pathlib import Path
from typing import Any

import gymnasium as gym
import pytest
from pydantic import ValidationError

from environments.standing_orders import rulebook
from environments.textworld.speech import SPEECH
from harness.orders import mirrored_pair, williams
from harness.task import Panel, PanelMismatch, PanelSpec, contents, draw_tasks, read_lock
from tests.harness.walks import ID, panel, spec

HUNT = PanelSpec(
    id="driftgauge/TextWorldTreasureHunter-v0",
    draw={"level": (4, 5)},
    brief="Hunt.",
    blocks=1,
    tasks=2,
)


def test_a_seed_gives_the_same_panel_again() -> None:
    assert panel() == panel()
    assert panel().digest == panel().digest != panel(tasks=2).digest
    assert contents(Panel.draw(spec(), seed=1).tasks) != contents(panel().tasks)


def test_a_panel_has_the_shape_of_its_spec() -> None:
    built = panel(blocks=3, tasks=4, cap=7)
    assert [len(block.tasks) for block in built.blocks] == [4, 4, 4]
    assert {task.cap for task in built.tasks} == {7}
    assert [task.name for task in built.blocks[1].tasks] == [f"test0/1/{x}" for x in "ABCD"]
    assert len(contents(built.tasks)) == len({task.name for task in built.tasks}) == 12


@pytest.mark.parametrize(
    ("design", "orders"), [("mirrored", mirrored_pair), ("williams", williams)]
)
def test_every_block_has_the_orders_of_the_design(design: str, orders: Any) -> None:
    assert all(block.orders == orders(3) for block in panel(orders=design).blocks)
    assert spec(orders=design, tasks=3, blocks=2).rows == 2 * len(orders(3)) * 3


def test_a_task_belongs_to_the_family_of_the_options_that_were_drawn_for_it() -> None:
    families = {task.family for task in panel(draw={"rooms": (4, 5)}).tasks}
    assert families == {"rooms 4", "rooms 5"}
    assert {task.family for task in panel(kwargs={"rooms": 4}).tasks} == {"all"}


def test_labels_are_shuffled() -> None:
    """Games are drawn in one order and named in another, the same in every panel of the seed."""
    drawn = [task.content for task in draw_tasks(spec(tasks=8), 0, 16)]
    labelled = [task.content for task in panel(tasks=8).tasks]
    assert set(drawn[:8]) == set(labelled[:8]) and drawn != labelled


def test_a_lock_file_gives_the_panel_back(tmp_path: Path) -> None:
    built = panel(kwargs={"rooms": 4})
    built.save(tmp_path / "panel.lock.json")
    assert read_lock(tmp_path / "panel.lock.json") == built
    built.check(read_lock(tmp_path / "panel.lock.json"))


def test_a_game_that_comes_out_otherwise_is_refused_by_name() -> None:
    built = panel()
    block = built.blocks[1]
    other = block.tasks[2].model_copy(update={"content": "f" * 64})
    changed = block.model_copy(update={"tasks": (*block.tasks[:2], other)})
    lock = built.model_copy(update={"blocks": (built.blocks[0], changed)})
    with pytest.raises(PanelMismatch, match=r"test0/1/C .*lock file has ffffffffffff"):
        built.check(lock)
    Panel.draw(spec(), seed=1).check(lock)  # of other games it says nothing


def test_a_game_that_was_drawn_before_is_drawn_anew() -> None:
    few = spec(kwargs={"games": 7}, blocks=2, tasks=3)
    assert len(contents(Panel.draw(few, seed=0).tasks)) == 6


def test_the_last_game_is_found() -> None:
    every = spec(kwargs={"games": 6}, blocks=2, tasks=3)
    for seed in range(5):
        assert len(contents(Panel.draw(every, seed=seed).tasks)) == 6


def test_too_few_games_are_said_in_a_sentence() -> None:
    with pytest.raises(ValueError, match=r"gave only 5 different games .* 6 are needed.*fewer blo"):
        panel(kwargs={"games": 5}, blocks=2, tasks=3)


def test_splits_draw_other_games() -> None:
    seeds = {
        split: {task.seed for task in panel(split=split).tasks}
        for split in ("test", "development", "training")
    }
    assert not seeds["test"] & seeds["development"] | seeds["test"] & seeds["training"]


def test_training_never_has_a_game_of_the_panel() -> None:
    """Of 13 games 6 are played, so most draws for the training games have to be thrown away."""
    few = {"kwargs": {"games": 13}}
    tests = panel(**few)
    training = Panel.draw(spec(split="training", **few), 0, avoid=contents(tests.tasks))
    assert len(contents(training.tasks)) == 6
    assert not contents(training.tasks) & contents(tests.tasks)


def test_a_real_game_never_comes_in_two_splits() -> None:
    tests = Panel.draw(HUNT, seed=0)
    again = Panel.draw(HUNT, seed=0, avoid=contents(tests.tasks[:1]))
    # The same draws, less what was avoided.
    assert contents(again.tasks) & contents(tests.tasks) == contents(tests.tasks[1:])
    training = HUNT.model_copy(update={"split": "training"})
    trained = Panel.draw(training, seed=0, avoid=contents(tests.tasks))
    assert not contents(trained.tasks) & contents(tests.tasks)
    assert {task.kwargs["level"] for task in trained.tasks} <= {4, 5}


def test_progress_is_told() -> None:
    told: list[tuple[int, int]] = []
    Panel.draw(spec(), 0, progress=lambda done, total: told.append((done, total)))
    assert told[-1] == (6, 6)


def test_an_environment_is_named_as_gymnasium_names_it() -> None:
    assert spec(id=ID).id == ID
    with pytest.raises(gym.error.Error, match="Did you mean: `Corridor`"):
        spec(id="tests.harness.toy:walks/Coridor-v0")
    with pytest.raises(ValidationError, match=r"nowhere:toy/Corridor-v0 cannot be imported"):
        spec(id="nowhere:toy/Corridor-v0")
    with pytest.raises(ValidationError, match="cpa"):
        spec(cpa=3)


def test_each_block_has_standing_orders_of_its_own_which_its_brief_tells() -> None:
    under = HUNT.model_copy(update={"blocks": 3, "rules": 2})
    drawn = Panel.draw(under, seed=0)
    rules = [{task.rules for task in block.tasks} for block in drawn.blocks]
    assert all(len(one) == 1 for one in rules)  # the same for all tasks of a block
    assert len(set().union(*rules)) > 1
    for block in drawn.blocks:
        told = rulebook(SPEECH).tell(block.tasks[0].rules)
        assert block.brief == f"{HUNT.brief} {told}"
    without = Panel.draw(HUNT.model_copy(update={"blocks": 3}), seed=0)
    assert contents(without.tasks) == contents(drawn.tasks)


@pytest.mark.parametrize("wrong", [{"pool": ("no_magic",)}, {"pool": ("close_behind",)}])
def test_standing_orders_that_cannot_be_given_are_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"Expected (rules among|0 to 1 rules)"):
        Panel.draw(HUNT.model_copy(update={"rules": 2, **wrong}), seed=0)


def test_rules_outside_the_pool_are_not_drawn() -> None:
    pool = ("look_on_arrival", "close_behind")
    drawn = Panel.draw(HUNT.model_copy(update={"rules": 2, "pool": pool}), seed=0)
    assert {frozenset(task.rules) for task in drawn.tasks} == {frozenset(pool)}
