"""Leave-one-out cross-validation of a fit, by ArviZ's Pareto-smoothed importance sampling."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from bayesdrop.posterior.diagnosis.chain_statistics import mean_ess_of_draws
from bayesdrop.posterior.export.arviz import (
    arviz_object,
    at_training_rows,
    import_arviz,
    is_first_arviz,
)
from bayesdrop.quiet import ignored

if TYPE_CHECKING:
    from bayesdrop.posterior.posterior import Posterior


def psis_loo(posterior: Posterior) -> Any:
    """Return ArviZ's PSIS-LOO of the training rows (Vehtari, Gelman & Gabry 2017).

    One row is left out at a time, with all its outputs. Log densities are in nats, of the target in
    its original units.
    """
    import xarray as xr

    at_rows = at_training_rows(posterior, ("log_likelihood",))["log_likelihood"]["y"][1]
    each = at_rows.astype(np.float64).reshape(*at_rows.shape[:3], -1).sum(3)
    rows = xr.Dataset({"y": (("chain", "draw", "row"), each)})
    tree = xr.DataTree.from_dict({"log_likelihood": rows})
    scale = {"scale": "log"} if is_first_arviz() else {}
    with ignored():  # of Pareto k, which the callers put in words
        return import_arviz().loo(
            arviz_object(tree), pointwise=True, reff=_relative_efficiency(each), **scale
        )


def log_scores(loo: Any) -> NDArray[np.float64]:
    """Return the log density of each row's target under the fit of the other rows, (rows,)."""
    return np.asarray(loo.loo_i if is_first_arviz() else loo.elpd_i, dtype=np.float64)


def high_k(loo: Any) -> int:
    """Return how many rows have a Pareto k above what can be relied on, or whose k is NaN."""
    return int(np.sum(~(np.asarray(loo.pareto_k) <= loo.good_k)))


def _relative_efficiency(log_likelihood: NDArray[np.float64]) -> float:
    """Effective draws of a row's likelihood per draw, on average over rows.

    ArviZ takes one number for all rows. Its own default looks at the sites, which for a network do
    not mix where its function does.
    """
    chains, draws, _ = log_likelihood.shape
    likelihood = np.exp(log_likelihood - log_likelihood.max((0, 1)))
    return float(np.clip(mean_ess_of_draws(likelihood).mean(), 1, None)) / (chains * draws)
