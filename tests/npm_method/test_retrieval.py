"""Similar tasks are found by what the model makes of their texts."""

from __future__ import annotations

import pytest
import torch

from harness.lm import LanguageModel
from npm_method.retrieval import embed, nearest

TEXTS = ["Find the coin.\n\nYou are in a hall.", "Eat the apple.\n\nYou are in a kitchen.", "Go."]


def test_an_embedding_is_the_mean_state_of_the_text(model: LanguageModel) -> None:
    found = embed(model, TEXTS)
    assert found.shape == (3, model.width)
    torch.testing.assert_close(found.norm(dim=-1), torch.ones(3))
    for text, embedding in zip(TEXTS, found, strict=True):
        tokens = model.format.encode(text)
        [states] = model.states([tokens], [list(range(1, len(tokens)))], [1])
        expected = states[:, 0].mean(dim=0)
        torch.testing.assert_close(embedding, expected / expected.norm(), atol=1e-5, rtol=0)


def test_the_nearest_come_first() -> None:
    """All keys lie in a cone: what tells them apart is where they lie around its axis."""
    axis = torch.tensor([10.0, 0, 0])
    around = torch.tensor([[0.0, 1, 0], [0, 0, 1], [0, -1, 0], [0, 0, -1]])
    keys = torch.nn.functional.normalize(axis + around, dim=-1)
    query = torch.nn.functional.normalize(axis + torch.tensor([0, 0.3, -1.0]), dim=-1)
    assert nearest(keys, query, 1).tolist() == [3]
    assert nearest(keys, query, 2).tolist() == [3, 0]
    assert sorted(nearest(keys, query, 9).tolist()) == [0, 1, 2, 3]


def test_a_single_task_is_its_own_neighbour() -> None:
    assert nearest(torch.eye(3)[:1], torch.eye(3)[1], 8).tolist() == [0]


@pytest.mark.parametrize("i", range(3))
def test_a_task_is_nearest_to_itself(smollm2: LanguageModel, i: int) -> None:
    keys = embed(smollm2, TEXTS)
    [query] = embed(smollm2, [TEXTS[i]])
    assert nearest(keys, query, 1).tolist() == [i]


def test_a_similar_task_is_nearer_than_another(smollm2: LanguageModel) -> None:
    keys = embed(smollm2, TEXTS[:2])
    [coin, food] = embed(
        smollm2, ["Find the gem.\n\nYou are in a hall.", "Eat the pear.\n\nYou are in a kitchen."]
    )
    assert nearest(keys, coin, 1).tolist() == [0]
    assert nearest(keys, food, 1).tolist() == [1]
