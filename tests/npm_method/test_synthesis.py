"""The first principal component of the mean-centred differences, turned towards the good."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from npm_method.synthesis import first_component


@pytest.mark.parametrize("pairs", [2, 5, 40])
def test_it_is_the_leading_eigenvector_of_the_covariance(pairs: int) -> None:
    rng = np.random.default_rng(pairs)
    differences = rng.normal(size=(pairs, 3, 6)) * np.array([1, 4, 1, 2, 1, 1]) + rng.normal(size=6)
    found = first_component(torch.from_numpy(differences).float()).numpy()
    assert found.shape == (3, 6)
    for layer in range(3):
        rows = differences[:, layer]
        covariance = (rows - rows.mean(axis=0)).T @ (rows - rows.mean(axis=0))
        leading = np.linalg.eigh(covariance)[1][:, -1]
        leading *= np.sign(leading @ rows.mean(axis=0))
        np.testing.assert_allclose(found[layer], leading, atol=1e-4)


def test_by_hand() -> None:
    """Pairs that vary along (3, 4) around a mean that points the same way, or against it."""
    along = torch.tensor([0.6, 0.8])
    steps = torch.tensor([-2.0, -1, 1, 2])[:, None]
    for mean, expected in [(along, along), (-along, -along), (torch.tensor([-1.0, 2]), along)]:
        found = first_component((mean + steps * along)[:, None])
        torch.testing.assert_close(found[0], expected)


def test_a_single_pair_is_its_own_direction() -> None:
    [direction] = first_component(torch.tensor([[[3.0, -4.0]]]))
    torch.testing.assert_close(direction, torch.tensor([0.6, -0.8]))
