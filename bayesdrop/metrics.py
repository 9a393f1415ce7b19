"""Metrics of a predictive distribution, in the target's original units, in pure NumPy.

Each takes the prediction ``pred`` and the observed ``y``, (rows,) or (rows, outputs) like
``pred.mean``, and averages over rows and outputs alike. All but :func:`rmse`, :func:`mae` and
:func:`mae_per_draw` judge the whole mixture over draws, never a Gaussian fitted to its moments.

Every metric raises ``ValueError`` when the shapes of ``pred`` and ``y`` differ, when there are no
rows, and when ``y`` or what it uses of ``pred`` holds a NaN; none is ever left out of an average.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike, NDArray

if TYPE_CHECKING:
    from bayesdrop.predictive import Predictive

Array = NDArray[np.float64]

LEVELS = (0.5, 0.9, 0.95)


def rmse(pred: Predictive, y: ArrayLike) -> float:
    """Root of the mean squared error of the predictive mean."""
    mean, target = _mean_and_target(pred, y)
    return float(np.sqrt(np.mean((mean - target) ** 2)))


def mae(pred: Predictive, y: ArrayLike) -> float:
    """Mean absolute error of the predictive mean."""
    mean, target = _mean_and_target(pred, y)
    return float(np.mean(np.abs(mean - target)))


def mae_per_draw(pred: Predictive, y: ArrayLike) -> float:
    """Mean absolute error of the draws' own means, averaged over draws; at least :func:`mae`.

    What the code released with Nalisnick et al. (2019, ICML) reports as "RMSE", which it is not.
    """
    _, target = _mean_and_target(pred, y)
    errors = [np.mean(np.abs(draw - target)) for draw in pred.draw_means]
    return float(np.mean(_without_nan("the mean of a draw", errors)))


def nll(pred: Predictive, y: ArrayLike) -> float:
    """Negative mean log density, −mean log (1/S Σ_s p(y | draw s)), in nats per row and output."""
    return -float(np.mean(_at_target(pred, y, "log_prob")))


def crps(pred: Predictive, y: ArrayLike) -> float:
    """Mean continuous ranked probability score (Gneiting & Raftery, 2007, equation 20)."""
    return float(np.mean(_at_target(pred, y, "crps")))


def pit(pred: Predictive, y: ArrayLike) -> Array:
    """Probability integral transform F(y) of every row and output: uniform if calibrated.

    Returns
    -------
    ndarray, the shape of ``y``
        Probabilities in [0, 1] (Dawid, 1984; Gneiting, Balabdaoui & Raftery, 2007).
    """
    return _at_target(pred, y, "cdf")


def coverage(pred: Predictive, y: ArrayLike, level: float = 0.9) -> float:
    """Fraction of observations within the central interval that holds ``level`` of the mass.

    That is, with a :func:`pit` between (1 − level)/2 and (1 + level)/2. A ``level`` that is not
    strictly between 0 and 1 raises ``ValueError``.
    """
    _check_level(level)
    return _share_within(pit(pred, y), level)


def interval_score(pred: Predictive, y: ArrayLike, level: float = 0.9) -> float:
    """Mean interval score of the central interval that holds ``level`` of the mass.

    (u − l) + 2/α (l − y)₊ + 2/α (y − u)₊ with α = 1 − level (Gneiting & Raftery, 2007,
    equation 43): the width, plus a penalty for each miss, in the units of ``y``; lower is better.
    A ``level`` that is not strictly between 0 and 1 raises ``ValueError``.
    """
    _check_level(level)
    _, target = _mean_and_target(pred, y)
    lower, upper = (_without_nan(f"the {level:.0%} interval", end) for end in pred.interval(level))
    miss = np.maximum(lower - target, 0) + np.maximum(target - upper, 0)
    return float(np.mean(upper - lower + 2 / (1 - level) * miss))


def calibration_error(pred: Predictive, y: ArrayLike) -> float:
    """Mean absolute gap between p and the fraction of observations up to the quantile p.

    Over p = 0.01, 0.02, …, 0.99; from 0 (calibrated) to 0.5. The gaps are those of Kuleshov,
    Fenner & Ermon (2018, ICML), who square them; their mean absolute value is that of Chung et
    al. (2021, arXiv:2109.10254).
    """
    return _calibration_gap(pit(pred, y))


def evaluate(pred: Predictive, y: ArrayLike) -> dict[str, float]:
    """All metrics of a prediction.

    Parameters
    ----------
    pred : Predictive
        The prediction for the rows of ``y``.
    y : array_like, (rows,) or (rows, outputs)
        What was observed, in original units.

    Returns
    -------
    dict
        ``rmse``, ``mae``, ``mae_per_draw``, ``nll``, ``crps``, ``calibration_error``,
        ``coverage_50``, ``coverage_90``, ``coverage_95``, ``interval_score_50``,
        ``interval_score_90``, ``interval_score_95``: the functions of those names; and
        ``mean_std``, ``mean_epistemic_std``, ``mean_aleatoric_std``: average standard deviations,
        of the prediction (its sharpness) and of its two parts.

    Raises
    ------
    ValueError
        As the module says.
    """
    ranks = pit(pred, y)
    return {
        "rmse": rmse(pred, y),
        "mae": mae(pred, y),
        "mae_per_draw": mae_per_draw(pred, y),
        "nll": nll(pred, y),
        "crps": crps(pred, y),
        "calibration_error": _calibration_gap(ranks),
        **{f"coverage_{q:.0%}"[:-1]: _share_within(ranks, q) for q in LEVELS},
        **{f"interval_score_{q:.0%}"[:-1]: interval_score(pred, y, q) for q in LEVELS},
        "mean_std": float(np.mean(_without_nan("std", pred.std))),
        "mean_epistemic_std": float(np.mean(_without_nan("epistemic_std", pred.epistemic_std))),
        "mean_aleatoric_std": float(np.mean(_without_nan("aleatoric_std", pred.aleatoric_std))),
    }


def _mean_and_target(pred: Predictive, y: ArrayLike) -> tuple[Array, Array]:
    mean, target = np.asarray(pred.mean, np.float64), np.asarray(y, np.float64)
    if mean.shape != target.shape:
        raise ValueError(
            f"y has shape {target.shape}, the prediction {mean.shape}: "
            "give one target per predicted row and output"
        )
    if target.size == 0:
        raise ValueError("there are no rows to evaluate")
    return _without_nan("the predictive mean", mean), _without_nan("y", target)


def _at_target(pred: Predictive, y: ArrayLike, method: str) -> Array:
    _, target = _mean_and_target(pred, y)
    return _without_nan(method, getattr(pred, method)(target))


def _without_nan(name: str, values: ArrayLike) -> Array:
    array = np.asarray(values, np.float64)
    if missing := int(np.count_nonzero(np.isnan(array))):
        raise ValueError(f"{name} is NaN for {missing} of {array.size} values")
    return array


def _check_level(level: float) -> None:
    if not 0 < level < 1:
        raise ValueError(f"level must lie strictly between 0 and 1, got {level!r}")


def _share_within(ranks: Array, level: float) -> float:
    return float(np.mean((ranks >= (1 - level) / 2) & (ranks <= (1 + level) / 2)))


def _calibration_gap(ranks: Array) -> float:
    nominal = np.arange(1, 100) / 100
    observed = np.searchsorted(np.sort(ranks, axis=None), nominal, side="right") / ranks.size
    return float(np.mean(np.abs(observed - nominal)))
