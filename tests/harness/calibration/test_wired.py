"""The wiring as a table."""

from pathlib import Path

import pytest

from harness.calibration import wired as module
from harness.calibration.players import CORRIDOR
from harness.calibration.wired import Wired, text, wiring


def test_every_agent_is_played_in_every_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    small = CORRIDOR.model_copy(update={"blocks": 2, "tasks": 2})
    monkeypatch.setattr(module, "PANELS", {"corridor": small})
    monkeypatch.setattr(
        module, "STRONG", {name: module.STRONG[name] for name in ("interference", "locker")}
    )
    heard: list[tuple[int, int]] = []
    table = wiring(tmp_path, lambda done, of: heard.append((done, of)))
    assert heard == [(1, 2), (2, 2)]
    assert list(table.columns) == list(Wired._fields)
    assert table["agent"].tolist() == ["interference", "locker"]
    assert (table["turns"] > 20).all() and (table["disagreements"] == 0).all()
    assert table.set_index("agent").loc["interference", "drift"] > 0.3
    shown = text(table)
    assert max(map(len, shown.splitlines())) <= 100
    assert "0 are not recorded as the agent knows" in shown
