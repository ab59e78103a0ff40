"""The engine gives what transformers gives, however tokens are spread over slots and passes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor
from transformers import AutoModelForCausalLM, BloomConfig, Gemma2Config

import harness.lm.model
from harness.lm import LanguageModel, attention
from harness.lm.model import Request, ordinary_attention
from harness.lm.slots import Slot
from harness.lm.steering import Steering
from harness.model_spec import ModelSpec
from tests.language_models import (
    SHAPE,
    ordinary_logits,
    tiny_model,
    tiny_network,
    tiny_tokenizer,
)

CLOSE = {"atol": 3e-5, "rtol": 0.0}  # a margin below 1e-4 is recomputed: batches may differ less


@pytest.fixture(autouse=True, params=[0, attention.MANY], ids=["all by products", "as usual"])
def many(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Sequences so short would never go to oneDNN."""
    monkeypatch.setattr(attention, "MANY", request.param)


def sequence(model: LanguageModel, length: int, seed: int = 0) -> list[int]:
    vocabulary = model.network.config.vocab_size
    ids: list[int] = np.random.default_rng([length, seed]).integers(3, vocabulary, length).tolist()
    return ids


def logits(model: LanguageModel, tokens: Sequence[int]) -> Tensor:
    return model.extend([Request(model.slot(), tokens)])[0]


@pytest.mark.parametrize("length", [1, 2, 5, 40])
def test_a_pass_is_the_ordinary_forward(model: LanguageModel, length: int) -> None:
    tokens = sequence(model, length)
    torch.testing.assert_close(logits(model, tokens), ordinary_logits(model, tokens), **CLOSE)


def test_the_embedded_model_is_run_as_transformers_runs_it(smollm2: LanguageModel) -> None:
    text = "<|im_start|>user\nYou are in a hall. There is an exit to the east.<|im_end|>\n"
    tokens = smollm2.format.encode(text)
    torch.testing.assert_close(
        logits(smollm2, tokens), ordinary_logits(smollm2, tokens), atol=1e-3, rtol=0
    )


def test_slots_of_any_length_together_are_each_alone(model: LanguageModel) -> None:
    texts = [sequence(model, n) for n in (1, 90, 3, 17, 2, 64)]
    together = model.extend([Request(model.slot(), text) for text in texts])
    alone = torch.stack([logits(model, text) for text in texts])
    torch.testing.assert_close(together, alone, **CLOSE)


def test_many_turns_in_a_slot_are_the_text_at_once(model: LanguageModel) -> None:
    slots = [model.slot() for _ in range(3)]
    texts: list[list[int]] = [[], [], []]
    for turn in range(6):
        pieces = [sequence(model, 1 + (turn * 5 + i * 3) % 11, seed=turn) for i in range(3)]
        texts = [text + piece for text, piece in zip(texts, pieces, strict=True)]
        found = model.extend([Request(s, p) for s, p in zip(slots, pieces, strict=True)])
        scratch = torch.stack([logits(model, text) for text in texts])
        torch.testing.assert_close(found, scratch, **CLOSE)
    assert [slot.tokens.tolist() for slot in slots] == texts


def test_a_slot_that_goes_another_way_forgets_the_first(model: LanguageModel) -> None:
    slot = model.slot()
    common, one, other = (sequence(model, 20, seed) for seed in (1, 2, 3))
    model.extend([Request(slot, [*common, *one])])
    missing = slot.missing([*common, *other])
    assert len(missing) == 20
    found = model.extend([Request(slot, missing)])[0]
    torch.testing.assert_close(found, logits(model, [*common, *other]), **CLOSE)


def test_a_fork_and_its_slot_never_touch_each_other(model: LanguageModel) -> None:
    common, one, other = (sequence(model, 20, seed) for seed in (1, 2, 3))
    slot = model.slot()
    model.extend([Request(slot, common)])
    fork = slot.fork()
    model.extend([Request(fork, one[:5])])
    model.extend([Request(slot, other)])
    found = model.extend([Request(fork, one[5:]), Request(slot, one)])
    torch.testing.assert_close(found[0], logits(model, [*common, *one]), **CLOSE)
    torch.testing.assert_close(found[1], logits(model, [*common, *other, *one]), **CLOSE)


def test_more_tokens_than_a_pass_takes(
    model: LanguageModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    texts = [sequence(model, n) for n in (3, 23, 7, 1, 8, 14)]
    whole = model.extend([Request(model.slot(), text) for text in texts])
    layers = [0, 2]
    wanted = [[0, len(text) - 1] for text in texts]
    states = model.states(texts, wanted, layers)
    passes = []
    original = LanguageModel._run

    def counting(self: LanguageModel, group, *rest):  # type: ignore[no-untyped-def]
        passes.append(sum(len(request.tokens) for _, request in group))
        return original(self, group, *rest)

    monkeypatch.setattr(LanguageModel, "_run", counting)
    monkeypatch.setattr(harness.lm.model, "PASS_TOKENS", 7)
    torch.testing.assert_close(
        model.extend([Request(model.slot(), text) for text in texts]), whole, **CLOSE
    )
    assert sum(passes) == sum(map(len, texts))
    assert max(passes) <= 7
    for found, expected in zip(model.states(texts, wanted, layers), states, strict=True):
        torch.testing.assert_close(found, expected, **CLOSE)


def test_states_are_the_outputs_of_the_layers(model: LanguageModel) -> None:
    texts = [sequence(model, 30), sequence(model, 9)]
    positions = [[0, 7, 29], [8]]
    found = model.states(texts, positions, [0, 1])
    for text, wanted, states in zip(texts, positions, found, strict=True):
        with ordinary_attention(model.network), torch.inference_mode():
            output = model.network(torch.tensor([text]), output_hidden_states=True, use_cache=False)
        expected = torch.stack([output.hidden_states[layer + 1][0, wanted] for layer in (0, 1)], 1)
        assert states.shape == (len(wanted), 2, model.width)
        torch.testing.assert_close(states, expected, **CLOSE)


def test_layers_behind_those_whose_states_are_wanted_do_not_run(tiny: LanguageModel) -> None:
    ran: list[int] = []
    hooks = [
        block.register_forward_pre_hook(lambda *_, layer=layer: ran.append(layer))
        for layer, block in enumerate(tiny.blocks)
    ]
    try:
        tiny.states([sequence(tiny, 9)], [[8]], [1, 0])
    finally:
        for hook in hooks:
            hook.remove()
    assert ran == [0, 1]


def test_candidates_share_a_pass_and_leave_their_slot_as_it_was(model: LanguageModel) -> None:
    """A candidate's answer is that of a fork with its steering, though nothing is copied."""
    slot = model.slot()
    model.extend([Request(slot, sequence(model, 20))])
    before = slot.digest()
    vectors = torch.randn(2, 1, model.width, generator=torch.Generator().manual_seed(0))
    steerings = [None, *(Steering((1,), vector) for vector in vectors)]
    forks = [replace(slot.fork(), steering=steering) for steering in steerings]
    [token] = sequence(model, 1)
    expected = model.extend([Request(fork, [token], 1) for fork in forks])
    found = model.extend([Request(slot.candidate(one), [token], 1) for one in steerings])
    torch.testing.assert_close(found, expected, **CLOSE)
    assert not torch.allclose(found[0], found[1], atol=1e-3)
    assert slot.digest() == before


def test_half_precision_stays_near() -> None:
    model = tiny_model(dtype=torch.bfloat16)
    tokens = sequence(model, 30)
    found = logits(model, tokens)
    assert found.dtype == torch.float32
    torch.testing.assert_close(found, ordinary_logits(model, tokens), atol=0.2, rtol=0)


def test_the_window_is_the_models_own_unless_it_is_set() -> None:
    assert tiny_model().window == SHAPE["max_position_embeddings"]
    assert LanguageModel(tiny_network("llama"), tiny_tokenizer(), window=300).window == 300


BLOOM = BloomConfig(vocab_size=320, hidden_size=32, n_layer=2, n_head=4, initializer_range=0.3)


def test_an_architecture_that_does_not_say_its_window_asks_for_one() -> None:
    network = AutoModelForCausalLM.from_config(BLOOM)
    with pytest.raises(ValueError, match=r"'bloom' does not say .* set model\.window"):
        LanguageModel(network, tiny_tokenizer())


def test_attention_outside_the_interface_is_refused() -> None:
    """Bloom's own attention would let the packed slots see each other."""
    network = AutoModelForCausalLM.from_config(BLOOM)
    with pytest.raises(NotImplementedError, match="'bloom' gives other logits in the packed"):
        LanguageModel(network, tiny_tokenizer(), window=512)


def test_attention_that_changes_its_scores_is_refused() -> None:
    network = AutoModelForCausalLM.from_config(Gemma2Config(**SHAPE, vocab_size=320, head_dim=8))
    with pytest.raises(NotImplementedError, match="packed attention cannot do 'softcap'"):
        LanguageModel(network, tiny_tokenizer())


def test_a_fingerprint_is_of_the_weights() -> None:
    network = tiny_network("llama")
    assert tiny_model().fingerprint == LanguageModel(network, tiny_tokenizer()).fingerprint
    with torch.no_grad():
        network.model.layers[1].mlp.up_proj.weight.mul_(1.001)
    assert tiny_model().fingerprint != LanguageModel(network, tiny_tokenizer()).fingerprint


def test_a_model_that_is_not_there_is_named(tmp_path: Path) -> None:
    for folder in (tmp_path, tmp_path / "nothing"):
        with pytest.raises(ValueError, match=f"'{folder}' could not be loaded: it is neither"):
            LanguageModel.load(ModelSpec(name=str(folder)))


def test_a_model_in_a_folder_is_loaded_once(tiny_folder: Path) -> None:
    spec = ModelSpec(name=str(tiny_folder), window=500)
    model = LanguageModel.load(spec)
    assert LanguageModel.load(spec.model_copy()) is model
    assert (model.fingerprint, model.window) == (tiny_model().fingerprint, 500)


def test_slots_are_empty_lanes_of_every_layer(tiny: LanguageModel) -> None:
    slot = tiny.slot("adapter")
    assert isinstance(slot, Slot)
    assert (len(slot), len(slot.layers), slot.adapter) == (0, 3, "adapter")
