from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from harness.comparison import Comparison
from harness.report import write_report
from harness.report.chart import spread, whole_ticks
from harness.report.page import render
from harness.report.transcripts import inert_json, transcripts
from tests.harness.report.conftest import CLOSE, IMAGE, LONG


def embedded(html: str) -> dict[str, Any]:
    (data,) = re.findall(r'<script type="application/json" id="data">(.*?)</script>', html, re.S)
    read: dict[str, Any] = json.loads(data)
    return read


def test_all_files_are_there_and_none_is_half_written(report: Path) -> None:
    assert {path.name for path in report.parent.iterdir()} == {
        "index.html",
        "table.csv",
        "success.png",
        "success.svg",
        "errors.png",
        "errors.svg",
    }
    assert "<text" in (report.parent / "success.svg").read_text()  # text stays text


def test_page_loads_nothing(report: Path) -> None:
    html = report.read_text()
    assert not re.findall(r"""(?:src|href|action|data)\s*=\s*["']?(?!#)[^"'\s>]""", markup(html))
    assert "url(" not in html
    assert "@import" not in html
    (policy,) = re.findall(r'Content-Security-Policy" content="([^"]*)"', html)
    policy = policy.replace("&#39;", "'")
    assert policy.startswith("default-src 'none'; style-src 'sha256-")
    assert "unsafe" not in policy


def markup(html: str) -> str:
    """The page's tags, without what its style and scripts hold."""
    return re.sub(r"(<(script|style)[^>]*>).*?(?=</\2>)", r"\1", html, flags=re.S)


def test_script_writes_text_only(report: Path) -> None:
    script = report.read_text().rpartition("<script>")[2]
    for door in ("innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval("):
        assert door not in script


def test_page_says_what_a_reader_needs(report: Path) -> None:
    html = report.read_text()
    for words in (
        "in_context gets worse with age",
        "npm is still going: 122 of 128 tasks.",
        "not assessable",
        "the independent unit",
        "driftgauge run agent=npm",
        "0" * 40,
    ):
        assert words in html


def test_hostile_text_cannot_leave_its_place(hostile_report: Path) -> None:
    html = hostile_report.read_text()
    assert html.count("<script") == 2
    assert "<img" not in html
    assert "\u2028" not in html
    data = embedded(html)
    assert CLOSE in data["strings"]
    assert f"{IMAGE}\u2028{LONG}" in data["strings"]
    assert data["entries"][0]["name"] == f"{CLOSE}{LONG}"


def test_inert_json_gives_back_what_went_in() -> None:
    hostile = f"{CLOSE}{IMAGE}<!-- & \u2028 \u2029 \ud800"
    text = inert_json([hostile])
    assert not set(text) & set("<>&\u2028\u2029")
    assert json.loads(text) == [hostile]


def test_plays_and_strings_are_stored_once(comparison: Comparison) -> None:
    data = json.loads(transcripts(comparison).json)
    assert len(data["plays"]) == sum(run.turns["play"].nunique() for run in comparison.runs)
    assert len(data["strings"]) == len(set(data["strings"]))
    turns = sum(len(play) for play in data["plays"].values())
    assert turns == sum(len(run.turns) for run in comparison.runs)


def test_marked_errors_are_those_of_the_table(comparison: Comparison) -> None:
    data = json.loads(transcripts(comparison).json)
    at = data["columns"].index("errors")
    marked = sum(row[at] > 0 for play in data["plays"].values() for row in play)
    assert marked == sum(int(run.turns["error"].sum()) for run in comparison.runs)


def test_large_runs_are_cut_at_a_position_and_say_so(
    comparison: Comparison, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = transcripts(comparison, limit=2000)
    assert 0 < kept.tasks_shown < kept.tasks_played
    entries = json.loads(kept.json)["entries"]
    shown = [
        {(s["block"], s["order"], t["position"]) for s in e["sessions"] for t in s["tasks"]}
        for e in entries
    ]
    assert shown[0] == shown[1] == shown[2]
    monkeypatch.setattr("harness.report.page.transcripts", lambda _: kept)
    assert f"holds {kept.tasks_shown} of the {kept.tasks_played} tasks" in render(
        comparison, comparison.table()
    )


def test_report_of_a_run_that_has_just_started(just_started: Comparison, tmp_path: Path) -> None:
    html = write_report(just_started, tmp_path).read_text()
    assert "early is still going: 0 of 64 tasks." in html
    assert "There is no drift to report yet." in html


def test_equal_runs_give_equal_bytes(comparison: Comparison, report: Path, tmp_path: Path) -> None:
    again = write_report(comparison, tmp_path)
    for path in report.parent.iterdir():
        assert (again.parent / path.name).read_bytes() == path.read_bytes(), path.name


def test_labels_do_not_overlap() -> None:
    assert spread([10.0, 50.0], 14) == [10.0, 50.0]
    assert spread([20.0, 20.0], 14) == [13.0, 27.0]
    assert spread([22.0, 20.0], 14) == [28.0, 14.0]


@pytest.mark.parametrize("last", [1, 2, 7, 8, 32, 99, 1000, 64000])
def test_ticks_are_few_and_start_at_one(last: int) -> None:
    ticks = whole_ticks(last)
    assert ticks[0] == 1
    assert len(ticks) <= 8
    assert ticks[-1] <= last
    assert sorted(set(ticks)) == ticks
