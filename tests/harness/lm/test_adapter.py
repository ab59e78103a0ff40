"""Adapters give what peft gives, whatever else is in the batch."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from peft import LoraConfig, PeftModel, get_peft_model
from torch import Tensor

from harness.lm import LanguageModel
from harness.lm.adapter import read_adapter
from harness.lm.model import Request
from tests.language_models import CONFIGS, tiny_model, tiny_network, tiny_tokenizer

CLOSE = {"atol": 3e-5, "rtol": 0.0}
TEXTS = [np.random.default_rng(n).integers(3, 300, n).tolist() for n in (21, 4, 13, 8)]


def save_random(architecture: str, folder: Path, seed: int = 0, **options: Any) -> Path:
    """A LoRA adapter with random factors, written by peft."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        config = LoraConfig(
            r=4,
            lora_alpha=6,
            target_modules="all-linear",
            init_lora_weights=False,
            **options,
        )
        get_peft_model(tiny_network(architecture), config).save_pretrained(folder)
    return folder


def by_peft(architecture: str, folder: Path, text: list[int]) -> Tensor:
    network = PeftModel.from_pretrained(tiny_network(architecture), folder).eval()
    with torch.inference_mode():
        logits: Tensor = network(torch.tensor([text]), use_cache=False).logits[0, -1]
    return logits


@pytest.fixture(scope="module", params=CONFIGS)
def architecture(request: pytest.FixtureRequest) -> str:
    name: str = request.param
    return name


def test_mixed_alone_and_by_peft(architecture: str, tmp_path: Path) -> None:
    model = tiny_model(architecture)
    plain = model.extend([Request(model.slot(), text) for text in TEXTS])
    folders = [save_random(architecture, tmp_path / f"adapter{i}", seed=i) for i in range(2)]
    names = [model.add_adapter(folder) for folder in folders]
    assert names == ["adapter0", "adapter1"]
    own = [names[0], None, names[1], names[0]]
    mixed = model.extend([Request(model.slot(a), t) for a, t in zip(own, TEXTS, strict=True)])
    for i, (name, text) in enumerate(zip(own, TEXTS, strict=True)):
        [alone] = model.extend([Request(model.slot(name), text)])
        torch.testing.assert_close(mixed[i], alone, **CLOSE)
        if name is None:
            torch.testing.assert_close(mixed[i], plain[i], **CLOSE)
        else:
            expected = by_peft(architecture, folders[names.index(name)], text)
            torch.testing.assert_close(mixed[i], expected, **CLOSE)
            assert (mixed[i] - plain[i]).abs().max() > 0.1


def test_a_slot_keeps_its_adapter_over_turns(tmp_path: Path) -> None:
    model = tiny_model()
    name = model.add_adapter(save_random("llama", tmp_path / "adapter"))
    text = TEXTS[0]
    slot = model.slot(name)
    model.extend([Request(slot, text[:9]), Request(model.slot(), TEXTS[1])])
    [found] = model.extend([Request(slot.fork(), text[9:])])
    torch.testing.assert_close(found, by_peft("llama", tmp_path / "adapter", text), **CLOSE)


def test_the_scale_of_rank_stabilised_adapters(tmp_path: Path) -> None:
    model = tiny_model()
    folder = save_random("llama", tmp_path / "adapter", use_rslora=True)
    [found] = model.extend([Request(model.slot(model.add_adapter(folder)), TEXTS[0])])
    torch.testing.assert_close(found, by_peft("llama", folder, TEXTS[0]), **CLOSE)


def test_an_adapter_runs_on_a_model_in_half_precision(tmp_path: Path) -> None:
    network = tiny_network("llama", torch.bfloat16)
    model = LanguageModel(network, tiny_tokenizer())
    name = model.add_adapter(save_random("llama", tmp_path / "adapter"))
    [found] = model.extend([Request(model.slot(name), TEXTS[0])])
    expected = by_peft("llama", tmp_path / "adapter", TEXTS[0])
    torch.testing.assert_close(found, expected, atol=0.3, rtol=0)


@pytest.mark.parametrize(
    "options",
    [
        {"use_dora": True},
        {"rank_pattern": {"q_proj": 2}},
        {"alpha_pattern": {"q_proj": 2}},
        {"modules_to_save": ["lm_head"]},
    ],
)
def test_what_is_not_plain_lora_is_refused(tmp_path: Path, options: dict[str, Any]) -> None:
    folder = save_random("llama", tmp_path / "adapter", **options)
    with pytest.raises(ValueError, match="holds no plain LoRA adapter of a single rank"):
        read_adapter(folder)


def test_another_kind_of_adapter_is_refused(tmp_path: Path) -> None:
    folder = save_random("llama", tmp_path / "adapter")
    path = folder / "adapter_config.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"peft_type": "IA3"}))
    with pytest.raises(ValueError, match="holds no plain LoRA adapter"):
        read_adapter(folder)
