"""Training's own attention is PyTorch's, its gradient as well."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from harness.lm import LanguageModel, attention, products
from harness.lm.attention import ATTENTION
from harness.lm.model import ordinary_attention
from harness.lm.training import _Causal, whole_sequences
from tests.language_models import tiny_network

served = pytest.mark.skipif(
    not products.AVAILABLE, reason="this PyTorch was built without oneDNN's linear operator"
)


def leaves(new: int) -> list[Tensor]:
    """Queries, keys and values of two heads, three queries each."""
    torch.manual_seed(new)
    shapes = ((2, 3, new, 8), (2, new, 8), (2, new, 6))
    return [torch.randn(shape, requires_grad=True) for shape in shapes]


def written_out(queries: Tensor, keys: Tensor, values: Tensor, window: int | None) -> Tensor:
    """All scores at once, those that are not seen at -inf."""
    new = keys.shape[1]
    seen = torch.ones(new, new, dtype=torch.bool).tril()
    if window is not None:
        seen &= ~torch.ones(new, new, dtype=torch.bool).tril(-window)
    scores = torch.einsum("hgqw,hkw->hgqk", queries, keys).masked_fill(~seen, float("-inf"))
    return torch.einsum("hgqk,hkv->hgqv", scores.softmax(dim=-1), values)


@served
@pytest.mark.parametrize("window", [None, 4])
@pytest.mark.parametrize("step", [5, 256], ids="blocks of {} tokens".format)
@pytest.mark.parametrize("new", [1, 2, 23])
def test_its_gradient_is_that_of_the_definition(
    new: int, step: int, window: int | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(attention, "STEP", step)
    own, expected = leaves(new), leaves(new)
    found = _Causal.apply(*own, window)
    definition = written_out(*expected, window)
    torch.testing.assert_close(found, definition)
    weight = torch.linspace(-1, 1, found.numel()).view_as(found)
    (found * weight).sum().backward()
    (definition * weight).sum().backward()
    for one, other in zip(own, expected, strict=True):
        torch.testing.assert_close(one.grad, other.grad)


@served
def test_a_network_trains_as_it_would_on_transformers_attention(model: LanguageModel) -> None:
    """Logits, and the gradient at the embeddings that pass through every layer."""
    network = model.network
    tokens = torch.arange(3, 40)
    found = []
    for attending in (whole_sequences, ordinary_attention):
        embedded = network.get_input_embeddings()(tokens)[None].detach().requires_grad_()
        with attending(network):
            logits = network(inputs_embeds=embedded, use_cache=False).logits
        logits.square().mean().backward()
        found.append((logits.detach(), embedded.grad))
    for one, other in zip(*found, strict=True):
        torch.testing.assert_close(one, other, atol=1e-4, rtol=1e-3)


def test_afterwards_the_network_runs_for_slots_again(tiny: LanguageModel) -> None:
    with pytest.raises(RuntimeError, match="stopped"), whole_sequences(tiny.network):
        raise RuntimeError("stopped")
    assert tiny.network.config._attn_implementation == ATTENTION


def test_half_precision_trains_on_pytorchs_own_attention() -> None:
    network = tiny_network("llama").to(torch.bfloat16)
    with whole_sequences(network):
        assert network.config._attn_implementation == "sdpa"
