"""A procedural memory keeps its pairs, and stays with its model."""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path

import pytest
import torch

from npm_method.contrasts import Contrast
from npm_method.memory import Memory, WrongModel

ZERO = torch.zeros(2, 3)
CONTRASTS = [
    Contrast("b", torch.tensor([[3.0, 0, 0], [0, 6, 0]]), torch.tensor([[0.0, 1, 0], [0, 0, 2]])),
    Contrast("a", torch.ones(2, 3), ZERO),
    Contrast("b", ZERO, torch.ones(2, 3)),
]
KEYS = {name: torch.eye(3)[i] for i, name in enumerate("abc")}


@pytest.fixture
def memory() -> Memory:
    return Memory.of(CONTRASTS, KEYS, [9, 14], "fingerprint")


def test_a_pair_belongs_to_its_task(memory: Memory) -> None:
    assert memory.tasks == ("a", "b")  # c has no pair
    assert torch.equal(memory.keys, torch.eye(3)[:2])
    assert memory.owner.tolist() == [1, 0, 1]
    for difference, contrast in zip(memory.differences, CONTRASTS, strict=True):
        assert torch.equal(difference, contrast.good - contrast.bad)


def test_the_unit_of_the_dose_is_the_mean_norm_of_the_states(memory: Memory) -> None:
    root = 3**0.5
    expected = torch.tensor([(3 + 1 + root + 0 + 0 + root) / 6, (6 + 2 + root + 0 + 0 + root) / 6])
    torch.testing.assert_close(memory.norms, expected)


def test_what_is_saved_is_loaded(memory: Memory, tmp_path: Path) -> None:
    memory.save(tmp_path)
    loaded = Memory.load(tmp_path, "fingerprint")
    for field in fields(Memory):
        before, after = getattr(memory, field.name), getattr(loaded, field.name)
        if isinstance(before, torch.Tensor):
            assert torch.equal(before, after)
            assert before.dtype == after.dtype
        else:
            assert before == after


def test_the_memory_of_another_model_is_refused(memory: Memory, tmp_path: Path) -> None:
    memory.save(tmp_path)
    with pytest.raises(WrongModel, match=r"made with the model fingerprint, this one is other:"):
        Memory.load(tmp_path, "other")
