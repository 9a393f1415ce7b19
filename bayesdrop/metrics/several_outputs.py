"""Scores of predictions of several outputs together, which see how the outputs depend.

They are estimated from samples of the prediction. Outputs are independent given a draw of the
weights, and so depend on each other by what the draws share.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike, NDArray

from bayesdrop.metrics.checks import checked_target, without_nan

if TYPE_CHECKING:
    from bayesdrop.posterior.prediction.predictive import Predictive

Array = NDArray[np.float64]


def energy_score(pred: Predictive, y: ArrayLike, size: int = 1000, seed: int = 0) -> float:
    """Return the mean energy score E‖Y − y‖ − ½ E‖Y − Y′‖ over rows, in the target's units.

    Lower is better. The score is that of Gneiting & Raftery (2007, JASA 102, equation 22). It is
    estimated as by Gneiting et al. (2008, TEST 17, equation 7), whose pairs are successive samples.
    For one output it is the CRPS.

    Parameters
    ----------
    pred
        The prediction, of numbers.
    y
        What was observed, (rows, outputs).
    size
        Samples of each row. Default 1000.
    seed
        Seed of the samples. Default 0.

    Raises
    ------
    TypeError
        The target is a class.
    ValueError
        ``size`` is less than 2, or ``y`` does not fit the prediction.
    """
    samples, target = _samples_and_target(pred, y, size, seed)
    near = np.linalg.norm(samples - target, axis=-1).mean(0)
    apart = np.linalg.norm(np.diff(samples, axis=0), axis=-1).mean(0)
    return float(np.mean(near - 0.5 * apart))


def variogram_score(
    pred: Predictive, y: ArrayLike, order: float = 0.5, size: int = 1000, seed: int = 0
) -> float:
    """Return the mean variogram score Σ_ij (|y_i − y_j|^p − E|Y_i − Y_j|^p)² over rows.

    Lower is better. The score is that of Scheuerer & Hamill (2015, Monthly Weather Review 143,
    equation 4) with weights of 1. It sees how outputs differ from each other, and not a shift of
    all of them.

    Parameters
    ----------
    pred, y, size, seed
        Arguments and errors are those of :func:`energy_score`.
    order
        The power p, positive. Default 0.5.

    Raises
    ------
    ValueError
        ``order`` is not positive.
    """
    if not order > 0:
        raise ValueError(f"order must be positive, such as 0.5, not {order!r}")
    samples, target = _samples_and_target(pred, y, size, seed)

    def differences(values: Array) -> Array:
        return np.abs(values[..., :, None] - values[..., None, :]) ** order

    expected = np.mean([differences(sample) for sample in samples], axis=0)
    return float(np.mean(np.sum((differences(target) - expected) ** 2, axis=(-2, -1))))


def _samples_and_target(
    pred: Predictive, y: ArrayLike, size: int, seed: int
) -> tuple[Array, Array]:
    """(size, rows, outputs) and (rows, outputs)."""
    if pred.kind == "class":
        raise TypeError(
            f"a {pred.likelihood} target is a class, and classes have no distance: use nll or brier"
        )
    if size < 2:
        raise ValueError(f"size must be at least 2 samples of each row, not {size!r}")
    target = checked_target(pred, y, pred.mean.shape)
    samples = without_nan("a sample", pred.sample(size, seed))
    return (samples[..., None], target[:, None]) if pred.one_output else (samples, target)
