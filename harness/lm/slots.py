"""Slots: lanes of the engine that live across turns, each with its own keys and values.

A slot holds the tokens that are encoded in it and, per layer, their keys and values. Asking
for another prompt keeps the longest common beginning and forgets the rest, so whatever a
policy does to its history, nothing that still stands at its place is encoded twice.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from harness.lm.steering import Steering

SLACK = 64
"""Entries that a cache may have beyond its growing room, before it is made smaller."""


@dataclass
class LayerCache:
    """Keys and values of one layer, shape (heads, capacity, width); only `length` are live."""

    keys: Tensor | None = None
    values: Tensor | None = None

    def append(self, length: int, keys: Tensor, values: Tensor) -> tuple[Tensor, Tensor]:
        """Write new entries behind the first `length`; returns all live keys and values.

        Args:
            length: entries to keep.
            keys, values: shape (heads, new, width of keys or of values).
        """
        end = length + keys.shape[1]
        self.keys = _with_room(self.keys, length, end, keys)
        self.values = _with_room(self.values, length, end, values)
        self.keys[:, length:end] = keys
        self.values[:, length:end] = values
        return self.keys[:, :end], self.values[:, :end]

    def excerpt(self, start: int, end: int) -> LayerCache:
        """A copy of the entries from `start` to `end`."""
        return LayerCache(
            None if self.keys is None else self.keys[:, start:end].clone(),
            None if self.values is None else self.values[:, start:end].clone(),
        )


class Excerpt(NamedTuple):
    """A copy of a part of what a slot has encoded."""

    tokens: np.ndarray
    """All tokens up to the end of the part."""
    start: int
    """Where the part begins."""
    layers: list[LayerCache]
    """Its keys and values."""


@dataclass
class Slot:
    """One lane: what is encoded, what steers it and which adapter it uses."""

    layers: list[LayerCache]
    tokens: np.ndarray = field(default_factory=lambda: np.empty(0, dtype=np.int64))
    steering: Steering | None = None
    adapter: str | None = None

    def __len__(self) -> int:
        return len(self.tokens)

    def truncate(self, length: int) -> None:
        """Forget all tokens from `length` on."""
        self.tokens = self.tokens[:length]

    def missing(self, prompt: Sequence[int] | np.ndarray) -> np.ndarray:
        """Keep what the slot shares with `prompt`; return the tokens still to be encoded.

        The last token of the prompt is always among them, because its logits are wanted.
        """
        wanted = np.asarray(prompt, dtype=np.int64)
        common = min(len(self.tokens), len(wanted) - 1)
        differ = np.flatnonzero(self.tokens[:common] != wanted[:common])
        self.truncate(int(differ[0]) if len(differ) else common)
        return wanted[len(self) :]

    def fork(self) -> Slot:
        """An independent copy: what happens to it never touches this slot."""
        copies = [layer.excerpt(0, len(self)) for layer in self.layers]
        return Slot(copies, self.tokens.copy(), self.steering, self.adapter)

    def candidate(self, steering: Steering | None) -> Slot:
        """This slot under another steering, to decode one token in and then to be thrown away.

        It copies nothing: it writes its token into this slot's room, behind what is held. So
        many candidates can share a pass, in which a segment is written and read before the next.
        """
        return Slot(self.layers, self.tokens, steering, self.adapter)

    def excerpt(self, start: int, end: int) -> Excerpt:
        """A copy of what is encoded from `start` to `end`."""
        return Excerpt(self.tokens[:end], start, [one.excerpt(start, end) for one in self.layers])

    @torch.inference_mode()
    def adopt(self, excerpt: Excerpt) -> None:
        """Hold what another slot has encoded, behind the beginning that both have in common."""
        for layer, copied in zip(self.layers, excerpt.layers, strict=True):
            if copied.keys is not None and copied.values is not None:
                layer.append(excerpt.start, copied.keys, copied.values)
        self.tokens = excerpt.tokens

    def digest(self) -> str:
        """SHA-256 of the tokens and of their keys and values, bit by bit, 64 hexadecimal digits."""
        sha = hashlib.sha256(self.tokens.tobytes())
        for layer in self.layers:
            for cache in (layer.keys, layer.values):
                if cache is not None:
                    live = cache[:, : len(self)].contiguous()
                    sha.update(live.view(torch.uint8).cpu().numpy().tobytes())
        return sha.hexdigest()


def _with_room(cache: Tensor | None, length: int, end: int, like: Tensor) -> Tensor:
    """`cache` if `end` entries fit it well, else another one with the first `length` copied."""
    room = end // 8  # a copy every few turns, and little that is never used
    if cache is not None and end <= cache.shape[1] <= end + room + SLACK:
        return cache
    capacity = end + room
    larger = torch.empty(
        (like.shape[0], capacity, like.shape[2]), dtype=like.dtype, device=like.device
    )
    if cache is not None:
        larger[:, :length] = cache[:, :length]
    return larger
