"""The loop: which plays are played, what the agent is shown, what is recorded, what survives."""

from collections.abc import Iterable, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import pytest

import environments
from baselines.scripted import Expert, Random
from harness.agent import Answered, Decision, Question, View, turns_in
from harness.errors import KINDS, classify
from harness.events import Hooks, SessionEnded, TaskEnded, TurnTaken
from harness.keyed import generator
from harness.lane import UNREADABLE
from harness.probes import BriefRecall
from harness.records import ProbeRow, Records, TurnRow
from harness.rollout import Rollout
from harness.task import Panel, PanelMismatch, PanelSpec
from tests.harness.walks import Played, Walker, expert, moody, panel, play

PANEL = panel(blocks=2, tasks=3)
ARMS = ("chained", "fresh", "padded", "expert")


def _command(command: str) -> Decision:
    return Decision(command)


def _rows(played: Played) -> list[list[dict[str, Any]]]:
    """Both tables without time, and without the order in which rows were written."""
    turns = [{**asdict(row), "seconds": 0} for row in played.turns]
    tasks = [asdict(row) for row in played.tasks]
    return [sorted(rows, key=str) for rows in (turns, tasks)]


def _lived(played: Played, *cell: Any) -> list[tuple[str | None, str]]:
    return [(turn.command, turn.state_after) for turn in played.turns_of(played.task(*cell))]


# What the agent is shown


def test_history_grows_task_by_task_in_chained_and_is_empty_in_fresh(tmp_path: Path) -> None:
    agent = Walker(moody)
    played = play(tmp_path, agent, PANEL)
    for block in ("0", "1"):
        for order in (0, 1):
            age = 0
            for position in (1, 2, 3):
                chained = played.task(block, order, position, "chained")
                assert chained.age == age
                assert played.task(block, order, position, "fresh").age == 0
                age += chained.turns
    shown = {len(view.history) for view in agent.views}
    assert shown == {0, 1, 2}


def test_a_history_is_what_was_said_and_read(tmp_path: Path) -> None:
    agent = Walker(moody)
    played = play(tmp_path, agent, PANEL, arms=("chained",))
    last = played.task("0", 0, 3, "chained")
    [view] = [view for view in agent.views if view.key[2] == last.task and view.key[3] == 1][:1]
    for position, episode in enumerate(view.history, start=1):
        row = played.task("0", 0, position, "chained")
        turns = played.turns_of(row)
        assert (episode.goal, episode.opening) == (row.goal, turns[0].observation)
        assert list(episode.exchanges) == [(turn.text, turn.feedback) for turn in turns]
        assert [turn.observation for turn in turns[1:]] == [turn.feedback for turn in turns[:-1]]


def test_the_four_arms_meet_the_same_task_with_four_histories(tmp_path: Path) -> None:
    agent = Walker(moody)
    played = play(tmp_path, agent, PANEL, arms=ARMS)
    assert len(played.tasks) == 4 * 2 * 2 * 3
    experts = Played(tmp_path / "expert")
    for view in agent.views:
        shape = [len(episode.exchanges) for episode in view.history]
        goals = [episode.goal for episode in view.history]
        if not shape:
            continue  # fresh, or position 1
        if all(goal.startswith("Leave corridor") for goal in goals):
            said = [e.said for episode in view.history for e in episode.exchanges]
            by_expert = {(row.text,) for row in experts.turns} >= {(text,) for text in said}
            assert by_expert or all(text.startswith("I think") for text in said)
        else:  # neutral: all of it, or a filler before the expert's tasks
            neutral = [not goal.startswith("Leave corridor") for goal in goals]
            assert all(neutral) or neutral == [True, *[False] * (len(goals) - 1)]
    for block in ("0", "1"):
        for position in (2, 3):
            rows = {arm: played.task(block, 0, position, arm) for arm in ARMS}
            assert len({row.task for row in rows.values()}) == 1
            assert len({row.play for row in rows.values()}) == 4
            assert {rows[arm].age for arm in ARMS if arm != "fresh"} == {rows["chained"].age}


def test_a_view_is_keyed_by_task_and_turn_alone(tmp_path: Path) -> None:
    agent = Walker(moody)
    play(tmp_path, agent, PANEL)
    for view in agent.views:
        turn = len(view.episode.exchanges) + 1
        assert view.key == ("act", PANEL.seed, view.key[2], turn)
        assert view.brief == "Walk." and view.expert in view.admissible


# Which plays are played


def test_a_deterministic_agent_plays_equal_history_and_state_once(tmp_path: Path) -> None:
    agent = Walker(moody)
    played = play(tmp_path, agent, PANEL)
    # 6 games fresh; chained, each session's positions 2 and 3: its first is the fresh one's play.
    assert len({row.play for row in played.tasks}) == 6 + 4 * 2
    assert len(played.tasks) == 24
    assert len(agent.views) == len(played.turns) == len({(t.play, t.turn) for t in played.turns})


def test_one_that_is_not_deterministic_plays_every_row(tmp_path: Path) -> None:
    agent = Walker(moody, deterministic=False)
    played = play(tmp_path, agent, PANEL)
    assert len({row.play for row in played.tasks}) == len(played.tasks) == 24
    assert len(agent.views) == sum(row.turns for row in played.tasks)


def test_at_position_1_all_arms_are_equal(tmp_path: Path) -> None:
    played = play(tmp_path, Walker(moody, deterministic=False), PANEL, arms=ARMS)
    for block in ("0", "1"):
        for order in (0, 1):
            chained, *others = (_lived(played, block, order, 1, arm) for arm in ARMS)
            assert others == [chained] * 3
    differs = [
        _lived(played, block, order, position, "chained")
        != _lived(played, block, order, position, "fresh")
        for block in ("0", "1")
        for order in (0, 1)
        for position in (2, 3)
    ]
    assert any(differs)  # this agent does drift


def test_playing_once_or_for_every_row_is_the_same(tmp_path: Path) -> None:
    once = play(tmp_path / "once", Walker(moody), PANEL)
    each = play(tmp_path / "each", Walker(moody, deterministic=False), PANEL)
    for row in once.tasks:
        cell = (row.block, row.order, row.position, row.arm)
        assert _lived(once, *cell) == _lived(each, *cell)


def test_an_agent_that_sees_no_history_gets_one_play_a_task(tmp_path: Path) -> None:
    agent = Walker(moody, sees_history=False)
    played = play(tmp_path, agent, PANEL)
    assert {turns_in(view.history) for view in agent.views} == {0}
    assert len({row.play for row in played.tasks}) == len(PANEL.tasks) == 6
    assert len(played.tasks) == 24
    # It has a session nevertheless, and is as old in it as any other agent.
    first, second = (played.task("0", 0, position, "chained") for position in (1, 2))
    assert (first.age, second.age) == (0, first.turns)


def test_the_short_form_of_an_agent_plays_the_same(tmp_path: Path) -> None:
    from harness.agent import as_agent

    class Short:
        def act(self, view: View) -> Decision:
            return moody(view)

    short = play(tmp_path / "short", as_agent(Short()), PANEL)
    assert _rows(short) == _rows(play(tmp_path / "long", Walker(moody), PANEL))


# What changes nothing


def test_slots_and_workers_change_no_row(tmp_path: Path) -> None:
    reference = _rows(play(tmp_path / "reference", Walker(moody), PANEL, slots=4, workers=1))
    for slots, workers in ((1, 1), (3, 2), (16, 3)):
        agent = Walker(moody)
        played = play(tmp_path / f"{slots}", agent, PANEL, slots=slots, workers=workers)
        assert _rows(played) == reference
        assert max(agent.batches) <= slots
        assert {view.slot for view in agent.views} <= set(range(slots))


def test_the_order_of_blocks_and_arms_changes_no_row(tmp_path: Path) -> None:
    reference = _rows(play(tmp_path / "reference", Walker(moody), PANEL))
    turned = PANEL.model_copy(update={"blocks": PANEL.blocks[::-1]})
    arms = ("fresh", "chained")
    assert _rows(play(tmp_path / "turned", Walker(moody), turned, arms=arms)) == reference


def test_a_session_keeps_its_slot(tmp_path: Path) -> None:
    agent = Walker(moody)
    play(tmp_path, agent, panel(blocks=2, tasks=3), arms=("chained",), slots=8)
    slots: dict[Any, set[int]] = {}
    for view in agent.views:
        if view.history:
            slots.setdefault(view.history[0], set()).add(view.slot)
    assert all(len(used) == 1 for used in slots.values())


def test_a_padded_history_goes_on_in_the_slot_that_has_its_beginning(tmp_path: Path) -> None:
    def decide(view: View) -> Decision:
        if view.history and not view.history[0].goal.startswith("Leave corridor"):
            return expert(view)
        length = 14 + generator(*view.key[:3], turns_in(view.history)).integers(10)
        return _command("jump" if len(view.episode.exchanges) == length else "wait")

    # The one worker answers in turn, so padded plays of 3 turns end before chained ones of 15 and
    # more; these end in another order at every position.
    agent = Walker(decide)
    long = panel(blocks=3, tasks=5, cap=30)
    play(tmp_path, agent, long, arms=("chained", "padded"), slots=12)
    slots: dict[Any, set[int]] = {}
    for view in agent.views:
        if view.history and not view.history[0].goal.startswith("Leave corridor"):
            slots.setdefault(view.history[0], set()).add(view.slot)
    assert len(slots) == 3 * 2
    assert all(len(used) == 1 for used in slots.values())


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
    agent = Walker(lambda view: _command("wait"))
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
        assert _rows(slept) == _rows(awake)


# How tasks end


def test_ends_are_won_lost_and_capped(tmp_path: Path) -> None:
    small = panel(blocks=1, tasks=1, cap=4)
    for command, end, turns in (("expert", "won", 3), ("jump", "lost", 1), ("wait", "capped", 4)):
        agent = Walker(expert if command == "expert" else lambda view, c=command: _command(c))
        played = play(tmp_path / end, agent, small)
        assert [(row.end, row.turns, row.cap) for row in played.tasks] == [(end, turns, 4)] * 2
        last = played.turns[-1]
        assert (last.won, last.lost) == (end == "won", end == "lost")


def test_a_win_at_the_last_turn_is_a_win(tmp_path: Path) -> None:
    played = play(tmp_path, Walker(expert), panel(blocks=1, tasks=1, cap=3))
    assert played.tasks[0].end == "won"


def test_an_unreadable_output_steps_nothing_and_counts(tmp_path: Path) -> None:
    def mumble(view: View) -> Decision:
        if len(view.episode.exchanges) == 1:
            return Decision(None, "Hm, let me think.")
        return expert(view)

    agent = Walker(mumble, chooses=False)
    played = play(tmp_path, agent, panel(blocks=1, tasks=1, cap=3), arms=("chained",))
    [row] = played.tasks
    assert (row.end, row.turns) == ("capped", 3)  # without the second turn it would have won
    first, unread, last = played.turns
    assert (unread.command, unread.text, unread.feedback) == (
        None,
        "Hm, let me think.",
        UNREADABLE,
    )
    assert unread.state_before == unread.state_after == first.state_after == last.state_before
    assert unread.distance_before == unread.distance_after == 2
    assert unread.accepted is None and not unread.opportunity
    assert agent.views[2].episode.observation == UNREADABLE == last.observation
    assert agent.views[2].admissible == agent.views[1].admissible
    errors = classify(played.turns)
    assert errors["unparsed"].tolist() == [False, True, False]


def test_a_refused_command_is_a_turn(tmp_path: Path) -> None:
    agent = Walker(lambda view: _command("sing"), chooses=False)
    played = play(tmp_path, agent, panel(blocks=1, tasks=1, cap=2), arms=("chained",))
    assert [(turn.accepted, turn.feedback) for turn in played.turns] == [
        (False, "There is a wall.")
    ] * 2
    assert classify(played.turns)["invalid"].all()


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
    assert _rows(broken) == _rows(play(tmp_path / "whole", agent, fused, slots=8))


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
        assert _lived(played, *cell) == _lived(whole, *cell)
        assert played.task(*cell) == whole.task(*cell)
    # What failed is not tried once more by the next start.
    agent.views.clear()
    assert _rows(play(tmp_path / "broken", agent, PANEL)) == _rows(played)
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
    assert _rows(Played(tmp_path / "broken")) == _rows(whole)


def test_a_failed_task_keeps_the_turns_that_it_had(tmp_path: Path) -> None:
    agent = Walker(lambda view: _command("explode" if view.key[3] == 3 else "wait"))
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
    assert _rows(torn) == _rows(whole)
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
    assert _rows(play(tmp_path, agent, PANEL, hooks=again)) == _rows(played)
    assert (again.turns, again.tasks, again.sessions, agent.views) == ([], 0, 0, [])


@pytest.mark.parametrize("table", ["turns.jsonl", "tasks.jsonl"])
def test_a_torn_last_line_is_played_again(tmp_path: Path, table: str) -> None:
    whole = play(tmp_path, Walker(moody), PANEL)
    path = tmp_path / table
    path.write_bytes(path.read_bytes()[:-20])
    agent = Walker(moody)
    assert _rows(play(tmp_path, agent, PANEL)) == _rows(whole)
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
    assert _rows(asked) == _rows(play(tmp_path / "not", Walker(moody), PANEL))


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


@pytest.mark.parametrize("id", environments.ENTRY_POINTS)
def test_the_expert_makes_no_error_in_any_environment(tmp_path: Path, id: str) -> None:
    levels = {"Hunter": (4, 5), "Collector": (3,)}
    level = next((levels[name] for name in levels if name in id), ())
    spec = PanelSpec(id=id, levels=level, brief="Play.", blocks=1, tasks=2, cap=40)
    played = play(tmp_path, Expert(), Panel.build(spec, seed=0), slots=2)
    assert [row.end for row in played.tasks] == ["won"] * 8
    errors = classify(played.turns)
    assert not errors["error"].any()
    assert not errors[list(KINDS)].fillna(False).to_numpy(bool).any()
    assert (errors["regret"] == 0).all()


def test_a_real_game_is_played_the_same_in_any_slot_and_after_a_stop(tmp_path: Path) -> None:
    spec = PanelSpec(
        id="driftgauge/TextWorldTreasureHunter-v0",
        levels=(4, 5),
        brief="Hunt.",
        blocks=1,
        tasks=2,
        cap=6,
    )
    hunt = Panel.build(spec, seed=0)
    whole = play(tmp_path / "whole", Walker(moody), hunt, slots=1)
    with pytest.raises(Stopped):
        play(tmp_path / "torn", Stopping(10), hunt, slots=4)
    assert _rows(play(tmp_path / "torn", Walker(moody), hunt, slots=4)) == _rows(whole)
    chance = play(tmp_path / "chance", Random(), hunt)
    assert len({row.play for row in chance.tasks}) == 2
