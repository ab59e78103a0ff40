"""The checker passes what keeps the contract and names what does not."""

import os
import sys
from pathlib import Path

import pytest

from environments.checker import CHECKS, check

BROKEN = [
    ("Untyped", "contract", "info['violations'] is []"),
    ("Forgetful", "reset", "Two resets with seed 0 differ"),
    ("Clocked", "other process", "PYTHONHASHSEED"),
    ("Lost", "expert", "distance went from 1 to 2"),
    ("Boastful", "admissible", "'xyzzy' was refused"),
    ("Fragile", "odd actions", "UnicodeEncodeError"),
    ("Global", "global random", "['random'] changed"),
    ("Undead", "close", "can still be stepped"),
    ("Leaky", "close", "leaves something open"),
    ("Abandoning", "close", "leaves something open"),
    ("Loud", "gymnasium", "observation"),
]


@pytest.fixture(autouse=True)
def toys(monkeypatch):
    """The toys' module on the path, here and in the checker's other process."""
    folder = str(Path(__file__).parent)
    monkeypatch.syspath_prepend(folder)
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([folder, *sys.path]))


def test_a_plug_in_that_keeps_the_contract_passes():
    results = check("toys:toy/Corridor-v0", seeds=(0, 3))
    assert [result for result in results if not result.ok] == []
    assert [result.name for result in results] == list(CHECKS)


@pytest.mark.parametrize(("toy", "name", "cause"), BROKEN)
def test_a_broken_promise_is_named_with_its_cause(toy, name, cause):
    failed = {
        result.name: result.message for result in check(f"toys:toy/{toy}-v0") if not result.ok
    }
    assert cause in failed[name]


def test_an_environment_that_cannot_be_made_is_reported_not_raised():
    assert not any(result.ok for result in check("driftgauge/TextWorldQuest-v0", rooms=0))
