"""The loop: what changes nothing, who waits for whom, what is recorded, what survives."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from baselines.scripted import Expert, Random
from harness.agent import Answered, Decision, Question, View
from harness.errors import KINDS, classify
from harness.events import Hooks, SessionEnded, TaskEnded, TurnTaken
from harness.frozen import panel_for
from harness.probes import BriefRecall
from harness.records import ProbeRow, Records, TurnRow
from harness.rollout import Rollout
from harness.task import Panel, PanelMismatch, PanelSpec
from harness.trying import specs_by_name
from tests.environments import needs
from tests.harness.walks import (
    ARMS,
    PANEL,
    Played,
    Walker,
    lived,
    moody,
    panel,
    play,
    say,
    untimed,
)

# What changes nothing


def test_slots_and_workers_change_no_row(tmp_path: Path) -> None:
    reference = untimed(play(tmp_path / "reference", Walker(moody), PANEL, slots=4, workers=1))
    for slots, workers in ((1, 1), (3, 2), (16, 3)):
        agent = Walker(moody)
        played = play(tmp_path / f"{slots}", agent, PANEL, slots=slots, workers=workers)
        assert untimed(played) == reference
        assert max(agent.batches) <= slots
        assert {view.slot for view in agent.views} <= set(range(slots))


def test_the_order_of_blocks_and_arms_changes_no_row(tmp_path: Path) -> None:
    reference = untimed(play(tmp_path / "reference", Walker(moody), PANEL))
    turned = PANEL.model_copy(update={"blocks": PANEL.blocks[::-1]})
    arms = ("fresh", "chained")
    assert untimed(play(tmp_path / "turned", Walker(moody), turned, arms=arms)) == reference


# Slow games


class Knocking(Walker):
    """Waits, but knocks first in the named task; the gate opens after so many decisions there."""

    def __init__(self, task: str, gate: Path, after: int) -> None:
        super().__init__(self._decide)
        self.task, self.gate, self.after = task, gate, after

    def _decide(self, view: View) -> Decision:
        if sum(view.key[2] != self.task for view in self.views) >= self.after:
            self.gate.touch()
        first = view.key[2:] == (self.task, 1)
        return Decision("knock" if first else "wait")


def test_a_slow_environment_stalls_only_its_slot(tmp_path: Path) -> None:
    gated = panel(blocks=4, tasks=1, cap=5, kwargs={"gate": str(tmp_path / "gate")})
    agent = Knocking("test0/0/A", tmp_path / "gate", after=3 * 5)
    played = play(tmp_path, agent, gated, arms=("chained",), slots=4, workers=4)
    assert [row.end for row in played.tasks] == ["capped"] * 4
    # The gate opens when the others decide for the last time, so 14 of their turns came before.
    tasks = [turn.task for turn in played.turns]
    assert len(tasks) == 4 * 5
    assert tasks.index("test0/0/A") >= 14


def test_a_finished_slot_is_refilled_while_another_waits(tmp_path: Path) -> None:
    gated = panel(blocks=5, tasks=1, cap=3, kwargs={"gate": str(tmp_path / "gate")})
    agent = Knocking("test0/4/A", tmp_path / "gate", after=4 * 3)  # it is played first
    played = play(tmp_path, agent, gated, arms=("chained",), slots=2, workers=2)
    assert [row.end for row in played.tasks] == ["capped"] * 5
    slots: dict[str, set[int]] = {}
    for view in agent.views:
        slots.setdefault(str(view.key[2]), set()).add(view.slot)
    stalled = slots.pop("test0/4/A")
    assert list(slots.values()) == [{0, 1} - stalled] * 4


def test_those_who_are_ready_wait_for_the_others_in_proportion_to_a_decision(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("harness.rollout.GRACE", 1e9)
    agent = Walker(lambda view: say("wait"))
    play(tmp_path, agent, panel(blocks=4, tasks=1, cap=5), arms=("chained",), slots=4, workers=4)
    # Before the first decision none is known to wait by; from then on all decide together.
    first, *full, last = agent.batches
    assert full in ([4] * 3, [4] * 4)
    assert first + sum(full) + last == 4 * 5


def test_answers_in_any_order_change_no_row(tmp_path: Path) -> None:
    naps = tmp_path / "naps"
    napping = panel(kwargs={"naps": str(naps)})
    awake = play(tmp_path / "awake", Walker(moody), napping, slots=6, workers=3)
    naps.touch()
    for slots, workers in ((6, 3), (3, 2)):
        folder = tmp_path / f"{slots}"
        slept = play(folder, Walker(moody), napping, slots=slots, workers=workers)
        assert untimed(slept) == untimed(awake)


# What breaks


def _explodes_in(*names: str, at: int = 2) -> Walker:
    """Walks well, but ends the process at turn `at` of the named tasks."""

    def decide(view: View) -> Decision:
        deadly = view.key[2] in names and view.key[3] == at
        return Decision("explode") if deadly else moody(view)

    return Walker(decide)


def test_a_process_that_dies_once_costs_nothing(tmp_path: Path) -> None:
    fuse = tmp_path / "fuse"
    fused = panel(kwargs={"fuse": str(fuse)})
    agent = _explodes_in("test0/0/A", at=1)
    fuse.touch()
    broken = play(tmp_path / "broken", agent, fused, slots=8)
    assert not fuse.exists()
    assert untimed(broken) == untimed(play(tmp_path / "whole", agent, fused, slots=8))


def test_a_task_whose_process_dies_twice_has_failed(tmp_path: Path) -> None:
    whole = play(tmp_path / "whole", Walker(moody), PANEL)
    heard: list[SessionEnded] = []

    class Ends(Hooks):
        def session_ended(self, event: SessionEnded) -> None:
            heard.append(event)

    agent = _explodes_in("test0/0/B", at=1)
    played = play(tmp_path / "broken", agent, PANEL, slots=16, hooks=Ends())
    failed = {
        (row.block, row.order, row.position, row.arm) for row in played.tasks if row.end == "failed"
    }
    # B is second in both orders of three; it fails in every arm.
    assert failed == {("0", order, 2, arm) for order in (0, 1) for arm in ("chained", "fresh")}
    for cell in failed:
        row = played.task(*cell)
        assert row.reason == "the environment's process died"
        assert (row.turns, row.goal) == (0, whole.task(*cell).goal)
    # After it the session is missing; nothing else is.
    names = {(row.block, row.order, row.position, row.arm) for row in played.tasks}
    missing = {("0", order, 3, arm) for order in (0, 1) for arm in ("chained", "fresh")}
    expected = {(row.block, row.order, row.position, row.arm) for row in whole.tasks}
    assert names == expected - missing
    assert sorted((end.block, end.order) for end in heard) == [
        ("0", 0),
        ("0", 1),
        ("1", 0),
        ("1", 1),
    ]
    # All 16 slots are in the one process that died again and again, and the others do not mind.
    for cell in names - failed:
        assert lived(played, *cell) == lived(whole, *cell)
        assert played.task(*cell) == whole.task(*cell)
    # What failed is not tried once more by the next start.
    agent.views.clear()
    assert untimed(play(tmp_path / "broken", agent, PANEL)) == untimed(played)
    assert not agent.views


def test_a_process_that_dies_while_the_agent_decides_costs_nothing(tmp_path: Path) -> None:
    class Killing(Walker):
        def act(self, views: Sequence[View]) -> list[Decision]:
            if len(self.batches) == 3:
                for worker in rollout._pool._workers:
                    assert worker is not None
                    worker._process.kill()
            return super().act(views)

    records = Records(tmp_path / "broken")
    agent = Killing(moody)
    rollout = Rollout(agent, PANEL, ("chained", "fresh"), records, Hooks(), slots=8, workers=2)
    rollout.run()
    records.close()
    whole = play(tmp_path / "whole", Walker(moody), PANEL)
    assert untimed(Played(tmp_path / "broken")) == untimed(whole)


def test_a_failed_task_keeps_the_turns_that_it_had(tmp_path: Path) -> None:
    agent = Walker(lambda view: say("explode" if view.key[3] == 3 else "wait"))
    played = play(tmp_path, agent, panel(blocks=1, tasks=1), arms=("chained",))
    assert [(row.end, row.turns) for row in played.tasks] == [("failed", 2)]
    assert [turn.turn for turn in played.turns] == [1, 2]


def test_a_replay_that_diverges_is_found(tmp_path: Path) -> None:
    """The environment is no function of its seed and its actions: a replay shows it."""
    drifting = panel(blocks=1, tasks=1, kwargs={"drifts": True})
    with pytest.raises(Stopped):
        play(tmp_path, Stopping(1), drifting, arms=("chained",))
    turns = tmp_path / "turns.jsonl"
    turns.write_text(turns.read_text().replace("visit 1", "visit 7"))
    [row] = play(tmp_path, Walker(moody), drifting, arms=("chained",)).tasks
    assert row.end == "failed"
    assert row.reason.startswith("replay diverged at turn 1: ")


def test_a_game_that_changed_since_the_panel_was_made_is_refused(tmp_path: Path) -> None:
    small = panel(blocks=1, tasks=1)
    [task] = small.tasks
    changed = task.model_copy(update={"content": "f" * 64})
    block = small.blocks[0].model_copy(update={"tasks": (changed,)})
    with pytest.raises(PanelMismatch, match=r"test0/0/A .* the panel has ffffffffffff"):
        play(tmp_path, Walker(moody), small.model_copy(update={"blocks": (block,)}))


# Going on


class Stopped(Exception):
    """What a kill looks like from inside."""


class Stopping(Walker):
    """Gives up after so many decisions."""

    def __init__(self, after: int) -> None:
        super().__init__(moody)
        self.after = after

    def act(self, views: Iterable[View]) -> list[Decision]:
        if len(self.views) >= self.after:
            raise Stopped
        return super().act(list(views))


@pytest.mark.parametrize("slots", [1, 5])
def test_a_stopped_run_goes_on_and_ends_as_if_it_had_not_been(tmp_path: Path, slots: int) -> None:
    whole = play(tmp_path / "whole", Walker(moody), PANEL, arms=ARMS)
    recorded = 0
    for after in (2, 9, 14):
        stopping = Stopping(after)
        with pytest.raises(Stopped):
            play(tmp_path / "torn", stopping, PANEL, arms=ARMS, slots=slots)
        before, recorded = recorded, len(Played(tmp_path / "torn").turns)
        # What is lost by a stop are decisions whose answer was under way, one a slot at most: not
        # that of the slot for which the agent was asked when it stopped.
        assert 0 <= len(stopping.views) - (recorded - before) < slots
    finished = len(Played(tmp_path / "torn").tasks)
    heard = Heard()
    last = Walker(moody)
    torn = play(tmp_path / "torn", last, PANEL, arms=ARMS, slots=slots, hooks=heard)
    assert untimed(torn) == untimed(whole)
    # Not one recorded turn was played again, and each ended task was told of once.
    assert recorded + len(last.views) == len(whole.turns) == len(torn.turns)
    assert heard.tasks == len(whole.tasks) - finished > 0
    assert len(heard.turns) == len(last.views)


class Heard(Hooks):
    def __init__(self) -> None:
        self.turns: list[TurnRow] = []
        self.tasks = 0
        self.sessions = 0

    def turn_taken(self, event: TurnTaken) -> None:
        self.turns.append(event.row)

    def task_ended(self, event: TaskEnded) -> None:
        assert len(event.turns) == event.row.turns
        self.tasks += 1

    def session_ended(self, event: SessionEnded) -> None:
        self.sessions += 1


def test_hooks_hear_of_everything_once_and_of_nothing_when_all_is_played(tmp_path: Path) -> None:
    heard = Heard()
    played = play(tmp_path, Walker(moody), PANEL, hooks=heard)
    assert heard.turns == played.turns
    assert (heard.tasks, heard.sessions) == (24, 4)
    again, agent = Heard(), Walker(moody)
    assert untimed(play(tmp_path, agent, PANEL, hooks=again)) == untimed(played)
    assert (again.turns, again.tasks, again.sessions, agent.views) == ([], 0, 0, [])


@pytest.mark.parametrize("table", ["turns.jsonl", "tasks.jsonl"])
def test_a_torn_last_line_is_played_again(tmp_path: Path, table: str) -> None:
    whole = play(tmp_path, Walker(moody), PANEL)
    path = tmp_path / table
    path.write_bytes(path.read_bytes()[:-20])
    agent = Walker(moody)
    assert untimed(play(tmp_path, agent, PANEL)) == untimed(whole)
    assert len(agent.views) == (table == "turns.jsonl")


# What is asked on the way

EVERY_OTHER = BriefRecall(
    every=2, question="What are you to do?", options=("walk", "sing"), expected="walk"
)


class Asked(Walker):
    """Answers at once, and gives up after so many decisions."""

    def __init__(self, after: int = 1_000_000) -> None:
        super().__init__(moody)
        self.after = after
        self.heard: list[View] = []

    def answer(self, views: Sequence[View], questions: Sequence[Question]) -> list[Answered]:
        self.heard += views
        return [Answered(question.expected, "ab12") for question in questions]

    def act(self, views: Sequence[View]) -> list[Decision]:
        if len(self.views) >= self.after:
            raise Stopped
        return super().act(views)


def _probe(folder: Path, agent: Walker, panel: Panel = PANEL, slots: int = 4) -> list[ProbeRow]:
    """Play with a probe in two arms; what was asked so far, sorted, without time."""
    records = Records(folder)
    try:
        arms = ("chained", "fresh")
        Rollout(agent, panel, arms, records, Hooks(), slots, workers=1, probes=[EVERY_OTHER]).run()
    finally:
        records.close()
    rows = [replace(row, seconds=0) for row in records.probes]
    return sorted(rows, key=lambda row: (row.play, row.turn))


def test_every_play_is_asked_before_its_probed_turns_and_no_turn_changes(tmp_path: Path) -> None:
    rows = _probe(tmp_path / "asked", Asked())
    asked = Played(tmp_path / "asked")
    due = {(t.play, t.turn, t.age) for t in asked.turns if t.turn % 2 == 1}
    assert [(row.play, row.turn, row.age) for row in rows] == sorted(due)
    assert all(row.correct for row in rows)
    assert untimed(asked) == untimed(play(tmp_path / "not", Walker(moody), PANEL))


def test_what_is_asked_is_what_the_agent_then_decides_on(tmp_path: Path) -> None:
    agent = Asked()
    _probe(tmp_path, agent)
    decided = {id(view) for view in agent.views}
    assert {id(view) for view in agent.heard} < decided


def test_slots_change_no_probe(tmp_path: Path) -> None:
    rows = _probe(tmp_path / "4", Asked(), slots=4)
    assert _probe(tmp_path / "1", Asked(), slots=1) == rows


def test_a_run_that_goes_on_asks_nothing_twice(tmp_path: Path) -> None:
    rows = _probe(tmp_path / "whole", Asked())
    heard = 0
    for after in (2, 9):
        torn = Asked(after)
        with pytest.raises(Stopped):
            _probe(tmp_path / "torn", torn)
        heard += len(torn.heard)
    last = Asked()
    assert _probe(tmp_path / "torn", last) == rows
    assert heard + len(last.heard) == len(rows)


def test_a_turn_that_is_played_again_is_not_asked_again(tmp_path: Path) -> None:
    """The process dies at the turn that was just asked."""
    fuse = tmp_path / "fuse"
    fused = panel(kwargs={"fuse": str(fuse)})
    fuse.touch()
    agent = Asked()
    agent.decide = _explodes_in("test0/0/A", at=2).decide
    rows = _probe(tmp_path / "broken", agent, fused)
    assert not fuse.exists()
    assert len({(row.play, row.turn) for row in rows}) == len(rows) == len(agent.heard)


# Real games


@pytest.mark.parametrize(
    "environment",
    [pytest.param(name, marks=needs.environment(of.id)) for name, of in specs_by_name().items()],
)
def test_the_expert_wins_without_an_error_in_every_environment(
    tmp_path: Path, environment: str
) -> None:
    of = specs_by_name()[environment].model_copy(update={"split": "development", "blocks": 1})
    played = play(tmp_path, Expert(), panel_for(of, seed=0), slots=2)
    assert {row.end for row in played.tasks} == {"won"}
    errors = classify(played.turns)
    assert not errors["error"].any()
    assert not errors[list(KINDS)].fillna(False).to_numpy(bool).any()
    assert (errors["regret"] == 0).all()


def test_a_real_game_is_played_the_same_in_any_slot_and_after_a_stop(tmp_path: Path) -> None:
    spec = PanelSpec(
        id="driftgauge/TextWorldTreasureHunter-v0",
        draw={"level": (4, 5)},
        brief="Hunt.",
        blocks=1,
        tasks=2,
        cap=6,
    )
    hunt = Panel.draw(spec, seed=0)
    whole = play(tmp_path / "whole", Walker(moody), hunt, slots=1)
    with pytest.raises(Stopped):
        play(tmp_path / "torn", Stopping(10), hunt, slots=4)
    assert untimed(play(tmp_path / "torn", Walker(moody), hunt, slots=4)) == untimed(whole)
    chance = play(tmp_path / "chance", Random(), hunt)
    assert len({row.play for row in chance.tasks}) == 2
