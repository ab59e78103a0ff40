"""Attention over whole sequences, with its gradient, for training adapters.

    with whole_sequences(model.network):
        loss = network(input_ids=tokens).logits…
        loss.backward()

On a CPU in full precision it multiplies by oneDNN, as the engine does (`harness.lm.products`), and
no scores of a block's future are computed; elsewhere it is PyTorch's own.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, cast

import torch
from torch import Tensor, nn
from transformers import AttentionInterface

from harness.lm import products
from harness.lm.attention import ATTENTION, attend_by_products, blocks, weights_of
from harness.lm.products import product

WHOLE = "driftgauge_whole"


@contextmanager
def whole_sequences(network: Any) -> Iterator[None]:
    """The network runs outside of slots, as it has to for training."""
    served = products.served(next(network.parameters()))
    network.set_attn_implementation(WHOLE if served else "sdpa")
    try:
        yield
    finally:
        network.set_attn_implementation(ATTENTION)


def whole_attention(
    module: nn.Module,
    query: Tensor,
    key: Tensor,
    value: Tensor,
    attention_mask: Tensor | None,
    scaling: float | None = None,
    sliding_window: int | None = None,
    **unused: Any,
) -> tuple[Tensor, None]:
    """Causal attention of one sequence on itself; arguments as in `packed_attention`."""
    assert len(query) == 1, "one sequence at a time"
    query = query * (query.shape[-1] ** -0.5 if scaling is None else scaling)
    queries = query[0].unflatten(0, (key.shape[1], -1))  # type: ignore[no-untyped-call]
    found = _Causal.apply(queries, key[0], value[0], sliding_window)  # type: ignore[no-untyped-call]
    return cast(Tensor, found).flatten(0, 1).transpose(0, 1)[None], None


class _Causal(torch.autograd.Function):
    """`attend_by_products` with its gradient; weights are worked out again, not kept."""

    @staticmethod
    def forward(
        context: Any, queries: Tensor, keys: Tensor, values: Tensor, window: int | None
    ) -> Tensor:
        # Heads come interleaved, and oneDNN is a hundred times slower on a strided weight.
        queries, keys, values = queries.contiguous(), keys.contiguous(), values.contiguous()
        output = attend_by_products(queries, keys, values, window)
        context.save_for_backward(queries, keys, values, output)
        context.window = window
        return output

    @staticmethod
    def backward(context: Any, *gradients: Tensor) -> tuple[Tensor, Tensor, Tensor, None]:
        queries, keys, values, output = context.saved_tensors
        by_query, by_key, by_value = map(torch.zeros_like, (queries, keys, values))
        # Of a score: weight · (gradient of the weight - their weighted mean).
        means = (gradients[0] * output).sum(dim=-1, keepdim=True)
        for head, block, seen in blocks(queries, keys):
            asked = queries[head, :, block]
            weights = weights_of(asked, keys[head, :seen], context.window)
            behind = gradients[0][head, :, block].flatten(0, 1)
            scores = product(behind, values[head, :seen])
            scores.sub_(means[head, :, block].flatten(0, 1)).mul_(weights)
            by_query[head, :, block] = product(scores, keys[head, :seen].T).view_as(asked)
            by_key[head, :seen] += product(asked.flatten(0, 1).T, scores.T).T
            by_value[head, :seen] += product(behind.T, weights.T).T
        return by_query, by_key, by_value, None


AttentionInterface.register(WHOLE, whole_attention)
