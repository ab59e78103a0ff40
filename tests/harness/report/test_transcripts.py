"""What a page holds of the turns: each play once, nothing twice, no more than fits."""

from __future__ import annotations

import json
from typing import Any

import pandas as pd
import pytest

from harness.comparison import Comparison
from harness.records import read_frame
from harness.report.transcripts import inert_json, transcripts
from tests.harness.report.conftest import CLOSE, IMAGE


def test_inert_json_gives_back_what_went_in() -> None:
    hostile = f"{CLOSE}{IMAGE}<!-- & \u2028 \u2029 \ud800"
    text = inert_json([hostile])
    assert not set(text) & set("<>&\u2028\u2029")
    assert json.loads(text) == [hostile]


def test_plays_and_strings_are_stored_once(comparison: Comparison) -> None:
    data = json.loads(transcripts(comparison).json)
    assert len(data["plays"]) == sum(e.turns["play"].nunique() for e in comparison.entries)
    assert len(data["strings"]) == len(set(data["strings"]))
    turns = sum(len(play) for play in data["plays"].values())
    assert turns == sum(len(entry.turns) for entry in comparison.entries)


def test_a_turn_reads_as_it_was_recorded(comparison: Comparison) -> None:
    data = json.loads(transcripts(comparison).json)
    entry = comparison.entries[0]
    task = data["entries"][0]["sessions"][1]["tasks"][2]
    row = entry.tasks.query("block == '0' and order == 1 and position == 3 and arm == 'chained'")
    recorded = entry.turns[entry.turns["play"] == row["play"].item()].sort_values("turn")
    shown = [
        dict(zip(data["columns"], turn, strict=True))
        for turn in data["plays"][task["arms"]["chained"]["play"]]
    ]
    assert task["task"] == row["task"].item()
    for name in ("feedback", "command", "expert"):
        assert [data["strings"][turn[name]] for turn in shown] == recorded[name].tolist()
    for name in ("turn", "prompt_tokens", "distance_before"):
        assert [turn[name] for turn in shown] == recorded[name].tolist()
    assert [turn["seconds"] for turn in shown] == pytest.approx(recorded["seconds"], abs=1e-4)


def test_marked_errors_are_those_of_the_table(comparison: Comparison) -> None:
    data = json.loads(transcripts(comparison).json)
    at = data["columns"].index("errors")
    marked = sum(row[at] > 0 for play in data["plays"].values() for row in play)
    assert marked == sum(int(entry.turns["error"].sum()) for entry in comparison.entries)


def test_every_arm_that_was_played_can_be_read(four_arms: Comparison) -> None:
    data = json.loads(transcripts(four_arms).json)
    assert data["arms"] == ["chained", "fresh", "padded", "expert"]
    assert set(data["entries"][0]["sessions"][0]["tasks"][1]["arms"]) == set(data["arms"])


def test_large_runs_are_cut_at_the_same_position_for_all(comparison: Comparison) -> None:
    kept = transcripts(comparison, limit=2000)
    assert 0 < kept.tasks_shown < kept.tasks_played
    entries = json.loads(kept.json)["entries"]
    shown = [
        {(s["block"], s["order"], t["position"]) for s in e["sessions"] for t in s["tasks"]}
        for e in entries
    ]
    assert shown[0] == shown[1] == shown[2]


@pytest.mark.parametrize("limit", [2_000, 20_000])
def test_texts_are_read_only_of_plays_that_can_be_shown(
    comparison: Comparison, monkeypatch: pytest.MonkeyPatch, limit: int
) -> None:
    read: list[int] = []

    def counting(*arguments: Any, **named: Any) -> pd.DataFrame:
        frame = read_frame(*arguments, **named)
        read.append(len(frame))
        return frame

    turns = sum(len(entry.measured) for entry in comparison.entries)  # read once, before
    tasks = sum(len(entry.tasks) for entry in comparison.entries)
    monkeypatch.setattr("harness.comparison.runs.read_frame", counting)
    kept = transcripts(comparison, limit)
    assert tasks and 0 < sum(read) < turns / 2
    monkeypatch.setattr("harness.report.transcripts.SHORTEST", 1)
    assert transcripts(comparison, limit) == kept  # nothing was left out that fits
