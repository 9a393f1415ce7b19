"""Networks: their weight matrices, activations, and what they refuse."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jax
import numpy as np
import oracle_networks
import pytest
import torch

import bayesdrop as bd
from bayesdrop.network.activations import ACTIVATIONS


@pytest.mark.parametrize(
    ("network", "shapes", "residual"),
    [
        (bd.MLP(), [(13, 50), (50, 2)], [False, False]),
        (bd.MLP(()), [(13, 2)], [False]),
        (bd.MLP((4, 5)), [(13, 4), (4, 5), (5, 2)], [False, False, False]),
        (bd.ResNet(), [(13, 50), (50, 50), (50, 2)], [False, True, False]),
        (bd.ResNet(3, 1), [(13, 3), (3, 2)], [False, False]),
        (bd.ResNet(3, 3), [(13, 3), (3, 3), (3, 3), (3, 2)], [False, True, True, False]),
    ],
    ids=str,
)
def test_layers(
    network: bd.MLP | bd.ResNet, shapes: list[tuple[int, int]], residual: list[bool]
) -> None:
    assert [layer.shape for layer in network.layers((13,), 2)] == shapes
    assert list(network.residual) == residual


@pytest.mark.parametrize("network", [bd.MLP(), bd.ResNet()], ids=str)
def test_rows_that_are_no_vectors_are_refused(network: bd.MLP | bd.ResNet) -> None:
    with pytest.raises(ValueError, match=r"shape \(8, 8, 1\): give X of shape \(rows, features\)"):
        bd.Model(network).bind((8, 8, 1))


@pytest.mark.parametrize(
    "network", [bd.MLP(()), bd.MLP((4, 5)), bd.ResNet(4, 1), bd.ResNet(4, 4)], ids=str
)
def test_every_matrix_is_used_once_in_order(network: bd.MLP | bd.ResNet) -> None:
    layers, used = network.layers((3,), 2), []

    def linear(layer: int, h: Any) -> Any:
        used.append(layer)
        return h @ np.ones((layers[layer].fan_in, layers[layer].fan_out))

    assert network.forward(np.ones((7, 3)), linear).shape == (7, 2)
    assert used == list(range(len(layers)))


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_activations_are_their_definitions_in_every_library(name: str) -> None:
    x = np.array([-800.0, -30.0, -3.0, -1e-9, 0.0, 1e-9, 0.7, 30.0, 800.0])
    expected = oracle_networks.ACTIVATIONS[name](x)
    f = ACTIVATIONS[name]
    tolerance = {"rtol": 1e-9, "atol": 1e-14}  # eps · |x|, where the value is smaller than that
    np.testing.assert_allclose(f(x), expected, **tolerance)
    np.testing.assert_allclose(f(torch.as_tensor(x)), expected, **tolerance)
    with jax.enable_x64(True):
        np.testing.assert_allclose(f(jax.numpy.asarray(x)), expected, **tolerance)
        slope = jax.vmap(jax.grad(f))(jax.numpy.asarray(x))
    assert np.isfinite(slope).all(), "no NaN gradients far out"
    tensor = torch.as_tensor(x).requires_grad_()
    assert torch.autograd.grad(f(tensor).sum(), tensor)[0].isfinite().all()


def test_the_oracle_knows_every_activation() -> None:
    assert set(oracle_networks.ACTIVATIONS) == set(ACTIVATIONS)


def test_widths_become_a_tuple_of_ints() -> None:
    assert bd.MLP([np.int64(8), 4]) == bd.MLP((8, 4))  # type: ignore[arg-type]
    assert bd.MLP(width for width in (8, 4)) == bd.MLP((8, 4))  # type: ignore[arg-type]
    assert type(bd.ResNet(np.int64(8)).hidden) is int


@pytest.mark.parametrize(
    ("build", "error", "words"),
    [
        (lambda: bd.MLP(hidden=50), TypeError, r"MLP\(hidden=50\).*write hidden=\(50,\)"),
        (lambda: bd.MLP(hidden=50.0), TypeError, r"MLP\(hidden=50\.0\): hidden is a tuple"),
        (lambda: bd.MLP(hidden=None), TypeError, r"MLP\(hidden=None\): hidden is a tuple"),
        (lambda: bd.MLP(hidden="50"), TypeError, r"MLP\(hidden='50'\)"),
        (lambda: bd.MLP(hidden=(0,)), ValueError, r"hidden=\(0,\).*at least 1"),
        (lambda: bd.MLP(hidden=(50, 2.5)), ValueError, "each width must be a whole number"),
        (lambda: bd.MLP(hidden=(True,)), ValueError, "each width must be a whole number"),
        (lambda: bd.MLP(hidden=((5,),)), ValueError, "each width must be a whole number"),
        (lambda: bd.MLP(activation="rely"), ValueError, "did you mean 'relu'"),
        (lambda: bd.MLP(activation="sofplus"), ValueError, "did you mean 'softplus'"),
        (lambda: bd.MLP(activation=np.tanh), ValueError, "unknown activation.*known: elu"),
        (lambda: bd.ResNet(activation="Tanh"), ValueError, "did you mean 'tanh'"),
        (lambda: bd.ResNet(hidden=0), ValueError, r"ResNet\(hidden=0\): hidden must be at least 1"),
        (lambda: bd.ResNet(hidden=(50,)), TypeError, r"hidden must be a whole number"),
        (lambda: bd.ResNet(hidden=50.0), TypeError, r"hidden must be a whole number"),
        (lambda: bd.ResNet(depth=0), ValueError, r"ResNet\(depth=0\): depth must be at least 1"),
        (lambda: bd.ResNet(depth=True), TypeError, r"depth must be a whole number"),
        (lambda: bd.ResNet(depth="2"), TypeError, r"depth must be a whole number"),
    ],
)
def test_errors_are_readable(
    build: Callable[[], object], error: type[Exception], words: str
) -> None:
    with pytest.raises(error, match=words):
        build()
