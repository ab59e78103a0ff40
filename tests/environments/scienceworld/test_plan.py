"""What is left of what ScienceWorld's solver did, and at which time it is done."""

from __future__ import annotations

from pathlib import Path

import pytest

from environments.scienceworld import plan as plan_module
from environments.scienceworld.games import Game
from environments.scienceworld.plan import TICKS, Move, Tempo, _pause, _shortened, plan
from environments.scienceworld.world import QUESTION, Reply


def done(command: str, came_from: str, place: str = "", ticks: int = 1) -> Move:
    return Move(command, Reply("Done.", False, ticks), came_from, place or came_from)


def refused(command: str, place: str) -> Move:
    return Move(command, Reply("The door is already open.", True, 1), place, place)


WALK = [
    refused("open door to hall", "den"),
    done("go to hall", "den", "hall"),
    done("look around", "hall", ticks=0),
    refused("open door to kitchen", "hall"),
    done("go to kitchen", "hall", "kitchen"),
]
HEAT = [
    done("activate stove", "kitchen"),
    done("examine water", "kitchen"),
    done("use thermometer on water", "kitchen"),
    done("examine water", "kitchen"),
    done("focus on steam", "kitchen"),
]


def shortened(moves: list[Move], tempo: Tempo, teleports: bool = True) -> list[str]:
    return list(_shortened(moves, tempo, teleports))


def test_fast_is_without_what_was_refused_the_detour_and_the_watching() -> None:
    acts = ["activate stove", "wait", "focus on steam"]
    assert shortened([*WALK, *HEAT], Tempo.FAST) == ["teleport to kitchen", *acts]
    assert shortened([*WALK, *HEAT], Tempo.FAST, teleports=False) == [
        "go to hall",
        "go to kitchen",
        *acts,
    ]


def test_a_single_look_at_a_thing_is_kept() -> None:
    moves = [*HEAT[:2], HEAT[-1]]
    assert shortened(moves, Tempo.FAST) == ["activate stove", "examine water", "focus on steam"]


def test_a_walk_back_to_where_it_began_is_left_out() -> None:
    back = [done("go to hall", "kitchen", "hall"), done("go to den", "hall", "den")]
    assert shortened([*WALK, *back], Tempo.FAST) == []
    assert shortened([*WALK, *back], Tempo.EVEN) == list(_pause(6))


@pytest.mark.parametrize("tempo", [Tempo.EVEN, Tempo.SAME])
def test_at_the_solvers_own_tempo_every_act_comes_at_its_tick(tempo: Tempo) -> None:
    tick, at = 0, dict[str, int]()
    for command in shortened([*WALK, *HEAT], tempo):
        tick += TICKS.get(command, 1)
        at[command] = tick
    assert at["activate stove"] == 5
    assert at["focus on steam"] == 9
    assert ("examine water" in at) == (tempo is Tempo.SAME)


def test_a_question_is_kept_with_its_answer() -> None:
    asked = Move("open door", Reply(f"{QUESTION}: …", False, 0), "hall", "hall")
    assert shortened([asked, done("1", "hall")], Tempo.FAST) == ["open door", "1"]


def test_a_plan_is_made_once(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    made = []

    def make(world: object, game: Game, simplifications: str) -> tuple[str, ...] | None:
        made.append((game, simplifications))
        return ("wait",) if simplifications else None

    monkeypatch.setenv("DRIFTGAUGE_CACHE", str(tmp_path))
    monkeypatch.setattr(plan_module, "_make", make)
    monkeypatch.setattr(plan_module, "version", lambda package: "1.2.3")
    for _ in range(2):
        assert plan(None, Game("boil", 0), "easy") == ("wait",)
        assert plan(None, Game("boil", 0), "") is None
    assert made == [(Game("boil", 0), "easy"), (Game("boil", 0), "")]
    for kept in (tmp_path / "scienceworld").iterdir():
        kept.write_text("cut off")
    assert plan(None, Game("boil", 0), "easy") == ("wait",)
    assert len(made) == 3


def test_a_folder_that_cannot_be_written_to_costs_only_time(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "scienceworld").write_text("a file where a folder should be")
    monkeypatch.setenv("DRIFTGAUGE_CACHE", str(tmp_path))
    monkeypatch.setattr(plan_module, "_make", lambda *_: ("wait",))
    monkeypatch.setattr(plan_module, "version", lambda package: "1.2.3")
    assert plan(None, Game("boil", 0), "easy") == ("wait",)
