"""What follows from each draw at many rows, made in chunks so that only the result is large."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from bayesdrop.family import Parameters
from bayesdrop.posterior.results.parameter_arrays import few_draws_at_a_time

if TYPE_CHECKING:
    from bayesdrop.posterior.posterior import Posterior

Reading = Callable[[Parameters], NDArray]
"""The likelihood's parameters (draws, rows, outputs, ...) → an array with those axes first."""


def by_draw(
    posterior: Posterior,
    X: NDArray[np.float32],
    readings: Mapping[str, Reading],
    exposure: NDArray[np.float64] | None = None,
) -> dict[str, NDArray]:
    """Each reading of the parameters at standardised rows ``X``, in original units.

    Returns name → (chain, draw, rows, ...), or (chain, draw, rows, outputs, ...) where the target
    has an axis of outputs. Real numbers are in the precision of predictions, others are int64.
    """
    if not readings:
        return {}
    total = posterior.predict_standardised(X[:1]).n_draws
    found: dict[str, NDArray] = {}
    begin = 0
    every = posterior.parameter_chunks(X, posterior.seed, exposure)
    for parameters in few_draws_at_a_time(every):
        count = len(next(iter(parameters.values())))
        for name, reading in readings.items():
            value = reading(parameters)
            if name not in found:
                is_real = value.dtype.kind == "f"
                dtype = posterior.training.scaling.target_precision if is_real else np.int64
                found[name] = np.empty((total, *value.shape[1:]), dtype)
            found[name][begin : begin + count] = value
        begin += count
    if posterior.training.one_output:
        found = {name: value[:, :, 0] for name, value in found.items()}
    return {n: v.reshape(posterior.num_chains, -1, *v.shape[1:]) for n, v in found.items()}
