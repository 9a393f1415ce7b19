"""Risk against coverage and sparsification, against hand values, scikit-learn and brute force."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import special
from sklearn.metrics import roc_auc_score

import bayesdrop as bd
from bayesdrop import metrics


def of_classes(right: list[int], confidence: list[float]) -> tuple[bd.Predictive, np.ndarray]:
    """A binary prediction of 1 with these confidences, and targets that make it right or wrong."""
    logits = special.logit(np.asarray(confidence))[None, :, None]
    return bd.Predictive(bd.Bernoulli(), {"logits": logits}), np.asarray(right)


def of_numbers(error: list[float], std: list[float]) -> tuple[bd.Predictive, np.ndarray]:
    """A Gaussian prediction of 0 with these standard deviations, and targets of these errors."""
    scale = np.asarray(std)[None, :, None]
    pred = bd.Predictive(bd.Gaussian(), {"loc": np.zeros_like(scale), "scale": scale})
    return pred, np.asarray(error, dtype=float)


def test_by_hand() -> None:
    pred, y = of_classes([1, 0, 1, 1], [0.9, 0.8, 0.7, 0.6])
    curve = metrics.risk_coverage_curve(pred, y)
    np.testing.assert_allclose(curve.coverage, [0.25, 0.5, 0.75, 1])
    np.testing.assert_allclose(curve.risk, [0, 1 / 2, 1 / 3, 1 / 4])
    assert metrics.aurc(pred, y) == pytest.approx((1 / 2 + 1 / 3 + 1 / 4) / 4)
    assert metrics.risk_at_coverage(pred, y, 0.75) == pytest.approx(1 / 3)
    assert metrics.risk_at_coverage(pred, y, 0.51) == pytest.approx(1 / 3)
    assert metrics.coverage_at_risk(pred, y, 0.05) == 0.25
    assert metrics.coverage_at_risk(pred, y, 0.34) == 1  # the risk falls again to a quarter
    assert metrics.coverage_at_risk(pred, 1 - y, 0.05) == 0


def test_risk_of_numbers_is_the_squared_error() -> None:
    pred, y = of_numbers([3, 1, 2], [1, 2, 3])
    np.testing.assert_allclose(metrics.risk_coverage_curve(pred, y).risk, [9, 5, 14 / 3])


def test_an_uncertainty_of_ones_own() -> None:
    pred, y = of_classes([1, 0, 1, 1], [0.9, 0.8, 0.7, 0.6])
    worst = metrics.aurc(pred, y, uncertainty=[1, 0, 1, 1])
    best = metrics.aurc(pred, y, uncertainty=[0, 1, 0, 0])
    assert best < metrics.aurc(pred, y) < worst
    with pytest.raises(ValueError, match=r"uncertainty has shape \(3,\), y \(4,\)"):
        metrics.aurc(pred, y, uncertainty=[1, 2, 3])
    with pytest.raises(ValueError, match="uncertainty is NaN for 1 of 4"):
        metrics.aurc(pred, y, uncertainty=[1, 2, 3, np.nan])


def test_ties_count_as_if_in_random_order() -> None:
    right, doubt = [1, 0, 0, 1, 1], [0, 1, 1, 1, 2]
    pred, y = of_classes(right, [0.9] * 5)
    found = metrics.aurc(pred, y, doubt)
    every = []
    for middle in itertools.permutations([1, 2, 3]):
        order = [0, *middle, 4]
        loss = 1 - np.asarray(right)[order]
        every.append(np.mean(np.cumsum(loss) / np.arange(1, 6)))
    assert found == pytest.approx(np.mean(every))
    assert metrics.coverage_at_risk(pred, y, 0.5, doubt) == 1
    for risk in (0.3, 0.34):
        assert metrics.coverage_at_risk(pred, y, risk, doubt) == 0.2  # no threshold is in a tie


answers = st.lists(st.tuples(st.booleans(), st.sampled_from([0.6, 0.7, 0.8, 0.9])), min_size=2)


@settings(max_examples=30, deadline=None)
@given(answers)
def test_augrc_is_its_closed_form(rows: list[tuple[bool, float]]) -> None:
    right, confidence = zip(*rows, strict=True)
    pred, y = of_classes([int(r) for r in right], list(confidence))
    a = np.mean(right)
    separated = 0.0
    if 0 < a < 1:
        area = roc_auc_score(1 - np.asarray(right), 1 - pred.probabilities.max(-1))
        separated = (1 - float(area)) * a * (1 - a)
    assert metrics.augrc(pred, y) == pytest.approx(separated + (1 - a) ** 2 / 2)


@settings(max_examples=30, deadline=None)
@given(answers)
def test_the_risk_of_all_is_the_error_rate(rows: list[tuple[bool, float]]) -> None:
    right, confidence = zip(*rows, strict=True)
    pred, y = of_classes([int(r) for r in right], list(confidence))
    assert metrics.risk_at_coverage(pred, y, 1.0) == pytest.approx(1 - np.mean(right))


def test_sparsification_by_hand() -> None:
    pred, y = of_numbers([1, 3, 2], [1, 2, 3])
    curve = metrics.sparsification_curve(pred, y, error="mae")
    np.testing.assert_allclose(curve.removed, [0, 1 / 3, 2 / 3])
    np.testing.assert_allclose(curve.error, [2, 2, 1])
    np.testing.assert_allclose(curve.oracle, [2, 1.5, 1])
    assert metrics.ause(pred, y, error="mae") == pytest.approx(0.5 / 3 / 2)
    squared = metrics.sparsification_curve(pred, y)
    np.testing.assert_allclose(squared.error, np.sqrt([14 / 3, 5, 1]))
    np.testing.assert_allclose(squared.oracle, np.sqrt([14 / 3, 2.5, 1]))


def test_a_perfect_ranking_has_no_sparsification_error() -> None:
    pred, y = of_numbers([1, -2, 3, -4], [1, 2, 3, 4])
    assert metrics.ause(pred, y) == pytest.approx(0, abs=1e-12)
    assert metrics.ause(*of_numbers([0, 0], [1, 2])) == 0


@pytest.mark.parametrize("confidence", [0.6, 0.7, 0.9])
def test_rows_of_one_uncertainty_are_all_certain(confidence: float) -> None:
    """Their mean may be rounded below them."""
    assert metrics.pavpu(*of_classes([1] * 49, [confidence] * 49)) == 1


def test_pavpu_by_hand() -> None:
    pred, y = of_classes([1, 0, 1, 0], [0.9, 0.8, 0.7, 0.6])
    # uncertain above the mean, .25: right and certain, wrong and certain, right and uncertain, …
    assert metrics.pavpu(pred, y) == 0.5
    assert metrics.pavpu(pred, y, threshold=0.35) == 0.75
    assert metrics.pavpu(pred, y, threshold=1.0) == metrics.accuracy(pred, y)


@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        (lambda p, y: metrics.risk_at_coverage(p, y, 0.0), ValueError, r"coverage must lie in \(0"),
        (lambda p, y: metrics.coverage_at_risk(p, y, -0.1), ValueError, "risk must be at least 0"),
        (lambda p, y: metrics.ause(p, y), TypeError, "use risk_coverage_curve"),
        (lambda p, y: metrics.aurc(p, y[:-1]), ValueError, r"y has shape \(3,\)"),
        (lambda p, y: metrics.aurc(p, y + 1), ValueError, "takes 0 and 1"),
    ],
)
def test_refusals(call: Any, error: type[Exception], words: str) -> None:
    pred, y = of_classes([1, 0, 1, 1], [0.9, 0.8, 0.7, 0.6])
    with pytest.raises(error, match=words):
        call(pred, y)


def test_refusals_of_numbers() -> None:
    pred, y = of_numbers([1, 2], [1, 2])
    with pytest.raises(TypeError, match="use ause"):
        metrics.pavpu(pred, y)
    with pytest.raises(ValueError, match='error must be "rmse" or "mae"'):
        metrics.ause(pred, y, error="mse")  # type: ignore[arg-type]
