"""The numbers that are ranked: of one draw of a model's variables, and of the draws of a fit.

Each is a function of the variables and the data alone, so that in every form of the model, and
whichever of its equivalent modes the chains are in, it has one meaning.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

import numpy as np
from numpy.typing import NDArray

from bayesdrop.bound import BoundModel
from bayesdrop.calibration.simulate import Simulated
from bayesdrop.family import Family, Parameters
from bayesdrop.posterior.diagnosis.mixing import spread_rows
from bayesdrop.posterior.export.by_draw import by_draw
from bayesdrop.posterior.posterior import Posterior

POINTS = 3
"""Rows at which f is ranked, spread evenly over those given."""

_TINY = float(np.finfo(np.float32).tiny)

Quantities = dict[str, NDArray]
"""Name → (chain, draw); of the draw that data were simulated from, (1, 1)."""


def of_truth(bound: BoundModel, drawn: Simulated) -> Quantities:
    """The quantities of the draw that the data came from."""
    values = {name: value[None] for name, value in drawn.values.items()}
    rows, y = spread_rows(drawn.data.rows, POINTS), drawn.data.y_original
    family = bound.model.likelihood.family
    f = _at_points(drawn.parameters, family, rows)[None, :, :, 0]
    log_likelihood = _log_likelihood(drawn.parameters, family, y)[None, :, 0, 0]
    return _named(f, log_likelihood) | _of_sites(bound, values)


def of_draws(posterior: Posterior) -> Quantities:
    """The quantities of every draw of a fit; of the sites, those that it has draws of."""
    training, family = posterior.training, posterior.model.likelihood.family
    rows = spread_rows(training.rows, POINTS)
    readings = {
        "f": partial(_at_points, family=family, rows=rows),
        "log_likelihood": partial(_log_likelihood, family=family, y=training.y_original),
    }
    found = by_draw(posterior, training.X_standardised, readings)
    chains, draws = found["f"].shape[:2]
    flat = {name: value.reshape(chains, draws, -1) for name, value in found.items()}
    named = _named(flat["f"], flat["log_likelihood"][..., 0])
    return named | _of_sites(posterior.bound, posterior.draws or {})


def _named(f: NDArray, log_likelihood: NDArray) -> Quantities:
    """``f`` is (chain, draw, points), the log likelihood (chain, draw)."""
    points = {f"f[{i}]": f[..., i] for i in range(f.shape[-1])}
    return {**points, "log_likelihood": log_likelihood}


def _at_points(parameters: Parameters, family: Family, rows: NDArray[np.intp]) -> NDArray:
    """f at the rows, of every output and class, (draws, points, 1)."""
    f = family.location(parameters)[:, rows]
    return f.reshape(len(f), -1, 1)


def _log_likelihood(parameters: Parameters, family: Family, y: NDArray) -> NDArray:
    """The log likelihood of all rows, (draws, 1, 1)."""
    precise = {name: np.asarray(value, np.float64) for name, value in parameters.items()}
    each = family.log_prob(precise, y)
    return each.reshape(len(each), -1).sum(1)[:, None, None]


def _of_sites(bound: BoundModel, values: Mapping[str, NDArray]) -> Quantities:
    """A number for each site that is no weight and no bias: its size, on average over elements."""
    return {
        site.name: _size(values[site.name], site.support == "boolean")
        for site in (*bound.integrated, *bound.sites)
        if site.role not in ("weight", "bias") and site.name in values
    }


def _size(values: NDArray, boolean: bool) -> NDArray[np.float64]:
    """The mean logarithm of the size of (chain, draw, *shape); of Boolean values their mean."""
    flat = values.reshape(*values.shape[:2], -1).astype(np.float64)
    return (flat if boolean else np.log(np.abs(flat) + _TINY)).mean(2)
