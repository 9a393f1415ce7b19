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
from bayesdrop.noise.support import Support, edges


def constraint(support: Support, bounds: tuple[float, float] = (0.0, 1.0)) -> Any:
    """NumPyro's constraint of that support; an interval's needs its ends."""
    return constraints.interval(*bounds) if support == "interval" else getattr(constraints, support)


def onto(prior: bd.Noise) -> Any:
    """The bijection from the reals onto its support."""
    return dist.biject_to(constraint(prior.support, prior.bounds))


def _by_table(noise: bd.Noise, key: Any, shape: tuple[int, ...]) -> Any:
    """Draws of a noise whose parameters are numbers, by its tabulated CDF."""
    cdf, values = quadrature.quantile_table(noise)
    uniform = jax.random.uniform(key, shape)
    draws = jnp.interp(uniform, jnp.asarray(cdf), jnp.asarray(values))
    return jnp.clip(draws, *edges(noise, draws.dtype))


class DensityDistribution(dist.Distribution):
    """A noise known by its log density; samples invert its tabulated CDF.

    ``parameters`` are those of its parameters that are arrays, perhaps traced.
    """

    pytree_aux_fields = ("noise",)
    pytree_data_fields = ("parameters",)

    def __init__(self, noise: bd.Noise, parameters: dict[str, Any]) -> None:
        self.noise, self.parameters = noise, parameters
        super().__init__(batch_shape=(), event_shape=())

    @property
    def support(self) -> Any:
        return constraint(self.noise.support, self.noise.bounds)

    def log_prob(self, value: Any, intermediates: Any = None) -> Any:
        return self.noise.bind(self.parameters).log_density(value)

    def sample(self, key: Any, sample_shape: tuple[int, ...] = ()) -> Any:
        return _by_table(self._fixed(), key, sample_shape)

    def _fixed(self) -> bd.Noise:
        try:
            return self.noise.bind({f: float(v) for f, v in self.parameters.items()})
        except jax.errors.ConcretizationTypeError as error:
            raise NotImplementedError(
                f"{type(self.noise).__name__} is known by its density alone, and with a free "
                f"{', '.join(self.parameters)} can't be drawn under jax.jit: register a "
                "distribution with bayesdrop.programs.numpyro_noise.distribution"
            ) from error


class _RegularizedHalfCauchy(DensityDistribution):
    """Sampled as what it is a function of, so that its scale may be free."""

    def sample(self, key: Any, sample_shape: tuple[int, ...] = ()) -> Any:
        noise: Any = self.noise.bind(self.parameters)
        eta = dist.HalfCauchy(noise.scale).sample(key, sample_shape)
        draws = eta / jnp.hypot(1.0, eta / noise.slab)
        return jnp.clip(draws, *edges(noise, draws.dtype))


class _InverseNakagami(dist.TransformedDistribution):
    """Its parameters are numbers, so a table samples it: a gamma's loops compile for seconds."""

    pytree_aux_fields = ("noise",)

    def __init__(self, noise: bd.InverseNakagami) -> None:
        self.noise = noise
        squared = dist.InverseGamma(noise.shape, noise.rate)
        super().__init__(squared, transforms.PowerTransform(0.5))

    def sample(self, key: Any, sample_shape: tuple[int, ...] = ()) -> Any:
        return _by_table(self.noise, key, sample_shape)


class _Beta(dist.Beta):
    """A table samples it, for the reason that :class:`_InverseNakagami` is."""

    pytree_aux_fields = ("noise",)

    def __init__(self, noise: bd.Beta) -> None:
        self.noise = noise
        super().__init__(noise.a, noise.b)

    def sample(self, key: Any, sample_shape: tuple[int, ...] = ()) -> Any:
        return _by_table(self.noise, key, sample_shape)


@singledispatch
def distribution(noise: bd.Noise) -> dist.Distribution:
    """The scalar NumPyro distribution of ``noise``, whose parameters may be traced arrays."""
    return DensityDistribution(*apart(noise))


def apart(noise: bd.Noise) -> tuple[bd.Noise, dict[str, Any]]:
    """``noise`` without those of its parameters that are arrays, and these."""
    arrays = {f: v for f, v in noise.parameter_values.items() if not isinstance(v, float)}
    return noise.bind(dict.fromkeys(arrays)), arrays


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
    if noise.has_numbers:
        return _InverseNakagami(noise)
    squared = dist.InverseGamma(noise.shape, noise.rate)
    return dist.TransformedDistribution(squared, transforms.PowerTransform(0.5))


@distribution.register
def _(noise: bd.HalfCauchy) -> dist.Distribution:
    return dist.HalfCauchy(noise.scale)


@distribution.register
def _(noise: bd.Beta) -> dist.Distribution:
    return _Beta(noise) if noise.has_numbers else dist.Beta(noise.a, noise.b)


@distribution.register
def _(noise: bd.Uniform) -> dist.Distribution:
    return dist.Uniform(noise.low, noise.high)


@distribution.register
def _(noise: bd.LogUniform) -> dist.Distribution:
    return dist.LogUniform(noise.low, noise.high)


@distribution.register
def _(noise: bd.RegularizedHalfCauchy) -> dist.Distribution:
    return _RegularizedHalfCauchy(*apart(noise))
