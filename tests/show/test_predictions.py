"""What the pictures of predictions show, read back from them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import bayesdrop as bd
from bayesdrop import metrics, show

RNG = np.random.default_rng(0)
ROWS = 50


def numbers(seed: int, rows: int = ROWS) -> bd.Predictive:
    rng = np.random.default_rng(seed)
    scale = rng.uniform(0.5, 2, size=(1, rows, 1)).repeat(4, axis=0)
    return bd.Predictive(bd.Gaussian(), {"loc": rng.normal(size=(4, rows, 1)), "scale": scale})


def classes(seed: int) -> bd.Predictive:
    logits = np.random.default_rng(seed).normal(size=(4, ROWS, 1))
    return bd.Predictive(bd.Bernoulli(), {"logits": logits})


def labels(axes: Any) -> dict[str, Any]:
    return {line.get_label(): line for line in axes.get_lines()}


def test_risk_coverage_curves() -> None:
    y = RNG.integers(0, 2, ROWS)
    predictions = {"a": classes(1), "b": classes(2)}
    doubt = RNG.normal(size=ROWS)
    (axes,) = show.risk_coverage(predictions, y, {"b": doubt}).axes
    area = metrics.aurc(predictions["b"], y, doubt)
    found = labels(axes)[f"b: AURC {area:.3g}"]
    curve = metrics.risk_coverage_curve(predictions["b"], y, doubt)
    np.testing.assert_allclose(found.get_data(), (curve.coverage, curve.risk))
    assert "error rate" in axes.get_ylabel()
    (axes,) = show.risk_coverage({"n": numbers(1)}, RNG.normal(size=ROWS)).axes
    assert "squared error" in axes.get_ylabel()


def test_sparsification_has_the_oracle() -> None:
    pred, y = numbers(1), RNG.normal(size=ROWS)
    (axes,) = show.sparsification({"a": pred}, y, error="mae").axes
    own, oracle, _ = axes.get_lines()
    curve = metrics.sparsification_curve(pred, y, error="mae")
    np.testing.assert_allclose(own.get_ydata(), curve.error / curve.error[0])
    np.testing.assert_allclose(oracle.get_ydata(), curve.oracle / curve.error[0])
    assert "MAE" in axes.get_ylabel()
    with pytest.raises(TypeError, match="use risk_coverage_curve"):
        show.sparsification({"a": classes(1)}, np.zeros(ROWS))


def test_detection_scores_say_the_auroc() -> None:
    inside, outside = RNG.normal(size=200), RNG.normal(2, size=100)
    (axes,) = show.ood_histogram(inside, {"noise": outside}, score="entropy").axes
    texts = [text.get_text() for text in axes.get_legend().get_texts()]
    assert texts == [
        "like the training data",
        f"noise: AUROC {metrics.auroc(inside, outside):.3f}",
    ]
    assert axes.get_xlabel() == "entropy"


def test_bands_are_of_the_mean_and_of_the_target() -> None:
    x, pred = np.linspace(0, 1, ROWS), numbers(1)
    figure = show.bands(x, {"a": pred, "b": numbers(2)}, x[:5], np.zeros(5))
    axes = figure.axes[0]
    total, epistemic = (band.get_paths()[0].vertices[:, 1] for band in axes.collections)
    for band, part in ((total, pred.std), (epistemic, pred.epistemic_std)):
        np.testing.assert_allclose(band.max(), (pred.mean + 2 * part).max())
        np.testing.assert_allclose(band.min(), (pred.mean - 2 * part).min())
    np.testing.assert_allclose(labels(axes)["mean"].get_ydata(), pred.mean)
    assert len(labels(axes)["data"].get_xdata()) == 5


def test_bands_refuse_what_they_cannot_show() -> None:
    with pytest.raises(ValueError, match=r"'a' predicts \(50,\), and x has shape \(3,\)"):
        show.bands([0, 1, 2], {"a": numbers(1)})
    with pytest.raises(ValueError, match="no predictions"):
        show.bands([0, 1, 2], {})
