"""Draws of conjugate noise scales given the weights; ``settings.py`` has the mathematics."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import jax
import jax.numpy as jnp
from numpyro.infer import HMCGibbs

from bayesdrop.infer.mcmc.gibbs_hmc.which_scales import conjugate
from bayesdrop.infer.mcmc.target import Target, Values
from bayesdrop.noise import HalfCauchy, InverseNakagami, Noise, Rayleigh
from bayesdrop.sharing import along, one_size, totals
from bayesdrop.sites import Site, group_sizes

Table = tuple[Site, ...]


def with_conjugate_scales(kernel: Any, target: Target, table: Table) -> HMCGibbs:
    """``kernel`` of a ``target`` in the hierarchical form, alternated with draws of scales.

    They are the conjugate ones of ``table``, which the target holds.
    """

    def gibbs(rng_key: jax.Array, gibbs_sites: Values, hmc_sites: Values) -> Values:
        values = target.own({**hmc_sites, **gibbs_sites})
        scales = conjugate(table)
        for key, site in zip(jax.random.split(rng_key, len(scales)), scales, strict=True):
            values[site.name] = draw_scale(key, site, table, values)
        return {name: values[name] for name in gibbs_sites}

    return HMCGibbs(kernel, gibbs, [site.name for site in conjugate(table)])


def draw_scale(
    key: jax.Array, scale: Site, table: Table, values: Mapping[str, jax.Array]
) -> jax.Array:
    """The value of ``scale`` given all others in ``values``, which has its present one too."""
    targets = {site.name: site for site in table}
    sum_of_squares: Any = 0.0
    for name, where in scale.scales:
        target = targets[name]
        spread = target.prior.scale  # type: ignore[attr-defined]
        for other, other_where in target.scaled_by:
            if other != scale.name:
                spread = spread * along(values[other], other_where, len(target.shape))
        squares = totals((values[name] / spread) ** 2, where, len(target.shape))
        sum_of_squares = sum_of_squares + squares
    group = one_size(group_sizes(scale, {name: site.shape for name, site in targets.items()}))
    prior = scale.bound_prior(values)
    return _draw(key, prior, values[scale.name], group, sum_of_squares)


def _draw(
    key: jax.Array, prior: Noise, present: jax.Array, group: Any, sum_of_squares: jax.Array
) -> jax.Array:
    """λ given ``group`` weights of N(0, λ²) whose squares have this sum."""
    match prior:
        case InverseNakagami():
            shape, rate = prior.shape, prior.rate
        case HalfCauchy():
            key, mixing_key = jax.random.split(key)
            shape = 0.5
            rate = jax.random.exponential(mixing_key, present.shape)
            rate = rate / (1 / prior.scale**2 + 1 / present**2)
        case Rayleigh():
            return prior.scale / jnp.sqrt(_wald(key, prior.scale / jnp.sqrt(sum_of_squares)))
        case _:
            raise TypeError(f"no conjugate draw for {prior}")
    precision = jax.random.gamma(key, shape + group / 2, jnp.shape(present))
    return jnp.sqrt((rate + sum_of_squares / 2) / precision)


def _wald(key: jax.Array, mean: jax.Array) -> jax.Array:
    """Inverse Gaussian of scale 1, by Michael, Schucany & Haas (1976).

    ``jax.random.wald`` takes the smaller root as a difference, which in float32 has no digits left
    at means above a few thousand, where a small weight puts them.
    """
    normal_key, uniform_key = jax.random.split(key)
    half = mean * jax.random.normal(normal_key, mean.shape) ** 2 / 2
    ratio = 1 + half + jnp.sqrt(half * (2 + half))
    smaller = jax.random.uniform(uniform_key, mean.shape) * (1 + 1 / ratio) <= 1
    return jnp.where(smaller, mean / ratio, mean * ratio)
