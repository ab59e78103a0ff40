"""Entries against the reference: when it was chosen, what is decided, and why something is not."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import pytest

from harness.comparison import Comparison, load
from harness.records import write_manifest
from harness.report import Tables, tables
from harness.report.against import Against, against
from harness.report.verdict import Verdict
from harness.report.words import remarks
from tests.harness.tables import write_run


def read(comparison: Comparison) -> Against:
    return against(comparison, tables(comparison))


@pytest.fixture(scope="module")
def shown(comparison: Comparison, found: Tables) -> Against:
    return against(comparison, found)


def declare(run: Path, reference: str | None) -> None:
    manifest: dict[str, Any] = json.loads((run / "manifest.json").read_text())
    write_manifest(run, manifest | {"reference": reference})


def test_every_other_entry_has_a_row(shown: Against) -> None:
    assert [row.entry for row in shown.rows] == ["npm", "random_steering_of_a_single_layer"]
    assert (shown.title, shown.missing) == ("Against in_context, declared before the runs", "")


def test_a_loss_above_zero_is_worse_than_the_reference(shown: Against) -> None:
    npm = shown.rows[0]
    assert npm.success.shown.value.startswith("-") and npm.success.decided  # it wins more
    assert npm.drift.detectable != "-"


@pytest.mark.parametrize(
    ("declared", "said"),
    [
        (("gone", "gone"), "The declared reference, gone, is not among the entries."),
        ((None, None), "No reference was declared before the runs."),
        (("a", "b"), "The runs declare different references (a, b)."),
    ],
)
def test_a_missing_reference_is_said_with_the_way_to_name_another(
    tmp_path: Path, declared: tuple[str | None, str | None], said: str
) -> None:
    for name, reference in zip(("lora", "npm"), declared, strict=True):
        declare(write_run(tmp_path, name, blocks=2), reference)
    of = read(load(tmp_path))
    assert of.rows == ()
    assert of.missing == f"{said} `--reference NAME` compares all entries with one of them."


def test_one_entry_alone_misses_no_reference(tmp_path: Path) -> None:
    assert read(load(write_run(tmp_path, "lora", blocks=2))).missing == ""


def test_what_no_outcome_could_show_after_correction_is_descriptive(tmp_path: Path) -> None:
    for name, success in (("in_context", 0.0), ("a", 1.0), ("b", 1.0)):
        write_run(tmp_path, name, blocks=6, fresh_success=1.0, chained_success=success)
    of = read(load(tmp_path))  # six blocks: the smallest p is .031, the first step of Holm .025
    for row in of.rows:
        assert row.success.verdict is Verdict.DESCRIPTIVE
        assert not row.success.decided
    assert any(
        "a, b: descriptive: too few blocks (6) to show any of 2 differences" in remark
        for remark in remarks(noted for row in of.rows for noted in row.noted)
    )


def test_what_failed_is_said_at_its_worst(tmp_path: Path) -> None:
    runs = [write_run(tmp_path, name, blocks=8) for name in ("in_context", "lora")]
    path = runs[1] / "tasks.jsonl"
    rows = [json.loads(line) for line in path.read_text().splitlines()]
    place = {"block": "0", "order": 0, "position": 4, "arm": "chained"}
    rows = [row | {"end": "failed"} if place.items() <= row.items() else row for row in rows]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    (row,) = read(load(tmp_path)).rows
    assert "success at worst" in row.success.estimate.note
    assert not math.isnan(row.success.estimate.value)


def test_a_note_on_an_entry_does_not_name_it_twice(shown: Against) -> None:
    _, random = shown.rows
    assert remarks(random.noted)[0].startswith(f"{random.entry}: not assessable: ")
