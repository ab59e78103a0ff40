from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from harness.comparison import Comparison
from harness.report import write_report
from harness.report.transcripts import transcripts
from tests.harness.report.conftest import CLOSE, IMAGE, LONG


def embedded(html: str) -> dict[str, Any]:
    (data,) = re.findall(r'<script type="application/json" id="data">(.*?)</script>', html, re.S)
    read: dict[str, Any] = json.loads(data)
    return read


def test_all_files_are_there_and_none_is_half_written(report: Path) -> None:
    assert {path.name for path in report.parent.iterdir()} == {
        "index.html",
        "table.csv",
        "against.csv",
        "secondary.csv",
        "positions.csv",
        "environments.csv",
        "families.csv",
        "success.png",
        "success.svg",
        "errors.png",
        "errors.svg",
    }
    assert "<text" in (report.parent / "success.svg").read_text()  # text stays text


def test_a_table_that_holds_nothing_has_no_file(
    four_arms_report: Path, comparison: Comparison, tmp_path: Path
) -> None:
    assert (four_arms_report.parent / "causes.csv").exists()
    (tmp_path / "causes.csv").write_text("of an earlier report")
    write_report(comparison, tmp_path)  # with two arms
    assert not (tmp_path / "causes.csv").exists()


def test_where_rules_were_in_force_it_says_how_well_they_were_kept(
    ruled: Comparison, report: Path, tmp_path: Path
) -> None:
    page = write_report(ruled, tmp_path).read_text()
    assert (tmp_path / "adherence.png").exists()
    assert ">rules kept</text>" in (tmp_path / "adherence.svg").read_text()
    assert "Rules kept by position" in page
    assert "Rules kept by position" not in report.read_text()
    positions = pd.read_csv(tmp_path / "positions.csv")
    kept = positions[positions["measure"] == "adherence"].set_index(["arm", "position"])["value"]
    assert kept["fresh"].tolist() == [1.0] * 4
    assert kept["chained"].tolist() == [1.0, 0.0, 0.0, 0.0]
    assert "Which rules are broken" in page
    assert "Which rules are broken" not in report.read_text()
    broken = pd.read_csv(tmp_path / "rules.csv").set_index("rule")
    assert broken["broken_fresh"].to_dict() == {"look": 0.0, "sign": 0.0}
    assert broken["broken_chained"].to_dict() == {"look": 0.0, "sign": 1.0}


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


SECTIONS = ("against", "why", "probes", "groups", "secondary", "costs")


@pytest.mark.parametrize(
    ("fixture", "expected"),
    [
        ("report", {"against", "groups", "secondary", "costs"}),
        ("four_arms_report", set(SECTIONS)),
    ],
)
def test_sections_are_there_where_they_have_something_to_say(
    fixture: str, expected: set[str], request: pytest.FixtureRequest
) -> None:
    html = request.getfixturevalue(fixture).read_text()
    assert {name for name in SECTIONS if f'<section id="{name}"' in html} == expected
    assert {name for name in SECTIONS if f'<a href="#{name}">' in html} == expected


def test_page_says_why_an_entry_drifts(four_arms_report: Path) -> None:
    html = four_arms_report.read_text()
    assert "in_context drifts because of what stands in its context (interference: " in html
    assert "lora drifts because" not in html
    assert "Against in_context, declared before the runs" in html
    assert "goal recall" in html


def test_every_measure_has_its_source_and_every_unknown_its_reason(four_arms_report: Path) -> None:
    html = four_arms_report.read_text()
    assert "chained · arXiv 2509.09677" in html
    assert re.search(r"adherence \(chained\).*: not estimable: it is known of no task\.", html)


def test_a_report_of_large_runs_says_what_it_leaves_out(
    comparison: Comparison, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("harness.report.page.transcripts", lambda _: transcripts(comparison, 2000))
    kept = transcripts(comparison, 2000)
    html = write_report(comparison, tmp_path).read_text()
    assert f"holds {kept.tasks_shown} of the {kept.tasks_played} tasks" in html


def test_hostile_text_cannot_leave_its_place(hostile_report: Path) -> None:
    html = hostile_report.read_text()
    assert html.count("<script") == 2
    assert "<img" not in html
    assert "\u2028" not in html
    data = embedded(html)
    assert CLOSE in data["strings"]
    assert f"{IMAGE}\u2028{LONG}" in data["strings"]
    assert data["entries"][0]["name"] == f"{CLOSE}{LONG}"


def test_report_of_a_run_that_has_just_started(just_started: Comparison, tmp_path: Path) -> None:
    html = write_report(just_started, tmp_path).read_text()
    assert "early is still going: 0 of 64 tasks." in html
    assert "There is no drift to report yet." in html


def test_equal_runs_give_equal_bytes(comparison: Comparison, report: Path, tmp_path: Path) -> None:
    again = write_report(comparison, tmp_path)
    for path in report.parent.iterdir():
        assert (again.parent / path.name).read_bytes() == path.read_bytes(), path.name
