"""What some tests need beyond the packages: skipped without it, except in CI, which has it all.

    pytestmark = needs.java()

    @pytest.mark.parametrize("env_id", needs.IDS)

On a user's machine the reason says what to install; in CI the same reason is a failure, so that
nothing is left out there without anybody seeing it.
"""

import importlib.util
import os
import shutil
from pathlib import Path
from typing import Any

import pytest

from environments import CATALOGUE

SHARED = Path(__file__).parents[3] / "shared" / "data" / "alfworld"


def java() -> pytest.MarkDecorator:
    """A Java runtime on the path."""
    return _needed(
        shutil.which("java") is not None,
        "Java is missing: on Debian, apt-get install default-jre-headless",
    )


def package(name: str, extra: str) -> pytest.MarkDecorator:
    """A package that an extra of ours installs."""
    return _needed(
        importlib.util.find_spec(name) is not None,
        f"{name} is missing: pip install 'driftgauge[{extra}]'",
    )


def alfworld_archives() -> pytest.MarkDecorator:
    """The archives of ALFWorld's games beside the checkout, which only our own machines have."""
    return pytest.mark.skipif(
        not SHARED.is_dir(), reason=f"ALFWorld's games are not there as archives in {SHARED}"
    )


def environment(id: str) -> list[pytest.MarkDecorator]:
    """All that the environment with this Gymnasium id needs."""
    marks = {
        "driftgauge/ALFWorld-v0": [package("alfworld", "alfworld"), alfworld_archives()],
        "driftgauge/ALFWorldGenerated-v0": [package("alfworld", "alfworld")],
        "driftgauge/ScienceWorld-v0": [package("scienceworld", "scienceworld"), java()],
        "driftgauge/BabyAI-v0": [package("minigrid", "babyai")],
        "driftgauge/WebShop-v0": [package("bm25s", "webshop")],
    }
    return marks.get(id, [])


def _needed(there: bool, reason: str) -> pytest.MarkDecorator:
    if not there and os.environ.get("CI") == "true":
        pytest.fail(f"CI lacks what a test needs. {reason}", pytrace=False)
    return pytest.mark.skipif(not there, reason=reason)


IDS: list[Any] = [pytest.param(id, marks=environment(id)) for id in CATALOGUE]
"""Every id of ours, for `parametrize`."""
