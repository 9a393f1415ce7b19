"""Draws of a model's sites from the prior, in every form."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from bayesdrop.bound import BoundModel
from bayesdrop.sharing import along
from bayesdrop.sites import Scaling, Site


def prior_draws(
    bound: BoundModel,
    draws: int,
    rng: np.random.Generator,
    learned: Mapping[str, float] | None = None,
) -> dict[str, NDArray]:
    """Every site drawn from the prior, and the scales that a marginal form integrates out.

    Returns name → (draws, *shape). ``learned`` has the values of noise parameters that are learned;
    one that is not there has its initial value.
    """
    parameters = [site for site in bound.sites if site.role == "parameter"]
    others = [site for site in bound.sites if site.role != "parameter"]
    return prior_values((*parameters, *bound.integrated, *others), draws, rng, learned)


def prior_values(
    table: Sequence[Site],
    draws: int,
    rng: np.random.Generator,
    learned: Mapping[str, float] | None = None,
) -> dict[str, NDArray[np.float64]]:
    """Every site of ``table`` drawn from the prior: name → (draws, *shape).

    A site's scales and the parameters of its prior come before it. A parameter that is learned has
    its value in ``learned``, else its initial one.
    """
    values: dict[str, NDArray[np.float64]] = {}
    given = learned or {}
    for site in table:
        if site.parameters:
            known = {
                name: np.full(draws, given.get(name, start.initial))
                for name, start in site.learned.values()
            }
            own = {name: (known | values)[name] for _, name in site.parameters}
            each = [{name: float(v[draw]) for name, v in own.items()} for draw in range(draws)]
            drawn = np.stack([site.bound_prior(p).draw(rng, site.shape) for p in each])
        else:
            drawn = site.prior.draw(rng, (draws, *site.shape))
        for name, where in _scaling(site):
            drawn = drawn * along(values[name], where, len(site.shape))
        values[site.name] = drawn
    return values


def _scaling(site: Site) -> tuple[Scaling, ...]:
    """The scales that multiply the standard deviation of the site's prior, in this form."""
    if site.integrated is None:
        return site.scaled_by
    where = dict(site.integrated.scales)[site.name]
    return (*site.scaled_by, (site.integrated.name, where))
