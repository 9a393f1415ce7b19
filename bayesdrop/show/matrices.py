"""Weight matrices of a model: which noises are on each, and draws from the prior."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from bayesdrop.forward import effective
from bayesdrop.model import Model
from bayesdrop.noise import Noise
from bayesdrop.posterior.export.prior_draws import prior_values


def noises(model: Model, layer: int) -> tuple[Noise, ...]:
    """The noises whose product scales weight matrix ``layer``."""
    return tuple(noise.prior for noise in model.noises_of(layer))


def noisiest(model: Model) -> int:
    """The first of the matrices with the most noises on a weight."""
    layers = range(len(model.network.residual))
    return max(layers, key=lambda layer: len(model.noises_of(layer)))


def draw_matrix(
    model: Model, layer: int, n_features: int | tuple[int, ...], draws: int, seed: int = 0
) -> NDArray[np.float64]:
    """Draws from the prior of weight matrix ``layer``, noise multiplied in and divided by its
    base scale: (draws, fan_in, places of the window · fan_out)."""
    table = tuple(site for site in model.bind(n_features).sites if site.layer == layer)
    values = prior_values(table, draws, np.random.default_rng(seed))
    weight = effective(table, values)["weight", layer]
    connections = math.prod(weight.shape[1:-1])
    by_unit = np.moveaxis(weight, -2, 1).reshape(draws, weight.shape[-2], -1)
    return by_unit / model.prior.weight_scale(connections)
