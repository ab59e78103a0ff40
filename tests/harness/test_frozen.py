"""The frozen panels: three an environment, disjoint, and what a run with the defaults plays."""

from importlib.resources import files
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest

from environments import Variant
from environments.contract import Game
from harness import frozen
from harness.freeze import BLOCKS, freeze
from harness.frozen import panel_for
from harness.task import Panel, PanelMismatch, contents, read_lock
from harness.trying import specs_by_name
from tests.environments import needs
from tests.harness.toy import Corridor
from tests.harness.walks import panel, spec

PANELS = files("conf") / "panels"
ENVIRONMENTS = [
    pytest.param(name, marks=needs.environment(spec.id)) for name, spec in specs_by_name().items()
]


UNDER_ORDERS = [each for each in ENVIRONMENTS if str(each.values[0]).endswith("_orders")]


def lock(name: str, split: str) -> Panel:
    return read_lock(PANELS / f"{name}.{split}.lock.json")


@pytest.mark.parametrize("name", specs_by_name())
def test_every_environment_has_a_test_a_development_and_a_training_panel(name: str) -> None:
    for split, blocks in BLOCKS.items():
        expected = specs_by_name()[name].model_copy(update={"split": split, "blocks": blocks})
        assert lock(name, split).spec == expected
        assert len(lock(name, split).blocks) == blocks


@pytest.mark.parametrize("name", specs_by_name())
def test_no_game_stands_twice_in_the_panels_of_an_environment(name: str) -> None:
    panels = [lock(name, split) for split in BLOCKS]
    assert all(len(contents(one.tasks)) == len(one.tasks) for one in panels)
    for one, other in combinations(panels, 2):
        assert not contents(one.tasks) & contents(other.tasks)


# The development games are verified in test_rollout, where the expert plays them; those under
# standing orders are the same games.
@pytest.mark.parametrize("name", [each for each in ENVIRONMENTS if each not in UNDER_ORDERS])
def test_this_machine_makes_the_games_of_the_frozen_panels(name: str) -> None:
    wanted = specs_by_name()[name].model_copy(update={"split": "test", "blocks": 1})
    played = panel_for(wanted, seed=0)  # verifies every game that it returns
    assert played.blocks == lock(name, "test").blocks[:1]


@pytest.mark.parametrize("name", UNDER_ORDERS)
@pytest.mark.parametrize("split", BLOCKS)
def test_under_standing_orders_the_games_are_those_without(name: str, split: str) -> None:
    bare = lock(name.removesuffix("_orders"), split)
    changes = {"rules": (), "cap": bare.spec.cap}
    games = [task.model_copy(update=changes) for task in lock(name, split).tasks]
    assert games == list(bare.tasks)


@pytest.fixture
def frozen_walks(monkeypatch: pytest.MonkeyPatch) -> Panel:
    """A frozen panel of the toy corridor, beside no other."""
    whole = panel(blocks=3)
    monkeypatch.setattr(frozen, "locks", lambda: (whole,))
    return whole


def test_a_run_plays_the_first_blocks_of_the_frozen_panel(frozen_walks: Panel) -> None:
    played = panel_for(spec(blocks=2), seed=0)
    assert played.blocks == frozen_walks.blocks[:2] and played.spec == spec(blocks=2)


@pytest.mark.parametrize(("changes", "seed"), [({"cap": 6}, 0), ({"blocks": 4}, 0), ({}, 1)])
def test_another_configuration_or_seed_is_drawn(
    frozen_walks: Panel, changes: dict[str, Any], seed: int
) -> None:
    assert panel_for(spec(**changes), seed) == Panel.draw(spec(**changes), seed)


def test_a_frozen_panel_that_has_what_is_to_be_avoided_is_drawn_anew(frozen_walks: Panel) -> None:
    avoided = contents(frozen_walks.tasks[:1])
    assert not contents(panel_for(spec(blocks=3), 0, avoided).tasks) & avoided


@pytest.mark.parametrize("cap", [5, 6])
def test_a_game_that_comes_out_otherwise_is_refused(
    frozen_walks: Panel, monkeypatch: pytest.MonkeyPatch, cap: int
) -> None:
    """In the frozen panel, and in one of another configuration that shares games with it."""

    def prepare(variants: list[Variant], **_: Any) -> list[Game]:
        return [Game(f"{variant.seed:064}", f"route {variant.seed}") for variant in variants]

    monkeypatch.setattr(Corridor, "prepare", prepare)
    with pytest.raises(PanelMismatch, match=r"route (\d+)\) came out as 0{12}, .*lock file"):
        panel_for(spec(cap=cap), seed=0)


def test_freezing_again_compares(tmp_path: Path) -> None:
    freeze("corridor", tmp_path)
    freeze("corridor", tmp_path)
    assert {path.name for path in tmp_path.iterdir()} == {
        f"corridor.{split}.lock.json" for split in BLOCKS
    }
    path = tmp_path / "corridor.development.lock.json"
    path.write_text(path.read_text().replace('"cap": 16', '"cap": 17'))
    with pytest.raises(PanelMismatch, match="another configuration"):
        freeze("corridor", tmp_path)


def test_a_lock_file_has_a_game_a_line(tmp_path: Path) -> None:
    panel().save(tmp_path / "panel.lock.json")
    lines = (tmp_path / "panel.lock.json").read_text().splitlines()
    assert sum('"content"' in line for line in lines) == len(panel().tasks)
