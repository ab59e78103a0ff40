"""Errands: all of them can be done one after the other, by ways that are the shortest there are."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from typing import Any

import pytest

from environments.contract import Variant
from environments.textworld.errands.env import Errands
from environments.textworld.errands.errand import Errand
from environments.textworld.errands.house import Layout
from environments.textworld.games import GameKey
from environments.textworld.logic import opened

SEEDS = (0, 1, 2)
SMALL = {"rooms": 4, "objects": 12, "errands": 6}


def env(errand: int = 0, **options: Any) -> Errands:
    return Errands(**{**SMALL, "errand": errand, **options})


def by_the_expert(seed: int) -> Iterator[tuple[Errands, list[str], dict[str, Any]]]:
    """Each errand of a house at its beginning, and all commands that the expert sent before it."""
    past: list[str] = []
    for number in range(SMALL["errands"]):
        errand = env(number)
        _, info = errand.reset(seed=seed, options={"past": list(past)})
        yield errand, list(past), info
        while not info["won"]:
            command, before = info["expert"], info["distance"]
            info = errand.step(command)[4]
            past.append(command)
            assert info["accepted"] and info["distance"] == before - 1
        errand.close()


@pytest.mark.parametrize("seed", SEEDS)
def test_the_expert_does_all_errands_one_after_the_other(seed: int) -> None:
    lengths = [info["distance"] for _, _, info in by_the_expert(seed)]
    assert len(lengths) == SMALL["errands"]
    assert all(4 <= length <= 12 for length in lengths)


@pytest.mark.parametrize("seed", SEEDS)
def test_no_way_is_shorter(seed: int) -> None:
    """By trying out everything that TextWorld's own logic allows."""
    for errand, _, info in by_the_expert(seed):
        logic = errand._begun().logic
        layout, wanted = Layout(logic.game), errand._errand
        start = errand._interpreter.progression.state.facts
        found, todo = {start: 0}, deque([start])
        while todo:
            facts = todo.popleft()
            if wanted.done(layout.state(facts)):
                assert found[facts] == info["distance"], errand.goal
                break
            if found[facts] >= min(info["distance"], 5):  # as deep as there is time for
                continue
            for action in logic.world(facts).events.values():
                after = facts - action.removed | action.added
                if after not in found:
                    found[after] = found[facts] + 1
                    todo.append(after)
        else:
            assert info["distance"] > 5


@pytest.mark.parametrize("seed", SEEDS)
def test_the_past_makes_the_world_what_playing_it_has_made(seed: int) -> None:
    for _, past, info in by_the_expert(seed):
        lived = env(0)
        lived.reset(seed=seed)
        for command in past:
            if lived._info and not lived._info["won"]:
                lived.step(command)
            else:
                lived._interpreter.send(command)  # on, as an errand that is done cannot be
        assert lived._interpreter.progression.state.admissible == info["admissible"]


def test_every_errand_begins_with_a_look_around() -> None:
    errand = env(1)
    observation, _ = errand.reset(seed=0, options={"past": ["look"]})
    assert observation == errand.step("look")[0]


def test_what_is_no_command_is_no_past() -> None:
    errand = env()
    plain = errand.reset(seed=0)
    assert errand.reset(seed=0, options={"past": ["undo", "\n", "fly. restart", ""]}) == plain


def test_an_errand_that_is_done_already_is_won_at_once() -> None:
    errand = env()
    _, info = errand.reset(seed=0)
    past = []
    while not info["won"]:
        past.append(info["expert"])
        info = errand.step(info["expert"])[4]
    _, info = errand.reset(seed=0, options={"past": past})
    assert info["won"] and info["distance"] == 0 and info["admissible"] == ()


def test_eating_what_it_is_about_loses_it() -> None:
    for seed in range(20):
        for number in range(SMALL["errands"]):
            errand = env(number)
            _, info = errand.reset(seed=seed)
            thing = errand._layout.names[errand._errand.thing]
            for _ in range(30):
                if info["won"]:
                    break
                if f"eat {thing}" in info["admissible"]:
                    info = errand.step(f"eat {thing}")[4]
                    assert info["lost"] and info["distance"] is None
                    again = errand.reset(seed=seed, options={"past": [f"eat {thing}"]})[1]
                    assert not again["won"]
                    return
                info = errand.step(info["expert"])[4]
    pytest.fail("no errand is about food")


def test_to_have_the_thing_in_hand_is_half_of_it() -> None:
    for errand, _, info in by_the_expert(0):
        if errand._errand.place == "I":
            continue
        progress = [info["progress"]]
        while not info["won"]:
            info = errand.step(info["expert"])[4]
            progress.append(info["progress"])
        assert progress == sorted(progress)
        assert set(progress) <= {0.0, 0.5, 1.0} and progress[-2:] == [0.5, 1.0]
        return


def test_leaving_the_way_makes_a_new_one() -> None:
    left = 0
    for seed in range(5):
        errand = env()
        _, info = errand.reset(seed=seed)
        for command in info["admissible"]:
            if command.startswith("go ") and command != info["expert"]:
                errand.reset(seed=seed)
                after = errand.step(command)[4]
                assert after["distance"] in (info["distance"], info["distance"] + 1)
                left += 1
    assert left


def test_the_task_tells_rooms_only_if_it_is_to() -> None:
    silent, telling = env(), env(tell=True)
    for one in (silent, telling):
        one.reset(seed=0)
    assert telling.goal.startswith(silent.goal)
    assert " is in the " in telling.goal or "You carry" in telling.goal
    assert " is in the " not in silent.goal
    assert silent.content == telling.content


def test_each_errand_has_content_of_its_own_which_is_known_before_it_is_played() -> None:
    variants = [Variant({**SMALL, "errand": number}, seed) for seed in (0, 1) for number in (0, 1)]
    prepared = [game.content for game in Errands.prepare(variants)]
    assert len(set(prepared)) == 4
    for variant, content in zip(variants, prepared, strict=True):
        errand = Errands(**variant.kwargs)
        errand.reset(seed=variant.seed)
        assert errand.content == content


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"rooms": 1}, "Expected rooms from 2 to 20"),
        ({"objects": 61}, "Expected objects from 4 to 60"),
        ({"objects": 40}, "Expected objects of at most 20 in 4 rooms"),
        ({"errand": 6}, "Expected errand from 0 to 5"),
        ({"tell": 1}, "Expected tell to be true or false"),
    ],
)
def test_options_that_cannot_be_are_refused(options: dict[str, Any], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        env(**options)


# What it is told in


@pytest.fixture(scope="module")
def layout() -> Layout:
    return Layout(opened(GameKey("errands", SMALL, 0)).logic.game)


def test_an_errand_is_told_in_the_words_of_the_game(layout: Layout) -> None:
    thing = next(id for id in layout.names if id.startswith("o_"))
    supporter = next(id for id in layout.names if id.startswith("s_"))
    name = layout.names
    assert (
        Errand(thing, supporter).told(layout) == f"Put the {name[thing]} on the {name[supporter]}."
    )
    assert Errand(thing, "I").told(layout) == f"Fetch the {name[thing]}: carry it with you."
    room = layout.rooms[0]
    floor = f"Leave the {name[thing]} on the floor of the {name[room]}."
    assert Errand(thing, room).told(layout) == floor
