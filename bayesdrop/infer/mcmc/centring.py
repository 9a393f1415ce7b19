"""Coordinates in which a sampler follows weights and their scales without funnels.

A weight is w = λ z with z ~ N(0, σ₀²). Where the data say much about w, steps in (λ, z) must
follow the thin curve λ z = w, which narrows as λ grows; where they say little, steps in (λ, w)
meet Neal's funnel as λ → 0. Here the sampler moves z̃ ~ N(0, σ₀² (λ² + c²)) instead, with
w = z̃ λ / √(λ² + c²): w itself where λ ≫ c, a multiple of z where λ ≪ c. That is the partial
non-centring of Papaspiliopoulos, Roberts & Sköld (2007), "A general framework for the
parametrization of hierarchical models", with the degree following λ; the posterior is the same.

Where weights share their λ the sampler moves z, in every form but the expanded, which has z.
The more weights share λ, the less it can move while they stand still, and the narrower is the
funnel's neck. In the marginal form z is w/λ for a λ that was not integrated out.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Mapping
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpyro
import numpyro.distributions as dist
from numpyro import handlers
from numpyro.infer.reparam import Reparam

from bayesdrop.bound import BoundModel
from bayesdrop.marginal import deviation
from bayesdrop.programs.numpyro_marginal import SharedScaleMixture
from bayesdrop.sharing import along
from bayesdrop.sites import Scaling, Site


class Coordinates(NamedTuple):
    """What a sampler moves in place of a weight or bias w: z̃ = w t/s.

    s is the standard deviation of w, given all of its scales, and t that of z̃.

    Attributes
    ----------
    site
        The weight or bias.
    followed
        The scales that move w while z̃ stands still.
    held
        Its other scales, which are factors of t.
    own
        It is true if each weight has the ``followed`` to itself. Then w follows them as far as
        they are below the ``crossover``, c. Else it follows them everywhere.
    """

    site: Site
    followed: tuple[Scaling, ...]
    held: tuple[Scaling, ...]
    own: bool
    crossover: float

    @property
    def name(self) -> str:
        """The site z̃."""
        return f"{self.site.name}_partly_centred"

    def spread(self, values: Mapping[str, jax.Array]) -> Any:
        """t at these ``values`` of the scales, an array that broadcasts against the site."""
        axes = len(self.site.shape)
        spread: Any = self.site.prior.scale  # type: ignore[attr-defined]
        for name, where in self.held:
            spread = spread * abs(along(values[name], where, axes))
        if self.own:
            scale = math.prod(along(values[name], where, axes) for name, where in self.followed)
            spread = spread * jnp.hypot(scale, self.crossover)
        return spread


def coordinates(
    bound: BoundModel, crossover: float, held: Collection[str] = ()
) -> dict[str, Coordinates]:
    """Site → what a sampler moves in its place, of those that it does not move themselves.

    ``held`` names scales that stand still while the sampler moves.
    """
    found = (_coordinates(site, bound.by_name, crossover, held) for site in bound.sites)
    return {one.site.name: one for one in found if one is not None}


def _coordinates(
    site: Site, table: Mapping[str, Site], crossover: float, held: Collection[str]
) -> Coordinates | None:
    continuous = [
        (name, where)
        for name, where in site.multiplied_by or site.scaled_by
        if table[name].support != "boolean"
    ]
    followed = tuple((name, where) for name, where in continuous if name not in held)
    own = all(math.prod(table[name].shape) == math.prod(site.shape) for name, _ in followed)
    if not followed or not (own or site.scaled_by):
        return None
    still = tuple((name, where) for name, where in continuous if name in held)
    return Coordinates(site, followed, still, own, crossover)


def partly_centred(
    program: Callable[..., None], moved: Mapping[str, Coordinates]
) -> Callable[..., None]:
    """A model's ``program`` with the weights of :func:`coordinates` as functions of their z̃.

    The model's own sites become deterministic, so draws have them; the sites z̃ are called
    ``weight_l_partly_centred``.
    """

    def reparametrised(X: jax.Array, *args: Any, **kwargs: Any) -> None:
        recorder = handlers.trace()

        def config(message: dict[str, Any]) -> Reparam | None:
            if (own := moved.get(message["name"])) is None:
                return None
            scales = {name: recorder.trace[name]["value"] for name, _ in own.followed + own.held}
            return _PartlyCentred(own.name, own.spread(scales))

        with recorder, handlers.reparam(config=config):
            program(X, *args, **kwargs)

    return reparametrised


def own_values(
    moved: Mapping[str, Coordinates], values: Mapping[str, jax.Array]
) -> dict[str, jax.Array]:
    """``values`` of the sites of :func:`partly_centred`, with those of the model's own."""
    found = dict(values)
    for name, own in moved.items():
        value = found[own.name]
        found[name] = value * (deviation(own.site, found, value) / own.spread(found))
    return found


class _PartlyCentred(Reparam):
    """A site of standard deviation s as s/t times the site ``name`` of standard deviation t."""

    def __init__(self, name: str, spread: Any) -> None:
        self.name, self.spread = name, spread

    def __call__(self, name: str, fn: Any, obs: Any) -> tuple[None, Any]:
        shape = fn.shape()
        own: Any = self._unwrap(fn)[0]
        if isinstance(own, SharedScaleMixture):
            own_spread, auxiliary = own.spread, own.with_spread(self.spread)
        else:
            normal = dist.Normal(0.0, self.spread)
            own_spread, auxiliary = own.scale, normal.expand(shape).to_event(len(shape))
        value = numpyro.sample(self.name, auxiliary)
        return None, value * (own_spread / self.spread)
