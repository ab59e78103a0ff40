"""The routines of data entry, of which each session draws some."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from environments.duty.data_entry.case import EntryCase
from environments.duty.data_entry.form import FIELDS, INITIALS, argument
from environments.duty.rules import Rule, Turn


def _field(turn: Turn, tool: str) -> str:
    """The field that a reply uses a tool on; empty if it does not."""
    return next((act.split()[1] for act in turn.acts if act.startswith(f"{tool} ")), "")


def _in_order(order: Sequence[str], called: str) -> Rule[EntryCase]:
    def missing(name: str, case: EntryCase) -> list[str]:
        return [earlier for earlier in order[: order.index(name)] if earlier not in case.tried]

    def judge(turn: Turn, case: EntryCase) -> bool | None:
        name = _field(turn, "write")
        return not missing(name, case) if name else None

    return Rule(
        topic="order",
        sentence=f"Write the fields in {called} order: {', '.join(order)}.",
        judge=judge,
        remedy=lambda act, case: f"write {missing(act.split()[1], case)[0]}",
    )


def _worded(name: str, wording: str, sentence: str) -> Rule[EntryCase]:
    field = FIELDS[name]

    def judge(turn: Turn, case: EntryCase) -> bool | None:
        if _field(turn, "write") != name:
            return None
        text = argument(turn.reply)
        value = field.parse(text)
        return value is not None and text == field.write(value, wording)

    return Rule(topic=name, sentence=sentence, judge=judge, style={name: wording})


def _signed(initials: str) -> Rule[EntryCase]:
    return Rule(
        topic="initials",
        sentence=f"Confirm with your initials, as in: confirm 1234 as {initials}.",
        judge=lambda turn, case: (
            turn.reply.removesuffix(".").endswith(f" as {initials}")
            if "confirm" in turn.acts
            else None
        ),
        style={"initials": initials},
    )


def _validate_first(turn: Turn, case: EntryCase) -> bool | None:
    name = _field(turn, "write")
    if not name:
        return None
    value = FIELDS[name].parse(argument(turn.reply))
    return value is None or (name, value) in case.validated


def _read_back(turn: Turn, case: EntryCase) -> bool | None:
    written = next((act.split()[1] for act in turn.last if act.startswith("write ")), "")
    return f"read {written}" in turn.acts if written in case.unread else None


def _read_all(turn: Turn, case: EntryCase) -> bool | None:
    return not case.unread if "confirm" in turn.acts else None


def _no_copies(turn: Turn, case: EntryCase) -> bool | None:
    return f"read {case.copied}" in turn.acts if case.copied else None


def _after_timeout(turn: Turn, case: EntryCase) -> bool | None:
    goes_on = _field(turn, "write") or "confirm" in turn.acts
    return not goes_on if case.timed_out else None


def _lock(turn: Turn, case: EntryCase) -> bool | None:
    if "confirm" in turn.acts:
        return not case.locked
    return case.locked if _field(turn, "write") else None


RULES: Mapping[str, Rule[Any]] = {
    "validate_first": Rule(
        topic="validate",
        sentence="Validate each value before you write it.",
        judge=_validate_first,
        remedy=lambda act, case: f"validate {act.split()[1]}",
    ),
    "read_back": Rule(
        topic="read",
        sentence="When you have written a field, read it with your next command.",
        judge=_read_back,
        remedy=lambda act, case: f"read {next(reversed(case.unread))}",
    ),
    "read_all": Rule(
        topic="read",
        sentence="Before you confirm, read every field that you have written.",
        judge=_read_all,
        remedy=lambda act, case: f"read {next(iter(case.unread))}",
    ),
    "no_copies": Rule(
        topic="copies",
        sentence="When you are given an old copy, read the field again with your next command.",
        judge=_no_copies,
        remedy=lambda act, case: f"read {case.copied}",
    ),
    "read_after_timeout": Rule(
        topic="timeout",
        sentence="When a command timed out, read its field before you write again or confirm.",
        judge=_after_timeout,
        remedy=lambda act, case: f"read {next(iter(case.timed_out))}",
    ),
    "lock": Rule(
        topic="lock",
        sentence="Lock the form before you write, and unlock it before you confirm.",
        judge=_lock,
        remedy=lambda act, case: "unlock" if case.locked else "lock",
    ),
    "alphabetical": _in_order(("amount", "due", "supplier"), "alphabetical"),
    "backwards": _in_order(tuple(FIELDS)[::-1], "reverse"),
    "names_in_capitals": _worded("supplier", "capitals", "Write suppliers in capital letters."),
    "names_in_small": _worded("supplier", "small letters", "Write suppliers in small letters."),
    "amounts_with_comma": _worded("amount", "comma", "Write amounts with a comma, as in 12,50."),
    "amounts_in_cents": _worded("amount", "cents", "Write amounts in cents, as in 1250."),
    "dates_with_dashes": _worded("due", "dashes", "Write dates with dashes, as in 2027-03-09."),
    "dates_with_dots": _worded("due", "dots", "Write dates with dots, as in 09.03.2027."),
    "initials_kb": _signed(INITIALS[0]),
    "initials_mt": _signed(INITIALS[1]),
}
"""By the names under which violations are reported."""
