"""Pyro's (and so PyTorch's) distribution of each noise; a generic one for the rest."""

from __future__ import annotations

import math
from functools import singledispatch
from typing import Any

import numpy as np
import pyro.distributions as dist
import torch
from pyro.distributions import constraints, transforms

from bayesdrop import noise as bd
from bayesdrop.noise import quadrature
from bayesdrop.noise.support import Support, edges


def constraint(support: Support, bounds: tuple[float, float] = (0.0, 1.0)) -> Any:
    """Pyro's constraint of that support; an interval's needs its ends."""
    return constraints.interval(*bounds) if support == "interval" else getattr(constraints, support)


class DensityDistribution(dist.TorchDistribution):
    """A noise known by its log density; samples invert its tabulated CDF."""

    arg_constraints = {}  # noqa: RUF012  # pyright: ignore

    def __init__(
        self, noise: bd.Noise, like: torch.Tensor, batch_shape: tuple[int, ...] = ()
    ) -> None:
        self.noise, self.like = noise, like
        super().__init__(torch.Size(batch_shape), validate_args=False)

    @property
    def support(self) -> Any:
        return constraint(self.noise.support, self.noise.bounds)

    def expand(self, batch_shape: Any, _instance: Any = None) -> DensityDistribution:
        return DensityDistribution(self.noise, self.like, tuple(batch_shape))

    def log_prob(self, value: torch.Tensor) -> torch.Tensor:
        return self.noise.log_density(value)

    def sample(self, sample_shape: Any = ()) -> torch.Tensor:
        values = self.noise.parameter_values.items()
        numbers = {field: torch.as_tensor(value).item() for field, value in values}
        cdf, values = quadrature.quantile_table(self.noise.bind(numbers))
        uniform = torch.rand(torch.Size(sample_shape) + self.batch_shape, dtype=torch.float64)
        draws = np.interp(uniform.numpy(), cdf, values)
        return _inside(self.noise, torch.as_tensor(draws).to(self.like))


def _inside(noise: bd.Noise, draws: torch.Tensor) -> torch.Tensor:
    """``draws`` off the ends of the support, where rounding may have put them."""
    precision = np.float64 if draws.dtype == torch.float64 else np.float32
    return draws.clamp(*map(float, edges(noise, precision)))


@singledispatch
def distribution(noise: bd.Noise, like: torch.Tensor) -> Any:
    """The scalar Pyro distribution of ``noise``, with the dtype and device of ``like``."""
    return DensityDistribution(noise, like)


def _tensors(like: torch.Tensor, *values: Any) -> list[Any]:
    """Numbers as tensors; a tensor, such as a learned parameter, keeps its graph."""
    return [torch.as_tensor(value, dtype=like.dtype, device=like.device) for value in values]


@distribution.register
def _(noise: bd.Bernoulli, like: torch.Tensor) -> Any:
    return dist.Bernoulli(*_tensors(like, noise.keep))


@distribution.register
def _(noise: bd.Gaussian, like: torch.Tensor) -> Any:
    return dist.Normal(*_tensors(like, noise.mean, noise.scale))


@distribution.register
def _(noise: bd.HalfNormal, like: torch.Tensor) -> Any:
    return dist.HalfNormal(*_tensors(like, noise.scale))


@distribution.register
def _(noise: bd.Rayleigh, like: torch.Tensor) -> Any:
    return dist.Weibull(*_tensors(like, noise.scale * math.sqrt(2), 2.0))


@distribution.register
def _(noise: bd.InverseNakagami, like: torch.Tensor) -> Any:
    return dist.TransformedDistribution(
        dist.InverseGamma(*_tensors(like, noise.shape, noise.rate)),
        [transforms.PowerTransform(*_tensors(like, 0.5))],
    )


@distribution.register
def _(noise: bd.HalfCauchy, like: torch.Tensor) -> Any:
    return dist.HalfCauchy(*_tensors(like, noise.scale))


@distribution.register
def _(noise: bd.Beta, like: torch.Tensor) -> Any:
    return dist.Beta(*_tensors(like, noise.a, noise.b))


@distribution.register
def _(noise: bd.Uniform, like: torch.Tensor) -> Any:
    return dist.Uniform(*_tensors(like, noise.low, noise.high))


class _LogUniform(dist.TransformedDistribution):
    """A log-uniform whose support is its interval; torch knows only that it is positive."""

    @property
    def support(self) -> Any:
        log = self.base_dist.support
        return constraints.interval(log.lower_bound.exp(), log.upper_bound.exp())


@distribution.register
def _(noise: bd.LogUniform, like: torch.Tensor) -> Any:
    low, high = _tensors(like, noise.low, noise.high)
    return _LogUniform(dist.Uniform(low.log(), high.log()), [transforms.ExpTransform()])


class _RegularizedHalfCauchy(DensityDistribution):
    """Sampled as what it is a function of, so that its scale may be learned."""

    has_rsample = True

    def rsample(self, sample_shape: Any = ()) -> torch.Tensor:
        noise: Any = self.noise
        scale, slab = _tensors(self.like, noise.scale, noise.slab)
        eta = dist.HalfCauchy(scale).expand(self.batch_shape).rsample(torch.Size(sample_shape))
        return _inside(self.noise, eta / torch.hypot(torch.ones_like(eta), eta / slab))

    def sample(self, sample_shape: Any = ()) -> torch.Tensor:
        with torch.no_grad():
            return self.rsample(sample_shape)

    def expand(self, batch_shape: Any, _instance: Any = None) -> _RegularizedHalfCauchy:
        return _RegularizedHalfCauchy(self.noise, self.like, tuple(batch_shape))


@distribution.register
def _(noise: bd.RegularizedHalfCauchy, like: torch.Tensor) -> Any:
    return _RegularizedHalfCauchy(noise, like)
