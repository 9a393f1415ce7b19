"""The closed-form updates against numerical maxima of the densities they state.

``scipy.optimize`` maximises over log v: a maximum in v or √v stays where it is.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Mapping
from typing import Any

import jax.numpy as jnp
import linear
import mpmath
import numpy as np
import pytest
from quick import quick
from scipy import stats
from scipy.optimize import minimize_scalar

import bayesdrop as bd
from bayesdrop.infer.vi.em import scale_updates
from bayesdrop.noise.support import in_support

Array = linear.Array
MOMENTS = np.exp(np.random.default_rng(0).uniform(-9, 9, 12)).tolist()
COUNTS = [1, 1, 2, 3, 5, 8, 13, 50, 50, 500, 1, 2500]
CASES = list(zip(MOMENTS, COUNTS, strict=True))
SHAPES = [(0.3, 0.2), (3.0, 3.0), (2.0, 40.0), (15.0, 0.01)]
SCALES = [0.01, 1.0, 30.0]


def best(
    log_density: Callable[[float], float],
    moment: float,
    count: int,
    bounds: tuple[float, float] = (-40, 40),
) -> float:
    """argmax over v of −½ D log v − M/(2v) + log p(v), within ``bounds`` of log v."""

    def minus(log_v: float) -> float:
        v = math.exp(log_v)
        return 0.5 * count * log_v + moment / (2 * v) - log_density(v)

    grid = np.linspace(*bounds, num=801)
    lowest = int(np.argmin([minus(x) for x in grid]))
    around = grid[max(lowest - 1, 0)], grid[min(lowest + 1, 800)]
    found: Any = minimize_scalar(
        minus, bounds=around, method="bounded", options={"xatol": 1e-12, "maxiter": 500}
    )
    return math.exp(found.x)


# Each update


@pytest.mark.parametrize(("shape", "rate"), quick(SHAPES, lambda pair: pair == SHAPES[0]))
def test_inverse_gamma_is_the_maximum_in_v(shape: float, rate: float) -> None:
    for moment, count in CASES:
        found = scale_updates.inverse_gamma(np.float64(moment), count, shape, rate)
        numeric = best(lambda v: stats.invgamma.logpdf(v, shape, scale=rate), moment, count)
        assert found == pytest.approx(numeric, rel=1e-6)


@pytest.mark.parametrize("scale", quick(SCALES, lambda scale: scale != 1.0))
def test_half_cauchy_is_the_maximum_in_the_root_of_v(scale: float) -> None:
    for moment, count in CASES:
        found = scale_updates.half_cauchy(np.float64(moment), count, scale)
        numeric = best(lambda v: stats.halfcauchy.logpdf(math.sqrt(v), scale=scale), moment, count)
        assert found == pytest.approx(numeric, rel=1e-6)


def test_half_cauchy_keeps_its_digits_where_the_formula_cancels() -> None:
    """[M − Dη² + √(M² + (2D + 8)η²M + η⁴D²)]/(2D + 4) with 50 digits."""
    for moment, count, scale in itertools.product((1e-12, 1e-3, 7.0, 1e6), (1, 50, 2500), SCALES):
        with mpmath.workdps(50):
            m, square = mpmath.mpf(moment), mpmath.mpf(scale) ** 2
            root = mpmath.sqrt(m**2 + (2 * count + 8) * square * m + square**2 * count**2)
            exact = float((m - count * square + root) / (2 * count + 4))
        double = scale_updates.half_cauchy(np.float64(moment), count, scale)
        single = scale_updates.half_cauchy(jnp.float32(moment), count, scale)
        assert double == pytest.approx(exact, rel=1e-13)
        assert float(single) == pytest.approx(exact, rel=1e-5)


@pytest.mark.parametrize(("low", "high"), [(1e-3, 3.0), (0.2, 0.9), (5.0, 80.0)])
def test_log_uniform_is_the_maximum_within_its_bounds(low: float, high: float) -> None:
    """p(v) ∝ 1/v, that is a = b = 0, between low² and high²."""
    noise = bd.noise.LogUniform(low, high)
    ends = [0, 0, 0]
    for moment, count in CASES:
        bounds = (2 * math.log(low), 2 * math.log(high))
        numeric = math.sqrt(best(lambda v: -math.log(v), moment, count, bounds=bounds))
        found = scale_updates.best_scale(noise, np.array([moment]), count)
        assert found[0] == pytest.approx(numeric, rel=1e-6)
        assert in_support(found, noise).all()
        free = math.sqrt(moment / (count + 2))
        ends[int(free > low) + int(free > high)] += 1
    assert ends[1] > 0
    assert ends[0] + ends[2] > 0


def test_stated_densities() -> None:
    x = np.array([0.03, 0.7, 4.0])
    gamma, cauchy = bd.noise.InverseNakagami(2.5, 1.5), bd.noise.HalfCauchy(0.8)
    uniform = bd.noise.LogUniform(0.01, 5.0)
    for noise, expected in (
        (gamma, stats.invgamma.logpdf(x**2, 2.5, scale=1.5)),
        (cauchy, stats.halfcauchy.logpdf(x, scale=0.8)),
        (uniform, stats.loguniform.logpdf(x**2, 0.01**2, 5.0**2)),
    ):
        np.testing.assert_allclose(scale_updates.log_stated_density(noise, x), expected)


def test_other_noise_has_none() -> None:
    with pytest.raises(TypeError, match="no closed-form update"):
        scale_updates.best_scale(bd.noise.Rayleigh(1.0), np.ones(2), 3)


# The sweep over a model's scales, from the table of sites

GAMMA, CAUCHY = bd.noise.InverseNakagami(2.0, 0.7), bd.noise.HalfCauchy(0.6)
UNIFORM = bd.noise.LogUniform(0.05, 1.1)
STRUCTURES = {
    "ard": bd.ScaleMixture(unit=GAMMA),
    "ard_cauchy": bd.ScaleMixture(unit=CAUCHY, base_scale=0.8),
    "ard_uniform": bd.ScaleMixture(unit=UNIFORM, base_scale=1.3),
    "add": bd.ScaleMixture(layer=CAUCHY, bias_scale=0.4),
    "ard_add": bd.ScaleMixture(unit=GAMMA, layer=GAMMA, bias_scale=0.4),
    "ard_add_mixed": bd.ScaleMixture(unit=CAUCHY, layer=UNIFORM, bias_scale=2.0),
    "drop_connect": bd.ScaleMixture(weight=CAUCHY),
    "per_layer": bd.ScaleMixture(
        unit=bd.PerLayer(first=CAUCHY, last=GAMMA), layer=GAMMA, weight=bd.PerLayer(hidden=UNIFORM)
    ),
    "all_three": bd.ScaleMixture(unit=CAUCHY, layer=GAMMA, weight=GAMMA, base_scale=0.5),
}
DENSITIES: dict[bd.noise.Noise, Callable[[Array], Array]] = {
    GAMMA: lambda x: -3.0 * np.log(x**2) - 0.7 / x**2,
    CAUCHY: lambda x: -np.log1p((x / 0.6) ** 2),
    UNIFORM: lambda x: -np.log(x**2),
}
"""Up to a constant, the log density of λ² or, of the half-Cauchy, of λ."""


def objective(
    prior: bd.ScaleMixture, priors: Mapping[str, Any], moments: Any, scales: Mapping[str, Array]
) -> float:
    """E log p(w | scales) + log p(scales), matrix by matrix: λ_i² τ² λ_ij² σ₀²."""
    total = sum(float(DENSITIES[priors[name]](x).sum()) for name, x in scales.items())
    for layer in range(3):
        square = moments[f"weight_{layer}"]
        base = prior.base_scale if prior.base_scale != "fan_in" else len(square) ** -0.5
        tau = scales.get(f"layer_scale_{layer}", np.ones(()))
        spread = base * tau * scales.get(f"unit_scale_{layer}", np.ones(len(square)))[:, None]
        spread = spread * scales.get(f"weight_scale_{layer}", np.ones(square.shape))
        bias = np.broadcast_to(prior.bias_scale * tau, moments[f"bias_{layer}"].shape)
        for moment, std in ((square, spread), (moments[f"bias_{layer}"], bias)):
            total -= float((np.log(std) + moment / (2 * std**2)).sum())
    return total


@pytest.mark.parametrize("name", STRUCTURES)
def test_a_sweep_puts_every_scale_at_the_maximum_of_the_whole_objective(name: str) -> None:
    """Given those before it as updated and those after it as they were."""
    prior = STRUCTURES[name]
    table = bd.sites(bd.Model(bd.ResNet(4, 2), prior), 3, 1, "hierarchical")
    rng = np.random.default_rng(1)
    moments = {s.name: np.exp(rng.normal(-1, 1, s.shape)) for s in table if not s.prior.free}
    priors = {s.name: s.prior for s in table if s.role == "scale"}
    shapes = {s.name: s.shape for s in table if s.role == "scale"}
    at = {s: np.clip(np.exp(rng.normal(0, 0.5, shape)), 0.1, 1) for s, shape in shapes.items()}
    found = scale_updates.updated_scales(table, moments, at)
    assert set(found) == set(shapes)
    for scale, shape in shapes.items():
        for index in np.ndindex(shape):

            def minus(log_scale: float, scale: str = scale, index: Any = index) -> float:
                tried = np.array(at[scale])
                tried[index] = math.exp(log_scale)
                return -objective(prior, priors, moments, {**at, scale: tried})

            low, high = (math.log(b) for b in (0.05, 1.1)) if priors[scale] == UNIFORM else (-6, 4)
            best: Any = minimize_scalar(
                minus, bounds=(low, high), method="bounded", options={"xatol": 1e-10}
            )
            assert float(found[scale][index]) == pytest.approx(math.exp(best.x), rel=1e-6)
        at[scale] = found[scale]


# EM with an exact E-step: the linear model

X, Y = (linear.standardised(part) for part in linear.data())
DESIGN = np.column_stack([X, np.ones(len(X))])
NOISES = {"inverse_gamma": GAMMA, "half_cauchy": CAUCHY, "log_uniform": UNIFORM}


def elbo(mean: Array, variance: Array, scale: Array, noise: bd.noise.Noise) -> float:
    """E_q log p(y | w) − KL(q ‖ p(w | λ)) + log p(λ), written out."""
    prior = np.r_[(linear.BASE_SCALE * scale) ** 2, linear.BIAS_SCALE**2]
    squares = np.sum((Y[:, 0] - DESIGN @ mean) ** 2) + np.sum(DESIGN**2 @ variance)
    fit = -0.5 * squares / linear.NOISE_SCALE**2
    fit -= len(Y) * math.log(math.sqrt(2 * math.pi) * linear.NOISE_SCALE)
    kl = 0.5 * np.sum((mean**2 + variance) / prior - 1 - np.log(variance / prior))
    return float(fit - kl + DENSITIES[noise](scale).sum())


def e_step(scale: Array) -> tuple[Any, Any]:
    """The best mean-field Gaussian: ridge, and one over the diagonal of the precision."""
    prior = np.r_[(linear.BASE_SCALE * scale) ** 2, linear.BIAS_SCALE**2]
    precision = DESIGN.T @ DESIGN / linear.NOISE_SCALE**2 + np.diag(1 / prior)
    mean = np.linalg.solve(precision, DESIGN.T @ Y[:, 0] / linear.NOISE_SCALE**2)
    return mean, 1 / np.diag(precision)


@pytest.mark.parametrize("name", NOISES)
def test_with_an_exact_e_step_the_objective_never_falls(name: str) -> None:
    noise = NOISES[name]
    table = bd.sites(linear.model(noise), X.shape[1], 1, "hierarchical")
    scale = np.array([0.1, 0.3, 1.0, 0.06, 0.9])
    values = []
    for _ in range(200):
        mean, variance = e_step(scale)
        values.append(elbo(mean, variance, scale, noise))
        second = mean**2 + variance
        moments = {"weight_0": second[:-1, None], "bias_0": second[-1:]}
        scales = scale_updates.updated_scales(table, moments, {"unit_scale_0": scale})
        scale = scales["unit_scale_0"]
        values.append(elbo(mean, variance, scale, noise))
    assert np.diff(values).min() > -1e-9
    assert values[-1] - values[0] > 1
    assert values[-1] - values[-3] < 1e-4
