"""The weights of a mixture of predictions: those that score best, and as whole numbers of draws."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from bayesdrop.posterior.prediction.predictive import Predictive

Array = NDArray[np.float64]

_TOLERANCE = 1e-9
"""How far the mean log score may be below the best, in nats per row."""

_MOST_STEPS = 200


def best_weights(log_scores: Array) -> Array:
    """Find the weights (fits,) of the mixture with the highest mean log score.

    The problem is concave. Weights are the best if and only if the ratio of a fit's density to the
    mixture's has a mean over rows of at most 1, for every fit. If the largest mean is 1 + ε, the
    score is within ε of the best. The method is the constrained Newton method (Wang, 2007, "On fast
    computation of the non-parametric maximum likelihood estimate of a mixing distribution").

    Parameters
    ----------
    log_scores
        The log density of each row's target under each fit, (rows, fits).

    Raises
    ------
    ValueError
        A score is NaN or +∞, or a row has the density 0 under every fit.
    ArithmeticError
        The method does not come to an end.
    """
    top = log_scores.max(1, keepdims=True)
    if len(bad := np.flatnonzero(~np.isfinite(top))):
        scores = ", ".join(f"{score:g}" for score in log_scores[bad[0]])
        raise ValueError(
            f"row {bad[0]} has the log densities {scores} under the fits, so no mixture of them "
            "can be scored: leave the row out, or give a fit that predicts it"
        )
    density = np.exp(log_scores - top)
    weights = np.full(density.shape[1], 1 / density.shape[1])
    for _ in range(_MOST_STEPS):
        ratio = density / (density @ weights)[:, None]
        if ratio.mean(0).max() <= 1 + _TOLERANCE:
            return weights
        weights = _part_of_the_way(density, weights, _newton(ratio))
    raise ArithmeticError(f"no best weights were found in {_MOST_STEPS} steps")


def _newton(ratio: Array) -> Array:
    """The best weights by the second-order expansion of the score: Wang's equation 5."""
    from scipy.optimize import nnls

    rows, count = ratio.shape
    found, _ = nnls(np.vstack([ratio - 2, np.ones(count)]), np.append(np.zeros(rows), 1.0))
    return found / found.sum()


def _part_of_the_way(density: Array, start: Array, end: Array) -> Array:
    """Go from ``start`` all the way to ``end``, or half, or a quarter …, until the score is higher.

    Under the best mixture each of n rows has at least 1/n of its highest density. No mixture on the
    way has less than half of that, so none is too small to divide by.
    """
    mixture = density @ start
    towards = density @ end / mixture - 1
    least, share = 0.5 / max(density.shape), 1.0
    while True:
        change = share * towards
        enough = share * towards.mean() / 3 - 1e-15  # of rounding
        if np.min(mixture * (1 + change)) > least and np.log1p(change).mean() >= enough:
            return start + share * (end - start)
        share /= 2


def log_mixture(log_scores: Array, weights: Array) -> Array:
    """The log density of each row under the mixture."""
    top = log_scores.max(1, keepdims=True)
    return top[:, 0] + np.log(np.exp(log_scores - top) @ weights)


def apportioned(weights: Array, total: int) -> NDArray[np.int64]:
    """Whole numbers of that sum in proportion to the weights, by largest remainders."""
    exact = weights * total
    counts = np.floor(exact).astype(np.int64)
    largest = np.argsort(counts - exact, kind="stable")[: total - counts.sum()]
    counts[largest] += 1
    return counts


def evenly(there: int, wanted: int) -> NDArray[np.int64]:
    """Evenly spaced draws of those that are there, some of them several times if they are few."""
    return ((np.arange(wanted) + 0.5) * there / wanted).astype(np.int64)


def log_scores_of_rows(prediction: Predictive, y: ArrayLike) -> Array:
    """The log density of each row's target, (rows,): that of all outputs together."""
    scores = prediction.log_prob(y)
    return scores.reshape(len(scores), -1).sum(1)
