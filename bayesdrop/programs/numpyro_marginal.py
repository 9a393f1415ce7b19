"""A weight or bias whose scale is integrated out, as a NumPyro distribution."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import jax
import jax.numpy as jnp
import numpyro.distributions as dist
from numpyro.distributions import constraints

from bayesdrop import marginal
from bayesdrop.bound import BoundModel
from bayesdrop.noise import Noise
from bayesdrop.programs.numpyro_noise import apart, distribution
from bayesdrop.sharing import along
from bayesdrop.sites import Site


class SharedScaleMixture(dist.Distribution):
    """N(0, s² λ²) averaged over a λ that elements share, given the sites before with the same λ.

    Parameters
    ----------
    site
        The weight or bias.
    noise
        The distribution of λ, its parameters numbers or arrays.
    spread
        s, see :func:`bayesdrop.marginal.deviation`.
    before
        What :func:`bayesdrop.marginal.log_prior` wants of the sites before.
    """

    pytree_aux_fields = ("site", "noise")
    pytree_data_fields = ("parameters", "spread", "before")

    def __init__(self, site: Site, noise: Noise, spread: Any, before: Any = None) -> None:
        self.site, self.spread, self.before = site, spread, before
        self.noise, self.parameters = apart(noise)
        super().__init__(batch_shape=(), event_shape=site.shape)

    def with_spread(self, spread: Any) -> SharedScaleMixture:
        """The distribution with another s, a number or an array that broadcasts."""
        every = jnp.ones((1,) * len(self.site.shape)) * spread
        return SharedScaleMixture(self.site, self.noise.bind(self.parameters), every, self.before)

    @property
    def support(self) -> Any:
        return constraints.independent(constraints.real, len(self.site.shape))

    def log_prob(self, value: Any, intermediates: Any = None) -> Any:
        noise = self.noise.bind(self.parameters)
        return marginal.log_prior(noise, self.site, value, self.spread, self.before)

    def sample(self, key: Any, sample_shape: tuple[int, ...] = ()) -> Any:
        scale_key, normal_key = jax.random.split(key)
        noise, scale = self.noise.bind(self.parameters), self.site.integrated
        assert scale is not None
        shape = (*sample_shape, *scale.shape)
        if self.before is None:
            drawn: Any = distribution(noise).sample(scale_key, shape)
        else:
            squares, counts = self.before
            drawn = marginal.draw(
                noise,
                jax.random.uniform(scale_key, shape),
                jnp.broadcast_to(squares, shape),
                counts,
            )
        where = dict(scale.scales)[self.site.name]
        normal = jax.random.normal(normal_key, (*sample_shape, *self.site.shape))
        return normal * self.spread * along(drawn, where, len(self.site.shape))


def mixture(bound: BoundModel, site: Site, values: Mapping[str, Any]) -> SharedScaleMixture:
    """The distribution of ``site``, whose scale is integrated out, given the sites before it."""
    assert site.integrated is not None
    return SharedScaleMixture(
        site,
        site.integrated.bound_prior(values),
        marginal.deviation(site, values, jnp.zeros(())),
        marginal.before(bound, site, values),
    )
