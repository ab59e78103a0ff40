"""Where this machine keeps what is expensive to make: models, games, artefacts."""

from __future__ import annotations

import os
from pathlib import Path


def cache_folder(name: str) -> Path:
    """`$DRIFTGAUGE_CACHE/name`, or the same under the user's cache folder; made if missing."""
    if root := os.environ.get("DRIFTGAUGE_CACHE"):
        base = Path(root)
    else:
        base = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "driftgauge"
    folder = base / name
    folder.mkdir(parents=True, exist_ok=True)
    return folder
