"""Phase 3, first step: the stored tasks most similar to the one at hand, densely retrieved.

A task's embedding is the model's own residual stream at a middle layer, averaged over the
task's text: no second model is needed. (The paper names no retriever; this is our reading.)
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor
from torch.nn.functional import normalize

from harness.lm import LanguageModel


def embed(model: LanguageModel, texts: Sequence[str]) -> Tensor:
    """Embeddings of some texts, shape (texts, width), of unit length."""
    layer = len(model.blocks) // 2
    tokens = [model.format.encode(model.format.inert(text)) for text in texts]
    # The first token attends to nothing and is alike in every text: it would swamp the mean.
    states = model.states(tokens, [range(1, len(t)) for t in tokens], [layer])
    return normalize(torch.stack([s[:, 0].mean(dim=0) for s in states]), dim=-1)


def nearest(keys: Tensor, query: Tensor, count: int) -> Tensor:
    """Indices of the `count` stored tasks with the largest cosine to `query`, best first.

    Args:
        keys: shape (tasks, width), of unit length; centred here, as such states lie in a cone.
        query: shape (width,), of unit length.
        count: all are returned if there are fewer.
    """
    centre = keys.mean(dim=0)
    similarity = normalize(keys - centre, dim=-1) @ normalize(query - centre, dim=-1)
    return similarity.topk(min(count, len(keys))).indices
