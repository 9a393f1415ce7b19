"""Each library's own distribution of a noise: learned parameters, bounded samples, float32."""

from __future__ import annotations

import copy
import dataclasses
from itertools import product
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import torch
from noises import Arcsine, Coin, Kumaraswamy
from numpyro.distributions.transforms import biject_to
from pyro.distributions import constraints
from quick import quick
from scipy import stats
from torch.distributions import transform_to

from bayesdrop import noise as bd
from bayesdrop.noise import Noise
from bayesdrop.programs import numpyro_noise, pyro_noise

NATIVE: list[tuple[Noise, float]] = [  # and a value to score
    (bd.Bernoulli(0.7), 1.0),
    (bd.Beta(2.0, 1.5), 0.3),
    (bd.Gaussian(0.8, mean=0.4), 1.3),
    (bd.HalfCauchy(0.8), 0.5),
    (bd.HalfNormal(1.3), 0.5),
    (bd.InverseNakagami(3.0, 2.0), 0.7),
    (bd.LogUniform(0.1, 2.0), 0.5),
    (bd.Rayleigh(0.7), 0.9),
    (bd.Uniform(-0.5, 2.0), 0.6),
]
PARAMETERS = [
    pytest.param(noise, field.name, value, id=f"{type(noise).__name__}.{field.name}")
    for noise, value in NATIVE
    for field in dataclasses.fields(noise)  # type: ignore[arg-type]
]
BOUNDED = [
    bd.Beta(2.0, 1.5),
    bd.Uniform(-0.4, 1.7),
    bd.LogUniform(0.1, 2.0),
    bd.RegularizedHalfCauchy(0.6, 1.5),
    Arcsine(0.5, 1.4),
    Arcsine(-1.0, 0.1),
    Kumaraswamy(0.6, 0.2),
]


def replaced(noise: Noise, field: str, value: Any) -> Any:
    """``noise`` with a learned value, which its constructor would not take, in a field."""
    learned = copy.copy(noise)
    object.__setattr__(learned, field, value)
    return learned


def slope(noise: Noise, field: str, value: float, step: float = 1e-5) -> float:
    """Of ``log_prob(value)`` in the field, by central differences of the NumPy density."""
    at = getattr(noise, field)
    up, down = (
        dataclasses.replace(noise, **{field: at + sign * step}).log_prob(value)  # type: ignore[type-var]
        for sign in (1, -1)
    )
    return float(up - down) / (2 * step)


@pytest.mark.parametrize(("noise", "field", "value"), PARAMETERS)
def test_numpyros_distribution_is_differentiable_in_its_parameters(
    noise: Noise, field: str, value: float
) -> None:
    def log_prob(learned: Any) -> Any:
        distribution = numpyro_noise.distribution(replaced(noise, field, learned))
        return distribution.log_prob(jnp.asarray(value))

    with jax.enable_x64(True):
        gradient = float(jax.jit(jax.grad(log_prob))(jnp.float64(getattr(noise, field))))
    assert gradient == pytest.approx(slope(noise, field, value), rel=1e-6, abs=1e-8)


@pytest.mark.parametrize(("noise", "field", "value"), PARAMETERS)
def test_pyros_distribution_is_differentiable_in_its_parameters(
    noise: Noise, field: str, value: float
) -> None:
    like = torch.zeros(1, dtype=torch.float64)
    learned = torch.tensor(getattr(noise, field), dtype=torch.float64, requires_grad=True)
    distribution = pyro_noise.distribution(replaced(noise, field, learned), like)
    log_prob = distribution.log_prob(like.new_tensor(value))
    np.testing.assert_allclose(log_prob.item(), noise.log_prob(value), rtol=1e-12)
    (gradient,) = torch.autograd.grad(log_prob, learned)
    assert gradient.item() == pytest.approx(slope(noise, field, value), rel=1e-6, abs=1e-8)


@pytest.mark.parametrize("noise", BOUNDED, ids=repr)
def test_samples_in_float32_lie_inside_the_bounds(noise: Noise) -> None:
    """And follow the noise's own sampler."""
    in_numpyro = numpyro_noise.distribution(noise).sample(jax.random.key(1), (4000,))
    in_pyro = pyro_noise.distribution(noise, torch.zeros(1)).sample((4000,))
    low, high = np.array(noise.bounds, dtype=np.float32)
    for draws in (np.asarray(in_numpyro), in_pyro.numpy()):
        assert draws.dtype == np.float32
        assert ((draws > low) & (draws < high)).all()
        inner = draws[draws < low + 0.999 * (high - low)]  # float32 has few numbers at the end
        own = noise.sample(4000, seed=5)
        own = own[own < low + 0.999 * (high - low)]
        assert stats.ks_2samp(inner, own).pvalue > 1e-3


def test_a_mass_function_of_ones_own_is_sampled_and_scored() -> None:
    noise = Coin(0.3)
    in_numpyro = numpyro_noise.distribution(noise)
    in_pyro = pyro_noise.distribution(noise, torch.zeros(1))
    assert in_numpyro.support.is_discrete
    assert in_pyro.support.is_discrete
    for draws in (
        np.asarray(in_numpyro.sample(jax.random.key(0), (4000,))),
        in_pyro.sample((4000,)).numpy(),
    ):
        assert set(np.unique(draws)) == {0.0, 1.0}
        assert stats.binomtest(int(draws.sum()), 4000, 0.3).pvalue > 1e-3
    both = np.array([0.0, 1.0], dtype=np.float32)
    expected = np.log([0.7, 0.3])
    np.testing.assert_allclose(in_numpyro.log_prob(jnp.asarray(both)), expected, rtol=1e-6)
    np.testing.assert_allclose(in_pyro.log_prob(torch.as_tensor(both)), expected, rtol=1e-6)


@pytest.mark.parametrize("noise", BOUNDED, ids=repr)
def test_both_libraries_know_the_interval(noise: Noise) -> None:
    in_numpyro = numpyro_noise.distribution(noise).support
    in_pyro = pyro_noise.distribution(noise, torch.zeros(1)).support
    assert isinstance(in_pyro, type(constraints.interval(0, 1)))
    u = np.linspace(-30, 30, 61, dtype=np.float32)
    low, high = noise.bounds
    for x in (
        np.asarray(biject_to(in_numpyro)(jnp.asarray(u))),
        transform_to(in_pyro)(torch.as_tensor(u)).numpy(),
    ):
        np.testing.assert_allclose(x, low + (high - low) / (1 + np.exp(-u)), rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize(
    ("scale", "slab"),
    quick(
        product([0.01, 1.0], [0.1, 0.7, 2.0, 3.3, 100.0]),
        [(0.01, 100.0), (1.0, 0.1), (1.0, 3.3)].__contains__,
    ),
)
def test_the_regularised_half_cauchy_in_float32_up_to_its_slab(scale: float, slab: float) -> None:
    """Log density and gradient on the unconstrained scale, which samplers move on."""
    noise = bd.RegularizedHalfCauchy(scale, slab)
    transform = biject_to(numpyro_noise.distribution(noise).support)

    def unconstrained(u: Any) -> Any:
        x = transform(u)
        return noise.log_density(x) + transform.log_abs_det_jacobian(u, x)

    u = jnp.linspace(-30, 30, 2401, dtype=jnp.float32)
    value, gradient = jax.vmap(jax.value_and_grad(unconstrained))(u)
    assert value.dtype == jnp.float32
    assert np.isfinite(value).all()
    assert np.isfinite(gradient).all()

    # Exact, on the logit scale: λ = c/(1 + e^−u), η² = λ²/(1 − λ²/c²).
    exact_u = np.asarray(u, dtype=np.float64)
    share, rest = 1 / (1 + np.exp(-exact_u)), 1 / (1 + np.exp(exact_u))
    eta = slab * share / np.sqrt(rest * (1 + share))
    exact = stats.halfcauchy.logpdf(eta, scale=scale) + np.log(slab * share * rest)
    exact -= 1.5 * np.log(rest * (1 + share))
    resolved = exact_u < 8  # beyond, float32 has few numbers left below the slab
    np.testing.assert_allclose(value[resolved], exact[resolved], atol=2e-3)

    x = transform_to(constraints.interval(0.0, slab))(torch.as_tensor(np.array(u)))
    assert torch.isfinite(noise.log_density(x)).all()
    ends = np.array([np.float32(slab), np.nextafter(np.float32(slab), np.float32(0))])
    assert np.isfinite(noise.log_density(ends)).all()
