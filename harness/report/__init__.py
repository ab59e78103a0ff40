"""The report of a comparison: a page, tables, figures. All of it functions of the run tables.

comparison = harness.load("runs/3f2a91c0")
write_report(comparison, Path("report"))        # report/index.html
print(text(comparison, tables(comparison)))     # the same for a terminal
"""

from __future__ import annotations

from pathlib import Path

from harness.comparison import Comparison
from harness.report.figures import errors_figure, file_bytes, success_figure
from harness.report.page import render
from harness.report.series import errors_by_turn, success_by_position
from harness.report.table import csv, text
from harness.report.tables import Tables, tables

__all__ = ["Tables", "csv", "errors_figure", "success_figure", "tables", "text", "write_report"]


def write_report(comparison: Comparison, out: Path, found: Tables | None = None) -> Path:
    """Write `index.html`, the tables as CSV, and `success` and `errors` as `.png` and `.svg`.

    Every file is replaced in one step, so that a reader never sees half of it; a report of a run
    that is still going says so, and can be written again at any time. A table that holds nothing
    has no file.

    Args:
        comparison: the runs.
        out: the report's folder.
        found: their tables; None: with the reference that was declared before the runs.

    Returns:
        The page.
    """
    found = found or tables(comparison)
    success, errors = success_by_position(comparison), errors_by_turn(comparison)
    out.mkdir(parents=True, exist_ok=True)
    for name, figure in (("success", success_figure(success)), ("errors", errors_figure(errors))):
        for suffix in ("png", "svg"):
            _replace(out / f"{name}.{suffix}", file_bytes(figure, suffix))
    for name, table in found.files.items():
        if table.empty:
            (out / name).unlink(missing_ok=True)  # of an earlier report
        else:
            _replace(out / name, csv(table).encode())
    page = render(comparison, found, success, errors)
    _replace(out / "index.html", page.encode("utf-8", "replace"))
    return out / "index.html"


def _replace(path: Path, content: bytes) -> None:
    part = path.with_name(f"{path.name}.part")
    part.write_bytes(content)
    part.replace(path)
