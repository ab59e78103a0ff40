"""Matrix products in full precision on a CPU, by oneDNN.

PyTorch gives products of 32-bit floats to MKL, which on processors that are not Intel's leaves
their widest instructions unused: on a 2-core EPYC (Zen 5) a layer of SmolLM2 ran at 200 GFLOP/s,
and at 440 with oneDNN, which is in the same PyTorch (`python -m tests.benchmarks.engine` measures
both). `torch.compile` calls it by the same operator; a PyTorch without it multiplies as usual.
"""

from __future__ import annotations

from typing import Any, cast

import torch
from torch import Tensor, nn
from torch.nn.functional import linear

AVAILABLE = hasattr(torch.ops.mkldnn, "_linear_pointwise")


def served(tensor: Tensor) -> bool:
    """Whether products of this tensor go to oneDNN."""
    return AVAILABLE and tensor.dtype == torch.float32 and tensor.device.type == "cpu"


def product(rows: Tensor, weight: Tensor, bias: Tensor | None = None) -> Tensor:
    """`rows @ weight.T + bias`; where oneDNN serves it, it knows no gradient.

    Args:
        rows: shape (…, inputs).
        weight: shape (outputs, inputs), itself or its transpose contiguous.
        bias: shape (outputs,).

    Returns:
        Shape (…, outputs).
    """
    if not served(rows):
        return linear(rows, weight, bias)
    operator = torch.ops.mkldnn._linear_pointwise
    return cast(Tensor, operator(rows, weight, bias, "none", [], ""))


class _Linear(nn.Linear):
    """A linear layer whose own weight never trains, though what comes before it may."""

    def forward(self, input: Tensor) -> Tensor:
        if not served(input) or self.weight.requires_grad:
            return super().forward(input)
        if input.requires_grad and torch.is_grad_enabled():
            found = _FrozenProduct.apply(input, self.weight, self.bias)  # type: ignore[no-untyped-call]
            return cast(Tensor, found)
        return product(input, self.weight, self.bias)


class _FrozenProduct(torch.autograd.Function):
    """The product with its gradient for the rows; adapters are trained through it."""

    @staticmethod
    def forward(context: Any, rows: Tensor, weight: Tensor, bias: Tensor | None) -> Tensor:
        context.save_for_backward(weight)
        return product(rows, weight, bias)

    @staticmethod
    def backward(context: Any, *gradients: Tensor) -> tuple[Tensor, None, None]:
        (weight,) = context.saved_tensors
        return product(gradients[0].contiguous(), weight.T), None, None


def use_in(network: nn.Module) -> None:
    """Have the network's plain linear layers multiply by oneDNN where it serves them."""
    for module in network.modules():
        if type(module) is nn.Linear:
            module.__class__ = _Linear
