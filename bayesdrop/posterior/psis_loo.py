"""Leave-one-out cross-validation of a fit, by Pareto-smoothed importance sampling."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from bayesdrop.posterior.by_draw import by_draw

if TYPE_CHECKING:
    from bayesdrop.family import Parameters
    from bayesdrop.posterior.posterior import Posterior


class Loo(NamedTuple):
    """What leaving out each training row would give.

    ``log_score`` (rows,) is the log density of each row's target under the fit of the others.
    ``pareto_k`` (rows,) says how well that is known: above ``good_k`` it is not.
    """

    log_score: NDArray[np.float64]
    pareto_k: NDArray[np.float64]
    good_k: float


def psis_loo(post: Posterior) -> Loo:
    """Estimate it from the draws of a sampler (Vehtari, Gelman & Gabry 2017), by ArviZ.

    ``good_k`` is that of Vehtari et al. (2024): 0.7, and less of fewer than 2,200 draws.
    """
    from arviz_stats.base.array import array_stats

    family, y = post.model.likelihood.family, post.training.y_original

    def log_likelihood(parameters: Parameters) -> NDArray:
        precise = {name: value.astype(np.float64) for name, value in parameters.items()}
        return family.log_prob(precise, y)

    rows = post.training.X_standardised
    found = by_draw(post, rows, {"y": log_likelihood}, post.training.exposure)["y"]
    by_row = found.reshape(*found.shape[:2], len(rows), -1).sum(-1, dtype=np.float64)
    with np.errstate(over="ignore", divide="ignore", invalid="ignore"):  # its k̂ is then no number
        log_score, pareto_k, _ = array_stats.loo(by_row, chain_axis=0, draw_axis=1)
    draws = by_row.shape[0] * by_row.shape[1]
    return Loo(log_score, pareto_k, min(1 - 1 / np.log10(draws), 0.7))
