"""ALFWorld's games out of the archives beside the checkout, for the tests that play them.

    folder()                        # has json_2.1.1, as $ALFWORLD_DATA has

They are unpacked once, into this machine's cache.
"""

from __future__ import annotations

import hashlib
import shutil
import tarfile
import tempfile
from functools import cache
from pathlib import Path

from harness.cache import cache_folder
from tests.environments.needs import SHARED

SPLITS = ("valid_unseen", "valid_train")
"""Not the training games, which are 300 MB: of them the archive alone is read."""
KEPT = ("game.tw-pddl", "traj_data.json")


@cache
def folder() -> Path:
    """The games of these splits."""
    sums = (SHARED / "SHA256SUMS").read_bytes()
    root = cache_folder("alfworld-tests") / hashlib.sha256(sums).hexdigest()[:16]
    if not root.is_dir():
        with tempfile.TemporaryDirectory(dir=root.parent) as unfinished:
            games = Path(unfinished) / "games"
            for split in SPLITS:
                with tarfile.open(checked(split)) as archive:
                    members = [each for each in archive if each.name.endswith(KEPT)]
                    # Debian 12's Python 3.11.2 knows no filters yet, and pays no heed to this.
                    archive.extraction_filter = getattr(tarfile, "data_filter", None)
                    archive.extractall(games, members)
            if not root.is_dir():  # else other tests were faster with the same
                shutil.move(games, root)
    return root


def checked(split: str) -> Path:
    """The archive of a split, whose checksum was found to be right."""
    archive = SHARED / f"{split}.tar.xz"
    sums = dict(line.split()[::-1] for line in (SHARED / "SHA256SUMS").read_text().splitlines())
    assert hashlib.sha256(archive.read_bytes()).hexdigest() == sums[archive.name]
    return archive
