"""``log_group_density`` and ``shared_scale``: weights that share their λ, against mpmath."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import marginals
import numpy as np
import pytest
import torch
from mpmath import mp, mpf
from quick import quick
from scipy import stats

from bayesdrop import noise as bd
from bayesdrop.noise import Noise

NOISES: list[Noise] = [
    bd.Beta(2.0, 1.5),
    bd.Beta(0.3, 0.2),
    bd.Gaussian(0.5),
    bd.Gaussian(0.5, mean=1.0),
    bd.Gaussian(0.05, mean=1.0),
    bd.HalfCauchy(0.8),
    bd.HalfNormal(3.0),
    bd.InverseNakagami(3.0, 2.0),
    bd.LogUniform(0.1, 2.0),
    bd.Rayleigh(0.4),
    bd.RegularizedHalfCauchy(0.6, 1.5),
    bd.Uniform(-0.4, 1.7),
    bd.Uniform(0.9, 1.1),
]
COUNTS = (1, 2, 5, 50, 1000)
PER_WEIGHT = [1e-6, 1e-2, 1.0, 30.0, 1e6]
POLES = (bd.Beta, bd.RegularizedHalfCauchy)  # at an end, where mpmath needs many digits

DENSITIES: dict[str, Callable[[Any, mpf], mpf]] = {
    "Beta": lambda n, x: x ** (n.a - 1) * (1 - x) ** (n.b - 1) / mp.beta(n.a, n.b),
    "Gaussian": lambda n, x: mp.npdf(x, n.mean, n.scale),
    "HalfCauchy": lambda n, x: 2 / (mp.pi * n.scale * (1 + (x / n.scale) ** 2)),
    "HalfNormal": lambda n, x: 2 * mp.npdf(x, 0, n.scale),
    "InverseNakagami": lambda n, x: (
        (2 * mpf(n.rate) ** n.shape / mp.gamma(n.shape) * x ** (-2 * n.shape - 1))
        * mp.exp(-n.rate / x**2)
    ),
    "LogUniform": lambda n, x: 1 / (x * mp.log(mpf(n.high) / n.low)),
    "Rayleigh": lambda n, x: x / mpf(n.scale) ** 2 * mp.exp(-((x / n.scale) ** 2) / 2),
    "RegularizedHalfCauchy": lambda n, x: (
        (2 / (mp.pi * n.scale * (1 + x**2 / (1 - (x / n.slab) ** 2) / mpf(n.scale) ** 2)))
        * (1 - (x / n.slab) ** 2) ** (-mpf(3) / 2)
    ),
    "Uniform": lambda n, x: 1 / (mpf(n.high) - n.low),
}


def exact(noise: Any, squares: float, count: int) -> float:
    """log ∫ p(λ) N(w; 0, λ² I) dλ, to many digits, over log |λ| or the logit of λ in its ends."""
    density, total = DENSITIES[type(noise).__name__], mpf(0)
    first, last = noise.bounds
    for sign, a, b in ((1, max(first, 0.0), last), (-1, max(-last, 0.0), -first)):
        if b <= a:
            continue

        def log_f(u: mpf, sign: int = sign, a: float = a, b: float = b) -> mpf:
            scale, jacobian = mp.exp(u), mp.exp(u)
            if b < math.inf:
                inside = 1 / (1 + mp.exp(-u))
                scale = a + (mpf(b) - a) * inside
                jacobian = (mpf(b) - a) * inside / (1 + mp.exp(u))
            p = density(noise, sign * scale) * jacobian
            normal = -count * mp.log(scale) - mpf(squares) / (2 * scale**2)
            return (mp.log(p) if p else mp.ninf) + normal

        # λ is within e^−300 or e^−60 of an end
        high, panels, digits = (300, 300, 140) if type(noise) in POLES else (60, 48, 45)
        with mp.workdps(digits):
            total += marginals.integral(log_f, -60, high, panels)
    return float(mp.log(total) - count * mp.log(2 * mp.pi) / 2)


EVERY = [(noise, count) for noise in NOISES for count in COUNTS]
QUICK = [
    (bd.HalfCauchy(0.8), 2),
    (bd.InverseNakagami(3.0, 2.0), 5),
]


@pytest.mark.parametrize(("noise", "count"), quick(EVERY, QUICK.__contains__), ids=repr)
def test_the_density_of_a_group(noise: Noise, count: int) -> None:
    """Within 1e-8, relative beyond 1, in float64 and 2e-6 in float32, in every library."""
    squares = count * np.array(PER_WEIGHT)
    expected = np.array([exact(noise, m, count) for m in squares])
    found = noise.log_group_density(squares, count)
    np.testing.assert_allclose(found, expected, rtol=1e-8, atol=1e-8)
    in_torch = noise.log_group_density(torch.as_tensor(squares), count)
    np.testing.assert_allclose(in_torch.numpy(), found, rtol=1e-13, atol=1e-12)
    with jax.enable_x64(True):
        in_jax = noise.log_group_density(jnp.asarray(squares), count)
        np.testing.assert_allclose(in_jax, found, rtol=1e-13, atol=1e-12)
    single = noise.log_group_density(jnp.asarray(squares, jnp.float32), count)
    np.testing.assert_allclose(single, found, rtol=2e-6, atol=1e-5)


OF_ONE = [
    bd.Beta(2.0, 1.5),
    bd.Beta(0.3, 0.2),
    bd.Gaussian(0.05, mean=1.0),
    bd.HalfCauchy(0.8),
    bd.HalfNormal(3.0),
    bd.LogUniform(0.1, 2.0),
    bd.RegularizedHalfCauchy(0.6, 1.5),
    bd.Uniform(0.9, 1.1),
]
"""Quick: a noise for every way to the density, and those that the groups above leave out."""


@pytest.mark.parametrize("noise", quick(NOISES, OF_ONE.__contains__), ids=repr)
def test_a_group_of_one_is_the_marginal_of_a_weight(noise: Noise) -> None:
    w = np.array([1e-3, 0.1, 1.0, 3.0, 50.0])
    np.testing.assert_allclose(
        noise.log_group_density(w**2, 1), noise.log_marginal(w), rtol=1e-8, atol=1e-9
    )


FREE: list[tuple[Noise, tuple[str, ...]]] = [
    (bd.HalfCauchy(0.8), ("scale",)),
    (bd.InverseNakagami(3.0, 2.0), ("shape", "rate")),
    (bd.Beta(2.0, 1.5), ("a", "b")),
    (bd.Gaussian(0.5, mean=1.0), ("scale", "mean")),
    (bd.RegularizedHalfCauchy(0.6, 1.5), ("scale",)),
]


@pytest.mark.parametrize(
    ("noise", "fields"),
    quick(FREE, lambda row: isinstance(row[0], (bd.HalfCauchy, bd.InverseNakagami))),
    ids=repr,
)
def test_parameters_that_are_arrays(noise: Noise, fields: tuple[str, ...]) -> None:
    """The same density as with numbers, and its derivatives, by quadrature."""
    squares, count = 5 * np.array([1e-3, 0.2, 1.0, 30.0]), 5
    expected = noise.log_group_density(squares, count)
    numbers = np.array([getattr(noise, field) for field in fields])

    def density(values: Any, library: Any) -> Any:
        bound = noise.bind(dict(zip(fields, values, strict=True)))
        return bound.log_group_density(library(squares), count).sum()

    def slope(index: int) -> float:
        step = 1e-4 * np.eye(len(fields))[index]
        ends = [
            noise.bind(dict(zip(fields, map(float, numbers + s), strict=True)))
            for s in (step, -step)
        ]
        high, low = (end.log_group_density(squares, count).sum() for end in ends)
        return (high - low) / 2e-4

    slopes = [slope(index) for index in range(len(fields))]
    with jax.enable_x64(True):
        value_and_slopes = jax.jit(jax.value_and_grad(lambda v: density(tuple(v), jnp.asarray)))
        value, found = value_and_slopes(jnp.asarray(numbers))
        np.testing.assert_allclose(value, expected.sum(), rtol=1e-8)
        np.testing.assert_allclose(found, slopes, rtol=1e-5, atol=1e-6)
    tensors = [torch.tensor(number, requires_grad=True) for number in numbers]
    value = density(tensors, torch.as_tensor)
    value.backward()
    np.testing.assert_allclose(value.item(), expected.sum(), rtol=1e-8)
    np.testing.assert_allclose([float(t.grad) for t in tensors], slopes, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize(
    "noise",
    quick([bd.HalfCauchy(0.8), bd.Uniform(-0.4, 1.7)], lambda noise: noise == bd.HalfCauchy(0.8)),
    ids=repr,
)
def test_the_slope_in_the_weights(noise: Noise) -> None:
    """−½ E[λ⁻²] by automatic differentiation, from the density of two more weights."""
    squares, count = 5 * np.array([1e-3, 0.2, 1.0, 30.0]), 5
    more = noise.log_group_density(squares, count + 2)
    expected = -math.pi * np.exp(more - noise.log_group_density(squares, count))
    with jax.enable_x64(True):
        slope = jax.jit(jax.grad(lambda m: noise.log_group_density(m, count).sum()))
        found = slope(jnp.asarray(squares))
    np.testing.assert_allclose(found, expected, rtol=1e-7)


@pytest.mark.parametrize(
    "noise",
    [
        bd.InverseNakagami(3.0, 2.0),
        bd.HalfCauchy(0.8),
        bd.Gaussian(0.5, mean=0.3),
        bd.Uniform(-0.4, 1.7),
        bd.Beta(2.0, 1.5),
    ],
    ids=repr,
)
@pytest.mark.parametrize("kind", ["numbers", "arrays"])
def test_scales_given_their_weights(noise: Any, kind: str) -> None:
    """Quantiles at equal steps follow p(λ) |λ|^−D exp(−M/2λ²), known by importance sampling."""
    rng, count, square = np.random.default_rng(0), 3, 1.7
    prior = noise.draw(rng, (100_000,))
    log_weight = -count * np.log(np.abs(prior)) - square / (2 * prior**2)
    weight = np.exp(log_weight - log_weight.max())
    if kind == "arrays":
        noise = noise.bind({field: np.array(getattr(noise, field)) for field in noise.parameters})
    steps = 500
    levels = (np.arange(steps) + 0.5) / steps
    quantiles = noise.shared_scale(levels, np.full(steps, square), count)
    order = np.argsort(prior)
    cdf = np.cumsum(weight[order]) / weight.sum()
    ranks = np.interp(quantiles, prior[order], cdf)
    effective = weight.sum() ** 2 / (weight**2).sum()
    assert stats.kstest(ranks, "uniform").statistic < 1 / steps + 1.95 * effective**-0.5


def test_boolean_noise_has_no_density() -> None:
    with pytest.raises(ValueError, match=r"Bernoulli.*point mass"):
        bd.Bernoulli(0.5).log_group_density(np.ones(2), 3)
