"""The review of a diff: how findings are written and understood."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from environments.duty.case import Case
from environments.duty.review.diff import CLEAR, KINDS, REVIEWERS, Diff
from environments.duty.rules import Style, Turn

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
        self.checklist = checklist
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
        return {
            kind: line
            for kind, line in self.diff.defects.items()
            if kind in self.checklist or not self.checklist
        }

    @property
    def solved(self) -> bool:
        """Everything was found that is to be found, and nothing else was reported."""
        return self.found == self.wanted

    @property
    def progress(self) -> float:
        """Intersection over union of what was reported and what is there; the end counts too."""
        right = self.found.items() & self.wanted.items()
        union = self.found.items() | self.wanted.items()
        return (len(right) + (self.over and self.solved)) / (len(union) + 1)

    def plan(self) -> str:
        """Take back what is wrong, report what is not reported yet, then be done."""
        wrong = [kind for kind in self.found if kind not in self.wanted]
        left = [kind for kind, line in self.wanted.items() if self.found.get(kind) != line]
        return f"clear {wrong[0]}" if wrong else f"find {left[0]}" if left else "done"

    def acts(self) -> Sequence[str]:
        """Report anything that is shown, in its line or another, clear anything, be done."""
        reports = [f"{verb} {kind}" for verb in ("find", "misplace") for kind in self.diff.where]
        return [*reports, *(f"clear {kind}" for kind in KINDS), "done"]

    def styles(self) -> Mapping[str, Sequence[Any]]:
        """The forms of a message."""
        return {
            "form": ("line first", "kind first", "at"),
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
        line = _LINE.search(plain)
        if kinds:
            return frozenset(f"{'find' if line else 'clear'} {kind}" for kind in kinds)
        return frozenset({"done"} if re.search(r"\bdone\b", plain) else ())

    def hear(self, turn: Turn) -> str:
        """What the desk notes."""
        if not turn.acts:
            return "That is neither a finding nor the end."
        if "done" in turn.acts:
            self.over = True
            return "The review is closed."
        noted = []
        for act in sorted(turn.acts):
            verb, _, kind = act.partition(" ")
            if verb == "find":
                found = _LINE.search(turn.reply.lower())
                assert found is not None
                self.found[kind] = int(found[1][:6])
                self.cleared.pop(kind, None)
            else:
                self.cleared[kind] = None
                self.found.pop(kind, None)
            noted.append(KINDS[kind].called)
        return f"Noted: {', '.join(noted)}."

    def facts(self) -> Any:
        """The diff, and what was said of it."""
        said = [self.found, list(self.cleared), self.over]
        return [self.diff.number, self.diff.lines, self.diff.defects, said]

    def _finding(self, kind: str, misplaced: bool, style: Style) -> str:
        line = self.diff.where[kind]
        if misplaced:
            line = line % len(self.diff.lines) + 1
        called = KINDS[kind].called
        match style.get("form"):
            case "kind first":
                said = f"{called} in line {line}"
            case "at":
                said = f"{called} @{line}"
            case _:
                said = f"line {line}: {called}"
        quote = f": {self.diff.lines[line - 1].strip()}" if style.get("quote") else ""
        return f"{'BLOCKER ' if style.get('blocker') else ''}{said}{quote}"
