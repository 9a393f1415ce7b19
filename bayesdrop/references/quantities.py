"""What a reference holds of a fit: the likelihood's parameters at the inputs, and the scales."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from bayesdrop.posterior.posterior import Posterior
from bayesdrop.sites import Site

Draws = dict[str, NDArray[np.float32]]


class Quantities(NamedTuple):
    """Draws of what is identified, each (draws, …), those of one chain after those of another.

    Attributes
    ----------
    parameters
        Name → the likelihood's parameter at the inputs in original units, (draws, inputs, outputs);
        (draws, 1, outputs) if it is the same at every input.
    scales
        Site → the size of the prior's scale, (draws, *shape). They are those of features and of
        layers. Those of hidden units are left out, as units can change places.
    """

    parameters: Draws
    scales: Draws

    def thinned(self, count: int) -> Quantities:
        """Return ``count`` of the draws, evenly spaced."""
        total = len(next(iter(self.parameters.values())))
        kept = np.linspace(0, total - 1, count).round().astype(np.intp)
        return Quantities(*({k: v[kept] for k, v in part.items()} for part in self))

    def by_chain(self, num_chains: int) -> Draws:
        """Return what varies as (chain, draw, elements), by name."""
        flat = {
            name: draws.reshape(num_chains, len(draws) // num_chains, -1)
            for part in self
            for name, draws in part.items()
        }
        return {name: draws for name, draws in flat.items() if np.ptp(draws) > 0}


def quantities(posterior: Posterior, X: NDArray[np.float64]) -> Quantities:
    """Return the draws of ``posterior`` at inputs ``X``, (inputs, *input_shape)."""
    predicted = posterior.predict_standardised(posterior.inputs(X)).parameters
    parameters = {name: _compact(value.astype(np.float32)) for name, value in predicted.items()}
    values = posterior.draws or {}
    known = {site.name: site for site in (*posterior.bound.integrated, *posterior.sites)}
    features = posterior.bound.input_shape[-1]
    scales = {
        name: np.abs(value).reshape(-1, *value.shape[2:]).astype(np.float32)
        for name, value in values.items()
        if _is_identified(known[name], features)
    }
    return Quantities(parameters, scales)


def _compact(draws: NDArray[np.float32]) -> NDArray[np.float32]:
    return draws[:, :1] if np.all(draws == draws[:, :1]) else draws


def _is_identified(site: Site, features: int) -> bool:
    if site.role != "scale" or site.support == "boolean":
        return False
    return math.prod(site.shape) == 1 or (site.layer == 0 and site.shape == (features,))
