"""Steering: vectors that are added to the residual stream of one slot."""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor


@dataclass(frozen=True)
class Steering:
    """Vectors for the outputs of some decoder layers."""

    layers: tuple[int, ...]
    """Indices of decoder layers; a vector is added to what leaves the layer."""
    vectors: Tensor
    """Shape (layers, width)."""

    def scaled(self, factor: float) -> Steering:
        """The same directions, `factor` times as strong."""
        return Steering(self.layers, self.vectors * factor)
