"""Which plays are played for which cells, and in which slots."""

from pathlib import Path
from typing import Any

from harness.agent import Decision, View, turns_in
from harness.keyed import generator
from tests.harness.walks import ARMS, PANEL, Walker, expert, lived, moody, panel, play, say, untimed


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
            chained, *others = (lived(played, block, order, 1, arm) for arm in ARMS)
            assert others == [chained] * 3
    differs = [
        lived(played, block, order, position, "chained")
        != lived(played, block, order, position, "fresh")
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
        assert lived(once, *cell) == lived(each, *cell)


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
    assert untimed(short) == untimed(play(tmp_path / "long", Walker(moody), PANEL))


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
        return say("jump" if len(view.episode.exchanges) == length else "wait")

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
