"""Where a guide starts: at the median of a few draws of every site's prior, drawn on the host.

NumPyro's ``init_to_median`` draws them inside the compiled program. With gamma variables in the
prior this was two thirds of the time that a first fit took to compile.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit, logit

from bayesdrop.bound import BoundModel
from bayesdrop.noise.support import edges
from bayesdrop.sharing import along
from bayesdrop.sites import Site

if TYPE_CHECKING:
    import jax

_DRAWS = 15  # as many as NumPyro and Pyro take; fewer leave more difference between units
_EDGE = 1e-6  # a keep probability stays this far from 0 and 1


def prior_medians(bound: BoundModel, seed: int, temperature: float) -> dict[str, NDArray]:
    """Site name → the elements' medians over 15 draws of the prior, float32.

    A site whose prior depends on others is drawn given their medians. The value of a boolean site
    is the logit that :mod:`bayesdrop.infer.vi.relaxation` has in its place.
    """
    rng = np.random.default_rng([seed, 0])
    found: dict[str, NDArray] = {}
    values: dict[str, Any] = {}
    for site in bound.sites:
        values |= {name: start.initial for name, start in site.learned.values()}
        found[site.name] = _median(site, values, rng)
        is_relaxed = site.support == "boolean"
        values[site.name] = (
            expit(found[site.name] / temperature) if is_relaxed else found[site.name]
        )
    return found


def _median(site: Site, values: Mapping[str, Any], rng: np.random.Generator) -> NDArray:
    prior: Any = site.bound_prior({name: float(values[name]) for _, name in site.parameters})
    shape = (_DRAWS, *site.shape)
    if site.support == "boolean":
        logits = logit(np.clip(prior.keep, _EDGE, 1 - _EDGE))
        return np.median(rng.logistic(logits, size=shape), axis=0).astype(np.float32)
    median = np.median(prior.draw(rng, shape), axis=0)
    for name, axes in site.scaled_by:
        median = median * np.abs(along(values[name], axes, len(site.shape)))
    return np.clip(median, *edges(prior, np.float32)).astype(np.float32)


def init_to(values: Mapping[str, jax.Array]) -> Any:
    """A strategy of NumPyro's that puts every site at its entry of ``values``.

    The mapping is read when the program is traced, so it may be filled after the guide is made.
    """
    return partial(_value_of, values=values)


def _value_of(
    site: Mapping[str, Any] | None = None, values: Mapping[str, jax.Array] | None = None
) -> Any:
    if site is None:
        return partial(_value_of, values=values)
    is_latent = site["type"] == "sample" and not site["is_observed"]
    return values[site["name"]] if values is not None and is_latent else None
