"""NumPyro's distribution of each noise; a generic one around the density for the rest."""

from __future__ import annotations

import math
from functools import singledispatch
from typing import Any

import jax
import jax.numpy as jnp
import numpyro.distributions as dist
from numpyro.distributions import constraints, transforms

from bayesdrop import noise as bd
from bayesdrop.noise import quadrature

_CONSTRAINTS = {
    "real": constraints.real,
    "positive": constraints.positive,
    "unit_interval": constraints.unit_interval,
}


class DensityDistribution(dist.Distribution):
    """A noise known by its log density; samples invert its tabulated CDF."""

    pytree_aux_fields = ("noise",)

    def __init__(self, noise: bd.Noise) -> None:
        self.noise = noise
        super().__init__(batch_shape=(), event_shape=())

    @property
    def support(self) -> Any:
        return _CONSTRAINTS[self.noise.support]

    def log_prob(self, value: Any, intermediates: Any = None) -> Any:
        return self.noise.log_density(value)

    def sample(self, key: Any, sample_shape: tuple[int, ...] = ()) -> Any:
        cdf, values = quadrature.quantile_table(self.noise)
        uniform = jax.random.uniform(key, sample_shape)
        return jnp.interp(uniform, jnp.asarray(cdf), jnp.asarray(values))


@singledispatch
def distribution(noise: bd.Noise) -> dist.Distribution:
    """The scalar NumPyro distribution of ``noise``."""
    return DensityDistribution(noise)


@distribution.register
def _(noise: bd.Bernoulli) -> dist.Distribution:
    return dist.Bernoulli(probs=noise.keep)


@distribution.register
def _(noise: bd.Gaussian) -> dist.Distribution:
    return dist.Normal(noise.mean, noise.scale)


@distribution.register
def _(noise: bd.HalfNormal) -> dist.Distribution:
    return dist.HalfNormal(noise.scale)


@distribution.register
def _(noise: bd.Rayleigh) -> dist.Distribution:
    return dist.Weibull(noise.scale * math.sqrt(2), 2.0)


@distribution.register
def _(noise: bd.InverseNakagami) -> dist.Distribution:
    return dist.TransformedDistribution(
        dist.InverseGamma(noise.shape, noise.rate), transforms.PowerTransform(0.5)
    )


@distribution.register
def _(noise: bd.HalfCauchy) -> dist.Distribution:
    return dist.HalfCauchy(noise.scale)
