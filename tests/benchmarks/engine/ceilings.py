"""What the machine can do, measured in the process that is measured, and what a pass asks of it.

ceilings = measure(shape, tokens=1344)
ceilings.arithmetic     # operations a second, of a large product of matrices
ceilings.copy           # bytes a second, read and written
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn
from torch.nn.functional import linear

from harness.lm import products
from tests.benchmarks.engine.memory import weights

SIDE = 2048
COPIED = 256 << 20
"""Bytes: far more than any processor's cache."""
TRIES = 7


class Shape(NamedTuple):
    """What a decoder does a token."""

    layers: int
    width: int
    """Of all heads' queries together."""
    key_value_width: int
    """Of all heads' keys together; of their values as many."""
    layer_weights: tuple[tuple[int, int], ...]
    """(outputs, inputs) of one layer's linear layers."""
    head: int
    """Parameters of the output embedding."""
    weight_bytes: int
    element: int
    """Bytes of a number."""

    @property
    def linear(self) -> int:
        """Parameters of all layers' linear layers."""
        return self.layers * sum(rows * columns for rows, columns in self.layer_weights)

    def live_bytes(self, tokens: int) -> int:
        """What keys and values of so many tokens take."""
        return 2 * self.layers * self.key_value_width * self.element * tokens

    def linear_operations(self, tokens: int, logits: int) -> float:
        """Of a pass over `tokens` with logits behind `logits` of them."""
        return 2.0 * (self.linear * tokens + self.head * logits)

    def attention_operations(self, pairs: int) -> float:
        """For so many pairs of a query and a key that it sees."""
        return 4.0 * self.width * self.layers * pairs


class Ceilings(NamedTuple):
    """Rates: operations or bytes a second."""

    product: float
    """`a @ b`, 2048³."""
    onednn_product: float
    """The same by oneDNN's own operator; NaN where torch has none."""
    layers: float
    """The faster of both on the model's own linear layers, at a pass's number of tokens."""
    copy: float
    """A large copy: bytes read plus bytes written."""
    read: float
    """A large sum: bytes read."""
    threads: int

    @property
    def arithmetic(self) -> float:
        """The larger of the two rates of a large product."""
        return self.product if math.isnan(self.onednn_product) else max(self[:2])


def shape_of(network: Any) -> Shape:
    """Read off a network as transformers made it."""
    config = network.config.get_text_config()
    linears = [
        (name, module) for name, module in network.named_modules() if isinstance(module, nn.Linear)
    ]
    first = [(m.out_features, m.in_features) for name, m in linears if ".layers.0." in name]
    head = network.get_output_embeddings().weight
    head_width = config.hidden_size // config.num_attention_heads
    head_width = getattr(config, "head_dim", None) or head_width
    return Shape(
        layers=config.num_hidden_layers,
        width=config.num_attention_heads * head_width,
        key_value_width=config.num_key_value_heads * head_width,
        layer_weights=tuple(first),
        head=head.numel(),
        weight_bytes=weights(network),
        element=head.element_size(),
    )


def measure(shape: Shape, tokens: int) -> Ceilings:
    """The best of some tries each: a ceiling is what the machine can do, not what it mostly does.

    Args:
        shape: whose linear layers are measured.
        tokens: rows of their inputs.
    """
    square = [torch.rand(SIDE, SIDE) for _ in range(2)]
    source, target = torch.rand(COPIED // 4), torch.empty(COPIED // 4)
    inputs = {columns: torch.rand(tokens, columns) for _, columns in shape.layer_weights}
    layers = [(inputs[columns], torch.rand(rows, columns)) for rows, columns in shape.layer_weights]

    def rate(product: Callable[[Tensor, Tensor], Tensor]) -> float:
        return 2.0 * SIDE**3 / _seconds(lambda: product(*square))

    def layer(rows: Tensor, weight: Tensor) -> float:
        usual = _seconds(lambda: linear(rows, weight))
        return min(usual, _seconds(lambda: products.product(rows, weight)))

    by_layers = sum(layer(rows, weight) for rows, weight in layers)
    operations = 2.0 * tokens * sum(weight.numel() for _, weight in layers)
    return Ceilings(
        product=rate(torch.matmul),
        onednn_product=rate(products.product) if products.AVAILABLE else math.nan,
        layers=operations / by_layers,
        copy=2 * COPIED / _seconds(lambda: target.copy_(source)),
        read=COPIED / _seconds(lambda: source.sum()),
        threads=torch.get_num_threads(),
    )


def _seconds(work: Callable[[], object]) -> float:
    """Of the fastest of some tries, behind one that warms up."""
    taken = []
    with torch.inference_mode():
        for _ in range(1 + TRIES):
            start = time.perf_counter()
            work()
            taken.append(time.perf_counter() - start)
    return min(taken[1:])
