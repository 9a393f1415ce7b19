"""Calibration of predictions of real numbers and counts: where observations lie in F.

F is the distribution function of the whole mixture over draws.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike, NDArray

from bayesdrop.metrics.checks import at_target, check_level, mean_and_target

if TYPE_CHECKING:
    from bayesdrop.posterior.prediction.predictive import Predictive

Array = NDArray[np.float64]
_PERCENTS = np.arange(1, 100) / 100


def pit(pred: Predictive, y: ArrayLike) -> Array:
    """Return the probability integral transform F(y) of every row and output.

    It is uniform if the prediction is calibrated. For counts it is the middle of the step that F
    makes at y, ½ F(y − 1) + ½ F(y), which is not uniform. Use :func:`calibration_error` for them.

    Returns
    -------
    ndarray, the shape of ``y``
        Probabilities in [0, 1] (Dawid, 1984; Gneiting, Balabdaoui & Raftery, 2007).
    """
    low, high = pit_steps(pred, y)
    return 0.5 * (low + high)


def coverage(pred: Predictive, y: ArrayLike, level: float = 0.9) -> float:
    """Return the fraction of observations within the central interval that holds ``level``.

    Their :func:`pit` is between (1 − level)/2 and (1 + level)/2. For counts the ends belong to the
    interval. It then holds at least ``level``, and so should the fraction. A ``level`` that is not
    strictly between 0 and 1 raises ``ValueError``.
    """
    check_level(level)
    return share_within(pit_steps(pred, y), level)


def quantile_calibration_curve(
    pred: Predictive, y: ArrayLike, levels: ArrayLike | None = None
) -> Array:
    """Return the fraction of observations up to each of the quantiles ``levels``.

    If the prediction is calibrated, the fractions are the levels (Kuleshov, Fenner & Ermon, 2018,
    ICML, §3.5). For counts the fraction is that of :func:`calibration_error`.

    Parameters
    ----------
    pred, y
        The prediction and what was observed, in original units.
    levels
        Probabilities strictly between 0 and 1, (levels,). Default ``None``: 0.01, 0.02, …, 0.99.

    Returns
    -------
    ndarray, (levels,)
        Fractions.
    """
    nominal = np.atleast_1d(np.asarray(_PERCENTS if levels is None else levels, np.float64))
    if nominal.ndim != 1 or not np.all((nominal > 0) & (nominal < 1)):
        raise ValueError(f"levels must lie strictly between 0 and 1, not {levels!r}")
    return _share_below(pit_steps(pred, y), nominal)


def calibration_error(pred: Predictive, y: ArrayLike) -> float:
    """Return the mean absolute gap between p and the fraction of observations up to quantile p.

    The mean is over p = 0.01, 0.02, …, 0.99. It lies between 0 (calibrated) and 0.5. The gaps are
    those of Kuleshov, Fenner & Ermon (2018, ICML), who square them. Their mean absolute value is
    that of Chung et al. (2021, arXiv:2109.10254).

    For counts the fraction is the mean of the non-randomised transform. It rises linearly from 0 at
    p = F(y − 1) to 1 at p = F(y) (Czado, Gneiting & Held, 2009, Biometrics 65, equation 2).
    """
    return calibration_gap(pit_steps(pred, y))


def pit_histogram(pred: Predictive, y: ArrayLike, bins: int = 20) -> Array:
    """Return the share of observations whose :func:`pit` falls in each of equal bins of [0, 1].

    The histogram is flat if the prediction is calibrated. It is ∪-shaped if the prediction is too
    sure of itself, and ∩-shaped if it is not sure enough. For counts it is the non-randomised
    histogram (Czado, Gneiting & Held, 2009, Biometrics 65).

    Parameters
    ----------
    pred, y
        The prediction and what was observed, in original units.
    bins
        How many. Default 20.

    Returns
    -------
    ndarray, (bins,)
        Shares, of sum 1.
    """
    if not isinstance(bins, int) or bins < 1:
        raise ValueError(f"bins must be a whole number from 1, got {bins!r}")
    inner = np.arange(1, bins) / bins
    return np.diff(_share_below(pit_steps(pred, y), inner), prepend=0.0, append=1.0)


def pit_steps(pred: Predictive, y: ArrayLike) -> tuple[Array, Array]:
    """P(Y < y) and P(Y ≤ y): equal unless Y counts."""
    high = at_target(pred, y, "cdf", pred.cdf)
    if pred.kind == "continuous":
        return high, high
    return at_target(pred, mean_and_target(pred, y)[1] - 1, "cdf", pred.cdf), high


def share_within(steps: tuple[Array, Array], level: float) -> float:
    """:func:`coverage` of observations that have these :func:`pit_steps`."""
    # an end is the least value whose cdf reaches its level: y is at least the lower one if F(y)
    # does, and at most the upper one if F does not below y, or only just at y
    low, high = steps
    upper = (1 + level) / 2
    inside = (high >= (1 - level) / 2) & ((low < upper) | (high <= upper))
    return float(np.mean(inside))


def calibration_gap(steps: tuple[Array, Array]) -> float:
    """:func:`calibration_error` of observations that have these :func:`pit_steps`."""
    return float(np.mean(np.abs(_share_below(steps, _PERCENTS) - _PERCENTS)))


def _share_below(steps: tuple[Array, Array], nominal: Array) -> Array:
    """The fraction of observations up to each of the quantiles ``nominal``."""
    low, high = (step.ravel() for step in steps)
    found = []
    for p in nominal:
        rising = np.clip((p - low) / np.where(high > low, high - low, 1.0), 0.0, 1.0)
        found.append(np.where(high > low, rising, high <= p).mean())
    return np.asarray(found)
