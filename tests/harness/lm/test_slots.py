"""A slot keeps what its next prompt shares with it, and forgets the rest."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from harness.lm.slots import LayerCache, Slot


def slot(*tokens: int) -> Slot:
    return Slot([LayerCache()], np.array(tokens, dtype=np.int64))


@pytest.mark.parametrize(
    ("held", "prompt", "kept", "missing"),
    [
        ([], [1, 2, 3], [], [1, 2, 3]),
        ([1, 2], [1, 2, 3, 4], [1, 2], [3, 4]),
        ([1, 2, 9, 9], [1, 2, 3, 4], [1, 2], [3, 4]),
        ([9], [1, 2], [], [1, 2]),
        ([1, 2, 3], [1, 2, 3], [1, 2], [3]),  # the last one's logits are wanted
        ([1, 2, 3, 4, 5], [1, 2, 3], [1, 2], [3]),
        ([1, 2, 3], [1], [], [1]),
        ([1, 9, 3, 4], [1, 2, 3, 4, 5], [1], [2, 3, 4, 5]),
    ],
)
def test_missing_keeps_the_longest_common_beginning(
    held: list[int], prompt: list[int], kept: list[int], missing: list[int]
) -> None:
    lane = slot(*held)
    assert lane.missing(prompt).tolist() == missing
    assert lane.tokens.tolist() == kept


def test_truncate_forgets_the_end() -> None:
    lane = slot(1, 2, 3)
    lane.truncate(5)
    assert len(lane) == 3
    lane.truncate(1)
    assert lane.tokens.tolist() == [1]


def test_a_cache_grows_and_overwrites_behind_what_is_kept() -> None:
    cache = LayerCache()
    entries = torch.arange(1000.0).reshape(1, 1000, 1)
    cache.append(0, entries[:, :3], -entries[:, :3])
    keys, _ = cache.append(3, entries[:, 3:700], -entries[:, 3:700])
    assert torch.equal(keys, entries[:, :700])
    keys, values = cache.append(2, entries[:, 10:12], -entries[:, 10:12])
    assert keys.flatten().tolist() == [0, 1, 10, 11]
    assert torch.equal(values, -keys)


def test_a_fork_is_a_copy() -> None:
    lane = slot(1, 2)
    lane.layers[0].append(0, torch.ones(1, 2, 1), torch.ones(1, 2, 1))
    fork = lane.fork()
    fork.layers[0].append(0, torch.zeros(1, 1, 1), torch.zeros(1, 1, 1))
    fork.truncate(1)
    assert lane.tokens.tolist() == [1, 2]
    keys, _ = lane.layers[0].append(2, torch.ones(1, 1, 1), torch.ones(1, 1, 1))
    assert keys.flatten().tolist() == [1, 1, 1]
