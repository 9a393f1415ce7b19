"""The mean of a mixture over draws, and the two parts of its standard deviation."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from bayesdrop.family import Family, Parameters
from bayesdrop.posterior.prediction.by_rows import by_rows

Array = NDArray[np.float64]


def mean_and_epistemic_std(family: Family, parameters: Parameters) -> tuple[Array, Array]:
    """Mean and standard deviation over draws of E[y | draw], (rows, outputs, …).

    Both are from one computation of E[y | draw].
    """

    def both(part: Parameters) -> NDArray:
        means = family.mean(part)
        found = [means.mean(0, dtype=np.float64), means.std(0, dtype=np.float64)]
        return np.stack(found, axis=1)

    mean, std = np.moveaxis(by_rows(parameters, both), 1, 0)
    return mean, std


def aleatoric_std(family: Family, parameters: Parameters) -> Array:
    """Root of the mean over draws of Var[y | draw], (rows, outputs, …)."""
    mean = by_rows(parameters, lambda part: family.variance(part).mean(0, dtype=np.float64))
    return np.sqrt(mean)
