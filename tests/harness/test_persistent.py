"""A world that persists: what an agent did in it is there in every arm, and counted apart."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from environments.checker import check
from harness.agent import Decision, View
from harness.drift import damage, matched_drift, outcomes
from harness.errors import classify
from harness.events import Hooks
from harness.experience import expert_plays, read_experience, record_sessions
from harness.json_lines import read_frame
from harness.records import TaskRow, TurnRow
from harness.task import Panel, PanelSpec
from tests.harness.walks import Played, Walker, expert, moody, play, untimed

ID = "tests.harness.toy:walks/Pantry-v0"
ARMS = ("chained", "fresh", "undamaged")


def spec(**changes: Any) -> PanelSpec:
    given = {"id": ID, "brief": "Tidy.", "orders": "world", "blocks": 2, "tasks": 4, "cap": 3}
    return PanelSpec(**{**given, **changes})


PANEL = Panel.draw(spec(), seed=0)


def at_first(*commands: str) -> Walker:
    """Says these in the errand about jar 0; after them, and in the others, what the expert says."""

    def decide(view: View) -> Decision:
        turn = len(view.episode.exchanges)
        first = "jar 0" in view.episode.goal and turn < len(commands)
        return Decision(commands[turn] if first else view.expert)

    return Walker(decide)


def ends(played: Played, arm: str, block: str = "0") -> list[str]:
    rows = [row for row in played.tasks if row.arm == arm and row.block == block]
    return [row.end for row in sorted(rows, key=lambda row: row.position)]


def tables(folder: Path) -> tuple[Any, Any]:
    """Turns with their errors, and tasks."""
    turns = read_frame(folder / "turns.jsonl", TurnRow)
    return turns.join(classify(turns)), read_frame(folder / "tasks.jsonl", TaskRow)


def test_the_pantry_keeps_the_contract() -> None:
    assert [result for result in check(ID, errand=2) if not result.ok] == []


# Panels


def test_the_tasks_of_a_block_are_one_world_in_its_own_order() -> None:
    for block in PANEL.blocks:
        assert block.orders == ((0, 1, 2, 3),)
        assert [task.kwargs["errand"] for task in block.tasks] == [0, 1, 2, 3]
        assert len({task.seed for task in block.tasks}) == 1
    first, second = PANEL.blocks
    assert first.tasks[0].seed != second.tasks[0].seed


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"orders": "mirrored"}, "follow each other in one world: orders=world"),
        ({"id": "driftgauge/Corridor-v0"}, "has a world of its own: orders=mirrored"),
    ],
)
def test_orders_that_do_not_fit_the_world_are_refused(changes: dict[str, Any], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        Panel.draw(spec(**changes), seed=0)


# Arms


def test_every_arm_but_undamaged_begins_where_the_agent_has_led(tmp_path: Path) -> None:
    played = play(tmp_path, Walker(moody), PANEL, arms=ARMS)
    plays = {(row.block, row.position, row.arm): row for row in played.tasks}
    first = {row.play: row for row in reversed(played.turns)}
    compared = 0
    for (block, position, arm), row in plays.items():
        own = plays[block, position, "chained"]
        if arm == "fresh" and row.turns:
            compared += 1
            assert first[row.play].state_before == first[own.play].state_before
    assert compared
    # What was moved stays moved, so that the world of a later task is not that of the first.
    assert len({row.state_before for row in first.values()}) > 2


def test_at_the_first_position_all_arms_are_one_play(tmp_path: Path) -> None:
    played = play(tmp_path, Walker(moody), PANEL, arms=ARMS)
    assert len({row.play for row in played.tasks if row.position == 1 and row.block == "0"}) == 1


def test_slots_and_a_stop_change_no_row(tmp_path: Path) -> None:
    reference = untimed(play(tmp_path / "one", Walker(moody), PANEL, arms=ARMS, slots=1))
    assert untimed(play(tmp_path / "five", Walker(moody), PANEL, arms=ARMS, slots=5)) == reference
    assert untimed(play(tmp_path / "five", Walker(moody), PANEL, arms=ARMS, slots=2)) == reference


# What is void


def test_what_was_done_before_is_left_out_and_the_session_goes_on(tmp_path: Path) -> None:
    agent = at_first("move 2", "move 0")
    played = play(tmp_path, agent, PANEL, arms=("chained", "fresh"))
    assert ends(played, "chained") == ends(played, "fresh") == ["won", "won", "void", "won"]
    [row] = [r for r in played.tasks if (r.block, r.position, r.arm) == ("0", 3, "chained")]
    assert (row.reason, row.turns, row.age) == ("it was done already", 0, 3)
    # The agent never hears of it.
    heard = {episode.goal for view in agent.views for episode in view.history}
    assert heard == {"Put jar 0 on the shelf.", "Put jar 1 on the shelf."}


def test_what_can_no_longer_be_done_is_left_out(tmp_path: Path) -> None:
    played = play(tmp_path, at_first("smash 1", "move 0"), PANEL, arms=ARMS)
    assert ends(played, "chained") == ["won", "void", "won", "won"]
    assert ends(played, "undamaged") == ["won", "won", "won", "won"]
    reasons = {row.reason for row in played.tasks if row.end == "void"}
    assert reasons == {"it could no longer be done"}
    turns, tasks = tables(tmp_path)
    assert set(outcomes(turns, tasks)["position"]) == {1, 3, 4}  # in every arm


def test_what_was_done_in_vain_is_learned_from_by_none(tmp_path: Path) -> None:
    record_sessions(at_first("move 1"), PANEL, tmp_path, Hooks(), slots=2, workers=1)
    assert [[t.task[-1] for t in session] for session in read_experience(tmp_path)] == [
        ["A", "C", "D"],
        ["A", "C", "D"],
    ]


# Damage


def test_damage_is_what_the_agents_world_costs_against_the_experts(tmp_path: Path) -> None:
    tight = Panel.draw(spec(cap=1), seed=0)
    # Hides the next jar, so that one command is too few for it.
    play(tmp_path, at_first("hide 1"), tight, arms=ARMS)
    turns, tasks = tables(tmp_path)
    results = outcomes(turns, tasks)
    harm = damage(results, "success")
    assert harm is not None and harm.value == pytest.approx(1 / 3)  # of positions 2, 3 and 4
    assert matched_drift(results).estimate.value == 0
    assert damage(results[results["arm"] != "undamaged"]) is None


def test_the_expert_damages_nothing(tmp_path: Path) -> None:
    plays = expert_plays(Walker(expert), PANEL, tmp_path / "expert", 2, 1)
    assert set(plays) == {task.name for task in PANEL.tasks}
    play(tmp_path, Walker(expert), PANEL, arms=ARMS)
    harm = damage(outcomes(*tables(tmp_path)), "error_rate")
    assert harm is not None and harm.value == 0
