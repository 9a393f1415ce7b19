"""How much of the target's variance a fit explains at its training rows.

A fit that explains none may have failed, or the target may be noise. What the neighbours of a row
say of its target tells the two apart: they know nothing of noise.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from bayesdrop.posterior.diagnosis.mixing import spread_rows
from bayesdrop.posterior.results.fit import Result
from bayesdrop.posterior.results.function_draws import FunctionDraws
from bayesdrop.posterior.results.stochastic_passes import StochasticPasses
from bayesdrop.posterior.results.weight_draws import WeightDraws

if TYPE_CHECKING:
    from bayesdrop.posterior.posterior import Posterior

NEIGHBOURS = 5
_DRAWS = 50
_POOL = 1000  # training rows that neighbours are looked for in

Array = NDArray[np.float64]


def explained_by_fit(posterior: Posterior) -> Array:
    """The share of each output's variance that the predictive mean explains, (outputs,).

    It is R² at most 200 of the training rows, evenly spaced, of at most 50 of the draws. Classes
    count as one-hot. It is 0 for a constant prediction at the mean, negative for a worse one, and
    NaN where the target does not vary over those rows. All are NaN if a prediction is not finite,
    which :meth:`bayesdrop.Posterior.predict` refuses.
    """
    training = posterior.training
    rows = spread_rows(training.rows)
    few = replace(posterior, fit=replace(posterior.fit, result=_few_draws(posterior.result)))
    exposure = None if training.exposure is None else training.exposure[rows]
    prediction = few.predict_standardised(training.X_standardised[rows], exposure=exposure)
    if not all(np.isfinite(value).all() for value in prediction.parameters.values()):
        return np.full(training.n_outputs, np.nan)
    predicted = prediction.mean.reshape(len(rows), training.n_outputs, -1)
    target = training.y_original[rows][..., None]
    if (classes := predicted.shape[-1]) > 1:
        target = target == np.arange(classes)
    return _explained(target, predicted)


def explained_by_neighbours(posterior: Posterior) -> Array:
    """The same of the mean target of each row's five nearest other rows, (outputs,).

    It is about −1/5 if the target is noise. Rows are near by their standardised inputs.
    """
    from scipy.spatial.distance import cdist

    training = posterior.training
    rows = spread_rows(training.rows)
    pool = np.union1d(rows, spread_rows(training.rows, _POOL))
    X = training.X_standardised.reshape(training.rows, -1)
    distance = cdist(X[rows], X[pool])
    distance[rows[:, None] == pool] = np.inf
    count = min(NEIGHBOURS, len(pool) - 1)
    nearest = np.argpartition(distance, count - 1, axis=1)[:, :count]
    target = training.y_original[..., None]
    if posterior.model.likelihood.family.kind == "class":
        target = (target == np.unique(target)).astype(np.float64)
    return _explained(target[rows], target[pool][nearest].mean(1))


def _few_draws(result: Result) -> Result:
    """``result`` with few draws, so that a look at it costs little beside the fit."""
    match result:
        case WeightDraws():
            chains, draws = next(iter(result.values.values())).shape[:2]
            step = -(-chains * draws // _DRAWS)
            return replace(result, values={n: v[:, ::step] for n, v in result.values.items()})
        case StochasticPasses():
            return replace(result, num_passes=min(result.num_passes, _DRAWS))
        case FunctionDraws():
            return result


def _explained(observed: NDArray, predicted: Array) -> Array:
    """R² of each output, of (rows, outputs, classes or 1)."""
    total = np.square(observed - observed.mean(0)).sum((0, 2))
    left = np.square(observed - predicted).sum((0, 2))
    return 1 - np.divide(left, total, out=np.full(len(total), np.nan), where=total > 0)
