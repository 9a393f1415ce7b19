"""Calibration of classes: by hand, by scikit-learn's bins, and by the smoothing written out."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from scipy import special, stats
from sklearn.calibration import calibration_curve

import bayesdrop as bd
from bayesdrop import metrics


def of(probabilities: np.ndarray) -> bd.Predictive:
    """A prediction of classes, (rows, classes)."""
    logits = np.log(probabilities)[None, :, None]
    return bd.Predictive(bd.Categorical(probabilities.shape[1]), {"logits": logits})


def problem(rows: int = 400, sharpen: float = 2.0) -> tuple[bd.Predictive, np.ndarray]:
    """Classes of four that are predicted with too much confidence."""
    rng = np.random.default_rng(0)
    logits = rng.normal(size=(rows, 4))
    y = np.argmax(logits + rng.gumbel(size=logits.shape), axis=1)
    return of(special.softmax(sharpen * logits, axis=1)), y


def test_adaptive_bins_are_scikit_learns_quantiles() -> None:
    pred, y = problem()
    confidence, right = pred.probabilities.max(-1), pred.predicted_class == y
    accuracy, mean_confidence = calibration_curve(right, confidence, n_bins=8, strategy="quantile")
    curve = metrics.reliability_curve(pred, y, 8, "quantile")
    np.testing.assert_array_equal(curve.count, 50)
    np.testing.assert_allclose(curve.accuracy, accuracy)
    np.testing.assert_allclose(curve.confidence, mean_confidence)
    expected = np.mean(np.abs(accuracy - mean_confidence))
    assert metrics.adaptive_ece(pred, y, 8) == pytest.approx(expected)


def test_by_hand() -> None:
    pred = of(np.array([[0.9, 0.1], [0.8, 0.2], [0.3, 0.7], [0.6, 0.4]]))
    y = np.array([0, 1, 1, 1])  # the first and third are right
    assert metrics.adaptive_ece(pred, y, 2) == pytest.approx((0.15 + 0.35) / 2)
    assert metrics.mce(pred, y, 20) == pytest.approx(0.8)
    assert metrics.mce(pred, y, 1) == pytest.approx(0.25)
    # class 0: .3 | .6 .8 .9 hit 1 of 3; class 1: .1 .2 .4 hit 2 of 3 | .7 hits
    gaps = (0.3 + 3 * (2.3 / 3 - 1 / 3) + 3 * (2 / 3 - 0.7 / 3) + 0.3) / 4
    assert metrics.static_ece(pred, y, 2) == pytest.approx(gaps / 2)


def test_the_static_error_is_a_mean_over_classes() -> None:
    pred = of(np.array([[0.7, 0.2, 0.1], [0.5, 0.4, 0.1], [0.1, 0.6, 0.3]]))
    y = np.array([0, 0, 1])
    gaps = [abs(2 - 1.3), abs(1 - 1.2), abs(0 - 0.5)]  # sums over three rows in one bin
    assert metrics.static_ece(pred, y, 1) == pytest.approx(sum(gaps) / 3 / 3)


def test_rows_that_tie_have_no_order() -> None:
    pred = of(np.full((6, 2), [0.7, 0.3]))
    y = np.array([0, 0, 0, 0, 1, 1])
    found = metrics.adaptive_ece(pred, y, 3)
    assert found == metrics.adaptive_ece(pred, y[::-1], 3)
    assert found == pytest.approx(0.7 - 4 / 6)


def test_more_bins_than_rows() -> None:
    pred, y = problem(5)
    assert metrics.reliability_curve(pred, y, 15, "quantile").count.sum() == 5


def reflected(width: float, at: np.ndarray, centre: np.ndarray) -> np.ndarray:
    """The Gaussian density about ``centre``, folded into [0, 1]."""
    folds = [2.0 * k for k in range(-1, 2)]
    density = stats.norm(scale=width).pdf
    return sum((density(at - centre - k) + density(at + centre - k) for k in folds), np.zeros(1))


@pytest.mark.parametrize("sharpen", [0.5, 1.0, 2.0, 4.0])
def test_the_smooth_error_is_its_definition(sharpen: float) -> None:
    pred, y = problem(200, sharpen)
    confidence, right = pred.probabilities.max(-1), pred.predicted_class == y
    width = metrics.smooth_ece(pred, y)
    at = (np.arange(500) + 0.5) / 500
    residuals = (right - confidence)[:, None] * reflected(width, at, confidence[:, None])
    assert np.mean(np.abs(residuals.mean(0))) == pytest.approx(width, rel=2e-3)


def test_the_smooth_error_tells_calibrated_from_not() -> None:
    errors = [metrics.smooth_ece(*problem(3000, s)) for s in (1.0, 2.0, 4.0)]
    assert errors[0] < 0.03
    assert errors[0] < errors[1] / 3 < errors[2] / 3
    perfect = of(np.array([[1 - 1e-12, 1e-12]] * 3))
    assert metrics.smooth_ece(perfect, np.zeros(3)) == pytest.approx(0, abs=1e-9)
    assert metrics.smooth_ece(perfect, np.ones(3)) == pytest.approx(1, abs=1e-3)


EVERY: tuple[Callable[..., float], ...] = (
    metrics.ece,
    metrics.adaptive_ece,
    metrics.mce,
    metrics.static_ece,
)


@pytest.mark.parametrize("metric", EVERY)
@pytest.mark.parametrize("bins", [0, -1, 2.5, True])
def test_bins_that_are_no_number_of_bins_are_refused(
    metric: Callable[..., float], bins: Any
) -> None:
    with pytest.raises(ValueError, match="bins must be a whole number from 1"):
        metric(*problem(), bins)


def test_a_strategy_that_is_none_is_refused() -> None:
    with pytest.raises(ValueError, match='strategy must be "uniform" or "quantile"'):
        metrics.reliability_curve(*problem(), strategy="mass")  # type: ignore[arg-type]


def test_disagreement_is_that_of_all_pairs() -> None:
    rng = np.random.default_rng(1)
    logits = rng.normal(size=(6, 50, 1, 3))
    pred = bd.Predictive(bd.Categorical(3), {"logits": logits})
    votes = logits[:, :, 0].argmax(-1)
    pairs = [np.mean(votes[i] != votes[j]) for i in range(6) for j in range(i)]
    assert metrics.disagreement(pred) == pytest.approx(np.mean(pairs))
    np.testing.assert_array_equal(pred.classes_of_draws, votes)
    single = bd.Predictive(bd.Categorical(3), {"logits": logits[:1]})
    assert metrics.disagreement(single) == 0


def test_disagreement_of_several_outputs() -> None:
    logits = np.array([[[1.0, -1.0]], [[1.0, 1.0]]])  # two draws, one row, two binary outputs
    pred = bd.Predictive(bd.Bernoulli(), {"logits": logits}, one_output=False)
    assert metrics.disagreement(pred) == 0.5


def test_a_confidence_on_an_edge_is_in_the_bin_below() -> None:
    pred = of(np.array([[0.5, 0.25, 0.25], [0.4, 0.35, 0.25]]))
    assert metrics.reliability_curve(pred, np.array([0, 0]), bins=2).count.tolist() == [2]
