"""What probes ask, when, and what is recorded of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from pydantic import ValidationError

from environments.registry import environment_class, rulebook_of
from harness.agent import Agent, Answered, Episode, Exchange, History, Question, View
from harness.drift.stability import probe_accuracy
from harness.keyed import digest
from harness.neutral import NeutralText
from harness.probes import BriefRecall, GoalRecall, Prober, RuleRecall, lettered, probed
from harness.records import ProbeRow, Records, read_frame
from harness.session import ARMS, Past, Play
from harness.task import Task
from tests.harness.tables import task_row
from tests.harness.walks import Walker, moody, panel

[TASK, *_] = panel(blocks=1, tasks=1).tasks


def words(text: str) -> int:
    return len(text.split())


def lived(number: int, turns: int) -> Episode:
    said = tuple(Exchange("wait", f"Room {turn}.") for turn in range(turns))
    return Episode(f"Leave corridor {number} by its last room.", "Room 0.", said)


SESSION = [lived(1, 4), lived(2, 3), lived(3, 5)]
PRESENT = lived(4, 0)


def view(history: History = (), episode: Episode = PRESENT, turn: int = 1, slot: int = 0) -> View:
    return View(slot, "Answer shortly.", history, episode, ("wait",), ("act", 0, "A", turn))


def past(own: Sequence[Episode] = SESSION) -> Past:
    """The expert's turns are as many as the agent's, and shorter."""
    expert = [
        e._replace(exchanges=tuple(x._replace(observation="") for x in e.exchanges)) for e in own
    ]
    return Past(own, expert, words, (0, "block", 0))


def body(question: Question | None) -> list[str]:
    """The options as they stand in a question."""
    assert question is not None
    return [line.split(". ", 1)[1] for line in question.text.splitlines()[1:-1]]


def right(question: Question) -> str:
    return body(question)[question.options.index(question.expected)]


# Questions


@pytest.mark.parametrize(
    ("text", "option"),
    [
        ("B", "B"),
        ("B.", "B"),
        ("(B)", "B"),
        ("The answer is B: go.", "B"),
        ("B, yes, B", "B"),
        ("A or B", None),
        ("ABBA", None),
        ("b", None),
        ("", None),
        ("go north", None),
    ],
)
def test_an_answer_is_read_if_it_names_exactly_one_option(text: str, option: str | None) -> None:
    assert Question("q", "Which?\nA. x\nB. y", ("A", "B"), "B").read(text) == option


def test_the_longest_option_is_the_one_that_was_named() -> None:
    question = Question("q", "Where?", ("north", "north (by boat)"), "north")
    assert question.read("I go north (by boat)") == "north (by boat)"
    assert question.read("north") == "north"


def test_the_options_stand_in_keyed_orders_beside_their_letters() -> None:
    texts = ["one", "two", "three"]
    asked = [lettered("q", "Which?", texts, "two", ("act", 0, "A", turn)) for turn in range(60)]
    for question in asked:
        assert question.options == ("A", "B", "C")
        assert sorted(body(question)) == sorted(texts)
        assert right(question) == "two"
        assert question.text.startswith("Which?\nA. ")
    assert len({tuple(body(question)) for question in asked}) == 6
    counts = pd.Series([question.expected for question in asked]).value_counts()
    assert counts.min() > 10  # no letter is the safe one
    again = lettered("q", "Which?", texts, "two", ("act", 0, "A", 7))
    assert again == asked[7]


# Which goal


def test_the_goal_is_asked_for_among_it_and_the_one_before() -> None:
    question = GoalRecall(every=4).ask(view(tuple(SESSION)), 9)
    assert question is not None
    assert right(question) == PRESENT.goal
    assert set(body(question)) == {PRESENT.goal, SESSION[-1].goal}


def test_a_question_never_has_fewer_choices_than_configured() -> None:
    """So a guess is as often right late as early."""
    for tasks in range(len(SESSION) + 1):
        question = GoalRecall(every=1, choices=3).ask(view(tuple(SESSION[:tasks])), 1)
        assert (question is not None) == (tasks >= 2)
        assert question is None or len(question.options) == 3


def test_a_goal_that_came_before_is_one_option() -> None:
    same = (lived(1, 2), lived(4, 2))
    question = GoalRecall(every=1).ask(view(same), 1)
    assert set(body(question)) == {PRESENT.goal, same[0].goal}
    assert GoalRecall(every=1).ask(view(same[1:]), 1) is None


def test_a_goal_of_several_lines_stands_in_one() -> None:
    long = PRESENT._replace(goal="Take the coin.\n\n  Then leave.")
    question = GoalRecall(every=1).ask(view(tuple(SESSION), long), 1)
    assert question is not None
    assert right(question) == "Take the coin. Then leave."


def test_chained_and_expert_are_asked_the_same_and_fresh_and_padded_nothing() -> None:
    probe = GoalRecall(every=1, choices=3)
    asked = {arm: probe.ask(view(history(past())), 1) for arm, history in ARMS.items()}
    assert asked["chained"] == asked["expert"] is not None
    assert asked["fresh"] is None
    assert asked["padded"] is None
    # Two goals of the expert's history are its own, the third is the filler's.
    history = ARMS["expert"](past(SESSION[:2]))
    assert len(history) == 3
    assert GoalRecall(every=1, choices=4).ask(view(history), 1) is None


def test_prose_is_known_wherever_it_was_cut() -> None:
    prose = NeutralText(words, "anywhere")
    for length in (1, 2, 7, 40) * 200:  # more words than there are: around the end
        goals = (Episode(prose.message(length), ""),)
        assert GoalRecall(every=1).ask(view(goals), 1) is None


# Which rule

BOOK = rulebook_of(environment_class("driftgauge/Support-v0"))
TOLD = ("verify_postcode", "never_loud", "sign_birch")


def test_a_rule_of_the_brief_is_asked_for_among_rules_that_are_not_in_it() -> None:
    probe = RuleRecall(environment="driftgauge/Support-v0", every=1, choices=3)
    told = {BOOK.sentences[name] for name in TOLD}
    asked = set()
    for turn in range(1, 60):
        now = replace(view(turn=turn), brief=f"Answer. {BOOK.tell(TOLD)}")
        question = probe.ask(now, turn)
        assert question is not None and question == probe.ask(now, turn)
        assert {right(question)} == told & set(body(question))
        assert len(question.options) == 3
        asked.add(right(question))
    assert asked == told


def test_where_no_rule_is_in_force_none_is_asked_for() -> None:
    assert RuleRecall(environment="driftgauge/Support-v0", every=1).ask(view(), 1) is None


@pytest.mark.parametrize("wrong", ["driftgauge/Corridor-v0", "driftgauge/Suport-v0"])
def test_an_environment_without_rules_has_none_to_be_asked_for(wrong: str) -> None:
    with pytest.raises(ValidationError, match=r"cannot be put under rules|Did you mean"):
        RuleRecall(environment=wrong)


# When


def test_probes_ask_before_the_first_turn_of_a_task_and_before_every_nth_after_it() -> None:
    brief = BriefRecall(every=3, question="How?", options=("short", "long"), expected="short")
    for probe in (GoalRecall(every=3), brief):
        turns = [turn for turn in range(1, 13) if probe.ask(view(tuple(SESSION)), turn)]
        assert turns == [1, 4, 7, 10]


def test_the_brief_is_asked_for_in_every_arm_alike() -> None:
    probe = BriefRecall(question="How?", options=("short", "long"), expected="short", every=1)
    asked = [probe.ask(view(history(past())), 1) for history in ARMS.values()]
    assert asked[0] is not None
    assert asked == [asked[0]] * len(ARMS)
    assert right(asked[0]) == "short"
    assert asked[0].text.startswith("How?\n")


@pytest.mark.parametrize(
    ("options", "expected"), [(("a", "b"), "c"), (("a", "a"), "a"), (("a",), "a")]
)
def test_a_brief_probe_that_cannot_be_answered_is_refused(
    options: tuple[str, ...], expected: str
) -> None:
    with pytest.raises(ValidationError):
        BriefRecall(question="How?", options=options, expected=expected)


# Asking


class Parrot(Walker):
    """Answers every question with the same letter, or not at all."""

    def __init__(self, letter: str | None = "A", talks: bool = True) -> None:
        super().__init__(moody)
        self.letter, self.talks = letter, talks
        self.asked: list[list[tuple[View, Question]]] = []

    def answer(
        self, views: Sequence[View], questions: Sequence[Question]
    ) -> Sequence[Answered | None]:
        self.asked.append(list(zip(views, questions, strict=True)))
        context = digest([view.history for view in views])
        return [Answered(self.letter, context, 9) if self.talks else None for _ in views]


def playing(id: str, history: History = (), task: Task = TASK) -> Play:
    return Play(id, task, "Answer shortly.", history)


def ask(folder: Path, agent: Agent, probes: Any, *views: View) -> list[ProbeRow]:
    """One turn of as many plays."""
    records = Records(folder)
    plays = [playing(f"play{one.slot}", one.history) for one in views]
    Prober(agent, probes, records.probes).ask(plays, views)
    records.close()
    return list(records.probes)


def test_all_that_is_asked_at_a_turn_is_asked_at_once(tmp_path: Path) -> None:
    agent = Parrot()
    history = tuple(SESSION)
    probes = [
        GoalRecall(every=1),
        BriefRecall(every=1, question="How?", options=("short", "long"), expected="short"),
    ]
    rows = ask(tmp_path, agent, probes, view(history, slot=0), view((), slot=1))
    [batch] = agent.asked
    asked = [(one.slot, question.name) for one, question in batch]
    assert asked == [(0, "goal recall"), (0, "brief recall"), (1, "brief recall")]
    assert [(row.play, row.name) for row in rows] == [(f"play{s}", name) for s, name in asked]
    for row, (_, question) in zip(rows, batch, strict=True):
        assert (row.question, row.options) == (question.text, question.options)
        assert row.correct == (question.expected == "A")
        assert (row.task, row.turn, row.encoded_tokens) == (TASK.name, 1, 9)
    assert [row.age for row in rows] == [12, 12, 0]


def test_what_was_not_read_is_unknown_and_who_has_no_language_is_not_asked(tmp_path: Path) -> None:
    history = view(tuple(SESSION))
    [unread] = ask(tmp_path / "mute", Parrot(None), [GoalRecall(every=1)], history)
    assert (unread.answer, unread.correct) == (None, None)
    assert ask(tmp_path / "walker", Walker(moody), [GoalRecall(every=1)], history) == []
    assert ask(tmp_path / "none", Parrot(talks=False), [GoalRecall(every=1)], history) == []


def test_nobody_is_asked_where_no_probe_is_due(tmp_path: Path) -> None:
    agent = Parrot()
    second_turn = view(tuple(SESSION), lived(4, 1), turn=2)
    assert ask(tmp_path, agent, [GoalRecall(every=2)], second_turn) == []
    assert agent.asked == []


def test_a_turn_that_was_probed_by_an_earlier_start_is_not_probed_again(tmp_path: Path) -> None:
    history, agent = view(tuple(SESSION)), Parrot()
    probes = [GoalRecall(every=1)]
    [row] = ask(tmp_path, agent, probes, history)
    assert ask(tmp_path, agent, probes, history) == [row]
    assert len(agent.asked) == 1
    later = replace(history, episode=lived(4, 1))
    assert [row.turn for row in ask(tmp_path, agent, probes, later)] == [1, 2]


# Reading


def probe_row(play: str, turn: int, answer: str | None, name: str = "goal recall") -> ProbeRow:
    return ProbeRow(
        play=play,
        task="A",
        turn=turn,
        age=0,
        name=name,
        question="Which?",
        options=("A", "B"),
        expected="B",
        answer=answer,
        correct=None if answer is None else answer == "B",
        context="ab12",
        encoded_tokens=3,
        seconds=0.1,
    )


def frame(folder: Path, *rows: ProbeRow) -> pd.DataFrame:
    records = Records(folder)
    for row in rows:
        records.probes.append(row)
    records.close()
    return read_frame(folder / "probes.jsonl", ProbeRow)


def test_a_shared_play_counts_in_each_task_that_it_serves(tmp_path: Path) -> None:
    probes = frame(tmp_path, probe_row("p", 1, "B"), probe_row("p", 2, None))
    tasks = pd.DataFrame(
        [
            task_row(play="p", arm="chained", position=2, age=6),
            task_row(play="p", arm="fresh", position=2, age=0),
        ]
    )
    table = probed(probes, tasks)
    found = table[["arm", "age", "turn", "session_turn"]].values.tolist()
    assert found == [
        ["chained", 6, 1, 7],
        ["chained", 6, 2, 8],
        ["fresh", 0, 1, 1],
        ["fresh", 0, 2, 2],
    ]
    assert table["correct"].tolist() == [True, pd.NA, True, pd.NA]


def test_a_probe_of_a_missing_task_is_left_out(tmp_path: Path) -> None:
    probes = frame(tmp_path, probe_row("p", 1, "B"), probe_row("q", 1, "B"), probe_row("r", 1, "A"))
    tasks = pd.DataFrame(
        [
            task_row(play="p", position=1),
            task_row(play="q", position=2, end="failed"),
            task_row(play="r", position=2, arm="fresh"),
        ]
    )
    assert probed(probes, tasks)["play"].tolist() == ["p"]


def test_accuracy_is_read_off_what_was_recorded(tmp_path: Path) -> None:
    probes = frame(
        tmp_path, probe_row("p", 1, "B"), probe_row("p", 2, "A"), probe_row("p", 3, None)
    )
    [row] = probe_accuracy(probed(probes, pd.DataFrame([task_row(play="p")]))).to_dict("records")
    assert (row["name"], row["value"], row["probes"], row["unknown"]) == ("goal recall", 0.5, 3, 1)


def test_a_run_without_probes_has_an_empty_table(tmp_path: Path) -> None:
    table = probed(frame(tmp_path), pd.DataFrame([task_row()]))
    assert table.empty
    assert probe_accuracy(table).empty
