"""Metrics of predictions of classes, from the probabilities of the mixture over draws.

They take the labels of classes, of the shape of ``pred.predicted_class``, and raise ``TypeError``
for predictions of anything else.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike, NDArray

from bayesdrop.metrics.checks import checked_target, without_nan

if TYPE_CHECKING:
    from bayesdrop.posterior.prediction.predictive import Predictive

Array = NDArray[np.float64]


def accuracy(pred: Predictive, y: ArrayLike) -> float:
    """Return the fraction of rows (and outputs) whose most probable class is the observed one."""
    probabilities, target = probabilities_and_target(pred, y)
    return float(np.mean(probabilities.argmax(-1) == target))


def log_loss(pred: Predictive, y: ArrayLike) -> float:
    """Return the negative mean log probability of the observed class, in nats, as ``nll`` does."""
    probabilities_and_target(pred, y)
    return -float(np.mean(without_nan("log_prob", pred.log_prob(y))))


def brier(pred: Predictive, y: ArrayLike) -> float:
    """Return the Brier score (Brier, 1950), by scikit-learn's convention.

    For two classes it is the mean of (P(y = 1) − y)², between 0 and 1. For more it is the mean of
    the sum over classes of (P(y = k) − 1{y = k})², between 0 and 2.
    """
    probabilities, target = probabilities_and_target(pred, y)
    n_classes = probabilities.shape[-1]
    errors = probabilities - (target[..., None] == np.arange(n_classes))
    score = float(np.mean(np.sum(errors**2, axis=-1)))
    return score / 2 if n_classes == 2 else score


def disagreement(pred: Predictive) -> float:
    """Return the share of rows (and outputs) where two draws predict other classes, over all pairs.

    It is 0 for a single draw. The draws are networks of an ensemble, samples of a posterior or
    passes (Fort, Hu & Lakshminarayanan 2019, arXiv:1912.02757, §4).

    Raises
    ------
    TypeError
        The target is no class: see ``pred.epistemic_std``.
    """
    votes = pred.classes_of_draws
    if pred.n_draws == 1:
        return 0.0
    counts = np.stack([np.sum(votes == label, axis=0) for label in np.unique(votes)])
    alike = np.sum(counts * (counts - 1.0), axis=0) / (pred.n_draws * (pred.n_draws - 1.0))
    return float(np.mean(1 - alike))


def probabilities_and_target(pred: Predictive, y: ArrayLike) -> tuple[Array, Array]:
    """The probability of every class, and the observed ones, checked."""
    probabilities = np.asarray(pred.probabilities, np.float64)
    target = checked_target(pred, y, probabilities.shape[:-1])
    pred.likelihood.check_target(target)
    return without_nan("probabilities", probabilities), target
