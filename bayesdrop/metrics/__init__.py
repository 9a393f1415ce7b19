"""Metrics of a predictive distribution, in pure NumPy.

Each takes the prediction ``pred`` and the observed ``y``, (rows,) or (rows, outputs), and averages
over rows and outputs alike. Every metric raises ``ValueError`` when the shapes of ``pred`` and
``y`` differ, when there are no rows, and when ``y`` or what it uses of ``pred`` holds a NaN; none
is ever left out of an average.
"""

from bayesdrop.metrics.classification import (
    Reliability,
    accuracy,
    brier,
    expected_calibration_error,
    log_loss,
    reliability_curve,
)
from bayesdrop.metrics.evaluate import evaluate
from bayesdrop.metrics.regression import (
    calibration_error,
    coverage,
    crps,
    interval_score,
    mae,
    mae_per_draw,
    nll,
    pit,
    pit_histogram,
    rmse,
)

__all__ = [
    "Reliability",
    "accuracy",
    "brier",
    "calibration_error",
    "coverage",
    "crps",
    "evaluate",
    "expected_calibration_error",
    "interval_score",
    "log_loss",
    "mae",
    "mae_per_draw",
    "nll",
    "pit",
    "pit_histogram",
    "reliability_curve",
    "rmse",
]
