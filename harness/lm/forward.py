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

from torch import Tensor, nn

from harness.lm.slots import Slot


@dataclass
class Segment:
    """The new tokens of one slot in a pass: `start` to `end` of the packed row."""

    slot: Slot
    start: int
    end: int
    steered: int
    """How many of its last tokens are steered."""
    mask: Tensor | None = None
    """What its tokens do not see, once it was worked out: the same in every layer."""

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


class AllCaptured(Exception):
    """A pass that was run for residuals has them all: what the later layers do is not wanted."""


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


def layer_hook(layer: int) -> Any:
    """A forward hook for decoder layer `layer`: keeps the residual that is asked for, and ends
    the pass if it was the last; then adds the pass's vectors to it."""

    def hook(module: nn.Module, args: Any, output: Any) -> Any:
        batch = current_pass()
        if batch is None:
            return None
        residual: Tensor = output[0] if isinstance(output, tuple) else output
        if layer in batch.captured:
            batch.captured[layer] = residual[0, batch.capture_rows].clone()
            if all(kept is not None for kept in batch.captured.values()):
                raise AllCaptured
        if (steered := batch.steering.get(layer)) is None:
            return None
        rows = residual[0, steered.rows]
        batch.doses[layer] = steered.vectors.norm(dim=-1) / rows.norm(dim=-1)
        residual = residual.clone()
        residual[0, steered.rows] = rows + steered.vectors.to(rows.dtype)
        return (residual, *output[1:]) if isinstance(output, tuple) else residual

    return hook
