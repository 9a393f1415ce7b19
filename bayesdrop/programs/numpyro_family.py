"""NumPyro's distribution of each family; a generic one around the log density for the rest."""

from __future__ import annotations

from functools import singledispatch
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import numpyro.distributions as dist
from numpyro.distributions import constraints

from bayesdrop import family as bd
from bayesdrop.family import Parameters


class FamilyDistribution(dist.Distribution):
    """A family known by its log density; samples are the family's own, in NumPy.

    JAX calls that method back from a compiled program with a seed made from the key, so that a
    key always gives the same samples. They have no gradient.
    """

    pytree_aux_fields = ("family",)
    pytree_data_fields = ("parameters",)

    def __init__(self, family: bd.Family, parameters: Parameters) -> None:
        self.family, self.parameters = family, parameters
        zero = jax.ShapeDtypeStruct((), jnp.result_type(*parameters.values()))
        shape = jax.eval_shape(family.log_prob, parameters, zero).shape
        super().__init__(batch_shape=shape, event_shape=())

    @property
    def support(self) -> Any:
        continuous = self.family.kind == "continuous"
        return constraints.real if continuous else constraints.nonnegative_integer

    def log_prob(self, value: Any, intermediates: Any = None) -> Any:
        return self.family.log_prob(self.parameters, value)

    def sample(self, key: Any, sample_shape: tuple[int, ...] = ()) -> Any:
        shape, n_axes = (*sample_shape, *self.batch_shape), len(self.batch_shape)
        continuous = self.family.kind == "continuous"
        real = jnp.result_type(*self.parameters.values())
        out = jax.ShapeDtypeStruct(shape, real if continuous else jnp.result_type(int))

        def draw(seed: Any, parameters: Parameters) -> np.ndarray:
            rng = np.random.default_rng(np.asarray(seed).tolist())
            full = {
                name: np.broadcast_to(value, shape + np.shape(value)[n_axes:]).reshape(
                    -1, *shape[-2:], *np.shape(value)[n_axes:]
                )
                for name, value in parameters.items()
            }
            return np.asarray(self.family.sample(full, rng)).reshape(shape).astype(out.dtype)

        seed = jax.random.bits(key, (4,), "uint32")
        return jax.pure_callback(draw, out, seed, self.parameters, vmap_method="sequential")


def distribution(family: bd.Family, parameters: Parameters) -> dist.Distribution:
    """The NumPyro distribution of ``family``, of batch shape (..., rows, outputs).

    NumPyro's own where :func:`native` has it, unless a subclass has a log density of its own.
    """
    known = next(cls for cls in type(family).__mro__ if cls in native.registry)
    if known is not object and family.has_density_of(known):
        return native(family, parameters)
    return FamilyDistribution(family, parameters)


@singledispatch
def native(family: Any, parameters: Parameters) -> dist.Distribution:
    """The distribution of NumPyro's own; register one by the family's class."""
    raise NotImplementedError(f"NumPyro has no distribution registered for {family}")


@native.register
def _(family: bd.Normal, parameters: Parameters) -> dist.Distribution:
    return dist.Normal(**parameters)


@native.register
def _(family: bd.StudentT, parameters: Parameters) -> dist.Distribution:
    return dist.StudentT(**parameters)


@native.register
def _(family: bd.Bernoulli, parameters: Parameters) -> dist.Distribution:
    return dist.BernoulliLogits(**parameters)


@native.register
def _(family: bd.Categorical, parameters: Parameters) -> dist.Distribution:
    return dist.CategoricalLogits(**parameters)


@native.register
def _(family: bd.Poisson, parameters: Parameters) -> dist.Distribution:
    return dist.Poisson(**parameters)
