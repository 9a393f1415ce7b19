"""The weights a fitted network uses, noise multiplied in."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from bayesdrop.sharing import along

if TYPE_CHECKING:
    from bayesdrop.posterior.posterior import Posterior
    from bayesdrop.sites import Site


def hidden_matrices(posterior: Posterior) -> tuple[int, ...]:
    """The hidden-to-hidden weight matrices by number: all but the first and the last."""
    count = sum(site.role == "weight" for site in posterior.sites)
    return tuple(range(1, count - 1))


def weight_draws(
    posterior: Posterior, layer: int, seed: int = 0, chain: int | None = None
) -> Iterator[NDArray[np.floating]]:
    """Draws of weight matrix ``layer`` with its noise multiplied in, on the standardised scale.

    A row holds what leaves a unit, or a channel of a convolution, at every place of the window.
    Where the method does not infer a noise (MC dropout), every stochastic pass draws it from its
    prior, as a prediction does.

    Parameters
    ----------
    layer
        Number of the matrix, from 0.
    seed
        Seed of the noise that is drawn. Default 0.
    chain
        Only this chain's draws; default ``None``: those of all, one chain after another.

    Yields
    ------
    weights
        (draws, fan_in, places of the window · fan_out), in chunks that bound the memory.

    Raises
    ------
    ValueError
        There is no such chain, or the fit has a distribution over functions and no weights.
    """
    if chain is not None and not 0 <= chain < posterior.num_chains:
        raise ValueError(f"there is no chain {chain}: the fit has {posterior.num_chains}, from 0")
    bound = posterior.bound
    weight = _weight(posterior, layer)
    names = [weight.name, *(name for name, _ in weight.multiplied_by)]
    rng = np.random.default_rng(seed)
    for values in posterior.result.site_values(bound, names, rng, chain):
        used = values[weight.name]
        for name, axes in weight.multiplied_by:
            used = used * along(values[name], axes, len(weight.shape))
        by_unit = np.moveaxis(used, -2, 1)
        yield by_unit.reshape((*by_unit.shape[:2], -1))


def base_scale(posterior: Posterior, layer: int) -> float:
    """σ₀ of weight matrix ``layer``: the prior's standard deviation of a weight without noise."""
    connections = math.prod(_weight(posterior, layer).shape[:-1])
    return posterior.model.prior.weight_scale(connections)


def mean_absolute_weights(
    posterior: Posterior, layer: int, seed: int = 0, chain: int | None = None
) -> NDArray[np.float64]:
    """E |W| over the draws of weight matrix ``layer``, (fan_in, …); see :func:`weight_draws`."""
    return _mean(np.abs(draws) for draws in weight_draws(posterior, layer, seed, chain))


def mean_weights(
    posterior: Posterior, layer: int, seed: int = 0, chain: int | None = None
) -> NDArray[np.float64]:
    """E W over the draws of weight matrix ``layer``, (fan_in, …); see :func:`weight_draws`."""
    return _mean(weight_draws(posterior, layer, seed, chain))


def _weight(posterior: Posterior, layer: int) -> Site:
    return next(s for s in posterior.sites if s.role == "weight" and s.layer == layer)


def _mean(chunks: Iterable[NDArray[np.floating]]) -> NDArray[np.float64]:
    total, count = 0.0, 0
    for chunk in chunks:
        total = total + chunk.sum(0, dtype=np.float64)
        count += len(chunk)
    return np.asarray(total / count)
