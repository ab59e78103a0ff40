"""A play: what the agent is shown of it, and how it ends."""

from pathlib import Path

from harness.agent import Decision, View
from harness.errors import classify
from harness.lane import UNREADABLE
from tests.harness.walks import ARMS, PANEL, Played, Walker, expert, moody, panel, play, say

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


# How tasks end


def test_ends_are_won_lost_and_capped(tmp_path: Path) -> None:
    small = panel(blocks=1, tasks=1, cap=4)
    for command, end, turns in (("expert", "won", 3), ("jump", "lost", 1), ("wait", "capped", 4)):
        agent = Walker(expert if command == "expert" else lambda view, c=command: say(c))
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
    agent = Walker(lambda view: say("sing"), chooses=False)
    played = play(tmp_path, agent, panel(blocks=1, tasks=1, cap=2), arms=("chained",))
    assert [(turn.accepted, turn.feedback) for turn in played.turns] == [
        (False, "There is a wall.")
    ] * 2
    assert classify(played.turns)["invalid"].all()
