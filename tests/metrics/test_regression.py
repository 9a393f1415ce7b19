"""The metrics against hand-computed values, SciPy and scoringrules, on a stub of a prediction."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import scoringrules
from gaussian_mixture import Mixture, several_outputs, two_draws
from scipy import stats

from bayesdrop import metrics

KEYS = {
    "rmse",
    "mae",
    "mae_per_draw",
    "nll",
    "crps",
    "calibration_error",
    "coverage_50",
    "coverage_90",
    "coverage_95",
    "interval_score_50",
    "interval_score_90",
    "interval_score_95",
    "mean_std",
    "mean_epistemic_std",
    "mean_aleatoric_std",
}
METRICS = (
    metrics.rmse,
    metrics.mae,
    metrics.mae_per_draw,
    metrics.nll,
    metrics.crps,
    metrics.pit,
    metrics.coverage,
    metrics.interval_score,
    metrics.calibration_error,
    metrics.pit_histogram,
    metrics.evaluate,
)


def test_point_errors_by_hand() -> None:
    pred, y = two_draws()
    assert metrics.rmse(pred, y) == pytest.approx(math.sqrt((1 + 16) / 2))
    assert metrics.mae(pred, y) == pytest.approx((1 + 4) / 2)
    assert metrics.mae_per_draw(pred, y) == pytest.approx((2 + 0 + 5 + 3) / 4)


def test_mae_per_draw_counts_errors_that_cancel_in_the_mean() -> None:
    pred, _ = two_draws()
    assert metrics.mae(pred, np.array([1, 5])) == 0
    assert metrics.mae_per_draw(pred, np.array([1, 5])) == 1


def test_nll_is_of_the_mixture_and_not_of_its_moments() -> None:
    pred, y = two_draws()
    pdf = stats.norm.pdf
    expected = -(math.log((pdf(2) + pdf(0)) / 2) + math.log((pdf(5) + pdf(3)) / 2)) / 2
    assert metrics.nll(pred, y) == pytest.approx(expected, rel=1e-12)
    moments = -stats.norm.logpdf(y, pred.mean, pred.std).mean()
    assert abs(metrics.nll(pred, y) - moments) > 0.1


def test_crps_is_that_of_scoringrules() -> None:
    pred, y = several_outputs()
    weights = np.full(pred.loc.shape, 1 / len(pred.loc))
    expected = scoringrules.crps_mixnorm(y, pred.loc, pred.scale, weights, 0, backend="numpy")
    assert metrics.crps(pred, y) == pytest.approx(float(np.mean(expected)), rel=1e-10)


def test_interval_score_by_hand() -> None:
    pred = Mixture(np.zeros((1, 3, 1)), np.ones((1, 3, 1)))
    half = stats.norm.ppf(0.95)
    y = np.array([-half - 1, 0, half + 2])
    assert metrics.interval_score(pred, y, 0.9) == pytest.approx(2 * half + 20 * (1 + 2) / 3)


def test_interval_score_is_that_of_scoringrules() -> None:
    pred, y = several_outputs()
    expected = np.mean(scoringrules.interval_score(y, *pred.interval(0.8), 0.2, backend="numpy"))
    assert metrics.interval_score(pred, y, 0.8) == pytest.approx(float(expected), rel=1e-12)


@pytest.mark.parametrize("problem", [two_draws, several_outputs])
def test_evaluate_holds_every_metric_as_a_float(
    problem: Callable[[], tuple[Mixture, np.ndarray]],
) -> None:
    pred, y = problem()
    values = metrics.evaluate(pred, y)
    assert set(values) == KEYS
    assert all(type(value) is float for value in values.values())
    for name in ("rmse", "mae", "mae_per_draw", "nll", "crps", "calibration_error"):
        assert values[name] == getattr(metrics, name)(pred, y)
    for level in (0.5, 0.9, 0.95):
        for name in ("coverage", "interval_score"):
            assert values[f"{name}_{100 * level:.0f}"] == getattr(metrics, name)(pred, y, level)
    assert values["mean_std"] == pred.std.mean()
    assert values["mean_epistemic_std"] == pred.epistemic_std.mean()
    assert values["mean_aleatoric_std"] == pred.aleatoric_std.mean()


def test_outputs_are_averaged_like_rows() -> None:
    pred, y = several_outputs()
    flat = Mixture(pred.loc.reshape(30, -1, 1), pred.scale.reshape(30, -1, 1))
    expected = metrics.evaluate(flat, y.reshape(-1))
    assert metrics.evaluate(pred, y) == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize("metric", METRICS)
def test_a_nan_in_y_is_refused(metric: Callable[..., object]) -> None:
    pred, _ = two_draws()
    with pytest.raises(ValueError, match="y is NaN for 1 of 2 values"):
        metric(pred, np.array([2.0, np.nan]))


@pytest.mark.parametrize("metric", METRICS)
def test_a_nan_in_one_draw_is_refused(metric: Callable[..., object]) -> None:
    pred, y = two_draws()
    pred.loc[1, 0] = np.nan
    with pytest.raises(ValueError, match="the predictive mean is NaN for 1 of 2 values"):
        metric(pred, y)


class Broken:
    """The prediction ``whole``, but the attribute called ``name`` gives NaN."""

    def __init__(self, whole: Mixture, name: str) -> None:
        self.whole, self.name = whole, name

    def __getattr__(self, name: str) -> Any:
        value = getattr(self.whole, name)
        if name != self.name:
            return value
        return (lambda *_: np.full((2, 2), np.nan)) if callable(value) else value * np.nan


@pytest.mark.parametrize(
    ("attribute", "named"),
    [
        ("log_prob", "log_prob"),
        ("cdf", "cdf"),
        ("crps", "crps"),
        ("interval", "the 50% interval"),
        ("draw_means", "the mean of a draw"),
        ("std", "std"),
        ("epistemic_std", "epistemic_std"),
        ("aleatoric_std", "aleatoric_std"),
    ],
)
def test_a_nan_in_any_part_of_the_prediction_is_named(attribute: str, named: str) -> None:
    whole, y = two_draws()
    pred: Any = Broken(whole, attribute)
    with pytest.raises(ValueError, match=f"^{named} is NaN"):
        metrics.evaluate(pred, y)


@pytest.mark.parametrize("metric", METRICS)
@pytest.mark.parametrize("shape", [(2, 1), (3,), ()])
def test_a_target_of_another_shape_is_refused(
    metric: Callable[..., object], shape: tuple[int, ...]
) -> None:
    pred, _ = two_draws()
    with pytest.raises(ValueError, match=r"y has shape .*, the prediction \(2,\)"):
        metric(pred, np.zeros(shape))


def test_no_rows_are_refused() -> None:
    with pytest.raises(ValueError, match="no rows"):
        metrics.evaluate(Mixture(np.zeros((2, 0, 1)), np.ones((2, 0, 1))), np.zeros(0))


@pytest.mark.parametrize("metric", [metrics.coverage, metrics.interval_score])
@pytest.mark.parametrize("level", [0, 1, 90, math.nan])
def test_a_level_outside_0_to_1_is_refused(metric: Callable[..., float], level: float) -> None:
    pred, y = two_draws()
    with pytest.raises(ValueError, match="level must lie strictly between 0 and 1"):
        metric(pred, y, level)


@pytest.mark.parametrize("swapped", [np.zeros(3), "prediction"])
def test_what_is_no_prediction_is_refused(swapped: Any) -> None:
    with pytest.raises(TypeError, match=r"pred is a .*, and must be what posterior\.predict"):
        metrics.evaluate(swapped, np.zeros(3))


def test_interval_width_is_that_of_the_quantiles() -> None:
    pred = Mixture(np.zeros((1, 5, 1)), np.full((1, 5, 1), 2.0))
    expected = 4.0 * stats.norm.ppf(0.95)
    assert metrics.interval_width(pred) == pytest.approx(expected, rel=1e-6)  # type: ignore
    with pytest.raises(ValueError, match="level must lie strictly between 0 and 1"):
        metrics.interval_width(pred, 1.0)  # type: ignore
    with pytest.raises(ValueError, match="no rows to evaluate"):
        metrics.interval_width(Mixture(np.zeros((1, 0, 1)), np.ones((1, 0, 1))))  # type: ignore
