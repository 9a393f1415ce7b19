"""Coordinates in which a sampler follows weights and their scales without funnels.

A weight is w = λ z with z ~ N(0, σ₀²). Where the data say much about w, steps in (λ, z) must
follow the thin curve λ z = w, which narrows as λ grows; where they say little, steps in (λ, w)
meet Neal's funnel as λ → 0. Here the sampler moves z̃ ~ N(0, σ₀² (λ² + c²)) instead, with
w = z̃ λ / √(λ² + c²): w itself where λ ≫ c, a multiple of z where λ ≪ c. That is the partial
non-centring of Papaspiliopoulos, Roberts & Sköld (2007), "A general framework for the
parametrization of hierarchical models", with the degree following λ; the posterior is the same.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

import jax.numpy as jnp
import numpyro
import numpyro.distributions as dist
from numpyro import handlers
from numpyro.infer.reparam import Reparam

from bayesdrop.bound import BoundModel
from bayesdrop.sharing import along
from bayesdrop.sites import Scaling, Site


def partly_centred(
    program: Callable[..., None], bound: BoundModel, crossover: float
) -> Callable[..., None]:
    """``program`` of ``bound``, with weights that have a λ of their own as functions of their z̃.

    The model's own sites become deterministic, so draws have them; the sites z̃ are called
    ``weight_l_partly_centred``. ``crossover`` is c. Of weights that share their λ the sampler moves
    z, in the hierarchical form too: the more of them share it, the less it can move while the
    weights stand still, and the narrower is the funnel's neck.
    """

    def reparametrised(X: Any, *args: Any, **kwargs: Any) -> None:
        table = bound.by_name
        recorder = handlers.trace()

        def config(message: dict[str, Any]) -> Reparam | None:
            site = table.get(message["name"])
            if site is None or site.integrated is not None:
                return None
            prior: Any = site.prior
            if scaling := _own_scales(site, table):
                axes = len(site.shape)
                scale = math.prod(
                    along(recorder.trace[name]["value"], own, axes) for name, own in scaling
                )
                return _PartlyCentred(prior.scale * jnp.hypot(scale, crossover))
            return _PartlyCentred(prior.scale) if site.scaled_by else None

        with recorder, handlers.reparam(config=config):
            program(X, *args, **kwargs)

    return reparametrised


def _own_scales(site: Site, table: Mapping[str, Site]) -> list[Scaling]:
    """The continuous scales of ``site`` if each belongs to a single weight, else none."""
    scaling = site.multiplied_by or site.scaled_by
    moving = [(name, axes) for name, axes in scaling if table[name].support != "boolean"]
    own = all(math.prod(table[name].shape) == math.prod(site.shape) for name, _ in moving)
    return moving if own else []


class _PartlyCentred(Reparam):
    """A normal site of standard deviation s as s/t times one of standard deviation t."""

    def __init__(self, scale: Any) -> None:
        self.scale = scale

    def __call__(self, name: str, fn: Any, obs: Any) -> tuple[None, Any]:
        shape = fn.shape()
        normal: Any = self._unwrap(fn)[0]
        auxiliary = dist.Normal(0.0, self.scale).expand(shape).to_event(len(shape))
        value = numpyro.sample(f"{name}_partly_centred", auxiliary)
        return None, value * (normal.scale / self.scale)
