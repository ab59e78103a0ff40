"""Reviews: planted defects, the session's checklist, findings in its form."""

from __future__ import annotations

import ast
from typing import Any

import numpy as np
import pytest

from environments.duty.review.case import Review
from environments.duty.review.diff import KINDS, SHOWN, Diff, draw
from environments.duty.review.env import CodeReview
from environments.duty.review.rules import CHECKLISTS, RULES, checklist_of

LINES = (
    'token = "rate-48213"',
    "    if rate == None:",
    "        return rates",
    "    text = open(path).read()",
    '    log.debug("rate %s", total)',
)
WHERE = {"secret": 1, "none": 2, "encoding": 4, "print": 5}
DEFECTS = {"secret": 1, "none": 2, "encoding": 4}
CHECK = "check_default_except_none"


class Desk(CodeReview):
    """A desk with one change to be reviewed."""

    def _draw(self, random: np.random.Generator) -> Review:
        return Review(Diff("4711", LINES, WHERE, DEFECTS), checklist_of(self.rules))


def reviewed(*messages: str, rules: tuple[str, ...] = ()) -> list[dict[str, Any]]:
    """What is the case after each message."""
    desk = Desk(rules)
    desk.reset(seed=0)
    return [desk.step(message)[4] for message in messages]


def broken(rule: str, *messages: str) -> list[bool]:
    return [rule in info["violations"] for info in reviewed(*messages, rules=(rule,))]


SECRET, NONE, FILE = (
    "line 1: hard-coded secret",
    "line 2: comparison with None",
    "line 4: missing encoding",
)


OTHERS = ("no mutable default", "no bare except", "no index out of range", "no query from text")
"""What else can be looked for without a checklist, and is not there."""

WRONG, RIGHT = "line 5: forgotten print", "no forgotten print"


def test_a_review_is_won_when_the_truth_was_said_of_every_kind_and_nothing_else() -> None:
    assert reviewed(SECRET, NONE, FILE, RIGHT, *OTHERS, "done")[-1]["won"]
    assert reviewed("done")[-1]["lost"]
    assert reviewed(SECRET, NONE, FILE, *OTHERS, "done")[-1]["lost"]
    assert reviewed(SECRET, NONE, RIGHT, *OTHERS, "done")[-1]["lost"]
    assert reviewed(SECRET, NONE, FILE, WRONG, *OTHERS, "done")[-1]["lost"]
    assert reviewed(SECRET, NONE, "line 3: missing encoding", RIGHT, *OTHERS, "done")[-1]["lost"]


def test_a_finding_can_be_taken_back() -> None:
    assert reviewed(SECRET, NONE, FILE, WRONG, RIGHT, *OTHERS, "done")[-1]["won"]


def test_progress_is_the_overlap_of_what_was_said_and_what_is_true() -> None:
    progress = [info["progress"] for info in reviewed(SECRET, WRONG, NONE, RIGHT)]
    assert progress == pytest.approx([1 / 9, 1 / 10, 2 / 10, 3 / 9])


def test_what_is_due_is_offered_with_the_other_verdict() -> None:
    desk = Desk((CHECK,))
    _, info = desk.reset(seed=0)
    for wanted, other in (
        ("no mutable default", "line 5: mutable default"),
        ("no bare except", "line 5: bare except"),
        (NONE, "no comparison with None"),
    ):
        assert {wanted, other, "done"} <= set(info["admissible"])
        *_, info = desk.step(wanted)


@pytest.mark.parametrize(
    ("message", "acts"),
    [
        ("There is a bare except on line 7.", {"find except"}),
        ("bare except @7", {"find except"}),
        ("No bare except.", {"clear except"}),
        ("I am done.", {"done"}),
        ("Not done yet.", set()),
        ("line 7", set()),
        ("Looks good to me.", set()),
    ],
)
def test_free_text_is_understood(message: str, acts: set[str]) -> None:
    assert Review(draw(np.random.default_rng(0))).read(message) == acts


def test_a_checklist_says_what_to_report_in_which_order_and_nothing_else() -> None:
    nothing = ("no mutable default", "no bare except")
    assert broken(CHECK, *nothing, NONE, "done") == [False] * 4
    assert reviewed(*nothing, NONE, "done", rules=(CHECK,))[-1]["won"]
    assert broken(CHECK, *nothing[::-1]) == [True, False]
    assert broken(CHECK, *nothing, NONE, SECRET) == [False, False, False, True]
    assert broken(CHECK, *nothing, "done") == [False, False, True]
    assert reviewed(*nothing, NONE, SECRET, "done", rules=(CHECK,))[-1]["lost"]


def test_every_kind_stands_equally_often_in_every_place_of_a_checklist() -> None:
    for place in zip(*CHECKLISTS.values(), strict=True):
        assert {place.count(kind) for kind in KINDS} == {len(CHECKLISTS) // len(KINDS)}
    assert all(len(set(kinds)) == 3 for kinds in CHECKLISTS.values())


@pytest.mark.parametrize(
    ("rule", "kept", "wrong"),
    [
        ("form_line_first", SECRET, "hard-coded secret @1"),
        ("form_kind_first", "hard-coded secret in line 1", SECRET),
        ("form_at", "hard-coded secret @1", SECRET),
        ("clear_nothing", "nothing: bare except", "no bare except"),
        ("clear_ok", "ok: bare except", "no bare except"),
        ("reviewed_by_kb", "done, reviewed by KB", "done"),
        ("reviewed_by_mt", "done, reviewed by MT", "done, reviewed by KB"),
        ("blockers", f"BLOCKER {SECRET}", SECRET),
        ("blockers", NONE, f"BLOCKER {NONE}"),
        ("count", "done, 0 findings", "done"),
        ("quote", f"{NONE}: if rate == None:", f"{NONE}: return rates"),
        (
            "form_line_first",
            "Line 2: comparison with None.",
            "line 2 may have: comparison with None",
        ),
        ("blockers", f"BLOCKER {SECRET}", f"{SECRET}, a BLOCKER"),
        ("never_maybe", NONE, f"maybe {NONE}"),
    ],
)
def test_rules_of_form(rule: str, kept: str, wrong: str) -> None:
    assert broken(rule, kept) == [False]
    assert broken(rule, wrong) == [True]


def test_a_rule_of_findings_has_no_say_in_anything_else() -> None:
    for rule in ("form_at", "blockers", "quote"):
        [info] = reviewed("no bare except", rules=(rule,))
        assert not info["opportunity"]


def test_diffs_show_kinds_with_and_without_their_defects() -> None:
    drawn = [draw(np.random.default_rng(seed)) for seed in range(200)]
    assert all(len(diff.where) == SHOWN for diff in drawn)
    for kind in KINDS:
        planted = [kind in diff.defects for diff in drawn if kind in diff.where]
        assert 0.5 < np.mean(planted) < 0.8
    for diff in drawn:
        assert all(diff.where[kind] == line for kind, line in diff.defects.items())


@pytest.mark.parametrize("name", KINDS)
@pytest.mark.parametrize("planted", [False, True])
def test_the_lines_are_python(name: str, planted: bool) -> None:
    kind = KINDS[name]
    lines = [*kind.before, kind.bad if planted else kind.good, *kind.after]
    function = [] if lines[-1].startswith("def") or lines[0][0] != " " else ["def f():"]
    code = "\n".join([*function, *lines]).format(name="rate", NAME="RATE")
    ast.parse(code)


def test_there_is_a_rule_for_every_checklist() -> None:
    assert set(CHECKLISTS) <= set(RULES)
