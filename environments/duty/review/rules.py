"""Checklists, and the forms of findings, of which each session draws some."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from environments.duty.review.case import Review, line_in
from environments.duty.review.diff import CLEAR, FORMS, KINDS, REVIEWERS
from environments.duty.rules import Rule, Turn

BLOCKERS = ("secret", "query")
"""Kinds that are a danger, rather than a nuisance."""


def _checklists() -> Mapping[str, tuple[str, str, str]]:
    """Three kinds in an order, every kind as often in every place; by the rule's name."""
    kinds = list(KINDS)
    chosen = [
        tuple(kinds[(start + n * step) % len(kinds)] for n in range(3))
        for step in (1, 3, 5)
        for start in range(len(kinds))
    ]
    return {f"check_{a}_{b}_{c}": (a, b, c) for a, b, c in chosen}


CHECKLISTS = _checklists()


def checklist_of(rules: Sequence[str]) -> tuple[str, ...]:
    """The kinds that are to be checked under some rules; empty if none of them is a checklist."""
    return next((CHECKLISTS[name] for name in rules if name in CHECKLISTS), ())


def _reported(turn: Turn) -> list[str]:
    """Kinds that a reply reports."""
    return [act.split()[1] for act in turn.acts if act.startswith("find ")]


def _said(turn: Turn) -> list[str]:
    """Kinds that a reply reports or clears."""
    return [act.split()[1] for act in turn.acts if act != "done"]


def _checklist(kinds: Sequence[str]) -> Rule[Review]:
    def following(case: Review) -> str:
        left = [k for k in kinds if k not in case.found and k not in case.cleared]
        return left[0] if left else ""

    def judge(turn: Turn, case: Review) -> bool | None:
        if "done" in turn.acts:
            return not following(case)
        # Who says something anew corrects it, which is always in order.
        new = [kind for kind in _said(turn) if kind not in case.found and kind not in case.cleared]
        return new == [following(case)] if new else None

    listed = ", then ".join(KINDS[kind].described for kind in kinds)
    return Rule(
        topic="checklist",
        sentence=(
            f"Check for {listed}, and say of each one, in this order, what you find or that you "
            "find nothing; report nothing else."
        ),
        judge=judge,
    )


def _form(form: str) -> Rule[Review]:
    def judge(turn: Turn, case: Review) -> bool | None:
        [kind, *others] = _reported(turn) or [""]
        if not kind:
            return None
        wanted = FORMS[form].format(line="[0-9]+", called=re.escape(KINDS[kind].called))
        worded = re.fullmatch(
            rf"(maybe )?(blocker )?{wanted}(: .+)?[.]?", turn.reply, re.IGNORECASE
        )
        return not others and worded is not None

    example = FORMS[form].format(line=4, called=KINDS["except"].called)
    return Rule(
        topic="form",
        sentence=f"Word a finding as in: {example}.",
        judge=judge,
        style={"form": form},
    )


def _cleared_by(word: str) -> Rule[Review]:
    return Rule(
        topic="clear",
        sentence=f"Word what you find nothing of as in: {word} {KINDS['except'].called}.",
        judge=lambda turn, case: (
            turn.reply.removeprefix("maybe ").startswith(word)
            if any(act.startswith("clear ") for act in turn.acts)
            else None
        ),
        style={"clear": word},
    )


def _reviewed_by(reviewer: str) -> Rule[Review]:
    return Rule(
        topic="reviewer",
        sentence=f"End your last message of a review with: reviewed by {reviewer}.",
        judge=lambda turn, case: (
            turn.reply.rstrip(" .").endswith(f"reviewed by {reviewer}")
            if "done" in turn.acts
            else None
        ),
        style={"reviewer": reviewer},
    )


def _blockers(turn: Turn, case: Review) -> bool | None:
    reported = _reported(turn)
    if not reported:
        return None
    in_front = turn.reply.removeprefix("maybe ").startswith("BLOCKER ")
    return in_front == any(kind in BLOCKERS for kind in reported)


def _count(turn: Turn, case: Review) -> bool | None:
    return f"{len(case.found)} findings" in turn.reply if "done" in turn.acts else None


def _quote(turn: Turn, case: Review) -> bool | None:
    if not _reported(turn):
        return None
    line = line_in(turn.reply)
    about = case.diff.lines[line - 1 : line] if line else ()
    return any(text.strip() in turn.reply for text in about)


def _no_hedge(turn: Turn, case: Review) -> bool | None:
    return "maybe" not in turn.reply.lower()


RULES: Mapping[str, Rule[Any]] = {
    **{name: _checklist(kinds) for name, kinds in CHECKLISTS.items()},
    "form_line_first": _form("line first"),
    "form_kind_first": _form("kind first"),
    "form_at": _form("at"),
    "clear_nothing": _cleared_by(CLEAR[0]),
    "clear_ok": _cleared_by(CLEAR[1]),
    "reviewed_by_kb": _reviewed_by(REVIEWERS[0]),
    "reviewed_by_mt": _reviewed_by(REVIEWERS[1]),
    "blockers": Rule(
        topic="blockers",
        sentence=(
            "Put BLOCKER in front of findings of "
            f"{' and '.join(KINDS[kind].described for kind in BLOCKERS)}, and of no others."
        ),
        judge=_blockers,
        style={"blocker": True},
    ),
    "count": Rule(
        topic="count",
        sentence="Say in your last message of a review how many there were, as in: 2 findings.",
        judge=_count,
        style={"count": True},
    ),
    "quote": Rule(
        topic="quote",
        sentence="Quote in a finding the line that it is about.",
        judge=_quote,
        style={"quote": True},
    ),
    "never_maybe": Rule(
        topic="hedge",
        sentence="Never say: maybe.",
        judge=_no_hedge,
    ),
}
"""By the names under which violations are reported."""
