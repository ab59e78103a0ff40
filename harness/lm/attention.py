"""Attention of a pass: each slot's new tokens on the slot's own keys and values.

The function is registered with transformers under `ATTENTION`, so every architecture whose
attention comes through that interface calls it.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import nullcontext
from functools import lru_cache
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn
from torch.nn.attention import SDPBackend, sdpa_kernel
from torch.nn.functional import scaled_dot_product_attention
from transformers import AttentionInterface

from harness.lm import products
from harness.lm.forward import Segment, current_pass
from harness.lm.products import product

ATTENTION = "driftgauge_packed"

SCORES = 2**20
"""Most scores of one head that are held at once: few enough to stay in the processor's cache."""

MANY = 6000
"""Scores of one head from which products win: for fewer PyTorch's one call costs less."""

STEP = 256
"""Most tokens of a block: in larger ones many scores are computed that nobody sees."""


def packed_attention(
    module: nn.Module,
    query: Tensor,
    key: Tensor,
    value: Tensor,
    attention_mask: Tensor | None,
    scaling: float | None = None,
    dropout: float = 0.0,
    sliding_window: int | None = None,
    **unknown: Any,
) -> tuple[Tensor, None]:
    """Attention of each slot's new tokens on all of the slot's tokens.

    Args:
        module: the attention module; it knows its `layer_idx`.
        query: shape (1, heads, tokens, width).
        key, value: shape (1, key/value heads, tokens, width).
        attention_mask: unused, segments are causal by themselves.
        scaling: factor of the scores.
        dropout: unused, slots never train.
        sliding_window: tokens further back than this are not seen.
        unknown: other arguments that transformers passes; those that would change the scores
            are refused.

    Returns:
        Shape (1, tokens, heads, width), as the interface wants it.
    """
    batch = current_pass()
    assert batch is not None, "the packed attention runs only inside `running`"
    for name in ("softcap", "s_aux", "position_bias"):
        if unknown.get(name) is not None:
            raise NotImplementedError(f"packed attention cannot do {name!r}")
    layer: int = module.layer_idx  # type: ignore[assignment]
    served = products.served(query)
    query = query * (query.shape[-1] ** -0.5 if scaling is None else scaling)
    outputs = []
    for segment in batch.segments:
        rows = slice(segment.start, segment.end)
        keys, values = segment.slot.layers[layer].append(
            segment.past, key[0, :, rows], value[0, :, rows]
        )
        # Grouped queries: those that share a key/value head stand together.
        queries = query[0, :, rows].reshape(keys.shape[0], -1, segment.new, query.shape[-1])
        if served and segment.new * keys.shape[1] >= MANY:
            found = attend_by_products(queries, keys, values, sliding_window)
        else:
            found = _by_torch(queries, keys, values, _mask(segment, sliding_window, query))
        outputs.append(found.flatten(0, 1).transpose(0, 1))
    return torch.cat(outputs)[None], None


def attend_by_products(queries: Tensor, keys: Tensor, values: Tensor, window: int | None) -> Tensor:
    """Attention of the last tokens of a slot, each on itself and what came before it.

    It goes block by block through `product`, and computes no score of a block's future.

    Args:
        queries: shape (key/value heads, queries a head, new tokens, width), scaled.
        keys, values: shape (key/value heads, all tokens, width).
        window: how many tokens each sees; None: all.

    Returns:
        Shape (key/value heads, queries a head, new tokens, width of the values).
    """
    output = queries.new_empty(*queries.shape[:3], values.shape[-1])
    for head, block, seen in blocks(queries, keys):
        asked = queries[head, :, block]
        found = product(weights_of(asked, keys[head, :seen], window), values[head, :seen].T)
        output[head, :, block] = found.view(*asked.shape[:2], -1)
    return output


class Block(NamedTuple):
    """Some of the new tokens in one key/value head."""

    head: int
    tokens: slice
    """Of the new ones."""
    seen: int
    """How many of all tokens there are up to the block's end."""


def blocks(queries: Tensor, keys: Tensor) -> Iterator[Block]:
    """The new tokens of all heads, in blocks of at most `SCORES` scores.

    Args:
        queries, keys: as in `attend_by_products`.
    """
    heads, groups, new, _ = queries.shape
    total = keys.shape[1]
    step = max(1, min(SCORES // (groups * total), STEP))
    for start in range(0, new, step):
        stop = min(start + step, new)
        for head in range(heads):
            yield Block(head, slice(start, stop), total - new + stop)


def weights_of(queries: Tensor, keys: Tensor, window: int | None) -> Tensor:
    """What each query of a block gives to each of the tokens up to the block's end.

    Args:
        queries: shape (queries a head, new tokens, width).
        keys: shape (tokens, width).
        window: how many tokens each sees; None: all.

    Returns:
        Shape (queries a head · new tokens, tokens).
    """
    scores = product(queries.flatten(0, 1), keys)
    _hide(scores.view(*queries.shape[:2], -1), window)
    return torch.softmax(scores, dim=-1, out=scores)


def _by_torch(queries: Tensor, keys: Tensor, values: Tensor, mask: Tensor | None) -> Tensor:
    """The same by PyTorch's own kernel.

    Args:
        queries, keys, values: as in `attend_by_products`.
        mask: added to the scores, shape (new tokens, all tokens); None: all are seen.
    """
    groups = queries.shape[1]
    # CUDA's memory-efficient kernel reads another row of the mask for a token that is alone in
    # its block of 64, if heads share keys (https://github.com/pytorch/pytorch/pull/191984).
    with sdpa_kernel(SDPBackend.MATH) if mask is not None and mask.is_cuda else nullcontext():
        return scaled_dot_product_attention(
            queries,
            keys[:, None].expand(-1, groups, -1, -1),
            values[:, None].expand(-1, groups, -1, -1),
            attn_mask=mask,
            scale=1.0,
        )


def _mask(segment: Segment, window: int | None, like: Tensor) -> Tensor | None:
    """The additive mask of a segment's tokens; None if there is nothing to hide."""
    total = segment.past + segment.new
    narrow = window is not None and window < total
    if segment.new == 1 and not narrow:
        return None
    if segment.mask is not None and not narrow:
        return segment.mask
    mask = torch.zeros(segment.new, total, dtype=like.dtype, device=like.device)
    _hide(mask, window)
    if not narrow:
        segment.mask = mask
    return mask


def _hide(scores: Tensor, window: int | None) -> None:
    """Set to -inf what a token does not see: what comes after it, and what left its window.

    Args:
        scores: shape (…, new tokens, all tokens); the new tokens are the last of all.
        window: how many tokens each sees; None: all.
    """
    new, total = scores.shape[-2:]
    if new > 1:
        scores[..., total - new :].masked_fill_(_future(new, scores.device), float("-inf"))
    if window is not None and window < total:
        gone = torch.ones(new, total, dtype=torch.bool, device=scores.device)
        scores.masked_fill_(gone.tril(total - new - window), float("-inf"))


@lru_cache(maxsize=256)
def _future(tokens: int, device: torch.device) -> Tensor:
    """For each of some tokens, which of them come after it; the same in every layer and slot."""
    return torch.ones(tokens, tokens, dtype=torch.bool, device=device).triu(1)


AttentionInterface.register(ATTENTION, packed_attention)
