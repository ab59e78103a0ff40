"""Products by oneDNN are the products of PyTorch, forwards and backwards."""

from __future__ import annotations

import pytest
import torch
from torch import nn
from torch.nn.functional import linear

from harness.lm import products

served = pytest.mark.skipif(
    not products.AVAILABLE, reason="this PyTorch was built without oneDNN's linear operator"
)


def layers(bias: bool = True, inputs: int = 48, outputs: int = 20) -> tuple[nn.Linear, nn.Linear]:
    """The same frozen layer twice: as PyTorch has it, and in use."""
    torch.manual_seed(0)
    plain = nn.Linear(inputs, outputs, bias=bias).requires_grad_(False)
    used = nn.Linear(inputs, outputs, bias=bias).requires_grad_(False)
    used.load_state_dict(plain.state_dict())
    products.use_in(nn.Sequential(used))
    return plain, used


@served
@pytest.mark.parametrize("shape", [(1, 48), (300, 48), (1, 7, 48), (2, 3, 5, 48), (0, 48)])
@pytest.mark.parametrize("bias", [True, False])
def test_a_layer_in_use_gives_what_it_gave(shape: tuple[int, ...], bias: bool) -> None:
    plain, used = layers(bias)
    rows = torch.randn(shape)
    torch.testing.assert_close(used(rows), plain(rows))


@served
def test_a_transposed_weight_is_no_other_than_a_copy_of_it() -> None:
    rows, weight = torch.randn(6, 30), torch.randn(50, 30)[7:40]
    transposed = weight.T.contiguous().T
    torch.testing.assert_close(products.product(rows, weight), linear(rows, weight))
    torch.testing.assert_close(products.product(rows, transposed), linear(rows, weight))


@served
def test_what_comes_before_a_frozen_layer_trains_through_it() -> None:
    gradients = []
    for layer in layers():
        rows = torch.linspace(-1, 1, 5 * 48).reshape(5, 48).requires_grad_()
        (layer(rows) ** 2).sum().backward()
        gradients.append(rows.grad)
    torch.testing.assert_close(gradients[1], gradients[0])


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float64])
def test_other_precisions_multiply_as_usual(dtype: torch.dtype) -> None:
    plain, used = layers()
    rows = torch.randn(5, 48, dtype=dtype)
    assert not products.served(rows)
    assert torch.equal(used.to(dtype)(rows), plain.to(dtype)(rows))


@served
@pytest.mark.parametrize("inputs, outputs", [(48, 6), (6, 48)])
@pytest.mark.parametrize("leading", [(5,), (1, 5), (2, 3, 5)])
def test_a_layer_trains_itself_and_what_comes_before_it(
    leading: tuple[int, ...], inputs: int, outputs: int
) -> None:
    gradients = []
    for layer in layers(inputs=inputs, outputs=outputs):
        layer.requires_grad_(True)
        rows = torch.linspace(-1, 1, 5 * inputs).reshape(5, inputs).expand(*leading, inputs)
        rows = rows.clone().requires_grad_()
        (layer(rows) ** 2).sum().backward()
        gradients.append((rows.grad, layer.weight.grad, layer.bias.grad))
    torch.testing.assert_close(gradients[1], gradients[0])


def test_without_the_operator_everything_multiplies_as_usual(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(products, "AVAILABLE", False)
    plain, used = layers()
    rows = torch.randn(5, 48)
    assert torch.equal(used(rows), plain(rows))


def test_only_plain_linear_layers_are_changed() -> None:
    class Other(nn.Linear):
        pass

    network = nn.Sequential(nn.Linear(2, 2), Other(2, 2), nn.LayerNorm(2))
    products.use_in(network)
    assert [type(module) for module in network[1:]] == [Other, nn.LayerNorm]
    assert isinstance(network[0], nn.Linear)
