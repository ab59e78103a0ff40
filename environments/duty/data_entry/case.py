"""The case of a form, and the tools with which it is entered."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, Literal

from environments.duty.case import Case
from environments.duty.data_entry.form import FIELDS, INITIALS, argument, mistaken
from environments.duty.data_entry.store import Store
from environments.duty.rules import Style, Turn

Fault = Literal["busy", "lost", "late", "copy"]
"""What a tool does once instead of its work: nothing, and says so; it times out, without or with
the value stored; it gives an old copy."""

COPY = "an old copy"
TIMED_OUT = "timed out"

_COMMAND = re.compile(
    r"(?P<tool>validate|write|read) (?P<field>[a-z]+)( (?P<value>.+))?"
    r"|(?P<whole>open|lock|unlock|confirm) (?P<form>[0-9]+)( as (?P<initials>[a-z]+))?",
    re.IGNORECASE,
)


class EntryCase(Case):
    """A form, from its opening to its confirmation.

    Args:
        form: its number.
        values: what stands in it, by field.
        faults: what goes wrong once, by tool and field, such as `write amount`.
    """

    ending = "confirm"

    def __init__(self, form: str, values: Mapping[str, str], faults: Mapping[str, Fault]) -> None:
        self.form = form
        self.values = values
        self.faults = dict(faults)
        self.store = Store()
        self.open = self.locked = False
        self.validated = set[tuple[str, str]]()
        """Fields with a value of theirs."""
        self.tried = set[str]()
        """Fields that a write was tried of."""
        self.unread = dict[str, None]()
        """Fields that were written and not read since, but in an old copy."""
        self.timed_out = dict[str, None]()
        """Fields whose writing timed out, and that were not read since."""
        self.former = dict[str, str | None]()
        """What was stored before a field was written last."""
        self.copied = ""
        """The field that was read last, if that was in an old copy."""

    @property
    def goal(self) -> str:
        """What stands in the form."""
        listed = "; ".join(f"{name} {FIELDS[name].write(v)}" for name, v in self.values.items())
        return f"Form {self.form}: {listed}. Enter it into the database, and confirm it."

    @property
    def opening(self) -> str:
        """What the tools say first."""
        return "The database is ready."

    @property
    def solved(self) -> bool:
        """What is stored is what stands in the form."""
        return self.store.values() == self.values

    @property
    def progress(self) -> float:
        """Share of the fields that are stored as they stand in the form; one for confirming."""
        stored = self.store.values()
        right = sum(stored.get(field) == value for field, value in self.values.items())
        return (right + (self.over and self.solved)) / (len(self.values) + 1)

    def plan(self) -> str:
        """Open, look what a timeout has left, write what is not right, confirm."""
        if not self.open:
            return "open"
        if self.timed_out:
            return f"read {next(iter(self.timed_out))}"
        wrong = [field for field, v in self.values.items() if self.store.read(field) != v]
        return f"write {wrong[0]}" if wrong else "confirm"

    def acts(self) -> Sequence[str]:
        """Every tool with every field, and writing by mistake."""
        tools = ("validate", "write", "miswrite", "read")
        return ["open", *(f"{t} {f}" for t in tools for f in FIELDS), "lock", "unlock", "confirm"]

    def rivals(self, act: str) -> Sequence[str]:
        """Another value."""
        return [f"mis{act}"] if act.startswith("write ") else []

    def styles(self) -> Mapping[str, Sequence[Any]]:
        """How values are worded, and whether one signs."""
        wordings = {name: tuple(field.wordings) for name, field in FIELDS.items()}
        return {**wordings, "initials": ("", *INITIALS)}

    def say(self, act: str, style: Style) -> str:
        """The command."""
        tool, _, name = act.partition(" ")
        if not name:
            signed = (
                f" as {style['initials']}" if tool == "confirm" and style.get("initials") else ""
            )
            return f"{tool} {self.form}{signed}"
        if tool == "read":
            return act
        value = self.values[name]
        if tool == "miswrite":
            value = mistaken(name, value)
        return f"{tool.removeprefix('mis')} {name} {FIELDS[name].write(value, style.get(name, ''))}"

    def read(self, reply: str) -> frozenset[str]:
        """The tool, and the field if it is for one."""
        found = _COMMAND.fullmatch(" ".join(reply.split()).removesuffix("."))
        if found is None:
            return frozenset()
        if whole := found["whole"]:
            return frozenset({whole.lower()} if found["form"] == self.form else ())
        tool, name = found["tool"].lower(), found["field"].lower()
        complete = name in FIELDS and (found["value"] is None) == (tool == "read")
        return frozenset({f"{tool} {name}"} if complete else ())

    def hear(self, turn: Turn) -> str:
        """What the tool answers."""
        if not turn.acts:
            return "Not a command of this database, or not with these arguments."
        [act] = turn.acts
        tool, _, name = act.partition(" ")
        if not self.open and tool != "open":
            return "No form is open."
        self.copied = ""
        if not name:
            return self._whole(tool)
        field = FIELDS[name]
        fault = self.faults.pop(act, None)
        if fault == "busy":
            return f"{name}: the database is busy, nothing was done."
        if tool == "read":
            return self._read(name, fault)
        text = argument(turn.reply)
        if (value := field.parse(text)) is None:
            return f"{name}: expected {field.expected}, got {text}."
        if tool == "validate":
            self.validated.add((name, value))
            return f"{name}: {text} is valid."
        return self._write(name, value, fault)

    def facts(self) -> Any:
        """What is stored, and what was done."""
        done = [self.open, self.locked, self.over, self.copied, list(self.unread)]
        seen = [sorted(self.validated), sorted(self.tried), list(self.timed_out), self.former]
        return [self.form, dict(self.values), self.faults, dict(self.store.values()), done, seen]

    def close(self) -> None:
        """Close the database."""
        self.store.close()

    def _whole(self, tool: str) -> str:
        match tool:
            case "open":
                self.open = True
                return f"Form {self.form} is open. Fields: {', '.join(FIELDS)}."
            case "confirm":
                self.over = True
                return f"Form {self.form} is confirmed."
            case _:
                self.locked = tool == "lock"
                return f"Form {self.form} is {tool}ed."

    def _read(self, name: str, fault: Fault | None) -> str:
        if fault == "copy":
            self.copied = name
            return f"{name} is {_shown(name, self.former.get(name))} ({COPY})."
        self.unread.pop(name, None)
        self.timed_out.pop(name, None)
        return f"{name} is {_shown(name, self.store.read(name))}."

    def _write(self, name: str, value: str, fault: Fault | None) -> str:
        self.tried.add(name)
        self.unread.pop(name, None)
        self.unread[name] = None  # the latest is the last
        self.timed_out.pop(name, None)
        self.former[name] = self.store.read(name)
        if fault != "lost":
            self.store.write(name, value)
        if fault is None:
            return f"{name}: written."
        self.timed_out[name] = None
        return f"{name}: {TIMED_OUT}."


def _shown(name: str, stored: str | None) -> str:
    return "empty" if stored is None else FIELDS[name].write(stored)
