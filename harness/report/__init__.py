"""The report of a comparison: a page, tables, figures. All of it functions of the run tables.

comparison = harness.load("runs/3f2a91c0")
write_report(comparison, Path("report"))        # report/index.html
print(text(comparison, tables(comparison)))     # the same for a terminal
"""

from __future__ import annotations

from pathlib import Path

from harness.comparison import Comparison
from harness.report.figures import adherence_figure, errors_figure, file_bytes, success_figure
from harness.report.page import render
from harness.report.series import curves
from harness.report.table import csv, text
from harness.report.tables import Tables, tables

__all__ = ["Tables", "csv", "errors_figure", "success_figure", "tables", "text", "write_report"]


def write_report(comparison: Comparison, out: Path, found: Tables | None = None) -> Path:
    """Write `index.html`, the tables as CSV, and the curves as `.png` and `.svg`.

    Every file is replaced in one step, so that a reader never sees half of it; a report of a run
    that is still going says so, and can be written again at any time. A table that holds nothing
    has no file, nor has adherence where no rule ever bound.

    Args:
        comparison: the runs.
        out: the report's folder.
        found: their tables; None: with the reference that was declared before the runs.

    Returns:
        The page.
    """
    found = found or tables(comparison)
    drawn = curves(comparison)
    figures = {
        "success": success_figure(drawn.success),
        "adherence": adherence_figure(drawn.adherence) if drawn.adherence else None,
        "errors": errors_figure(drawn.errors),
    }
    out.mkdir(parents=True, exist_ok=True)
    for name, figure in figures.items():
        for suffix in ("png", "svg"):
            content = None if figure is None else file_bytes(figure, suffix)
            _replace(out / f"{name}.{suffix}", content)
    for name, table in found.files.items():
        _replace(out / name, None if table.empty else csv(table).encode())
    page = render(comparison, found, drawn)
    _replace(out / "index.html", page.encode("utf-8", "replace"))
    return out / "index.html"


def _replace(path: Path, content: bytes | None) -> None:
    """Write a file in one step; None: it is not to be there, as an earlier report's may be."""
    if content is None:
        path.unlink(missing_ok=True)
        return
    part = path.with_name(f"{path.name}.part")
    part.write_bytes(content)
    part.replace(path)
