"""The report of a comparison: a page, a table, figures. All of it functions of the run tables.

write_report(harness.load("runs/3f2a91c0"), Path("report"))      # report/index.html
"""

from __future__ import annotations

from pathlib import Path

from harness.comparison import Comparison
from harness.report.figures import errors_figure, file_bytes, success_figure
from harness.report.page import render
from harness.report.table import csv, text

__all__ = ["csv", "errors_figure", "success_figure", "text", "write_report"]


def write_report(comparison: Comparison, out: Path) -> Path:
    """Write `index.html`, `table.csv`, and `success` and `errors` as `.png` and `.svg`.

    Every file is replaced in one step, so that a reader never sees half of it; a report of a run
    that is still going says so, and can be written again at any time.

    Returns:
        The page.
    """
    table = comparison.table()
    out.mkdir(parents=True, exist_ok=True)
    for name, figure in (
        ("success", success_figure(comparison)),
        ("errors", errors_figure(comparison)),
    ):
        for suffix in ("png", "svg"):
            _replace(out / f"{name}.{suffix}", file_bytes(figure, suffix))
    _replace(out / "table.csv", csv(table).encode())
    _replace(out / "index.html", render(comparison, table).encode("utf-8", "replace"))
    return out / "index.html"


def _replace(path: Path, content: bytes) -> None:
    part = path.with_name(f"{path.name}.part")
    part.write_bytes(content)
    part.replace(path)
