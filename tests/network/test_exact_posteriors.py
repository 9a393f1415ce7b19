"""Networks that share weights, where their posterior is a Gaussian that NumPy knows.

A weight that every place of a row shares and whose outputs are averaged sees the mean of the row.
And given the other weights, those of the last layer are a linear regression on its inputs.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import linear
import numpy as np
import oracle_networks
import pytest
from monte_carlo import mean_and_error
from quick import quick
from scipy import stats

import bayesdrop as bd

PRIOR, LIKELIHOOD = linear.model().prior, linear.model().likelihood
CHAINS: dict[str, Any] = {"num_chains": 2, "num_samples": 2000}
SAMPLERS: dict[str, bd.Inference] = {
    "NUTS": bd.NUTS(num_warmup=500, **CHAINS),
    "HMC": bd.HMC(num_warmup=500, num_steps=5, **CHAINS),
    "MCLMC": bd.MCLMC(num_warmup=2000, steps_per_draw=8, adjusted=True, **CHAINS),
}
OPTIMISERS: dict[str, bd.Inference] = {
    "MAP": bd.MAP(num_steps=2000, learning_rate=0.02),
    "Laplace": bd.Laplace(
        predictive="sampled", num_samples=20_000, num_steps=2000, learning_rate=0.02
    ),
    "SVI": bd.SVI(guide="full_rank", num_samples=20_000),
    "SVI in Pyro": bd.SVI(guide="full_rank", num_samples=20_000, backend="pyro"),
}


@dataclass(frozen=True)
class MeanOverPlaces(bd.Network):
    """One weight for every place of a row, and the mean of what it makes of them."""

    @property
    def residual(self) -> tuple[bool, ...]:
        return (False,)

    def layers(self, input_shape: tuple[int, ...], n_outputs: int) -> tuple[bd.Layer, ...]:
        return (bd.Layer(1, n_outputs),)

    def forward(self, x: Any, linear: Any) -> Any:
        f = linear(0, x.reshape((*x.shape[:-2], -1, 1)))
        return f.reshape((*f.shape[:-2], *x.shape[-2:])).sum(-1)[..., None] / x.shape[-1]


def rows() -> tuple[np.ndarray, np.ndarray]:
    X = np.random.default_rng(0).normal(3, 2, size=(40, 6))
    return X, X.mean(1) + 0.5 * np.random.default_rng(1).normal(size=40)


def exact_of_the_mean() -> linear.GaussianPosterior:
    X, y = rows()
    return linear.exact(linear.standardised(X).mean(1, keepdims=True), linear.standardised(y))


def fitted(method: bd.Inference) -> bd.Posterior:
    return bd.fit(bd.Model(MeanOverPlaces(), PRIOR, LIKELIHOOD), *rows(), method, progress=False)


def test_the_places_of_a_row_count_together() -> None:
    exact = exact_of_the_mean()
    alone = linear.exact(linear.standardised(rows()[0])[:, :1], linear.standardised(rows()[1]))
    assert abs(exact.mean[0, 0] - alone.mean[0, 0]) > 5 * np.sqrt(exact.covariance[0, 0])


@pytest.mark.slow
@pytest.mark.parametrize("name", SAMPLERS)
def test_samplers_draw_from_the_posterior_of_a_shared_weight(name: str) -> None:
    exact = exact_of_the_mean()
    off = linear.stacked(fitted(SAMPLERS[name]).draws)[..., 0] - exact.mean[:, 0]
    variance = np.diag(exact.covariance)
    for found, expected in ((off, 0), (off**2, variance)):
        mean, error = mean_and_error(found)
        assert np.all(np.abs(mean - expected) < 4 * error)
    assert np.all(error < 0.1 * variance), "too few draws to tell"


@pytest.mark.parametrize("name", quick(OPTIMISERS, lambda name: name in ("MAP", "Laplace")))
def test_optimisers_find_the_posterior_of_a_shared_weight(name: str) -> None:
    exact = exact_of_the_mean()
    draws = linear.stacked(fitted(OPTIMISERS[name]).draws)[0, :, :, 0]
    sd = np.sqrt(np.diag(exact.covariance))
    assert np.all(np.abs(draws.mean(0) - exact.mean[:, 0]) < 0.05 * sd)
    if name != "MAP":
        np.testing.assert_allclose(draws.std(0), sd, rtol=0.05)


def noisy_rows() -> tuple[np.ndarray, np.ndarray]:
    """Rows whose mean says so little of the target that the weight may be off."""
    X = rows()[0]
    return X, 0.15 * X.mean(1) + np.random.default_rng(1).normal(size=40)


def given_scales(scales: np.ndarray, X: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The log evidence and the mean of the one weight, given its scale."""
    inputs = linear.standardised(X).mean(1, keepdims=True)
    exact = [linear.exact(scale * inputs, linear.standardised(y)) for scale in scales]
    means = scales * np.array([each.mean[0, 0] for each in exact])
    return np.array([each.log_evidence for each in exact]), means


def expectation(values: np.ndarray, log_weights: np.ndarray) -> float:
    return float(np.average(values, weights=np.exp(log_weights - log_weights.max())))


BERNOULLI, NAKAGAMI = bd.noise.Bernoulli(0.6), bd.noise.InverseNakagami(3.0, 2.0)
GIBBS: dict[str, tuple[bd.noise.Noise, bd.Inference]] = {
    "Bernoulli noise by NUTS": (BERNOULLI, bd.NUTS(num_warmup=500, discrete="gibbs", **CHAINS)),
    "Bernoulli noise by HMC": (
        BERNOULLI,
        bd.HMC(num_warmup=500, num_steps=5, discrete="gibbs", **CHAINS),
    ),
    "a conjugate scale": (NAKAGAMI, bd.GibbsHMC(num_warmup=500, **CHAINS)),
}


@pytest.mark.slow
@pytest.mark.parametrize("name", GIBBS)
def test_gibbs_draws_the_scale_of_a_shared_weight(name: str) -> None:
    """Given the scale, NumPy knows the evidence. The rest is a sum over the scale."""
    noise, method = GIBBS[name]
    if noise is BERNOULLI:
        (X, y), scales, prior = noisy_rows(), np.array([0.0, 1.0]), np.log([0.4, 0.6])
    else:
        X, y = rows()
        scales = np.linspace(0.01, 20, 20_000)
        prior = stats.invgamma(3.0, scale=2.0).logpdf(scales**2) + np.log(scales)
    evidence, means = given_scales(scales, X, y)
    expected = [expectation(values, prior + evidence) for values in (scales, means)]
    scale_mixture = bd.ScaleMixture(
        unit=bd.PerLayer(first=noise), base_scale=PRIOR.base_scale, bias_scale=PRIOR.bias_scale
    )
    model = bd.Model(MeanOverPlaces(), scale_mixture, LIKELIHOOD)
    draws = bd.fit(model, X, y, method, progress=False).draws
    assert draws is not None
    prior_mean = expectation(scales, prior)
    assert abs(expected[0] - prior_mean) > 0.1 * prior_mean, "the data say nothing of the scale"
    scale = draws["unit_scale_0"].reshape(2, 2000, 1)
    weight = draws["weight_0"] if "weight_0" in draws else scale[..., None] * draws["weight_0_base"]
    for found, value in zip((scale, weight.reshape(scale.shape)), expected, strict=True):
        mean, error = mean_and_error(found)
        assert error[0] < 0.05
        assert abs(mean[0] - value) < 4 * error[0]


NETWORKS: dict[str, bd.Network] = {
    "ConvNet": bd.ConvNet((3,), 3, 2, (4,)),
    "ConvResNet": bd.ConvResNet(3, 2),
    "Recurrent": bd.Recurrent(3, "gru"),
}


def features(network: bd.Network, values: dict[str, np.ndarray], X: np.ndarray) -> np.ndarray:
    """Inputs of the last layer: what the oracle puts out where one of its weights is 1."""
    last = max(int(name.rpartition("_")[2]) for name in values)
    width = values[f"weight_{last}"].shape[0]

    def columns() -> Iterator[np.ndarray]:
        for unit in np.eye(width):

            def apply(i: int, h: Any, product: Any = np.matmul, unit: Any = unit) -> Any:
                if i == last:
                    return product(h, unit[:, None])
                return product(h, values[f"weight_{i}"]) + values[f"bias_{i}"]

            yield oracle_networks.output(network, apply, X)[:, 0]

    return np.stack(list(columns()), 1)


@pytest.mark.parametrize("name", quick(NETWORKS, lambda name: name == "ConvNet"))
def test_the_last_layer_is_a_regression_on_what_reaches_it(name: str) -> None:
    rng = np.random.default_rng(0)
    X = rng.normal(3, 2, size=(40, 5, 2) if name == "Recurrent" else (40, 6, 6, 2))
    y = X.reshape(40, -1)[:, :3].sum(1)
    method = bd.Laplace(
        subset="last_layer", predictive="sampled", num_samples=100_000, num_steps=300
    )
    network = NETWORKS[name]
    post = bd.fit(bd.Model(network, PRIOR, LIKELIHOOD), X, y, method, progress=False)
    assert post.draws is not None
    draws = {site: values[0] for site, values in post.draws.items()}
    last = max(int(site.rpartition("_")[2]) for site in draws)
    inputs = post.training.X_standardised.astype(float)
    exact = linear.exact(
        features(network, {k: v[0] for k, v in draws.items()}, inputs), linear.standardised(y)
    )
    found = np.concatenate([draws[f"weight_{last}"][..., 0], draws[f"bias_{last}"]], 1)
    assert np.ptp(draws["weight_0"], 0).max() == 0
    sd = np.sqrt(np.diag(exact.covariance))
    np.testing.assert_allclose(np.cov(found.T), exact.covariance, atol=0.02 * sd.max() ** 2)
    np.testing.assert_allclose(found.std(0), sd, rtol=0.02)
