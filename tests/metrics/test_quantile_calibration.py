"""Where observations lie in the predictive distribution, by hand and on calibrated mixtures."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from gaussian_mixture import Mixture, calibrated, several_outputs
from scipy import stats

from bayesdrop import metrics


def test_coverage_counts_what_the_interval_holds() -> None:
    pred, y = several_outputs()
    for level in (0.2, 0.5, 0.9):
        lower, upper = pred.interval(level)
        expected = np.mean((lower <= y) & (y <= upper))
        assert 0 < expected < 1
        assert metrics.coverage(pred, y, level) == expected


def test_coverage_by_hand() -> None:
    pred = Mixture(np.zeros((1, 4, 1)), np.ones((1, 4, 1)))
    y = np.array([-1.7, -1.6, 1.6, 1.7])
    assert metrics.coverage(pred, y, 0.9) == 0.5
    assert metrics.coverage(pred, y, 0.95) == 1
    assert metrics.coverage(pred, y, 0.5) == 0


def test_pit_has_the_shape_of_y_and_is_the_cdf() -> None:
    pred, y = several_outputs()
    expected = stats.norm.cdf(y, pred.loc, pred.scale).mean(axis=0)
    np.testing.assert_allclose(metrics.pit(pred, y), expected, rtol=1e-12)


def test_pit_histogram_counts_the_transform() -> None:
    pred, y = calibrated()
    expected = np.histogram(metrics.pit(pred, y), 8, (0, 1))[0] / y.size
    np.testing.assert_allclose(metrics.pit_histogram(pred, y, 8), expected, atol=1e-12)
    assert metrics.pit_histogram(pred, y).sum() == pytest.approx(1)
    assert metrics.pit_histogram(pred, y + 1e6).tolist() == [0.0] * 19 + [1.0]
    with pytest.raises(ValueError, match="bins must be a whole number from 1, got 0"):
        metrics.pit_histogram(pred, y, 0)


def test_calibration_error_by_hand() -> None:
    median = Mixture(np.zeros((1, 5, 1)), np.ones((1, 5, 1)))
    gaps = [min(p, 100 - p) / 100 if p != 50 else 0.5 for p in range(1, 100)]
    assert metrics.calibration_error(median, np.zeros(5)) == pytest.approx(np.mean(gaps))
    assert metrics.calibration_error(median, np.full(5, 50.0)) == pytest.approx(0.5)


def test_calibration_error_counts_an_observation_at_the_quantile() -> None:
    pred = Mixture(np.zeros((1, 2, 1)), np.ones((1, 2, 1)))
    gaps = [p / 100 if p < 50 else (p - 50) / 100 for p in range(1, 100)]
    assert metrics.calibration_error(pred, np.array([0.0, 50.0])) == pytest.approx(np.mean(gaps))


def test_a_calibrated_mixture_is_found_so_and_a_shifted_one_is_not() -> None:
    pred, y = calibrated()
    assert metrics.calibration_error(pred, y) < 0.01
    assert metrics.calibration_error(pred, y + 1) > 0.1
    values = metrics.evaluate(pred, y)
    for level in (50, 90, 95):
        assert values[f"coverage_{level}"] == pytest.approx(level / 100, abs=0.02)
    assert values["rmse"] == pytest.approx(values["mean_std"], rel=0.1)


def test_quantile_calibration_is_the_share_below() -> None:
    rng = np.random.default_rng(0)
    pred: Any = Mixture(np.zeros((1, 4000, 1)), np.ones((1, 4000, 1)))
    y = 2 * rng.normal(size=4000)
    levels = [0.1, 0.5, 0.9]
    expected = [np.mean(y <= stats.norm.ppf(level)) for level in levels]
    np.testing.assert_allclose(metrics.quantile_calibration_curve(pred, y, levels), expected)
    nominal = np.arange(1, 100) / 100
    gaps = np.abs(metrics.quantile_calibration_curve(pred, y) - nominal)
    assert metrics.calibration_error(pred, y) == pytest.approx(gaps.mean())
    with pytest.raises(ValueError, match="levels must lie strictly between 0 and 1"):
        metrics.quantile_calibration_curve(pred, y, [0.5, 1.0])
