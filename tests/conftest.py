"""What tests of several folders share."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from harness.lm import LanguageModel
from harness.model_spec import ModelSpec
from tests.environments import needs
from tests.environments.alfworld import archives
from tests.language_models import CONFIGS, tiny_model, tiny_network, tiny_tokenizer


@pytest.fixture(scope="session", autouse=True)
def alfworld_games() -> None:
    """ALFWorld's games for all tests that play every environment, where they are to be had."""
    if needs.SHARED.is_dir() and "ALFWORLD_DATA" not in os.environ:
        os.environ["ALFWORLD_DATA"] = str(archives.folder())


@pytest.fixture(scope="session", params=CONFIGS)
def model(request: pytest.FixtureRequest) -> LanguageModel:
    """A tiny model of every architecture in turn."""
    return tiny_model(request.param)


@pytest.fixture(scope="session")
def tiny() -> LanguageModel:
    """A tiny Llama."""
    return tiny_model()


@pytest.fixture(scope="session")
def smollm2() -> LanguageModel:
    """The embedded model; fetched once, then cached."""
    return LanguageModel.load(ModelSpec(name="smollm2"))


@pytest.fixture(scope="session")
def tiny_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The tiny Llama as a folder, for `model.name=…`."""
    folder = tmp_path_factory.mktemp("models") / "tiny"
    tiny_network("llama").save_pretrained(folder)
    tiny_tokenizer().save_pretrained(folder)
    return folder


@pytest.fixture
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A cache of its own, so that nothing was learned before."""
    monkeypatch.setenv("DRIFTGAUGE_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"
