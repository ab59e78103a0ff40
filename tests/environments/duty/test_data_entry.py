"""Forms into a database: tools with typed arguments that fail, time out and give old copies."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from environments.duty.data_entry.case import EntryCase, Fault
from environments.duty.data_entry.env import DataEntry
from environments.duty.data_entry.form import FIELDS

VALUES = {"supplier": "Alder Ltd", "amount": "430.50", "due": "2027-05-12"}
WRITE = ["write supplier Alder Ltd", "write amount 430.50", "write due 12 May 2027"]


class Office(DataEntry):
    """An office with one form."""

    def __init__(self, faults: dict[str, Fault], *rules: str) -> None:
        super().__init__(rules)
        self.faults = faults

    def _draw(self, random: np.random.Generator) -> EntryCase:
        return EntryCase("1234", VALUES, self.faults)


def entered(
    commands: list[str], *rules: str, faults: dict[str, Fault] | None = None
) -> list[tuple[str, dict[str, Any]]]:
    """What the tools answer, and what is the case then."""
    office = Office(faults or {}, *rules)
    office.reset(seed=0)
    answers = []
    for command in ["open 1234", *commands]:
        text, _, _, _, info = office.step(command)
        answers.append((text, info))
    office.close()
    return answers[1:]


def texts(commands: list[str], faults: dict[str, Fault] | None = None) -> list[str]:
    return [text for text, _ in entered(commands, faults=faults)]


def broken(commands: list[str], rule: str, faults: dict[str, Fault] | None = None) -> list[bool]:
    return [rule in info["violations"] for _, info in entered(commands, rule, faults=faults)]


def test_a_form_is_done_when_it_is_confirmed_and_stored_as_it_stands() -> None:
    *_, (text, info) = entered([*WRITE, "confirm 1234"])
    assert text == "Form 1234 is confirmed."
    assert info["won"]
    *_, (_, info) = entered([*WRITE[:2], "write due 12 June 2027", "confirm 1234"])
    assert info["lost"]
    *_, (_, info) = entered([*WRITE[:2], "confirm 1234"])
    assert info["lost"]


def test_the_database_is_real_and_the_last_write_counts() -> None:
    told = texts(["read amount", "write amount 1.00", "read amount", *WRITE[1:2], "read amount"])
    assert told == [
        "amount is empty.",
        "amount: written.",
        "amount is 1.00.",
        "amount: written.",
        "amount is 430.50.",
    ]


@pytest.mark.parametrize(
    ("field", "text", "value"),
    [
        ("amount", "430.50", "430.50"),
        ("amount", "430,50", "430.50"),
        ("amount", "43050", "430.50"),
        ("amount", "430.5", None),
        ("amount", "much", None),
        ("due", "12 May 2027", "2027-05-12"),
        ("due", "2027-05-12", "2027-05-12"),
        ("due", "12.05.2027", "2027-05-12"),
        ("due", "31.02.2027", None),
        ("due", "12 Mai 2027", None),
        ("due", "soon", None),
        ("supplier", "ALDER LTD", "Alder Ltd"),
        ("supplier", "Alder; DROP TABLE record", None),
    ],
)
def test_arguments_have_types(field: str, text: str, value: str | None) -> None:
    assert FIELDS[field].parse(text) == value
    [told] = texts([f"validate {field} {text}"])
    expected = f"{text} is valid" if value else f"expected {FIELDS[field].expected}, got {text}"
    assert told == f"{field}: {expected}."


@pytest.mark.parametrize("field", FIELDS)
def test_every_wording_of_a_value_is_read_as_that_value(field: str) -> None:
    for wording in FIELDS[field].wordings:
        assert FIELDS[field].parse(FIELDS[field].write(VALUES[field], wording)) == VALUES[field]


def test_tools_fail_once_and_say_so() -> None:
    amount = WRITE[1]
    busy = texts([amount, "read amount", amount], {"write amount": "busy"})
    assert busy == [
        "amount: the database is busy, nothing was done.",
        "amount is empty.",
        "amount: written.",
    ]
    lost = texts([amount, "read amount"], {"write amount": "lost"})
    assert lost == ["amount: timed out.", "amount is empty."]
    late = texts([amount, "read amount"], {"write amount": "late"})
    assert late == ["amount: timed out.", "amount is 430.50."]
    copy = texts([amount, "read amount", "read amount"], {"read amount": "copy"})
    assert copy == ["amount: written.", "amount is empty (an old copy).", "amount is 430.50."]
    old = texts(["write amount 1.00", amount, "read amount"], {"read amount": "copy"})
    assert old[-1] == "amount is 1.00 (an old copy)."


@pytest.mark.parametrize("fault", ["lost", "late"])
def test_after_a_timeout_the_expert_looks_since_nobody_can_know(fault: Fault) -> None:
    *_, (text, info) = entered(WRITE[:2], faults={"write amount": fault})
    assert text == "amount: timed out."
    assert info["expert"] == "read amount"
    *_, (_, info) = entered([*WRITE[:2], WRITE[1]], faults={"write amount": fault})
    assert info["expert"].startswith("write due")


@pytest.mark.parametrize(
    "command", ["write colour red", "read amount 3", "write amount", "open 99"]
)
def test_a_command_with_other_arguments_is_none(command: str) -> None:
    [(_, info)] = entered([command])
    assert not info["accepted"]


def test_values_are_validated_before_they_are_written() -> None:
    assert broken([WRITE[1]], "validate_first") == [True]
    assert broken(["validate amount 430,50", WRITE[1]], "validate_first") == [False, False]
    assert broken(["validate amount 1.00", WRITE[1]], "validate_first") == [False, True]


def test_what_was_written_is_read_back_at_once() -> None:
    assert broken([WRITE[1], "read amount", WRITE[0]], "read_back") == [False] * 3
    assert broken([WRITE[1], WRITE[0]], "read_back") == [False, True]


def test_everything_is_read_before_it_is_confirmed() -> None:
    reads = [f"read {field}" for field in FIELDS]
    assert broken([*WRITE, *reads, "confirm 1234"], "read_all") == [False] * 7
    assert broken([*WRITE, *reads[:2], "confirm 1234"], "read_all")[-1]


def test_an_old_copy_is_read_again() -> None:
    faults: dict[str, Fault] = {"read amount": "copy"}
    twice = ["read amount", "read amount", WRITE[0]]
    assert broken(twice, "no_copies", faults) == [False] * 3
    assert broken(["read amount", WRITE[0]], "no_copies", faults) == [False, True]


def test_after_a_timeout_one_looks_first() -> None:
    faults: dict[str, Fault] = {"write amount": "lost"}
    looked = [WRITE[1], "read amount", WRITE[1]]
    assert broken(looked, "read_after_timeout", faults) == [False] * 3
    assert broken([WRITE[1], WRITE[1]], "read_after_timeout", faults) == [False, True]


def test_a_form_is_locked_while_it_is_written() -> None:
    whole = ["lock 1234", *WRITE, "unlock 1234", "confirm 1234"]
    assert not any(broken(whole, "lock"))
    assert broken([WRITE[0]], "lock") == [True]
    assert broken(["lock 1234", *WRITE, "confirm 1234"], "lock")[-1]


def test_fields_are_written_in_the_sessions_order() -> None:
    assert broken([WRITE[1], WRITE[2], WRITE[0]], "alphabetical") == [False] * 3
    assert broken([WRITE[0]], "alphabetical") == [True]
    assert broken([WRITE[2], WRITE[1], WRITE[0]], "backwards") == [False] * 3


@pytest.mark.parametrize(
    ("rule", "kept", "wrong"),
    [
        ("names_in_capitals", "write supplier ALDER LTD", WRITE[0]),
        ("names_in_small", "write supplier alder ltd", WRITE[0]),
        ("amounts_with_comma", "write amount 430,50", WRITE[1]),
        ("amounts_in_cents", "write amount 43050", WRITE[1]),
        ("dates_with_dashes", "write due 2027-05-12", WRITE[2]),
        ("dates_with_dots", "write due 12.05.2027", WRITE[2]),
        ("initials_kb", "confirm 1234 as KB", "confirm 1234 as MT"),
        ("initials_mt", "confirm 1234 as MT", "confirm 1234"),
    ],
)
def test_values_are_worded_as_the_session_wants_them(rule: str, kept: str, wrong: str) -> None:
    assert broken([kept], rule) == [False]
    assert broken([wrong], rule) == [True]
