"""The corridor: one door leads on, one leads back, the others cost a turn, the pit loses."""

from __future__ import annotations

import gymnasium as gym
import pytest

from environments import TextEnv, Variant
from environments.checker import check
from environments.corridor import JUMP, OPPOSITE, Corridor
from environments.numbered import NOT_A_COMMAND
from harness.errors import classify
from tests.harness.tables import turn_row

SEEDS = range(20)


def opened(seed: int, rooms: int = 6) -> Corridor:
    env = Corridor(rooms=rooms)
    env.reset(seed=seed)
    return env


def directions(goal: str) -> list[str]:
    return [part.split()[1] for part in goal.split(": ")[1].split(".")[0].split(", ")]


@pytest.mark.parametrize("rooms", [1, 2, 100])
def test_a_corridor_of_any_length_keeps_the_contract(rooms: int) -> None:
    results = check("driftgauge/Corridor-v0", seeds=(0, 2), rooms=rooms)
    assert [result for result in results if not result.ok] == []


@pytest.mark.parametrize("seed", SEEDS)
def test_the_way_that_the_goal_tells_leads_out_in_as_many_moves_as_there_are_rooms(
    seed: int,
) -> None:
    env = opened(seed)
    way = directions(env.goal)
    assert len(way) == env.rooms
    for left, direction in zip(range(env.rooms, 0, -1), way, strict=True):
        *_, terminated, _, info = env.step(f"go {direction}")
        assert (info["distance"], terminated) == (left - 1, left == 1)
        assert info["progress"] == pytest.approx(1 - (left - 1) / env.rooms)
    assert info["won"]
    assert info["admissible"] == ()


@pytest.mark.parametrize("seed", SEEDS)
def test_one_door_leads_on_one_leads_back_and_the_others_cost_a_turn(seed: int) -> None:
    env = opened(seed)
    entered: str | None = None
    for direction in directions(env.goal)[:-1]:
        before = env.step("nothing")[4]
        changes = {}
        for door in OPPOSITE:
            info = env.step(f"go {door}")[4]
            assert info["accepted"]
            changes[door] = info["distance"] - before["distance"]
            if changes[door]:
                env.step(f"go {OPPOSITE[door]}")
        back = {OPPOSITE[entered]: 1} if entered else {}
        assert changes == {**dict.fromkeys(OPPOSITE, 0), direction: -1, **back}
        env.step(f"go {direction}")
        entered = direction


@pytest.mark.parametrize("seed", SEEDS)
def test_just_one_room_has_a_pit_and_who_jumps_has_lost(seed: int) -> None:
    env = opened(seed)
    rooms = []
    for direction in directions(env.goal):
        observation, _, _, _, info = env.step("nothing")
        rooms.append(JUMP in info["admissible"])
        env.step(f"go {direction}")
    assert sum(rooms) == 1
    observation, info = env.reset(seed=seed)
    for direction in directions(env.goal)[: rooms.index(True)]:
        observation, _, _, _, info = env.step(f"go {direction}")
    assert "pit" in observation
    _, reward, terminated, truncated, info = env.step(JUMP)
    assert (reward, terminated, truncated) == (0.0, True, False)
    assert info["lost"]
    assert (info["won"], info["distance"], info["expert"]) == (False, None, None)


def test_what_is_no_command_is_refused_and_changes_nothing() -> None:
    env = opened(0)
    _, before = env.reset(seed=0)
    for text in ("", "north", "go up", "Go North", "go\nnorth", JUMP.upper()):
        observation, reward, terminated, _, info = env.step(text)
        assert (observation, reward, terminated) == (NOT_A_COMMAND, 0.0, False)
        assert info == {**before, "accepted": False}


def test_every_kind_of_error_that_a_choosing_agent_can_make_can_be_made() -> None:
    seed = next(s for s in SEEDS if JUMP in opened(s).reset(seed=s)[1]["admissible"])
    env = opened(seed)
    _, info = env.reset(seed=seed)
    on = info["expert"]
    locked = next(f"go {door}" for door in OPPOSITE if f"go {door}" != on)
    back = f"go {OPPOSITE[on.removeprefix('go ')]}"
    rows = []
    for turn, command in enumerate((locked, locked, locked, on, back, JUMP), start=1):
        before, info = info, env.step(command)[4]
        rows.append(
            turn_row(
                turn=turn,
                command=command,
                chosen=True,
                state_before=before["state"],
                distance_before=before["distance"],
                distance_after=info["distance"],
                lost=info["lost"],
            )
        )
    errors = classify(rows)
    assert errors["stalled"].fillna(False).tolist() == [True, True, True, False, False, False]
    # The first time the answer was news, so that the state was another.
    assert errors["redundant"].tolist() == [False, False, True, False, False, False]
    assert errors["regress"].fillna(False).tolist() == [False, False, False, False, True, False]
    assert errors["fatal"].tolist() == [False] * 5 + [True]


def test_corridors_of_different_seeds_differ_and_of_one_seed_are_equal() -> None:
    contents = Corridor.prepare([Variant({"rooms": 6}, seed) for seed in SEEDS])
    assert len(set(contents)) == len(SEEDS)
    assert contents == Corridor.prepare([Variant({"rooms": 6}, seed) for seed in SEEDS])


def test_before_a_reset_there_is_neither_a_goal_nor_a_turn() -> None:
    env = Corridor()
    with pytest.raises(gym.error.ResetNeeded):
        _ = env.goal
    with pytest.raises(gym.error.ResetNeeded):
        _ = env.content
    with pytest.raises(gym.error.ResetNeeded):
        env.step("go north")


@pytest.mark.parametrize("rooms", [0, 101, True])
def test_a_length_that_cannot_be_is_refused(rooms: int) -> None:
    with pytest.raises(ValueError, match="rooms from 1 to 100"):
        Corridor(rooms=rooms)


def test_it_is_registered() -> None:
    env = gym.make("driftgauge/Corridor-v0", rooms=3).unwrapped
    assert isinstance(env, TextEnv)
    assert isinstance(env, Corridor)
