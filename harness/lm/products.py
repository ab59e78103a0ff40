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
    """A linear layer that multiplies by oneDNN, whether it is trained or not."""

    def forward(self, input: Tensor) -> Tensor:
        if not served(input):
            return super().forward(input)
        tensors = (input, self.weight, self.bias)
        if torch.is_grad_enabled() and any(t is not None and t.requires_grad for t in tensors):
            found = _Product.apply(*tensors)  # type: ignore[no-untyped-call]
            return cast(Tensor, found)
        return product(input, self.weight, self.bias)


class _Product(torch.autograd.Function):
    """The product with its gradients; adapters are trained through it."""

    @staticmethod
    def forward(context: Any, rows: Tensor, weight: Tensor, bias: Tensor | None) -> Tensor:
        _, needs_weight, _ = context.needs_input_grad
        context.save_for_backward(rows if needs_weight else None, weight)
        return product(rows, weight, bias)

    @staticmethod
    def backward(
        context: Any, *gradients: Tensor
    ) -> tuple[Tensor | None, Tensor | None, Tensor | None]:
        rows, weight = context.saved_tensors
        gradient = gradients[0].contiguous()
        flat = gradient.flatten(0, -2)
        needs_rows, needs_weight, needs_bias = context.needs_input_grad
        return (
            product(gradient, weight.T) if needs_rows else None,
            _weight_gradient(flat, rows.flatten(0, -2)) if needs_weight else None,
            flat.sum(dim=0) if needs_bias else None,
        )


def _weight_gradient(gradient: Tensor, rows: Tensor) -> Tensor:
    """`gradient.T @ rows`; the narrower of the two is copied, because oneDNN wants whole rows.

    Args:
        gradient: shape (rows, outputs).
        rows: shape (rows, inputs).
    """
    if gradient.shape[1] < rows.shape[1]:
        return product(gradient.T.contiguous(), rows.T)
    return product(rows.T.contiguous(), gradient.T).T


def use_in(network: nn.Module) -> None:
    """Have the network's plain linear layers multiply by oneDNN where it serves them."""
    for module in network.modules():
        if type(module) is nn.Linear:
            module.__class__ = _Linear
