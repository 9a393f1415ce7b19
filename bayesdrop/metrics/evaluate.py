"""All metrics that fit a prediction."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike

from bayesdrop.metrics import calibration, classification, quantile_calibration, regression
from bayesdrop.metrics.checks import without_nan

if TYPE_CHECKING:
    from bayesdrop.posterior.prediction.predictive import Predictive

LEVELS = (0.5, 0.9, 0.95)


def evaluate(pred: Predictive, y: ArrayLike) -> dict[str, float]:
    """Return all metrics of a prediction.

    Parameters
    ----------
    pred : Predictive
        The prediction for the rows of ``y``.
    y : array_like, (rows,) or (rows, outputs)
        What was observed, in original units: numbers, or labels of classes.

    Returns
    -------
    dict
        For real numbers and counts the keys are ``rmse``, ``mae``, ``mae_per_draw``, ``nll``,
        ``crps``, ``calibration_error``, ``coverage_50``, ``coverage_90``, ``coverage_95``,
        ``interval_score_50``, ``interval_score_90``, ``interval_score_95``: the functions of those
        names; and ``mean_std``, ``mean_epistemic_std``, ``mean_aleatoric_std``: average standard
        deviations, of the prediction (its sharpness) and of its two parts. ``mean_std`` and
        ``mean_aleatoric_std`` are left out where the variance is infinite, as of Student-t
        components with df ≤ 2, and ``crps`` where df ≤ 1.

        For classes the keys are ``accuracy``, ``nll``, ``log_loss``, ``brier``, ``ece``,
        ``adaptive_ece``: the functions of those names; and ``mean_entropy``,
        ``mean_expected_entropy``, ``mean_mutual_information``: averages of the uncertainty and of
        its two parts, in nats.

        With several outputs, each metric is first computed over all of them together. Then come
        those of each output alone, under its name: ``rmse[price]``.

    Raises
    ------
    TypeError
        ``pred`` is no prediction.
    ValueError
        A metric refuses ``y``, or ``y`` holds a label that no training row had.
    """
    if not hasattr(pred, "kind"):
        raise TypeError(
            f"evaluate(pred, y): pred is a {type(pred).__name__}, and must be what "
            "posterior.predict(X) returns"
        )
    with np.errstate(under="ignore"):
        scores = _scores(pred, y)
        if pred.target is not None and len(pred.target.names) > 1:
            for name, own in zip(pred.target.names, pred.target.in_order(y).T, strict=True):
                alone = _scores(pred.output(name), own)
                scores |= {f"{metric}[{name}]": value for metric, value in alone.items()}
    return scores


def _scores(pred: Predictive, y: ArrayLike) -> dict[str, float]:
    return _of_classes(pred, y) if pred.kind == "class" else _of_numbers(pred, y)


def _of_numbers(pred: Predictive, y: ArrayLike) -> dict[str, float]:
    steps = quantile_calibration.pit_steps(pred, y)
    deviations = {
        "epistemic_std": pred.epistemic_std,
        "aleatoric_std": pred.aleatoric_std,
        "std": pred.std,
    }
    epistemic, aleatoric, total = (
        float(np.mean(without_nan(name, value))) for name, value in deviations.items()
    )
    spreads = {
        "mean_std": total,
        "mean_epistemic_std": epistemic,
        "mean_aleatoric_std": aleatoric,
    }
    if math.isinf(aleatoric):
        spreads = {"mean_epistemic_std": epistemic}
    has_crps = math.isfinite(aleatoric) or bool(np.all(pred.parameters.get("df", np.inf) > 1))
    return {
        "rmse": regression.rmse(pred, y),
        "mae": regression.mae(pred, y),
        "mae_per_draw": regression.mae_per_draw(pred, y),
        "nll": regression.nll(pred, y),
        **({"crps": regression.crps(pred, y)} if has_crps else {}),
        "calibration_error": quantile_calibration.calibration_gap(steps),
        **{f"coverage_{q:.0%}"[:-1]: quantile_calibration.share_within(steps, q) for q in LEVELS},
        **{f"interval_score_{q:.0%}"[:-1]: regression.interval_score(pred, y, q) for q in LEVELS},
        **spreads,
    }


def _of_classes(pred: Predictive, y: ArrayLike) -> dict[str, float]:
    log_loss = classification.log_loss(pred, y)
    return {
        "accuracy": classification.accuracy(pred, y),
        "nll": log_loss,
        "log_loss": log_loss,
        "brier": classification.brier(pred, y),
        "ece": calibration.ece(pred, y),
        "adaptive_ece": calibration.adaptive_ece(pred, y),
        "mean_entropy": float(np.mean(pred.entropy)),
        "mean_expected_entropy": float(np.mean(pred.expected_entropy)),
        "mean_mutual_information": float(np.mean(pred.mutual_information)),
    }
