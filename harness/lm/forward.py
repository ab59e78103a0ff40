"""One forward pass for many slots: their new tokens packed into one row, without padding.

The linear layers run over all tokens at once. Attention runs slot by slot on the slot's own
keys and values, through an attention function that is registered with transformers, so the
model's own code does everything else: norms, rotary positions, gating, scaling. A model whose
attention does not come through that interface is refused when it is loaded
(`LanguageModel.check_packing`), not silently wrong.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.functional import scaled_dot_product_attention

from harness.lm.slots import Slot

ATTENTION = "driftgauge_packed"


@dataclass
class Segment:
    """The new tokens of one slot in a pass: `start` to `end` of the packed row."""

    slot: Slot
    start: int
    end: int
    steered: int
    """How many of its last tokens are steered."""
    mask: Tensor | None = None

    @property
    def new(self) -> int:
        """Number of new tokens."""
        return self.end - self.start

    @property
    def past(self) -> int:
        """Number of tokens that were encoded before."""
        return len(self.slot)


@dataclass
class SteeredRows:
    """What one layer's output gets: `vectors[i]` is added to row `rows[i]`."""

    rows: Tensor
    vectors: Tensor


@dataclass
class Pass:
    """All segments of a forward pass, and what is done to its rows beside attention."""

    segments: list[Segment]
    steering: dict[int, SteeredRows]
    adapters: dict[str, slice | Tensor]
    """Rows that go through each adapter."""
    capture_rows: Tensor
    """Rows whose residual is wanted."""
    captured: dict[int, Tensor | None]
    """Per layer that is wanted: the residual at those rows, once the layer has run."""
    doses: dict[int, Tensor] = field(default_factory=dict)
    """Per steered layer: norm of the change over norm of the residual, a value a steered row."""


_current: ContextVar[Pass | None] = ContextVar("pass", default=None)


@contextmanager
def running(batch: Pass) -> Iterator[None]:
    """Make `batch` the pass that attention, steering and adapters read."""
    token = _current.set(batch)
    try:
        yield
    finally:
        _current.reset(token)


def current_pass() -> Pass | None:
    """The pass that is running, if the model runs for slots."""
    return _current.get()


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
    outputs = []
    for segment in batch.segments:
        rows = slice(segment.start, segment.end)
        keys, values = segment.slot.layers[layer].append(
            segment.past, key[0, :, rows], value[0, :, rows]
        )
        # Grouped queries: one "batch" a key/value head, so that keys are never repeated.
        groups = query.shape[1] // keys.shape[0]
        queries = query[0, :, rows].reshape(keys.shape[0], groups, segment.new, -1)
        outputs.append(
            scaled_dot_product_attention(
                queries,
                keys[:, None].expand(-1, groups, -1, -1),
                values[:, None].expand(-1, groups, -1, -1),
                attn_mask=_mask(segment, sliding_window, query),
                scale=scaling,
            )
            .flatten(0, 1)
            .transpose(0, 1)
        )
    return torch.cat(outputs)[None], None


def _mask(segment: Segment, window: int | None, like: Tensor) -> Tensor | None:
    """Additive mask (new, past + new): each token sees itself and what came before it."""
    total = segment.past + segment.new
    narrow = window is not None and window < total
    if segment.new == 1 and not narrow:
        return None
    if segment.mask is not None and not narrow:
        return segment.mask
    positions = torch.arange(total, device=like.device)
    queries = positions[segment.past :, None]
    hidden = positions > queries
    if narrow:
        assert window is not None
        hidden |= positions <= queries - window
    mask = torch.zeros(segment.new, total, dtype=like.dtype, device=like.device)
    mask.masked_fill_(hidden, float("-inf"))
    if not narrow:
        segment.mask = mask  # the same for every layer
    return mask


def layer_hook(layer: int) -> Any:
    """A forward hook for decoder layer `layer`: keeps the residual that is asked for, then
    adds the pass's vectors to it."""

    def hook(module: nn.Module, args: Any, output: Any) -> Any:
        batch = current_pass()
        if batch is None:
            return None
        residual: Tensor = output[0] if isinstance(output, tuple) else output
        if layer in batch.captured:
            batch.captured[layer] = residual[0, batch.capture_rows].clone()
        if (steered := batch.steering.get(layer)) is None:
            return None
        rows = residual[0, steered.rows]
        batch.doses[layer] = steered.vectors.norm(dim=-1) / rows.norm(dim=-1)
        residual = residual.clone()
        residual[0, steered.rows] = rows + steered.vectors.to(rows.dtype)
        return (residual, *output[1:]) if isinstance(output, tuple) else residual

    return hook
