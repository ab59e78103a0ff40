"""A model that cannot tell two letters apart."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from tests.language_models import tiny_network, tiny_tokenizer


@pytest.fixture
def tied(tmp_path: Path) -> Path:
    """A model to which "e" and "w" are one and the same."""
    network, tokenizer = tiny_network("llama"), tiny_tokenizer()
    e, w = tokenizer.convert_tokens_to_ids(["e", "w"])
    with torch.no_grad():
        embeddings = network.get_input_embeddings().weight
        embeddings[w] = embeddings[e]
    network.save_pretrained(tmp_path / "tied")
    tokenizer.save_pretrained(tmp_path / "tied")
    return tmp_path / "tied"
