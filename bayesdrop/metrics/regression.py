"""Scores of predictions of real numbers and counts, in the target's original units.

All but :func:`rmse`, :func:`mae` and :func:`mae_per_draw` judge the whole mixture over draws,
never a Gaussian fitted to its moments.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike

from bayesdrop.metrics.checks import at_target, check_level, mean_and_target, without_nan
from bayesdrop.metrics.classification import log_loss

if TYPE_CHECKING:
    from bayesdrop.posterior.prediction.predictive import Predictive


def rmse(pred: Predictive, y: ArrayLike) -> float:
    """Return the root of the mean squared error of the predictive mean."""
    mean, target = mean_and_target(pred, y)
    return float(np.sqrt(np.mean((mean - target) ** 2)))


def mae(pred: Predictive, y: ArrayLike) -> float:
    """Return the mean absolute error of the predictive mean."""
    mean, target = mean_and_target(pred, y)
    return float(np.mean(np.abs(mean - target)))


def mae_per_draw(pred: Predictive, y: ArrayLike) -> float:
    """Return the mean absolute error of the draws' own means, averaged over draws.

    It is at least :func:`mae`. The code released with Nalisnick et al. (2019, ICML) reports it as
    "RMSE", which it is not.
    """
    _, target = mean_and_target(pred, y)
    errors = [np.mean(np.abs(draw - target)) for draw in pred.draw_means]
    return float(np.mean(without_nan("the mean of a draw", errors)))


def nll(pred: Predictive, y: ArrayLike) -> float:
    """Return −mean log (1/S Σ_s p(y | draw s)), in nats per row and output.

    It is the negative mean log density of any kind of target. For classes it is
    :func:`~bayesdrop.metrics.log_loss`.
    """
    if pred.kind == "class":
        return log_loss(pred, y)
    return -float(np.mean(at_target(pred, y, "log_prob", pred.log_prob)))


def crps(pred: Predictive, y: ArrayLike) -> float:
    """Return the mean CRPS, by Gneiting & Raftery (2007), equation 20."""
    return float(np.mean(at_target(pred, y, "crps", pred.crps)))


def interval_score(pred: Predictive, y: ArrayLike, level: float = 0.9) -> float:
    """Return the mean interval score of the central interval that holds ``level`` of the mass.

    It is (u − l) + 2/α (l − y)₊ + 2/α (y − u)₊ with α = 1 − level (Gneiting & Raftery, 2007,
    equation 43). That is the width plus a penalty for each miss, in the units of ``y``. Lower is
    better. A ``level`` that is not strictly between 0 and 1 raises ``ValueError``.
    """
    check_level(level)
    _, target = mean_and_target(pred, y)
    lower, upper = (without_nan(f"the {level:.0%} interval", end) for end in pred.interval(level))
    miss = np.maximum(lower - target, 0) + np.maximum(target - upper, 0)
    return float(np.mean(upper - lower + 2 / (1 - level) * miss))


def interval_width(pred: Predictive, level: float = 0.9) -> float:
    """Return the mean width of the central interval that holds ``level`` of the mass.

    It says how sharp the prediction is, in the target's units. A ``level`` that is not strictly
    between 0 and 1 raises ``ValueError``.
    """
    check_level(level)
    lower, upper = (without_nan(f"the {level:.0%} interval", end) for end in pred.interval(level))
    if lower.size == 0:
        raise ValueError("there are no rows to evaluate")
    return float(np.mean(upper - lower))
