"""Calibration of classes: are their probabilities the frequencies with which they occur?

All but :func:`static_ece` look at the most probable class alone: its probability is the confidence.
They take the labels of classes, of the shape of ``pred.predicted_class``, and raise ``TypeError``
for predictions of anything else.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from bayesdrop.metrics.classification import probabilities_and_target
from bayesdrop.metrics.ties import tied_means

if TYPE_CHECKING:
    from bayesdrop.posterior.prediction.predictive import Predictive

Array = NDArray[np.float64]
_GRID = 4096
"""Cells of [0, 1] that residuals are smoothed on."""


@dataclass(frozen=True, eq=False)
class Reliability:
    """The curve has confidence and accuracy of each bin that is not empty, (bins,).

    Bins are in order of rising confidence.

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


def reliability_curve(
    pred: Predictive,
    y: ArrayLike,
    bins: int = 15,
    strategy: Literal["uniform", "quantile"] = "uniform",
) -> Reliability:
    """Return confidence and accuracy of the predicted class by bin. Empty bins are left out.

    Parameters
    ----------
    pred, y
        The prediction and the observed classes.
    bins
        How many. Default 15.
    strategy
        ``"uniform"`` (default): equal intervals of confidence, those above 0 left-open.
        ``"quantile"``: equally many predictions in each bin, to one.

    Raises
    ------
    ValueError
        ``bins`` is not a whole number from 1, or there is no such strategy.
    """
    confidence, right = _top_label(pred, y)
    if strategy not in ("uniform", "quantile"):
        raise ValueError(f'strategy must be "uniform" or "quantile", not {strategy!r}')
    if strategy == "uniform":
        return _binned(confidence, right, bins)
    _check_bins(bins)
    parts = [
        (np.sort(confidence)[part], tied_means(right, by=confidence)[part])
        for part in np.array_split(np.arange(confidence.size), min(bins, confidence.size))
    ]
    return Reliability(
        np.array([c.mean() for c, _ in parts]),
        np.array([r.mean() for _, r in parts]),
        np.array([c.size for c, _ in parts]),
    )


def ece(pred: Predictive, y: ArrayLike, bins: int = 15) -> float:
    """Return the mean absolute gap between accuracy and confidence, over bins by their counts.

    This is the expected calibration error (ECE) of Guo, Pleiss, Sun & Weinberger (2017, ICML),
    equation 3, with their 15 bins of equal width by default. The bins are those of
    :func:`reliability_curve`.
    """
    return _mean_gap(reliability_curve(pred, y, bins))


def adaptive_ece(pred: Predictive, y: ArrayLike, bins: int = 15) -> float:
    """Return the expected calibration error over bins that hold equally many predictions.

    The bins are those of Nguyen & O'Connor (2015, EMNLP), §4. Arguments and errors are those of
    :func:`ece`.
    """
    return _mean_gap(reliability_curve(pred, y, bins, "quantile"))


def mce(pred: Predictive, y: ArrayLike, bins: int = 15) -> float:
    """Return the largest gap between accuracy and confidence of a bin, however few it holds.

    This is the maximum calibration error (MCE) of Guo, Pleiss, Sun & Weinberger (2017, ICML),
    equation 5. Arguments and errors are those of :func:`ece`.
    """
    curve = reliability_curve(pred, y, bins)
    return float(np.max(np.abs(curve.accuracy - curve.confidence)))


def static_ece(pred: Predictive, y: ArrayLike, bins: int = 15) -> float:
    """Return the calibration error of every class's probability, averaged over the classes.

    This is the static calibration error of Nixon et al. (2019, CVPR workshops), equation 4.
    Arguments and errors are those of :func:`ece`.
    """
    probabilities, target = probabilities_and_target(pred, y)
    gaps = [
        _mean_gap(_binned(probabilities[..., k].ravel(), (target == k).ravel(), bins))
        for k in range(probabilities.shape[-1])
    ]
    return float(np.mean(gaps))


def smooth_ece(pred: Predictive, y: ArrayLike) -> float:
    """Return the calibration error without bins. Residuals are smoothed over its own size.

    Residuals (right − confidence) are smoothed over the confidence by a Gaussian that is reflected
    at 0 and 1. The error is the mean size of the result, at the width that equals it: smECE of
    Błasiok & Nakkiran (2024, ICLR), definition 7. Residuals are put on a grid of 4,096 cells.
    """
    from scipy.ndimage import gaussian_filter1d
    from scipy.optimize import brentq

    confidence, right = _top_label(pred, y)
    cell = np.minimum((confidence * _GRID).astype(np.int64), _GRID - 1)
    residual = np.bincount(cell, weights=right - confidence, minlength=_GRID) / confidence.size

    def smoothed(width: float) -> float:
        density = gaussian_filter1d(residual, width * _GRID, mode="reflect", truncate=6.0)
        return float(np.sum(np.abs(density)))

    least = 1 / _GRID
    if smoothed(least) <= least:
        return smoothed(least)
    width: Any = brentq(lambda width: smoothed(width) - width, least, 1.0, xtol=1e-7)
    return float(width)


def _top_label(pred: Predictive, y: ArrayLike) -> tuple[Array, Array]:
    """The confidence of every prediction, and whether it is right, 0 or 1."""
    probabilities, target = probabilities_and_target(pred, y)
    right = (probabilities.argmax(-1) == target).ravel()
    return probabilities.max(-1).ravel(), right.astype(np.float64)


def _check_bins(bins: int) -> None:
    if isinstance(bins, bool) or not isinstance(bins, (int, np.integer)) or bins < 1:
        raise ValueError(f"bins must be a whole number from 1, not {bins!r}")


def _binned(confidence: Array, right: Array, bins: int) -> Reliability:
    """Bins of equal width."""
    _check_bins(bins)
    which = np.searchsorted(np.linspace(0, 1, bins + 1)[1:-1], confidence)
    count = np.bincount(which, minlength=bins)
    there = count > 0
    mean_confidence, share = (
        np.bincount(which, weights=values, minlength=bins)[there] / count[there]
        for values in (confidence, right)
    )
    return Reliability(mean_confidence, share, count[there])


def _mean_gap(curve: Reliability) -> float:
    return float(np.average(np.abs(curve.accuracy - curve.confidence), weights=curve.count))
