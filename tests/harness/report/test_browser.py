"""The page in a real browser, opened from disk."""

from __future__ import annotations

import html
import json
import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--virtual-time-budget=20000",  # timers of the frame below run before the document is dumped
)

# A frame has the width that it is given (a window cannot be as narrow as a phone), and a page in
# `srcdoc` can be asked about itself without being changed.
FRAME = """<!doctype html><title>frame</title>
<iframe width="{width}" height="900" srcdoc="{page}"></iframe><pre></pre>
<script>
  addEventListener("load", function ask() {{
    const page = document.querySelector("iframe").contentDocument;
    if (!page.querySelector(".task")) return setTimeout(ask, 100); // a busy machine: not drawn yet
    const count = (selector) => page.querySelectorAll(selector).length;
    const root = page.documentElement;
    document.querySelector("pre").textContent = "asked " + JSON.stringify({{
      client: root.clientWidth, scroll: root.scrollWidth,
      rows: count("#comparison tbody tr"), charts: count("svg.chart"),
      against: count("#against tbody tr"), plots: count("#against .plot svg circle"),
      pictures: count("#why figure svg"), named: count("#why .named"),
      splits: count("#why tbody tr"), groups: count("#groups tbody tr"),
      measures: count("#secondary tbody tr"), costs: count("#costs tbody tr"),
      columns: new Set([...page.querySelectorAll(".arms:not(.one) > .arm")]
        .map((node) => node.offsetLeft)).size,
      probes: count("#probes figure"), arms: count("#position .series"),
      outside: [...page.querySelectorAll("main td, main th, main dd, main li")]
        .filter((node) => node.getBoundingClientRect().right > root.clientWidth + 1)
        .filter((node) => !node.closest(".wide")).length,
      moved: [...page.querySelectorAll(".wide")]
        .filter((node) => node.scrollWidth > node.clientWidth + 1).length,
      tasks: count(".task"), turns: count(".turn"), chips: count(".chip"),
      scripts: count("script"), images: count("img, b b, iframe, object"),
      text: page.getElementById("session").textContent,
      next: (page.getElementById("next").click(), page.getElementById("session").textContent),
      beside: [...page.getElementById("arm").options].map((option) => {{
        option.selected = true;
        page.getElementById("arm").dispatchEvent(new Event("change"));
        return count(`.arm.${{option.textContent}} .turn`) + count(".arm.shared .turn");
      }}),
    }}) + " answered";
  }});
</script>"""


@pytest.fixture(scope="session")
def chromium() -> str:
    found = shutil.which("chromium")
    if found is None:
        missing = "chromium is needed to open the page: apt-get install chromium"
        if "CI" in os.environ:
            pytest.fail(missing)
        pytest.skip(missing)
    return found


def dumped(chromium: str, page: Path, profile: Path, address: str = "") -> str:
    """The page's document after its script has run."""
    profile.mkdir()
    done = subprocess.run(
        [chromium, *FLAGS, f"--user-data-dir={profile}", "--dump-dom", page.as_uri() + address],
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    return done.stdout


def asked(chromium: str, page: Path, width: int, folder: Path) -> dict[str, Any]:
    """What the page is like in a frame of this width."""
    frame = folder / "frame.html"
    frame.write_text(FRAME.format(width=width, page=html.escape(page.read_text())))
    document = dumped(chromium, frame, folder / "profile")
    match = re.search(r"<pre>asked (.*) answered</pre>", document, re.S)
    assert match, document[-2000:]
    answer: dict[str, Any] = json.loads(html.unescape(match[1]))
    return answer


def test_page_opens_from_disk(chromium: str, report: Path, tmp_path: Path) -> None:
    document = dumped(chromium, report, tmp_path / "profile")
    assert document.count('<section class="task"') == 4
    assert document.count('<li class="turn error"') > 0
    assert "<code>go east</code>" in document  # what the expert would have done


def test_an_address_names_a_session(chromium: str, report: Path, tmp_path: Path) -> None:
    document = dumped(chromium, report, tmp_path / "profile", "#session=2.16")
    assert '<option value="1">npm</option>' in document
    assert document.count('<section class="task"') == 1  # still going: its first task only


def test_hostile_page_opens_from_disk(chromium: str, hostile_report: Path, tmp_path: Path) -> None:
    document = dumped(chromium, hostile_report, tmp_path / "profile")
    assert document.count("<script") == 2
    assert "<img" not in document
    assert "&lt;img src=x onerror=alert(1)&gt;" in document


@pytest.mark.parametrize("width", [390, 1280])
def test_page_fits(chromium: str, report: Path, tmp_path: Path, width: int) -> None:
    page = asked(chromium, report, width, tmp_path)
    assert page["scroll"] <= page["client"] <= width
    assert page["rows"] == page["costs"] == 3
    assert page["charts"] == 6
    assert page["outside"] == page["moved"] == 0
    assert (page["against"], page["plots"]) == (2, 1)  # one of them cannot be assessed
    assert page["pictures"] == page["probes"] == 0
    assert page["groups"] == 2
    assert page["measures"] > 15
    assert page["arms"] == 6
    assert page["columns"] == (1 if width == 390 else 2)  # the arms of a task
    assert page["tasks"] == 4
    assert page["turns"] > 4
    assert page["chips"] > 0
    assert page["next"] != page["text"]


@pytest.mark.parametrize("width", [390, 1280])
def test_page_of_four_arms_fits_and_shows_why(
    chromium: str, four_arms_report: Path, tmp_path: Path, width: int
) -> None:
    page = asked(chromium, four_arms_report, width, tmp_path)
    assert page["scroll"] <= page["client"] <= width
    assert page["outside"] == page["moved"] == 0
    assert page["pictures"] == 2
    assert page["named"] == 1
    assert page["splits"] == 4  # two entries, in success and in error rate
    assert page["probes"] == 1
    assert page["arms"] == 8
    assert page["measures"] > 25
    assert len(page["beside"]) == 3 and all(page["beside"])


@pytest.mark.parametrize("width", [390, 1280])
def test_hostile_page_is_inert_and_fits(
    chromium: str, hostile_report: Path, tmp_path: Path, width: int
) -> None:
    page = asked(chromium, hostile_report, width, tmp_path)
    assert page["scroll"] <= page["client"] <= width
    assert page["scripts"] == 2
    assert page["images"] == 0
    assert page["outside"] == 0
    assert page["against"] == 1 and page["splits"] == 4
    assert "</script><script>alert(1)</script>" in page["text"]
    assert "<img src=x onerror=alert(1)>" in page["text"]
