"""Pyro's distribution of each family; a generic one around the log density for the rest."""

from __future__ import annotations

from functools import singledispatch
from typing import Any

import numpy as np
import pyro.distributions as dist
import torch
from pyro.distributions import constraints

from bayesdrop import family as bd
from bayesdrop.family import Parameters


class FamilyDistribution(dist.TorchDistribution):
    """A family known by its log density; samples are the family's own, in NumPy.

    Their seed is drawn from PyTorch's generator. They have no gradient.
    """

    arg_constraints = {}  # noqa: RUF012  # pyright: ignore

    def __init__(
        self, family: bd.Family, parameters: Parameters, shape: tuple[int, ...] | None = None
    ) -> None:
        self.family, self.parameters = family, parameters
        like = next(iter(parameters.values()))
        with torch.no_grad():
            self._own = family.log_prob(parameters, like.new_zeros(())).shape
        super().__init__(torch.Size(self._own if shape is None else shape), validate_args=False)

    @property
    def support(self) -> Any:
        continuous = self.family.kind == "continuous"
        return constraints.real if continuous else constraints.nonnegative_integer

    def expand(self, batch_shape: Any, _instance: Any = None) -> FamilyDistribution:
        return FamilyDistribution(self.family, self.parameters, tuple(batch_shape))

    def log_prob(self, value: torch.Tensor) -> torch.Tensor:
        found = self.family.log_prob(self.parameters, value)
        return found.expand(torch.broadcast_shapes(found.shape, self.batch_shape))

    def sample(self, sample_shape: Any = ()) -> torch.Tensor:
        shape, n_axes = (*sample_shape, *self.batch_shape), len(self._own)
        full = {}
        for name, value in self.parameters.items():
            own = value.shape[n_axes:]
            array = value.detach().cpu().numpy()
            full[name] = np.broadcast_to(array, shape + own).reshape(-1, *shape[-2:], *own)
        rng = np.random.default_rng(torch.randint(2**32, (4,)).tolist())
        drawn = np.asarray(self.family.sample(full, rng)).reshape(shape)
        return torch.as_tensor(drawn).to(next(iter(self.parameters.values())))


def distribution(family: bd.Family, parameters: Parameters) -> Any:
    """The Pyro distribution of ``family``, of batch shape (..., rows, outputs).

    Pyro's own where :func:`native` has it, unless a subclass has a log density of its own.
    """
    known = next(cls for cls in type(family).__mro__ if cls in native.registry)
    if known is not object and family.has_density_of(known):
        return native(family, parameters)
    return FamilyDistribution(family, parameters)


@singledispatch
def native(family: Any, parameters: Parameters) -> Any:
    """The distribution of Pyro's own; register one by the family's class."""
    raise NotImplementedError(f"Pyro has no distribution registered for {family}")


@native.register
def _(family: bd.Normal, parameters: Parameters) -> Any:
    return dist.Normal(**parameters)


@native.register
def _(family: bd.StudentT, parameters: Parameters) -> Any:
    return dist.StudentT(**parameters)


@native.register
def _(family: bd.Bernoulli, parameters: Parameters) -> Any:
    return dist.Bernoulli(**parameters)


@native.register
def _(family: bd.Categorical, parameters: Parameters) -> Any:
    return dist.Categorical(**parameters)


@native.register
def _(family: bd.Poisson, parameters: Parameters) -> Any:
    return dist.Poisson(**parameters)
