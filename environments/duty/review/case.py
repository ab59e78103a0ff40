"""The review of a diff: how findings are written and understood."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from environments.duty.case import Case
from environments.duty.review.diff import CLEAR, FORMS, KINDS, REVIEWERS, Diff
from environments.duty.rules import Style, Turn

_DONE = re.compile(r"(maybe |i am |i'm |we are )*done\b")
_LINE = re.compile(r"(?:\bline |@ ?)([0-9]+)\b")


class Review(Case):
    """A diff, and what has been said of it.

    Args:
        diff: with its defects.
        checklist: kinds that are to be checked; none: all of them.
    """

    ending = "done"

    def __init__(self, diff: Diff, checklist: Sequence[str] = ()) -> None:
        self.diff = diff
        self.checklist = tuple(checklist) or tuple(KINDS)
        self.found = dict[str, int]()
        """Findings that were reported, right or wrong."""
        self.cleared = dict[str, None]()

    @property
    def goal(self) -> str:
        """Which change, and how it is answered."""
        return (
            f"Review change {self.diff.number}. Say each finding in a message of its own, and "
            "what you find nothing of as well; when you are through, say: done."
        )

    @property
    def opening(self) -> str:
        """The diff."""
        return self.diff.text

    @property
    def wanted(self) -> Mapping[str, int]:
        """The defects that are to be found."""
        defects = self.diff.defects
        return {kind: defects[kind] for kind in self.checklist if kind in defects}

    @property
    def solved(self) -> bool:
        """Of each kind of the checklist the truth was said, and nothing else was reported."""
        return self.found == self.wanted and self._left() is None

    @property
    def progress(self) -> float:
        """Intersection over union of what was said and what is true; the end counts too.

        Of what is not on the checklist only what was reported counts.
        """
        said = {
            *self.found.items(),
            *((kind, 0) for kind in self.cleared if kind in self.checklist),
        }
        true = {(kind, self.wanted.get(kind, 0)) for kind in self.checklist}
        return (len(said & true) + (self.over and self.solved)) / (len(said | true) + 1)

    def plan(self) -> str:
        """Take back what is not asked for, say of each kind in order what is true, be done."""
        wrong = next((kind for kind in self.found if kind not in self.checklist), None)
        kind = wrong or self._left()
        if kind is None:
            return "done"
        return f"{'find' if kind in self.wanted else 'clear'} {kind}"

    def acts(self) -> Sequence[str]:
        """Report anything, in its line or another, clear anything, be done."""
        return [*(f"{verb} {k}" for verb in ("find", "misplace", "clear") for k in KINDS), "done"]

    def rivals(self, act: str) -> Sequence[str]:
        """The other verdict; at the end, to give one more."""
        verb, _, kind = act.partition(" ")
        match verb:
            case "done":
                return [f"{verdict} {self.checklist[-1]}" for verdict in ("find", "clear")]
            case "clear":
                return [f"find {kind}"]
            case _:
                return [f"clear {kind}"]

    def styles(self) -> Mapping[str, Sequence[Any]]:
        """The forms of a message."""
        return {
            "form": tuple(FORMS),
            "clear": ("", *CLEAR),
            "blocker": (False, True),
            "quote": (False, True),
            "hedge": (False, True),
            "count": (False, True),
            "reviewer": ("", *REVIEWERS),
        }

    def say(self, act: str, style: Style) -> str:
        """A finding, a kind that is clear, or the end, in its form."""
        verb, _, kind = act.partition(" ")
        match verb:
            case "done":
                count = f", {len(self.found)} findings" if style.get("count") else ""
                by = f", reviewed by {style['reviewer']}" if style.get("reviewer") else ""
                said = f"done{count}{by}"
            case "clear":
                said = f"{style.get('clear') or 'no'} {KINDS[kind].called}"
            case _:
                said = self._finding(kind, verb == "misplace", style)
        return f"maybe {said}" if style.get("hedge") else said

    def read(self, reply: str) -> frozenset[str]:
        """What is reported, in which line, what is clear, and whether that was all."""
        plain = reply.lower()
        kinds = [key for key, kind in KINDS.items() if kind.called.lower() in plain]
        if kinds:
            verdict = "clear" if line_in(reply) is None else "find"
            return frozenset(f"{verdict} {kind}" for kind in kinds)
        return frozenset({"done"} if _DONE.match(plain) else ())

    def hear(self, turn: Turn) -> str:
        """What the desk notes."""
        if not turn.acts:
            return "That is neither a finding nor the end."
        if "done" in turn.acts:
            self.over = True
            return "The review is closed."
        noted = []
        for act in sorted(turn.acts):
            _, _, kind = act.partition(" ")
            if (line := line_in(turn.reply)) is None:
                self.cleared[kind] = None
                self.found.pop(kind, None)
            else:
                self.found[kind] = line
                self.cleared.pop(kind, None)
            noted.append(KINDS[kind].called)
        return f"Noted: {', '.join(noted)}."

    def facts(self) -> Any:
        """The diff, and what was said of it."""
        said = [self.found, list(self.cleared), self.over]
        return [self.diff.number, self.diff.lines, self.diff.defects, said]

    def _left(self) -> str | None:
        """The first kind of the checklist of which the truth was not said, if there is one."""
        for kind in self.checklist:
            if self.found.get(kind) != self.wanted.get(kind):
                return kind
            if kind not in self.wanted and kind not in self.cleared:
                return kind
        return None

    def _finding(self, kind: str, misplaced: bool, style: Style) -> str:
        line = self.diff.where.get(kind, len(self.diff.lines))
        if misplaced:
            line = line % len(self.diff.lines) + 1
        called = KINDS[kind].called
        said = FORMS[style.get("form", "line first")].format(line=line, called=called)
        quote = f": {self.diff.lines[line - 1].strip()}" if style.get("quote") else ""
        return f"{'BLOCKER ' if style.get('blocker') else ''}{said}{quote}"


def line_in(reply: str) -> int | None:
    """The line that a finding is about; None if it is about none."""
    found = _LINE.search(reply.lower())
    return int(found[1][:6]) if found else None
