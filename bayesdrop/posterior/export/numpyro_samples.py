"""Draws of a fit in the layout of NumPyro's own tools."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from bayesdrop.posterior.posterior import Posterior


def numpyro_samples(posterior: Posterior) -> dict[str, NDArray]:
    """See :meth:`bayesdrop.Posterior.to_numpyro_samples`."""
    draws = posterior.draws
    if draws is None:
        raise ValueError(
            f"a fit by {type(posterior.method).__name__} has no draws of the model's sites, only "
            f"{posterior.result}: fit by a method that has them, such as bd.NUTS or bd.SVI"
        )
    found = {}
    for site in posterior.sites:
        value = draws[site.name]
        found[site.name] = value.reshape(-1, *value.shape[2:])
    count = len(next(iter(found.values())))
    learned = {name: np.full(count, v, np.float32) for name, v in posterior.learned.items()}
    return found | learned
