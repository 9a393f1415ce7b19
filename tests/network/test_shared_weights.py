"""Networks that share weights: the forward pass against PyTorch's layers, in every library."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import torch
from torch.nn import functional

import bayesdrop as bd
from bayesdrop.network.convolution import max_pool, patches
from bayesdrop.posterior.results.chunks import elements_per_row

ROWS, DRAWS = 5, 3
IMAGE, SEQUENCE = (9, 8, 2), (6, 3)
CELLS = {"elman": torch.nn.RNN, "gru": torch.nn.GRU, "lstm": torch.nn.LSTM}
CONVNETS = {
    "two convolutions": bd.ConvNet((3, 4), 3, 1, (5,), "tanh"),
    "pooling": bd.ConvNet((3,), 2, 2, (5, 4)),
    "no dense layer": bd.ConvNet((3,), 3, 3, ()),
}
NETWORKS: dict[str, tuple[bd.Network, tuple[int, ...]]] = {
    **{name: (network, IMAGE) for name, network in CONVNETS.items()},
    "residual": (bd.ConvResNet(3, 3, 3, 2, "tanh"), IMAGE),
    **{cell: (bd.Recurrent(4, cell), SEQUENCE) for cell in ("elman", "gru", "lstm")},
}
every = pytest.mark.parametrize("name", NETWORKS)


def problem(name: str, prior: bd.ScaleMixture | None = None) -> tuple[bd.BoundModel, Any, Any]:
    """A bound model, values of all its sites (draws, …), and inputs."""
    network, shape = NETWORKS[name]
    model = bd.Model(network, prior or bd.ScaleMixture())
    bound = model.bind(shape, 2)
    rng = np.random.default_rng(0)
    values = {site.name: rng.normal(size=(DRAWS, *site.shape)) for site in bound.sites}
    return bound, values, rng.normal(size=(ROWS, *shape))


def by_torch(network: bd.Network, weights: dict[Any, torch.Tensor], x: torch.Tensor) -> Any:
    """The output of PyTorch's own layers with these weights."""
    if isinstance(network, bd.Recurrent):
        return by_torch_recurrent(network, weights, x)
    activation: Callable[[Any], Any] = getattr(torch, network.activation)  # type: ignore
    h = x.permute(0, 3, 1, 2)

    def convolved(layer: int, h: torch.Tensor, padding: str) -> torch.Tensor:
        kernel = weights["weight", layer].permute(3, 2, 0, 1)
        return activation(functional.conv2d(h, kernel, weights["bias", layer], padding=padding))

    if isinstance(network, bd.ConvResNet):
        h = functional.max_pool2d(convolved(0, h, "same"), network.pool)
        for layer in range(1, network.depth):
            h = h + convolved(layer, h, "same")
        return h.mean((2, 3)) @ weights["weight", network.depth] + weights["bias", network.depth]
    assert isinstance(network, bd.ConvNet)
    for layer in range(len(network.channels)):
        h = functional.max_pool2d(convolved(layer, h, "valid"), network.pool)
    h = h.permute(0, 2, 3, 1).flatten(1)
    last = len(network.residual) - 1
    for layer in range(len(network.channels), last):
        h = activation(h @ weights["weight", layer] + weights["bias", layer])
    return h @ weights["weight", last] + weights["bias", last]


def by_torch_recurrent(
    network: bd.Recurrent, weights: dict[Any, torch.Tensor], x: torch.Tensor
) -> Any:
    module = CELLS[network.cell](x.shape[-1], network.hidden, batch_first=True).double()
    with torch.no_grad():
        module.weight_ih_l0.copy_(weights["weight", 0].T)
        module.weight_hh_l0.copy_(weights["weight", 1].T)
        module.bias_ih_l0.copy_(weights["bias", 0])
        module.bias_hh_l0.copy_(weights["bias", 1])
        return module(x)[0][:, -1] @ weights["weight", 2] + weights["bias", 2]


@every
def test_the_forward_pass_is_that_of_pytorchs_layers(name: str) -> None:
    bound, values, x = problem(name)
    found = bound.output(values, x)
    assert found.shape == (DRAWS, ROWS, 2)
    for draw in range(DRAWS):
        own = {key: torch.as_tensor(v[draw]) for key, v in bound.weights(values).items()}
        expected = by_torch(bound.model.network, own, torch.as_tensor(x)).numpy()
        np.testing.assert_allclose(found[draw], expected, rtol=1e-12, atol=1e-13)


@every
def test_numpy_jax_and_pytorch_are_the_same(name: str) -> None:
    bound, values, x = problem(name)
    expected = bound.output(values, x)
    tensors = {site: torch.as_tensor(value) for site, value in values.items()}
    in_torch = bound.output(tensors, torch.as_tensor(x)).numpy()
    with jax.enable_x64(True):
        arrays = {site: jnp.asarray(value) for site, value in values.items()}
        in_jax = np.asarray(jax.jit(bound.output)(arrays, jnp.asarray(x)))
    np.testing.assert_allclose(in_torch, expected, rtol=1e-12, atol=1e-13)
    np.testing.assert_allclose(in_jax, expected, rtol=1e-12, atol=1e-13)


NOISE = bd.noise.Gaussian(0.5, mean=1.0)
PRIORS = {
    "unit": bd.ARD(NOISE),
    "weight": bd.DropConnect(NOISE),
    "all": bd.ScaleMixture(unit=NOISE, weight=NOISE, bias=NOISE),
}


@pytest.mark.parametrize("prior", PRIORS)
@every
def test_noise_of_a_row_is_shared_noise_row_by_row(name: str, prior: str) -> None:
    """Over all the places of the row: pixels, or steps of time."""
    bound, values, x = problem(name, PRIORS[prior])
    rng = np.random.default_rng(1)
    noise = {s.name: rng.normal(size=(DRAWS, ROWS, *s.shape)) for s in bound.noises}
    weights = {site: value for site, value in values.items() if site not in noise}
    found = bound.output(weights, x, noise)
    for row in range(ROWS):
        own = weights | {site: value[:, row] for site, value in noise.items()}
        expected = bound.output(own, x[row : row + 1])[:, 0]
        np.testing.assert_allclose(found[:, row], expected, rtol=1e-10, atol=1e-12)


def test_layer_noise_of_a_row_multiplies_a_block() -> None:
    bound, values, x = problem("residual", bd.ARDADD(NOISE, NOISE))
    rng = np.random.default_rng(1)
    noise = {s.name: rng.normal(size=(DRAWS, ROWS, *s.shape)) for s in bound.noises}
    weights = {site: value for site, value in values.items() if site not in noise}
    found = bound.output(weights, x, noise)
    own = weights | {site: value[:, 2] for site, value in noise.items()}
    np.testing.assert_allclose(found[:, 2], bound.output(own, x[2:3])[:, 0], rtol=1e-10)


def test_without_its_blocks_a_residual_network_is_its_first_convolution() -> None:
    network = bd.ConvResNet(3, 3, 3, 2)
    bound = bd.Model(network, bd.ADD(bd.noise.Bernoulli(0.5))).bind(IMAGE, 2)
    rng = np.random.default_rng(0)
    values = {site.name: rng.normal(size=site.shape) for site in bound.sites}
    values |= {site.name: np.zeros(site.shape) for site in bound.noises}
    x = rng.normal(size=(ROWS, *IMAGE))
    used = bound.weights(values)
    matrix = used["weight", 0].reshape(-1, 3)
    first = np.maximum(patches(x, (3, 3), "same") @ matrix + used["bias", 0], 0)
    mean = max_pool(first, 2).mean((1, 2))
    expected = mean @ used["weight", 3] + used["bias", 3]
    np.testing.assert_allclose(bound.output(values, x), expected, rtol=1e-12)


@pytest.mark.parametrize(
    ("network", "shape", "layers"),
    [
        (
            bd.ConvNet(),
            (28, 28, 1),
            [((5, 5, 1, 20), 25), ((5, 5, 20, 50), 500), ((800, 500), 800), ((500, 10), 500)],
        ),
        (bd.Recurrent(4, "lstm"), (6, 3), [((3, 16), 3), ((4, 16), 4), ((4, 10), 4)]),
        (bd.ConvResNet(8, 2, 3), (8, 8, 1), [((3, 3, 1, 8), 9), ((3, 3, 8, 8), 72), ((8, 10), 8)]),
    ],
)
def test_shapes_and_connections(network: bd.Network, shape: Any, layers: list[Any]) -> None:
    found = network.layers(shape, 10)
    assert [(layer.shape, layer.connections) for layer in found] == layers
    table = {site.name: site for site in bd.sites(bd.Model(network), shape, 10)}
    for index, (weight, connections) in enumerate(layers):
        assert table[f"weight_{index}"].shape == weight
        prior = table[f"weight_{index}"].prior
        assert isinstance(prior, bd.noise.Gaussian)
        assert prior.scale == pytest.approx(connections**-0.5)
        assert table[f"bias_{index}"].shape == weight[-1:]


def test_a_units_noise_is_of_a_channel_and_a_weights_of_a_tap() -> None:
    for prior, shape in ((bd.ARD(NOISE), (20,)), (bd.DropConnect(NOISE), (5, 5, 20, 50))):
        noise = bd.Model(bd.ConvNet(), prior).bind((28, 28, 1), 10).noises[1]
        assert noise.shape == shape
        assert noise.layer == 1


def test_groups_of_channels() -> None:
    groups = bd.PerLayer(hidden=bd.Groups(NOISE, [0, 1, 1]))
    bound = bd.Model(bd.ConvNet((3, 4), 3, 1, ()), bd.ScaleMixture(group=groups)).bind(IMAGE, 1)
    rng = np.random.default_rng(0)
    values = {site.name: rng.normal(size=site.shape) for site in bound.sites}
    used = bound.weights(values)["weight", 1]
    expected = values["weight_1_base"] * values["group_scale_1"][[0, 1, 1]][:, None]
    np.testing.assert_array_equal(used, expected)


@pytest.mark.parametrize(
    ("network", "shape", "words"),
    [
        (bd.ConvNet(), (784,), r"takes images \(height, width, channels\).*reshape"),
        (bd.ConvNet(), (10, 10, 1), "leaves nothing of images of 10 × 10"),
        (bd.ConvResNet(pool=4), (3, 8, 1), "pools squares of 4 pixels"),
        (bd.Recurrent(), (5,), r"takes sequences \(time, features\)"),
        (bd.MLP(), (8, 8, 1), r"MLP takes rows of features"),
    ],
)
def test_rows_of_another_shape_are_refused(network: bd.Network, shape: Any, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        bd.sites(bd.Model(network), shape, 1)


@pytest.mark.parametrize(
    ("build", "error", "words"),
    [
        (lambda: bd.ConvNet(channels=20), TypeError, r"write channels=\(20,\)"),
        (lambda: bd.ConvNet(channels=()), ValueError, "give at least 1"),
        (lambda: bd.ConvNet(hidden=(0,)), ValueError, "each width must be a whole number"),
        (lambda: bd.ConvNet(kernel=0), ValueError, "kernel"),
        (lambda: bd.ConvResNet(kernel=4), ValueError, "kernel must be odd"),
        (lambda: bd.Recurrent(cell="rnn"), ValueError, "elman"),
    ],
)
def test_bad_settings_are_refused(build: Any, error: type[Exception], words: str) -> None:
    with pytest.raises(error, match=words):
        build()


def test_layer_noise_needs_blocks() -> None:
    with pytest.raises(ValueError, match=r"Use bd\.ResNet or bd\.ConvResNet"):
        bd.Model(bd.ConvNet(), bd.ADD(NOISE))
    with pytest.raises(ValueError, match=r"f\(0\) is not 0"):
        bd.Model(bd.ConvResNet(activation="sigmoid"), bd.ADD(NOISE))


def test_the_estimate_of_memory_counts_windows() -> None:
    lenet = bd.Model(bd.ConvNet()).bind((28, 28, 1), 10)
    assert elements_per_row(lenet) == 3 * 8 * 8 * 5 * 5 * 20
    assert elements_per_row(bd.Model(bd.MLP((50,))).bind(13)) == 3 * 50


def test_the_estimate_of_memory_counts_what_differs_between_passes() -> None:
    """Everything before the first noise is the same in all passes of a chunk."""
    lenet = bd.Model(bd.ConvNet()).bind((28, 28, 1), 10)
    assert elements_per_row(lenet, noisy=[3]) == 3 * 500
    assert elements_per_row(lenet, noisy=[3, 1]) == elements_per_row(lenet)
    assert elements_per_row(lenet, noisy=[]) == elements_per_row(lenet)
