"""The weight scaling of dropout: one pass with every noise at its mean."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import linear
import numpy as np
import pytest

import bayesdrop as bd
from bayesdrop import spec

X, Y = linear.data(rows=40, features=3)
METHOD = bd.MCDropout(num_epochs=20, num_passes=20_000)
NOISES = [bd.noise.Bernoulli(0.8), bd.noise.Gaussian(0.5, mean=1.0), bd.noise.Rayleigh(0.7)]


def fitted(noise: bd.noise.Noise, network: bd.Network, method: bd.Inference) -> bd.Posterior:
    return bd.fit(bd.Model(network, bd.ARD(noise)), X, Y, method, progress=False)


@pytest.mark.parametrize("noise", NOISES, ids=str)
def test_it_is_the_mean_of_the_passes_of_a_linear_network(noise: bd.noise.Noise) -> None:
    post = fitted(noise, bd.MLP(()), METHOD)
    averaged, scaled = post.predict(X), post.predict(X, passes="mean")
    error = averaged.epistemic_std / np.sqrt(METHOD.num_passes)
    assert np.all(np.abs(scaled.mean - averaged.mean) < 5 * error)
    assert scaled.n_draws == 1
    assert np.all(scaled.epistemic_std == 0)
    np.testing.assert_allclose(scaled.std, scaled.aleatoric_std, rtol=1e-6)


@pytest.mark.parametrize(
    ("network", "shape"),
    [(bd.ConvNet((3,), 3, 2, (4,)), (40, 6, 6, 1)), (bd.Recurrent(4, "lstm"), (40, 5, 2))],
    ids=["ConvNet", "Recurrent"],
)
def test_noise_before_the_last_layer_alone_is_its_mean(
    network: bd.Network, shape: tuple[int, ...]
) -> None:
    rows = np.random.default_rng(0).normal(3, 2, size=shape)
    prior = bd.ScaleMixture(unit=bd.PerLayer(last=bd.noise.Bernoulli(0.6)))
    post = bd.fit(bd.Model(network, prior), rows, Y, METHOD, progress=False)
    averaged, scaled = post.predict(rows), post.predict(rows, passes="mean")
    error = averaged.epistemic_std / np.sqrt(METHOD.num_passes)
    assert np.all(np.abs(scaled.mean - averaged.mean) < 5 * error)
    assert np.all((error > 0) & (error < 0.02 * np.ptp(Y)))


def test_weights_are_multiplied_by_the_share_that_is_kept() -> None:
    post = fitted(bd.noise.Bernoulli(0.8), bd.MLP((5,), "tanh"), METHOD)
    values = post.result.values
    scaling = post.training.scaling
    h = scaling.inputs(X)
    h = np.tanh(0.8 * h @ values["weight_0_base"] + values["bias_0"])
    f = 0.8 * h @ values["weight_1_base"] + values["bias_1"]
    expected = scaling.y_shift + scaling.y_scale * f[:, 0]
    np.testing.assert_allclose(post.predict(X, passes="mean").mean, expected, rtol=1e-5)


def test_it_does_not_depend_on_the_seed_and_gives_the_std_alone() -> None:
    post = fitted(bd.noise.Bernoulli(0.8), bd.MLP((5,)), METHOD)
    mean, std = post.predict(X, seed=1, return_std=True, passes="mean")
    pred = post.predict(X, seed=2, passes="mean")
    np.testing.assert_array_equal(mean, pred.mean)
    np.testing.assert_array_equal(std, pred.std)


def test_standard_dropout_is_a_method(tmp_path: Path) -> None:
    standard = replace(METHOD, passes="mean")
    noise, network = bd.noise.Bernoulli(0.8), bd.MLP((5,))
    post = fitted(noise, network, standard)
    expected = fitted(noise, network, METHOD).predict(X, passes="mean")
    np.testing.assert_array_equal(post.predict(X).mean, expected.mean)
    assert post.predict(X).n_draws == 1
    post.save(tmp_path / "fit.nc")
    np.testing.assert_array_equal(bd.load(tmp_path / "fit.nc").predict(X).mean, expected.mean)
    assert "passes" not in spec.to_dict(METHOD)
    with pytest.raises(ValueError, match="passes"):
        replace(METHOD, passes="one")


def test_refusals() -> None:
    post = fitted(bd.noise.Bernoulli(0.8), bd.MLP(()), METHOD)
    with pytest.raises(ValueError, match='passes=\'half\': give "all" or "mean"'):
        post.predict(X, passes="half")  # type: ignore[call-overload]
    chain = bd.fit(linear.model(), X, Y, linear.ExactLinear(num_samples=50), seed=1)
    with pytest.raises(ValueError, match=r"draws of its noise.*bd\.MCDropout"):
        chain.predict(X, passes="mean")
    process = bd.fit(bd.Model(bd.MLP()), X, Y, bd.GP(), progress=False)
    with pytest.raises(ValueError, match="distribution over functions"):
        process.predict(X, passes="mean")
