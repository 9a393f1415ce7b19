"""Forward passes of a fit: one per draw of its weights, or as many as it says are stochastic."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np
from numpy.typing import NDArray

from bayesdrop.family import Parameters
from bayesdrop.forward import forward
from bayesdrop.model import Model, Site
from bayesdrop.noise import Noise
from bayesdrop.posterior.result import Fit

CHUNK_BYTES = 2**26


def passes(
    model: Model,
    table: tuple[Site, ...],
    fit: Fit,
    priors: Mapping[Site, Noise],
    X: NDArray[np.float32],
    rng: np.random.Generator,
) -> Iterator[Parameters]:
    """The likelihood's parameters at standardised ``X``, in chunks of draws that bound the memory.

    ``priors`` are of the scales that are not part of the fit, which every pass draws anew.
    """
    flat = {name: _flatten_chains(value) for name, value in fit.values.items()}
    n_values = next(iter(flat.values())).shape[0]
    n_draws = fit.stochastic_passes or n_values
    step = max(1, CHUNK_BYTES // _bytes_per_draw(table, len(X), list(priors), fit.masks))
    rngs = rng.spawn(len(priors))  # one for each, so that chunking does not change what is drawn
    for start in range(0, n_draws, step):
        index = np.arange(start, min(start + step, n_draws)) % n_values
        values = {name: value[index] for name, value in flat.items()}
        masks = _draw_noise(priors, len(index), len(X), fit.masks, rngs)
        yield forward(model, table, values, X, masks)


def _flatten_chains(value: NDArray) -> NDArray[np.float32]:
    return value.reshape(-1, *value.shape[2:]).astype(np.float32, copy=False)


def _bytes_per_draw(table: tuple[Site, ...], rows: int, noise: list[Site], masks: str) -> int:
    widest = max(max(site.shape, default=1) for site in table)
    masked = sum(int(np.prod(site.shape)) for site in noise)
    return 4 * (3 * rows * widest + 2 * masked * (rows if masks == "row" else 1))


def _draw_noise(
    priors: Mapping[Site, Noise],
    count: int,
    rows: int,
    masks: str,
    rngs: list[np.random.Generator],
) -> Mapping[str, NDArray[np.float32]]:
    rows = rows if masks == "row" else 1
    return {
        site.name: prior.draw(rng, (count, rows, *site.shape)).astype(np.float32)
        for (site, prior), rng in zip(priors.items(), rngs, strict=True)
    }
