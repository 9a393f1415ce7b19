"""Metrics of a predictive distribution, in NumPy, SciPy and scikit-learn.

Most take the prediction ``pred`` and the observed ``y``, (rows,) or (rows, outputs), and average
over rows and outputs alike. Every metric raises ``ValueError`` when the shapes of ``pred`` and
``y`` differ, when there are no rows, and when ``y`` or what it uses of ``pred`` holds a NaN; none
is ever left out of an average.
"""

from bayesdrop.metrics.calibration import (
    Reliability,
    adaptive_ece,
    ece,
    mce,
    reliability_curve,
    smooth_ece,
    static_ece,
)
from bayesdrop.metrics.classification import accuracy, brier, disagreement, log_loss
from bayesdrop.metrics.detection import aupr, auroc, fpr95
from bayesdrop.metrics.evaluate import evaluate
from bayesdrop.metrics.quantile_calibration import (
    calibration_error,
    coverage,
    pit,
    pit_histogram,
    quantile_calibration_curve,
)
from bayesdrop.metrics.regression import (
    crps,
    interval_score,
    interval_width,
    mae,
    mae_per_draw,
    nll,
    rmse,
)
from bayesdrop.metrics.selective import (
    RiskCoverage,
    augrc,
    aurc,
    coverage_at_risk,
    pavpu,
    risk_at_coverage,
    risk_coverage_curve,
)
from bayesdrop.metrics.several_outputs import energy_score, variogram_score
from bayesdrop.metrics.sparsification import Sparsification, ause, sparsification_curve

__all__ = [
    "Reliability",
    "RiskCoverage",
    "Sparsification",
    "accuracy",
    "adaptive_ece",
    "augrc",
    "aupr",
    "aurc",
    "auroc",
    "ause",
    "brier",
    "calibration_error",
    "coverage",
    "coverage_at_risk",
    "crps",
    "disagreement",
    "ece",
    "energy_score",
    "evaluate",
    "fpr95",
    "interval_score",
    "interval_width",
    "log_loss",
    "mae",
    "mae_per_draw",
    "mce",
    "nll",
    "pavpu",
    "pit",
    "pit_histogram",
    "quantile_calibration_curve",
    "reliability_curve",
    "risk_at_coverage",
    "risk_coverage_curve",
    "rmse",
    "smooth_ece",
    "sparsification_curve",
    "static_ece",
    "variogram_score",
]
