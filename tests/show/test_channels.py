"""Pictures and relevance of networks that share weights: a row is a channel."""

from __future__ import annotations

import numpy as np
import pytest

import bayesdrop as bd
from bayesdrop.posterior.weights import hidden_matrices, mean_weights, weight_draws
from bayesdrop.show.matrices import draw_matrix

X = np.random.default_rng(0).normal(size=(30, 6, 6, 2))
NETWORK = bd.ConvNet((3, 4), kernel=3, pool=1, hidden=(5,))


@pytest.fixture(scope="module")
def fit() -> bd.Posterior:
    model = bd.Model(NETWORK, bd.ARD(bd.noise.Rayleigh()))
    return bd.fit(model, X, X[:, 2, 2, 0], bd.MAP(num_steps=20), progress=False)


@pytest.mark.slow
def test_a_row_of_weights_is_what_leaves_a_channel(fit: bd.Posterior) -> None:
    values = fit.result.values
    assert hidden_matrices(fit) == (1, 2)
    (weights,) = weight_draws(fit, 1)
    assert weights.shape == (1, 3, 3 * 3 * 4)
    used = values["unit_scale_1"][0, 0, :, None] * values["weight_1_base"][0, 0]
    for channel in range(3):
        expected = used[:, :, channel].ravel()
        np.testing.assert_allclose(weights[0, channel], expected, rtol=1e-6)
    np.testing.assert_allclose(mean_weights(fit, 1), weights[0], rtol=1e-6)


@pytest.mark.slow
def test_relevance_is_of_channels_over_the_whole_window(fit: bd.Posterior) -> None:
    table = fit.feature_relevance().loc[["x0", "x1"]]
    values = fit.result.values
    used = values["unit_scale_0"][0, 0, :, None] * values["weight_0_base"][0, 0]
    rms = np.sqrt(np.mean(used.astype(float) ** 2, axis=(0, 1, 3)))
    np.testing.assert_allclose(table["weight_rms"], rms, rtol=1e-5)
    assert bd.show.feature_relevance(fit).axes


@pytest.mark.slow
def test_heat_maps_have_a_row_for_each_channel(fit: bd.Posterior) -> None:
    figure = bd.show.posterior_weights({"fit": fit}, order="none")
    shapes = [image.get_array().shape for axes in figure.axes for image in axes.get_images()]
    assert shapes[:2] == [(3, 36), (4 * 2 * 2, 5)]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("network", "rows"),
    [(bd.Recurrent(4, "gru"), (30, 5, 2)), (bd.ConvResNet(3, 2), (30, 6, 6, 2))],
    ids=["Recurrent", "ConvResNet"],
)
def test_relevance_and_heat_maps_of_other_networks(
    network: bd.Network, rows: tuple[int, ...]
) -> None:
    inputs = np.random.default_rng(0).normal(size=rows)
    target = inputs.reshape(30, -1)[:, 0]
    model = bd.Model(network, bd.ARD(bd.noise.Rayleigh()))
    post = bd.fit(model, inputs, target, bd.MAP(num_steps=20), progress=False)
    assert list(post.feature_relevance().index) == ["x0", "x1"]
    figure = bd.show.posterior_weights({"fit": post}, order="none")
    images = [image for axes in figure.axes for image in axes.get_images()]
    assert all(np.isfinite(np.asarray(image.get_array())).all() for image in images)
    assert images


def test_draws_of_the_prior_have_its_scale() -> None:
    drawn = draw_matrix(bd.Model(NETWORK), 1, (6, 6, 2), draws=400)
    assert drawn.shape == (400, 3, 36)
    assert drawn.std() == pytest.approx(1, abs=0.02)
    assert bd.show.prior_matrices({"net": bd.Model(NETWORK)}, n_features=(6, 6, 2)).axes


def test_images_are_no_function_of_one_input() -> None:
    with pytest.raises(ValueError, match=r"net: ConvNet takes images.*prior_densities"):
        bd.show.prior_functions({"net": bd.Model(NETWORK)})
