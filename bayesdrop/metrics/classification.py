"""Metrics of predictions of classes, from the probabilities of the mixture over draws.

They take targets that are numbers of classes, of the shape of ``pred.predicted_class``, and raise
``TypeError`` for predictions of anything else.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike, NDArray

from bayesdrop.metrics.checks import checked_target, without_nan

if TYPE_CHECKING:
    from bayesdrop.posterior.predictive import Predictive

Array = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Reliability:
    """What each bin holds that is not empty, by rising confidence; each array is (bins,).

    Attributes
    ----------
    confidence
        Mean probability of the predicted class.
    accuracy
        Fraction of predictions that are right.
    count
        Number of predictions.
    """

    confidence: Array
    accuracy: Array
    count: NDArray[np.int64]


def accuracy(pred: Predictive, y: ArrayLike) -> float:
    """Fraction of rows (and outputs) whose most probable class is the observed one."""
    _, target = _probabilities_and_target(pred, y)
    return float(np.mean(pred.predicted_class == target))


def log_loss(pred: Predictive, y: ArrayLike) -> float:
    """Negative mean log probability of the observed class, in nats: the same as ``nll``."""
    _, target = _probabilities_and_target(pred, y)
    return -float(np.mean(without_nan("log_prob", pred.log_prob(target))))


def brier(pred: Predictive, y: ArrayLike) -> float:
    """Brier score, by scikit-learn's convention.

    Of two classes the mean of (P(y = 1) − y)², between 0 and 1; of more the mean of the sum over
    classes of (P(y = k) − 1{y = k})², between 0 and 2 (Brier, 1950).
    """
    probabilities, target = _probabilities_and_target(pred, y)
    n_classes = probabilities.shape[-1]
    errors = probabilities - (target[..., None] == np.arange(n_classes))
    score = float(np.mean(np.sum(errors**2, axis=-1)))
    return score / 2 if n_classes == 2 else score


def reliability_curve(pred: Predictive, y: ArrayLike, bins: int = 15) -> Reliability:
    """Confidence and accuracy in ``bins`` equal intervals of confidence, those above 0 left-open.

    Confidence is the probability of the predicted class. Empty bins are left out.

    Raises
    ------
    ValueError
        ``bins`` is not a whole number from 1.
    """
    if isinstance(bins, bool) or not isinstance(bins, (int, np.integer)) or bins < 1:
        raise ValueError(f"bins must be a whole number from 1, not {bins!r}")
    probabilities, target = _probabilities_and_target(pred, y)
    confidence = probabilities.max(-1).ravel()
    right = (pred.predicted_class == target).ravel()
    which = np.searchsorted(np.linspace(0, 1, bins + 1)[1:-1], confidence)
    count = np.bincount(which, minlength=bins)
    there = count > 0
    mean_confidence, share = (
        np.bincount(which, weights=values, minlength=bins)[there] / count[there]
        for values in (confidence, right)
    )
    return Reliability(mean_confidence, share, count[there])


def expected_calibration_error(pred: Predictive, y: ArrayLike, bins: int = 15) -> float:
    """Mean absolute gap between accuracy and confidence over the bins, weighted by their counts.

    Guo, Pleiss, Sun & Weinberger (2017, ICML), equation 3, with their 15 bins of equal width by
    default; the bins are those of :func:`reliability_curve`.
    """
    curve = reliability_curve(pred, y, bins)
    return float(np.average(np.abs(curve.accuracy - curve.confidence), weights=curve.count))


def _probabilities_and_target(pred: Predictive, y: ArrayLike) -> tuple[Array, Array]:
    probabilities = np.asarray(pred.probabilities, np.float64)
    target = checked_target(y, probabilities.shape[:-1])
    pred.likelihood.check_target(target)
    return without_nan("probabilities", probabilities), target
