"""Probabilistic backpropagation: every update against moments found another way."""

from __future__ import annotations

import math
from typing import Any

import jax
import linear
import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import integrate, special, stats

import bayesdrop as bd
from bayesdrop.infer.peers.pbp import run as pbp_run
from bayesdrop.infer.peers.pbp.run import Moments, State
from bayesdrop.infer.peers.pbp.settings import precision_prior

Array = NDArray[np.float64]
X, Y = linear.data(rows=40, features=3)
RELU = bd.Model(bd.MLP((6,)))


def state_of(model: bd.Model, n_outputs: int = 1, seed: int = 0) -> State:
    rng = np.random.default_rng(seed)
    scale = model.likelihood.priors.get("noise_scale")
    prior = precision_prior(scale) if scale else None
    return pbp_run._start(bd.PBP(init_scale=0.5), model.bind(3, n_outputs), rng, prior)


def updated(state: State, x: Array, y: Array, learns_precision: bool) -> tuple[State, float]:
    with jax.enable_x64(True):
        new, log_z = jax.jit(pbp_run.update, static_argnums=3)(state, x, y, learns_precision)
        return jax.tree.map(np.asarray, new), float(log_z)


# The moments


@pytest.mark.parametrize("ratio", [-30.0, -8.0, -1.0, 0.0, 0.4, 3.0, 40.0])
def test_moments_of_a_rectified_gaussian(ratio: float) -> None:
    scale, low = 1.7, max(-ratio, -12.0)
    with jax.enable_x64(True):
        mean, variance = pbp_run.rectified(Moments(np.array(ratio * scale), np.array(scale**2)))

    def moment(order: int) -> float:
        high = max(low, 0) + 12
        return integrate.quad(
            lambda t: (ratio + t) ** order * stats.norm.pdf(t),
            low,
            high,
            epsabs=0,
            points=[low + 1],
        )[0]

    first, second = moment(1), moment(2)
    np.testing.assert_allclose(mean, scale * first, rtol=1e-8, atol=1e-200)
    np.testing.assert_allclose(variance, scale**2 * (second - first**2), rtol=1e-6, atol=1e-150)


def test_one_row_of_a_linear_model_has_the_exact_marginals() -> None:
    """There f(x) is Gaussian, so that the update is Bayes' rule but for the correlations."""
    model, (x, y) = linear.model(), (np.array([0.3, -1.2, 2.0]), np.array([0.7, -0.4]))
    new, log_z = updated(state_of(model, 2), x, y, False)
    exact = linear.exact(x[None], y[None])
    np.testing.assert_allclose(new.weights["weight_0"].mean, exact.mean[:-1], rtol=1e-12)
    np.testing.assert_allclose(new.weights["bias_0"].mean, exact.mean[-1], rtol=1e-12)
    variances = np.diag(exact.covariance)
    for output in range(2):
        np.testing.assert_allclose(new.weights["weight_0"].variance[:, output], variances[:-1])
    np.testing.assert_allclose(new.weights["bias_0"].variance, variances[-1], rtol=1e-12)
    np.testing.assert_allclose(log_z, exact.log_evidence, rtol=1e-12)


def numpy_log_z(
    means: list[Array], variances: list[Array], x: Array, y: float, noise: float
) -> float:
    """log N(y | E f, V f + noise) by eqs. of the paper, written for one output: (in + 1, out)."""
    m, v = x, np.zeros_like(x)
    for layer, (M, V) in enumerate(zip(means, variances, strict=True)):
        m, v = np.append(m, 1.0), np.append(v, 0.0)
        m, v = m @ M, v @ V + v @ M**2 + m**2 @ V
        if layer < len(means) - 1:
            a = m / np.sqrt(v)
            gamma = np.exp(-(a**2) / 2 - special.log_ndtr(a)) / math.sqrt(2 * math.pi)
            inner = m + np.sqrt(v) * gamma
            b = special.ndtr(a) * inner
            v = b * inner * special.ndtr(-a) + special.ndtr(a) * v * (1 - gamma * (gamma + a))
            m = b
    return float(stats.norm.logpdf(y, m[0], math.sqrt(v[0] + noise)))


def numpy_filter(
    means: list[Array], variances: list[Array], a: float, b: float, x: Array, y: float
) -> tuple[list[Array], list[Array], float, float]:
    """One step with central differences for gradients."""
    new_means, new_variances = [M.copy() for M in means], [V.copy() for V in variances]

    def slope(arrays: list[Array], layer: int, index: Any) -> float:
        h, value = 1e-6 * max(1.0, abs(arrays[layer][index])), arrays[layer][index]
        found = []
        for sign in (1, -1):
            arrays[layer][index] = value + sign * h
            found.append(numpy_log_z(means, variances, x, y, b / (a - 1)))
        arrays[layer][index] = value
        return (found[0] - found[1]) / (2 * h)

    for layer, V in enumerate(variances):
        for index in np.ndindex(V.shape):
            g_m, g_v = slope(means, layer, index), slope(variances, layer, index)
            new_means[layer][index] += V[index] * g_m
            new_variances[layer][index] -= V[index] ** 2 * (g_m**2 - 2 * g_v)
    Z, Z1, Z2 = (math.exp(numpy_log_z(means, variances, x, y, b / (a + k))) for k in (-1, 0, 1))
    first, second = Z1 / Z * a / b, Z2 / Z * a * (a + 1) / b**2
    rate = first / (second - first**2)
    return new_means, new_variances, first * rate, rate


@pytest.mark.parametrize("hidden", [pytest.param((4,), marks=pytest.mark.slow), (4, 3)])
def test_rows_one_after_the_other_against_numpy(hidden: tuple[int, ...]) -> None:
    model = bd.Model(bd.MLP(hidden), likelihood=bd.Gaussian(bd.noise.InverseNakagami(3.0, 2.0)))
    state, rng = state_of(model), np.random.default_rng(4)

    def stacked(state: State, field: str) -> list[Array]:
        pairs = [
            (
                getattr(state.weights[f"weight_{i}"], field),
                getattr(state.weights[f"bias_{i}"], field),
            )
            for i in range(len(hidden) + 1)
        ]
        return [np.vstack(pair) for pair in pairs]

    means, variances, a, b = stacked(state, "mean"), stacked(state, "variance"), 3.0, 2.0
    for _ in range(4):
        x, y = rng.normal(size=3), rng.normal()
        state, _ = updated(state, x, np.array([y]), True)
        means, variances, a, b = numpy_filter(means, variances, a, b, x, y)
    for found, expected in (
        (stacked(state, "mean"), means),
        (stacked(state, "variance"), variances),
    ):
        for one, other in zip(found, expected, strict=True):
            np.testing.assert_allclose(one, other, rtol=1e-6, atol=1e-8)
    np.testing.assert_allclose((state.shape[0], state.rate[0]), (a, b), rtol=1e-7)


def test_updates_that_leave_no_distribution_are_refused() -> None:
    q = Moments(np.array([0.0, 1.0, 2.0]), np.array([1.0, 1.0, 1.0]))
    slope = Moments(np.array([2.0, 0.1, np.nan]), np.zeros(3))
    moved, refused = pbp_run._moved(q, slope)
    np.testing.assert_allclose(moved.mean, [0.0, 1.1, 2.0])
    np.testing.assert_allclose(moved.variance, [1.0, 0.99, 1.0])
    assert refused == 2
    shape, rate = pbp_run._gamma(2.0, 1.0, 0.0, 0.0, np.array(9.0))
    np.testing.assert_allclose((shape, rate), (2.0, 1.0))


# The noise


@pytest.mark.parametrize("scale", [0.2, 1.0, 5.0])
def test_the_precision_s_gamma_keeps_two_moments_of_the_prior(scale: float) -> None:
    found = precision_prior(bd.noise.HalfNormal(scale))
    np.testing.assert_allclose(found.rate / (found.shape - 1), scale**2, rtol=1e-6)  # type: ignore[operator]
    mean_log = math.log(2 * scale**2) + special.digamma(0.5)
    np.testing.assert_allclose(
        math.log(found.rate) - special.digamma(found.shape), mean_log, rtol=1e-5
    )  # type: ignore[arg-type]


def test_a_gamma_on_the_precision_is_taken_as_it_is() -> None:
    prior = bd.noise.InverseNakagami(6.0, 6.0)
    assert precision_prior(prior) is prior


# A fit


def test_a_fit_finds_the_function_and_its_noise() -> None:
    rng = np.random.default_rng(0)
    inputs = rng.uniform(-2, 2, size=(300, 2))
    target = np.abs(inputs[:, 0]) + 0.5 * inputs[:, 1] + 0.2 * rng.normal(size=300)
    posterior = bd.fit(RELU, inputs[:200], target[:200], bd.PBP(), seed=1, progress=False)
    prediction = posterior.predict(inputs[200:])
    error = prediction.mean - (np.abs(inputs[200:, 0]) + 0.5 * inputs[200:, 1])
    assert np.sqrt(np.mean(error**2)) < 0.12  # the target's own deviation is 0.85
    assert 0.18 < np.mean(prediction.aleatoric_std) < 0.26
    assert np.all(prediction.epistemic_std > 0)
    losses = posterior.fit.losses
    assert losses.shape == (40,)
    assert losses[-1] < losses[0]


@pytest.mark.parametrize("outputs", [pytest.param(None, marks=pytest.mark.slow), 2])
def test_draws_have_the_sites_shapes_and_come_again(outputs: int | None) -> None:
    rows = linear.data(rows=30, features=3, outputs=outputs)
    method = bd.PBP(num_epochs=3, num_samples=50)
    one, other = (bd.fit(RELU, *rows, method, seed=5, progress=False) for _ in range(2))
    draws = one.draws
    assert draws is not None
    for site in one.sites:
        assert draws[site.name].shape == (1, 50, *site.shape)
        assert draws[site.name].dtype == np.float32
        np.testing.assert_array_equal(draws[site.name], other.result.values[site.name])
    assert one.predict(rows[0][:4]).mean.shape == ((4,) if outputs is None else (4, 2))
    assert not jax.config.jax_enable_x64  # type: ignore[attr-defined]


def test_a_fixed_noise_scale_stays() -> None:
    model = bd.Model(bd.MLP((6,)), likelihood=bd.Gaussian(0.3))
    posterior = bd.fit(model, X, Y, bd.PBP(num_epochs=2, num_samples=20), progress=False)
    assert "noise_scale" not in posterior.result.values
    np.testing.assert_allclose(posterior.predict(X).aleatoric_std, 0.3 * Y.std(), rtol=1e-5)


@pytest.mark.slow
def test_a_second_data_set_of_the_shape_compiles_nothing() -> None:
    method = bd.PBP(num_epochs=1, num_samples=2)
    bd.fit(RELU, X, Y, method, progress=False)
    again = bd.fit(RELU, X[::-1] * 2, Y, method, seed=3, progress=False)
    assert again.fit.info["compilations"] == 0


@pytest.mark.parametrize(
    ("model", "words"),
    [
        (bd.Model(bd.MLP(), bd.ARD(bd.noise.Rayleigh(1.0))), r"has noise \(ARD\).*gaussian_prior"),
        (bd.Model(bd.MLP(activation="tanh")), "bd.MLP of ReLUs"),
        (bd.Model(bd.ResNet()), "bd.MLP of ReLUs"),
        (bd.Model(bd.MLP(), likelihood=bd.Poisson()), "use bd.Gaussian"),
        (
            bd.Model(bd.MLP(), likelihood=bd.Gaussian(bd.noise.HalfCauchy(1.0))),
            "infinite under its prior",
        ),
        (
            bd.Model(bd.MLP(), likelihood=bd.Gaussian(bd.noise.InverseNakagami(1.0, 1.0))),
            "shape > 1",
        ),
        (
            bd.Model(
                bd.MLP(), likelihood=bd.Gaussian(bd.noise.HalfNormal(bd.noise.HalfNormal(1.0)))
            ),
            "free parameters",
        ),
    ],
)
def test_models_it_can_t_run(model: bd.Model, words: str) -> None:
    with pytest.raises(bd.UnsupportedModelError, match=words):
        bd.fit(model, X, Y, bd.PBP(), progress=False)


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"num_epochs": 0}, "num_epochs must be at least 1"),
        ({"init_scale": 0}, "init_scale must be finite and > 0"),
        ({"num_samples": 1.5}, "num_samples must be a whole number"),
    ],
)
def test_bad_settings(settings: dict[str, Any], words: str) -> None:
    with pytest.raises((ValueError, TypeError), match=words):
        bd.PBP(**settings)
