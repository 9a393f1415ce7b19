"""The metrics against hand-computed values, SciPy and scoringrules, on a stub of a prediction."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
import scoringrules
from numpy.typing import ArrayLike
from scipy import stats

from bayesdrop import metrics
from bayesdrop.family import Normal

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


@dataclass
class Mixture:
    """A prediction with Gaussian components, ``loc`` and ``scale`` (draws, rows, outputs)."""

    loc: np.ndarray
    scale: np.ndarray
    one_output: bool = True
    kind: str = "continuous"
    target: None = None

    def numbers(self, y: ArrayLike) -> np.ndarray:
        return np.asarray(y, np.float64)

    @property
    def _parameters(self) -> dict[str, np.ndarray]:
        return {"loc": self.loc, "scale": np.broadcast_to(self.scale, self.loc.shape)}

    def _out(self, values: np.ndarray) -> np.ndarray:
        return values[..., 0] if self.one_output else values

    def _in(self, y: ArrayLike) -> np.ndarray:
        return np.asarray(y)[:, None] if self.one_output else np.asarray(y)

    @property
    def draw_means(self) -> np.ndarray:
        return self._out(self.loc)

    @property
    def mean(self) -> np.ndarray:
        return self.draw_means.mean(0)

    @property
    def epistemic_std(self) -> np.ndarray:
        return self.draw_means.std(0)

    @property
    def aleatoric_std(self) -> np.ndarray:
        return self._out(np.sqrt(np.mean(np.broadcast_to(self.scale, self.loc.shape) ** 2, 0)))

    @property
    def std(self) -> np.ndarray:
        return np.hypot(self.epistemic_std, self.aleatoric_std)

    def interval(self, level: float = 0.9) -> tuple[np.ndarray, np.ndarray]:
        levels = np.array([(1 - level) / 2, (1 + level) / 2])
        ends = Normal().mixture_quantile(self._parameters, levels)
        lower, upper = self._out(ends)
        return lower, upper

    def log_prob(self, y: ArrayLike) -> np.ndarray:
        return self._out(Normal().mixture_log_prob(self._parameters, self._in(y)))

    def cdf(self, y: ArrayLike) -> np.ndarray:
        return self._out(Normal().mixture_cdf(self._parameters, self._in(y)))

    def crps(self, y: ArrayLike) -> np.ndarray:
        return self._out(Normal().mixture_crps(self._parameters, self._in(y)))


def two_draws() -> tuple[Mixture, np.ndarray]:
    """Means (0, 4) and (2, 6) of two draws at two rows, so predictive means 1 and 5; scale 1."""
    return Mixture(np.array([[[0.0], [4.0]], [[2.0], [6.0]]]), np.ones((2, 2, 1))), np.array([2, 9])


def several_outputs() -> tuple[Mixture, np.ndarray]:
    rng = np.random.default_rng(3)
    loc, scale = rng.normal(size=(30, 40, 3)), rng.uniform(0.2, 2, size=(30, 40, 3))
    return Mixture(loc, scale, one_output=False), rng.normal(size=(40, 3))


def calibrated(rows: int = 20_000) -> tuple[Mixture, np.ndarray]:
    rng = np.random.default_rng(5)
    loc, scale = rng.normal(size=(3, rows, 1)), np.array([0.5, 1, 2]).reshape(3, 1, 1)
    scale = np.broadcast_to(scale, loc.shape)
    draw = rng.integers(3, size=rows), np.arange(rows), 0
    return Mixture(loc, scale), rng.normal(loc[draw], scale[draw])


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


def test_interval_score_by_hand() -> None:
    pred = Mixture(np.zeros((1, 3, 1)), np.ones((1, 3, 1)))
    half = stats.norm.ppf(0.95)
    y = np.array([-half - 1, 0, half + 2])
    assert metrics.interval_score(pred, y, 0.9) == pytest.approx(2 * half + 20 * (1 + 2) / 3)


def test_interval_score_is_that_of_scoringrules() -> None:
    pred, y = several_outputs()
    expected = np.mean(scoringrules.interval_score(y, *pred.interval(0.8), 0.2, backend="numpy"))
    assert metrics.interval_score(pred, y, 0.8) == pytest.approx(float(expected), rel=1e-12)


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
