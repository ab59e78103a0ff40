"""Phase 2, extraction: a procedural memory, the pairs of states of each training task.

Its size is fixed, whatever the length of the trajectories: representations × layers × width.
It is kept as safetensors beside a JSON index, and never loads into another model: the
fingerprint is checked.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file
from torch import Tensor

from npm_method.contrasts import Contrast

_TENSORS = ("keys", "owner", "differences", "norms")


class WrongModel(ValueError):
    """The memory was made with another model."""


@dataclass(frozen=True)
class Memory:
    """Pairs of good and bad states, each belonging to a training task."""

    layers: tuple[int, ...]
    fingerprint: str
    """Of the model (and adapter) that the states were read from."""
    tasks: tuple[str, ...]
    """Names of the training tasks."""
    keys: Tensor
    """Shape (tasks, width): the tasks' embeddings, of unit length."""
    owner: Tensor
    """Shape (pairs,): index of the task that a pair belongs to."""
    differences: Tensor
    """Shape (pairs, layers, width): good minus bad."""
    norms: Tensor
    """Shape (layers,): mean norm of the states, the unit of the dose."""

    @classmethod
    def of(
        cls,
        contrasts: Sequence[Contrast],
        keys: Mapping[str, Tensor],
        layers: Sequence[int],
        fingerprint: str,
    ) -> Memory:
        """The memory of some contrasts, or of none.

        Args:
            contrasts: pairs of states.
            keys: embeddings of their tasks, shape (width,) each; of at least one task.
            layers: the layers that the states were read at.
            fingerprint: of the model and adapter that they were read from.
        """
        tasks = tuple(sorted({contrast.task for contrast in contrasts}))
        width = next(iter(keys.values())).shape[0]
        none = [torch.empty(0, len(layers), width)]  # so that no contrasts have a shape too
        good = torch.cat([*none, *(contrast.good[None] for contrast in contrasts)])
        bad = torch.cat([*none, *(contrast.bad[None] for contrast in contrasts)])
        return cls(
            layers=tuple(layers),
            fingerprint=fingerprint,
            tasks=tasks,
            keys=torch.cat([torch.empty(0, width), *(keys[task][None] for task in tasks)]),
            owner=torch.tensor([tasks.index(c.task) for c in contrasts], dtype=torch.long),
            differences=good - bad,
            norms=torch.cat([good, bad]).norm(dim=-1).mean(dim=0),
        )

    def save(self, folder: Path) -> None:
        """Write `memory.safetensors` and `memory.json`."""
        tensors = {name: getattr(self, name).contiguous() for name in _TENSORS}
        save_file(tensors, folder / "memory.safetensors")
        index = {"layers": self.layers, "fingerprint": self.fingerprint, "tasks": self.tasks}
        (folder / "memory.json").write_text(json.dumps(index, indent=1))

    @classmethod
    def load(cls, folder: Path, fingerprint: str) -> Memory:
        """Read a memory for the model with this fingerprint.

        Raises:
            WrongModel: it was made with another one.
        """
        index = json.loads((folder / "memory.json").read_text())
        if index["fingerprint"] != fingerprint:
            raise WrongModel(
                f"The memory in {folder} was made with the model {index['fingerprint'][:12]}, this "
                f"one is {fingerprint[:12]}: vectors of one model mean nothing in another."
            )
        tensors = load_file(folder / "memory.safetensors")
        return cls(
            tuple(index["layers"]),
            index["fingerprint"],
            tuple(index["tasks"]),
            *(tensors[name] for name in _TENSORS),
        )
