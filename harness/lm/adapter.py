"""Adapters in the engine: low-rank weight differences, each slot with its own or with none.

Training and the file format are peft's (`baselines/lora.py`); here the factors are only
applied, row by row, so that slots with different adapters share one forward pass.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, NamedTuple

from safetensors.torch import load_file
from torch import Tensor, nn

from harness.lm.forward import current_pass
from harness.lm.products import product


class Factors(NamedTuple):
    """The difference of one linear layer's weight: `scale · up @ down`."""

    down: Tensor
    """Shape (rank, inputs)."""
    up: Tensor
    """Shape (outputs, rank)."""


def read_adapter(folder: Path) -> dict[str, Factors]:
    """Factors by module name, from a folder that peft wrote.

    The scale is multiplied into `up`. Raises ValueError for a kind of adapter that is not
    plain LoRA.
    """
    config: dict[str, Any] = json.loads((folder / "adapter_config.json").read_text())
    tensors = load_file(folder / "adapter_model.safetensors")
    prefix, down, up = "base_model.model.", ".lora_A.weight", ".lora_B.weight"
    patterns = ("use_dora", "rank_pattern", "alpha_pattern")
    if (
        config["peft_type"] != "LORA"
        or any(config.get(name) for name in patterns)
        or not all(name.endswith((down, up)) for name in tensors)
    ):
        raise ValueError(f"{folder} holds no plain LoRA adapter of a single rank")
    root = config["lora_alpha"] / (config["r"] ** (0.5 if config.get("use_rslora") else 1.0))
    return {
        name.removeprefix(prefix).removesuffix(down): Factors(
            tensor, tensors[name.removesuffix(down) + up] * root
        )
        for name, tensor in tensors.items()
        if name.endswith(down)
    }


def attach(module: nn.Module, name: str, factors: Factors) -> None:
    """Give a linear layer one more adapter, called `name`."""
    known: dict[str, Factors] | None = getattr(module, "driftgauge_adapters", None)
    if known is None:
        known = {}
        module.driftgauge_adapters = known  # type: ignore[assignment]
        module.register_forward_hook(_apply)
    known[name] = factors


def _apply(module: nn.Module, args: tuple[Tensor, ...], output: Tensor) -> Tensor:
    batch = current_pass()
    if batch is None or not batch.adapters:
        return output
    known: dict[str, Factors] = module.driftgauge_adapters  # type: ignore[assignment]
    # A row a token, whatever dimensions of size 1 the architecture puts around.
    inputs, outputs = args[0].flatten(0, -2), output.view(-1, output.shape[-1])
    if len(inputs) != batch.segments[-1].end:
        raise NotImplementedError("an adapter on a layer that does not run over all tokens")
    for name, rows in batch.adapters.items():
        if (factors := known.get(name)) is not None:
            # peft keeps its factors in full precision whatever the model's own is.
            own = inputs[rows].to(factors.down.dtype)
            difference = product(product(own, factors.down), factors.up)
            outputs[rows] += difference.to(output.dtype)
    return output
