"""Phase 3, second step: one direction a layer, from the differences of the retrieved tasks."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn.functional import normalize


def first_component(differences: Tensor) -> Tensor:
    """The first principal component of the mean-centred differences, layer by layer.

    Its sign is arbitrary; it is turned to agree with the mean difference, so that adding it
    leads from bad to good. With a single pair there is nothing to centre: its difference is
    the direction. (Sign and the single pair are our reading; the paper fixes neither.)

    Args:
        differences: shape (pairs, layers, width), at least one pair.

    Returns:
        Shape (layers, width), each of unit length.
    """
    mean = differences.mean(dim=0)
    if len(differences) == 1:
        return normalize(mean, dim=-1)
    centred = (differences - mean).transpose(0, 1).double()
    components = torch.linalg.svd(centred, full_matrices=False).Vh[:, 0].to(mean.dtype)
    sign = torch.where((components * mean).sum(dim=-1, keepdim=True) < 0, -1.0, 1.0)
    direction: Tensor = components * sign
    return direction
