"""A fit as ArviZ's own object, for ArviZ 0.23 and 1.x alike: one ``xarray.DataTree``."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    import xarray as xr

    from bayesdrop.posterior.posterior import Posterior


def import_arviz() -> Any:
    """ArviZ, without 0.23's announcement of 1.x on import."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", r"\s*ArviZ is undergoing", FutureWarning)
        import arviz

    return arviz


def to_arviz(posterior: Posterior, log_likelihood: bool = False) -> Any:
    """See :meth:`bayesdrop.Posterior.to_arviz`."""
    arviz = import_arviz()
    tree = to_datatree(posterior, log_likelihood)
    return tree if int(arviz.__version__.split(".")[0]) >= 1 else arviz.from_datatree(tree)


def to_datatree(posterior: Posterior, log_likelihood: bool = False) -> xr.DataTree:
    """The groups posterior (if there are draws), sample_stats (of samplers), posterior_predictive,
    observed_data, constant_data and, if asked for, log_likelihood.

    Rows are the training rows; ``y`` and ``X`` are in original units.
    """
    import xarray as xr

    training = posterior.training
    predictive = posterior.predict_standardised(
        training.X_standardised, posterior.seed, exposure=training.exposure
    )
    family, parameters = predictive.likelihood.family, predictive.parameters
    observed = training.target if family.kind == "continuous" else training.target.astype(np.int64)
    chains, precision = predictive.n_chains, training.scaling.target_precision
    rng = np.random.default_rng(posterior.seed)
    rows = ("row",) if training.one_output else ("row", "output")

    def by_draw(values: NDArray) -> tuple[tuple[str, ...], NDArray]:
        shaped = values.reshape(chains, -1, *training.target.shape)
        dtype = precision if values.dtype.kind == "f" else np.int64
        return ("chain", "draw", *rows), shaped.astype(dtype)

    groups = {
        "posterior_predictive": {"y": by_draw(family.sample(parameters, rng))},
        "observed_data": {"y": (rows, observed)},
        "constant_data": {"X": (("row", "feature"), training.X_original)},
    }
    if posterior.draws is not None:
        groups["posterior"] = {
            name: (("chain", "draw", *(f"{name}_dim_{i}" for i in range(value.ndim - 2))), value)
            for name, value in posterior.draws.items()
        }
    if stats := posterior.sample_stats:
        groups["sample_stats"] = {name: (("chain", "draw"), value) for name, value in stats.items()}
    if log_likelihood:
        precise = {name: value.astype(np.float64) for name, value in parameters.items()}
        groups["log_likelihood"] = {"y": by_draw(family.log_prob(precise, training.y_original))}
    return xr.DataTree.from_dict(
        {name: _with_coordinates(xr.Dataset(variables)) for name, variables in groups.items()}
    )


def _with_coordinates(dataset: xr.Dataset) -> xr.Dataset:
    return dataset.assign_coords({dim: np.arange(size) for dim, size in dataset.sizes.items()})
