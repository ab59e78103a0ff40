"""Both ways of attending, by PyTorch and by products, are the definition written out."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
import torch
from torch import Tensor

from harness.lm import attention, products
from harness.lm.forward import Segment
from harness.lm.slots import Slot


def by_torch(queries: Tensor, keys: Tensor, values: Tensor, window: int | None) -> Tensor:
    """With the mask that the engine gives it."""
    past, new = keys.shape[1] - queries.shape[2], queries.shape[2]
    slot = Slot([], np.zeros(past, dtype=np.int64))
    mask = attention._mask(Segment(slot, 0, new, 0), window, queries)
    return attention._by_torch(queries, keys, values, mask)


WAYS = [
    by_torch,
    pytest.param(
        attention.attend_by_products,
        marks=pytest.mark.skipif(
            not products.AVAILABLE, reason="this PyTorch was built without oneDNN's operator"
        ),
    ),
]
Attend = Callable[[Tensor, Tensor, Tensor, int | None], Tensor]


def written_out(queries: Tensor, keys: Tensor, values: Tensor, window: int | None) -> Tensor:
    """Query by query: softmax of the scores of what it sees, and the values so weighted."""
    output = torch.empty(*queries.shape[:3], values.shape[-1])
    past = keys.shape[1] - queries.shape[2]
    for head, group, new in torch.cartesian_prod(*map(torch.arange, queries.shape[:3])).tolist():
        end = past + new + 1
        start = 0 if window is None else max(0, end - window)
        weights = torch.softmax(keys[head, start:end] @ queries[head, group, new], dim=0)
        output[head, group, new] = weights @ values[head, start:end]
    return output


@pytest.mark.parametrize("attend", WAYS)
@pytest.mark.parametrize("window", [None, 1, 3, 9, 1000])
@pytest.mark.parametrize(("past", "new"), [(0, 1), (0, 12), (11, 1), (11, 2), (40, 12)])
@pytest.mark.parametrize("scores", [1, 100, 2**20], ids="blocks of {} scores".format)
def test_a_token_sees_itself_and_what_came_before(
    attend: Attend,
    window: int | None,
    past: int,
    new: int,
    scores: int,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(attention, "SCORES", scores)
    torch.manual_seed(past + new)
    queries = torch.randn(2, 3, new, 8)
    # A cache has more room than is live, and values may be of another width (latent attention).
    keys = torch.randn(2, past + new + 5, 8)[:, : past + new]
    values = torch.randn(2, past + new + 5, 6)[:, : past + new]
    torch.testing.assert_close(
        attend(queries, keys, values, window), written_out(queries, keys, values, window)
    )
