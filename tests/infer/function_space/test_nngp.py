"""The infinitely wide network: its kernel against networks of finite width, its posterior."""

from __future__ import annotations

import math
from typing import Any

import linear
import numpy as np
import pytest
from numpy.typing import NDArray
from quick import quick
from scipy import integrate, special, stats

import bayesdrop as bd
from bayesdrop.infer.function_space.nngp.kernel import KERNELS, kernel

Array = NDArray[np.float64]
X, Y = linear.data(rows=40, features=3)
NEW = X[:9] * 1.1
ROWS = np.random.default_rng(3).normal(size=(4, 3))
ERF = bd.Model(bd.MLP((8,), "erf"))

NODES, WEIGHTS = np.polynomial.hermite_e.hermegauss(160)
WEIGHTS /= WEIGHTS.sum()
CONDITIONAL_MEANS = {
    "relu": lambda m, s: m * special.ndtr(m / s) + s * stats.norm.pdf(m / s),
    "erf": lambda m, s: special.erf(m / np.sqrt(1 + 2 * s**2)),
    "tanh": lambda m, s: np.tanh(m + s * NODES) @ WEIGHTS,
}
"""E φ(v) of v ~ N(m, s²)."""
ERRORS = {"relu": 1e-7, "erf": 1e-7, "tanh": 1e-6}
ACTIVATIONS = {"relu": lambda u: np.maximum(u, 0), "erf": special.erf, "tanh": np.tanh}


# The kernel


@pytest.mark.parametrize("name", KERNELS)
@pytest.mark.parametrize("correlation", [-0.9, 0.0, 0.3, 0.999])
def test_moments_of_a_unit_by_quadrature(name: str, correlation: float) -> None:
    a, b = 1.3, 0.6
    covariance = np.array([[a**2, correlation * a * b], [correlation * a * b, b**2]])
    mean, second = KERNELS[name](covariance)
    phi, given = ACTIVATIONS[name], CONDITIONAL_MEANS[name]

    def expectation(f: Any) -> float:
        return integrate.quad(lambda t: f(a * t) * stats.norm.pdf(t), -12, 12, points=[0])[0]

    rest = b * math.sqrt(1 - correlation**2)
    product = expectation(lambda u: phi(u) * given(correlation * b / a * u, rest))
    np.testing.assert_allclose(second[0, 1], product, rtol=ERRORS[name], atol=1e-9)
    own = expectation(lambda u: phi(u) ** 2)
    np.testing.assert_allclose(second[0, 0], own, rtol=ERRORS[name])
    np.testing.assert_allclose(mean[0], expectation(phi), atol=1e-8)


def random_kernel(model: bd.Model, rng: np.random.Generator) -> Array:
    """Covariance of f at ``ROWS`` given all but the last layer of one network of the prior."""
    table = bd.sites(model, ROWS.shape[1])
    values = {(s.role, s.layer): s.prior.draw(rng, s.shape) for s in table}
    hidden: list[Array] = []

    def linear_map(layer: int, h: Array) -> Array:
        hidden.append(h)
        return h @ values["weight", layer] + values["bias", layer]

    model.network.forward(ROWS, linear_map)
    last = hidden[-1] * model.prior.weight_scale(hidden[-1].shape[1])
    return model.prior.bias_scale**2 + last @ last.T


WIDTHS = (16, 64, 256, 1024)


OF_WIDTH: dict[str, Any] = {
    "relu": lambda width: bd.MLP((width,), "relu"),
    "erf": lambda width: bd.MLP((width,), "erf"),
    "tanh": lambda width: bd.MLP((width,), "tanh"),
    "relu-2": lambda width: bd.MLP((width, width), "relu"),
    "erf-2": lambda width: bd.MLP((width, width), "erf"),
    "resnet-relu": lambda width: bd.ResNet(width, 2, "relu"),
    "resnet-erf": lambda width: bd.ResNet(width, 2, "erf"),
}


@pytest.mark.parametrize("name", quick(OF_WIDTH, lambda name: name in ("relu", "resnet-erf")))
def test_networks_of_the_prior_tend_to_it_at_the_rate_one_over_root_width(name: str) -> None:
    """The error's slope in log width is −1/2, and its mean over networks is 0 at the widest."""
    network = OF_WIDTH[name]
    rng, prior = np.random.default_rng(0), bd.ScaleMixture(bias_scale=0.5)
    limit = kernel(bd.Model(network(1), prior).bind(ROWS.shape[1]), ROWS)
    roots, errors = [], np.zeros(0)
    for width in WIDTHS:
        model = bd.Model(network(width), prior)
        errors = np.array([random_kernel(model, rng) for _ in range(40)]) - limit
        roots.append(np.sqrt(np.mean(errors**2)))
    slope = np.polyfit(np.log(WIDTHS), np.log(roots), 1)[0]
    assert abs(slope + 0.5) < 0.15
    z = errors.mean(0) / (errors.std(0, ddof=1) / math.sqrt(len(errors)))
    assert np.abs(z).max() < 4


def test_a_number_for_base_scale_keeps_the_network_s_own_width() -> None:
    def of(width: int, base_scale: Any) -> Array:
        prior = bd.ScaleMixture(base_scale=base_scale, bias_scale=0.5)
        return kernel(bd.Model(bd.MLP((width,)), prior).bind(ROWS.shape[1]), ROWS)

    second = KERNELS["relu"](0.25 + 0.36 * ROWS @ ROWS.T)[1]
    np.testing.assert_allclose(of(10, 0.6), 0.25 + 10 * 0.36 * second)
    np.testing.assert_allclose(of(10, "fan_in"), of(20, "fan_in"), rtol=1e-12)


# The posterior


def test_the_linear_model_s_posterior_is_exact() -> None:
    method = bd.NNGP(num_samples=20_000)
    posterior = bd.fit(linear.model(), X, Y, method, progress=False)
    exact = linear.exact_of(X, Y)
    design = np.column_stack([(NEW - X.mean(0)) / X.std(0), np.ones(len(NEW))])
    prediction = posterior.predict(NEW)
    np.testing.assert_allclose(
        prediction.mean, Y.mean() + Y.std() * (design @ exact.mean)[:, 0], rtol=1e-5
    )
    f = (prediction.draw_means.astype(np.float64) - prediction.mean) / Y.std()
    expected = design @ exact.covariance @ design.T
    np.testing.assert_allclose(f.T @ f / len(f), expected, atol=0.05 * np.diag(expected).max())
    np.testing.assert_allclose(posterior.fit.info["log_evidence"], exact.log_evidence, rtol=1e-5)


def test_the_noise_scale_is_integrated_out() -> None:
    """Evidence, predictive mean and mean noise variance by quadrature over dense Gaussians."""
    prior = bd.noise.HalfNormal(1.0)
    posterior = bd.fit(ERF, X, Y, bd.NNGP(), progress=False)
    known, y = linear.standardised(X), linear.standardised(Y)[:, 0]
    new = (NEW - X.mean(0)) / X.std(0)
    K = kernel(ERF.bind(X.shape[1]), np.concatenate([known, new]))
    own, cross = K[:40, :40], K[40:, :40]
    scales = np.exp(np.linspace(-4, 2, 400))
    log_joint = np.array(
        [
            stats.multivariate_normal.logpdf(y, cov=own + s**2 * np.eye(40))
            + prior.log_prob(s)
            + math.log(s)
            for s in scales
        ]
    )
    step = math.log(scales[1] / scales[0])
    log_evidence = special.logsumexp(log_joint) + math.log(step)
    np.testing.assert_allclose(posterior.fit.info["log_evidence"], log_evidence, rtol=1e-5)
    weights = special.softmax(log_joint)
    means = np.array([cross @ np.linalg.solve(own + s**2 * np.eye(40), y) for s in scales])
    prediction = posterior.predict(NEW)
    np.testing.assert_allclose(prediction.mean, Y.mean() + Y.std() * weights @ means, rtol=1e-3)
    deviation = np.average(scales, weights=weights) * Y.std()
    found = prediction.parameters["scale"].mean((0, 2), dtype=np.float64)
    np.testing.assert_allclose(found, deviation, rtol=5e-3)


def test_a_narrow_prior_of_the_noise_scale_is_tabulated_within_it() -> None:
    narrow = bd.Model(bd.MLP(()), likelihood=bd.Gaussian(bd.noise.Uniform(0.5, 0.501)))
    fixed = bd.Model(bd.MLP(()), likelihood=bd.Gaussian(0.5005))
    one, other = (bd.fit(model, X, Y, bd.NNGP(), progress=False) for model in (narrow, fixed))
    np.testing.assert_allclose(one.predict(X).mean, other.predict(X).mean, rtol=1e-3)
    log_evidence = [fit.fit.info["log_evidence"] for fit in (one, other)]
    np.testing.assert_allclose(*log_evidence, rtol=1e-3)


def test_outputs_are_independent_regressions() -> None:
    rows = linear.data(rows=40, features=3, outputs=2)
    both = bd.fit(ERF, *rows, bd.NNGP(), progress=False)
    for output in range(2):
        one = bd.fit(ERF, rows[0], rows[1][:, output], bd.NNGP(), progress=False)
        np.testing.assert_allclose(
            both.predict(NEW).mean[:, output], one.predict(NEW).mean, rtol=1e-5
        )
        np.testing.assert_allclose(
            both.result.state["noise_scale"][:, output], one.result.state["noise_scale"][:, 0]
        )


# What it refuses


@pytest.mark.parametrize(
    ("model", "words"),
    [
        (bd.Model(bd.MLP(), bd.ARD(bd.noise.HalfCauchy(1.0))), "variance is infinite"),
        (
            bd.Model(bd.MLP(), bd.DropConnect(bd.noise.InverseNakagami(1.0, 1.0))),
            "weight_scale_0 is .*variance is infinite",
        ),
        (bd.Model(bd.MLP(), bd.ARD(bd.noise.Bernoulli(0.9))), "a mixture of Gaussian processes"),
        (bd.Model(bd.MLP(activation="silu")), "activation 'relu', 'erf' or 'tanh'"),
        (bd.Model(bd.MLP(), likelihood=bd.StudentT()), "use bd.Gaussian"),
        (
            bd.Model(bd.MLP(), likelihood=bd.Gaussian(bd.noise.Uniform(200.0, 300.0))),
            "tabulates noise scales from 1e-5 to 100",
        ),
    ],
)
def test_models_without_a_limit_here(model: bd.Model, words: str) -> None:
    with pytest.raises(bd.UnsupportedModelError, match=words):
        bd.fit(model, X, Y, bd.NNGP(), progress=False)


def test_a_linear_model_of_any_activation_runs() -> None:
    assert bd.NNGP().supports(bd.Model(bd.MLP((), "tanh"))) is None
    bd.fit(bd.Model(bd.MLP((), "tanh")), X, Y, bd.NNGP(), progress=False)


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"num_samples": 50}, "must be a multiple of 2 · num_scales"),
        ({"num_scales": 0}, "num_scales must be at least 1"),
        ({"max_rows": 0.5}, "max_rows must be a whole number"),
    ],
)
def test_bad_settings(settings: dict[str, Any], words: str) -> None:
    with pytest.raises((ValueError, TypeError), match=words):
        bd.NNGP(**settings)
