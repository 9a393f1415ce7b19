"""How wide priors are, which the steps of an optimiser grow with.

A thousand steps of 0.01 move a weight by 10 at most, and a prior may be a hundred wide.
"""

from __future__ import annotations

from collections.abc import Iterable

from bayesdrop.model import Model
from bayesdrop.noise import Gaussian, Noise
from bayesdrop.sites import Site

Widths = tuple[tuple[str, float], ...]
"""The name of every site and its width."""


def width(prior: Noise) -> float:
    """The standard deviation of a Gaussian prior where that is a number above 1, else 1."""
    if isinstance(prior, Gaussian) and isinstance(prior.scale, float):
        return max(prior.scale, 1.0)
    return 1.0


def prior_widths(sites: Iterable[Site]) -> Widths:
    """The width of every site's prior."""
    return tuple((site.name, width(site.prior)) for site in sites)


def has_wide_prior(model: Model) -> bool:
    """Say whether some site of ``model`` has a width above 1."""
    widths = [width(variable.prior) for variable in model.variables]
    return max(weight_width(model), model.prior.bias_scale, *widths) > 1


def weight_width(model: Model) -> float:
    """The largest standard deviation that a weight of ``model`` has before it is scaled."""
    return model.prior.weight_scale(1)  # of one unit: 1/√fan_in falls with their number
