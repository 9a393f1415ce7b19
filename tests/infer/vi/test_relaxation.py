"""Bernoulli noise under SVI: relaxed in training, hard in the draws, in both libraries."""

from __future__ import annotations

from functools import cache
from typing import Any

import jax
import linear
import numpy as np
import pytest
import torch
from numpyro import handlers
from quick import quick
from scipy import stats

import bayesdrop as bd
from bayesdrop.programs import numpyro, pyro

MODEL = linear.model(unit=bd.noise.Bernoulli(0.5))
METHODS = {
    "numpyro": bd.SVI(num_steps=4000, num_samples=2000),
    "pyro": bd.SVI(num_steps=1500, num_samples=500, learning_rate=0.03, backend="pyro"),
}


def data() -> tuple[linear.Array, linear.Array]:
    """Eight features, of which the last three matter."""
    rng = np.random.default_rng(0)
    X = rng.normal(size=(80, 8))
    return X, X @ np.array([0, 0, 0, 0, 0, 1.0, -1.5, 2.0]) + rng.normal(size=80)


@cache
def fitted(backend: str) -> bd.Posterior:
    return bd.fit(MODEL, *data(), METHODS[backend], progress=False)


@pytest.mark.parametrize("backend", quick(METHODS, lambda name: name == "numpyro"))
def test_relevant_features_are_kept_and_irrelevant_ones_are_not(backend: str) -> None:
    draws = fitted(backend).draws
    assert draws is not None
    mask = draws["unit_scale_0"]
    assert mask.shape == (1, METHODS[backend].num_samples, 8)
    assert set(np.unique(mask)) == {0, 1}
    inclusion = mask.mean((0, 1))
    assert inclusion[5:].min() > 0.4 + inclusion[:5].max()


@pytest.mark.parametrize("backend", quick(METHODS, lambda name: name == "numpyro"))
def test_predictions_use_the_hard_masks(backend: str) -> None:
    posterior = fitted(backend)
    draws = posterior.draws
    assert draws is not None
    X = linear.standardised(posterior.training.X_original)
    weight = draws["unit_scale_0"][0] * draws["weight_0_base"][0, ..., 0]
    f = X @ weight.T + draws["bias_0"][0, :, 0]
    expected = posterior.training.target.mean() + posterior.training.target.std() * f.mean(1)
    np.testing.assert_allclose(
        posterior.predict(posterior.training.X_original).mean, expected, rtol=1e-4, atol=1e-4
    )


@pytest.mark.slow
@pytest.mark.parametrize("backend", quick(METHODS, lambda name: name == "numpyro"))
def test_networks_with_several_boolean_sites_run(backend: Any) -> None:
    noise = bd.noise.Bernoulli(0.8)
    model = bd.Model(bd.ResNet(3, 3), bd.ScaleMixture(unit=noise, layer=noise, weight=noise))
    X, y = linear.data(rows=20, features=2, outputs=2)
    method = bd.SVI(num_steps=20, num_samples=10, backend=backend, batch_size=10, guide="full_rank")
    posterior = bd.fit(model, X, y, method, progress=False)
    assert posterior.draws is not None
    for site in posterior.sites:
        assert posterior.draws[site.name].shape == (1, 10, *site.shape)
        assert site.support != "boolean" or set(np.unique(posterior.draws[site.name])) <= {0, 1}
    assert posterior.predict(X).mean.shape == (20, 2)


@pytest.mark.parametrize("temperature", [0.1, 1.0])
def test_the_relaxed_noise_is_the_concrete_distribution(temperature: float) -> None:
    """sigmoid(v / T) has its density: T α λ^(−T−1) (1−λ)^(−T−1) / (α λ^−T + (1−λ)^−T)²."""
    keep, grid = 0.7, np.linspace(-6, 6, 25)
    model = linear.model(unit=bd.noise.Bernoulli(keep))
    bound = model.bind(1)
    x = np.ones((1, 1), np.float32)
    program = handlers.seed(numpyro.build(bound, temperature), 0)
    site = handlers.trace(program).get_trace(jax.numpy.asarray(x))["unit_scale_0"]
    in_numpyro = [float(site["fn"].log_prob(np.array([v]))) for v in grid]
    program = torch_trace(pyro.build(bound, temperature), torch.as_tensor(x))
    in_pyro = [
        float(program["unit_scale_0"]["fn"].log_prob(torch.tensor([v], dtype=torch.float32)))
        for v in grid
    ]
    value = 1 / (1 + np.exp(-grid / temperature))
    value, rest = np.clip(value, 1e-300, 1), 1 / (1 + np.exp(grid / temperature))
    ratio, t = keep / (1 - keep), temperature
    log_density = np.log(t * ratio) - (t + 1) * (np.log(value) + np.log(rest))
    log_density -= 2 * np.log(ratio * value**-t + rest**-t)
    log_jacobian = np.log(value) + np.log(rest) - np.log(t)
    np.testing.assert_allclose(in_numpyro, log_density + log_jacobian, rtol=1e-3)
    np.testing.assert_allclose(in_pyro, log_density + log_jacobian, rtol=1e-3)
    assert stats.logistic.sf(0, loc=np.log(ratio)) == pytest.approx(keep)


def torch_trace(program: Any, x: torch.Tensor) -> Any:
    import pyro as pyro_ppl

    return pyro_ppl.poutine.trace(program).get_trace(x).nodes


def test_the_temperature_is_checked() -> None:
    with pytest.raises(ValueError, match="temperature"):
        bd.SVI(temperature=0)
