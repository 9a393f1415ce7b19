"""Histogram gradient boosting with scikit-learn's defaults; noise scale by cross-validation."""

import bayesdrop as bd

INFERENCE = bd.HistGradientBoosting()
