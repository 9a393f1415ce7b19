"""Predictions of classes and their metrics, against SciPy, scikit-learn and hand calculations."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from scipy import special, stats
from sklearn import metrics as sk
from sklearn.calibration import calibration_curve

import bayesdrop as bd
from bayesdrop import metrics

DRAWS, ROWS, CLASSES = 40, 300, 4


def binary(scale: float = 2.0, outputs: int | None = None) -> tuple[bd.Predictive, np.ndarray]:
    """Draws of logits that differ, and targets that follow them."""
    rng = np.random.default_rng(0)
    centre = scale * rng.normal(size=(ROWS, outputs or 1))
    logits = (centre + scale * rng.normal(size=(DRAWS, *centre.shape))).astype(np.float32)
    y = rng.binomial(1, special.expit(centre))
    pred = bd.Predictive(bd.Bernoulli(), {"logits": logits}, one_output=outputs is None)
    return pred, y if outputs else y[:, 0]


def categorical(scale: float = 2.0) -> tuple[bd.Predictive, np.ndarray]:
    rng = np.random.default_rng(1)
    centre = scale * rng.normal(size=(ROWS, 1, CLASSES))
    logits = (centre + scale * rng.normal(size=(DRAWS, *centre.shape))).astype(np.float32)
    y = np.argmax(centre[:, 0] + rng.gumbel(size=(ROWS, CLASSES)), axis=1)
    return bd.Predictive(bd.Categorical(CLASSES), {"logits": logits}), y


def counts() -> tuple[bd.Predictive, np.ndarray]:
    rng = np.random.default_rng(2)
    rate = rng.gamma(3, 2, (DRAWS, ROWS, 1)).astype(np.float32)
    return bd.Predictive(bd.Poisson(), {"rate": rate}), rng.poisson(rate[0, :, 0])


def probabilities(pred: bd.Predictive) -> np.ndarray:
    """Of every class and draw, (draws, rows, classes), of one target."""
    logits = pred.parameters["logits"].astype(np.float64)
    if isinstance(pred.likelihood, bd.Categorical):
        return special.softmax(logits[:, :, 0], axis=-1)
    return special.expit(np.concatenate([-logits, logits], axis=-1))


both = pytest.mark.parametrize("problem", [binary, categorical])


# The prediction


@both
def test_probabilities_and_their_shapes(problem: Callable[[], Any]) -> None:
    pred, y = problem()
    expected = probabilities(pred).mean(0)
    np.testing.assert_allclose(pred.probabilities, expected, rtol=1e-12)
    np.testing.assert_allclose(pred.probabilities.sum(-1), 1)
    np.testing.assert_array_equal(pred.predicted_class, expected.argmax(-1))
    observed = np.log(expected[np.arange(ROWS), y])
    np.testing.assert_allclose(pred.log_prob(y), observed, rtol=1e-9)
    assert pred.log_prob(y).shape == pred.predicted_class.shape == pred.entropy.shape == (ROWS,)
    shown = pred.mean if isinstance(pred.likelihood, bd.Categorical) else pred.mean[:, None]
    np.testing.assert_allclose(shown, expected[:, -shown.shape[1] :], rtol=1e-12)


@both
def test_variance_is_the_law_of_total_variance(problem: Callable[[], Any]) -> None:
    """Of the one-hot target, whose variance is that of a Bernoulli of the mean."""
    pred, _ = problem()
    np.testing.assert_allclose(pred.std**2, pred.mean * (1 - pred.mean), rtol=1e-9)
    assert pred.std.shape == pred.epistemic_std.shape == pred.aleatoric_std.shape == pred.mean.shape
    each = probabilities(pred)[..., -1]
    last = (..., -1) if pred.mean.ndim == 2 else ...
    np.testing.assert_allclose(pred.epistemic_std[last], each.std(0), rtol=1e-9)
    np.testing.assert_allclose(pred.aleatoric_std[last] ** 2, (each * (1 - each)).mean(0))


@both
def test_entropies(problem: Callable[[], Any]) -> None:
    pred, _ = problem()
    p = probabilities(pred)
    np.testing.assert_allclose(pred.entropy, stats.entropy(p.mean(0), axis=-1), rtol=1e-9)
    np.testing.assert_allclose(pred.expected_entropy, stats.entropy(p, axis=-1).mean(0), rtol=1e-9)
    divergence = stats.entropy(p, p.mean(0)[None], axis=-1).mean(0)  # KL to the mixture
    np.testing.assert_allclose(pred.mutual_information, divergence, rtol=1e-7, atol=1e-12)
    assert (pred.mutual_information >= 0).all()


@both
def test_certain_classes_have_no_entropy(problem: Callable[[], Any]) -> None:
    pred, y = problem()
    logits = 1e4 * np.sign(pred.parameters["logits"]) * np.arange(1, CLASSES + 1)[-1:]
    certain = bd.Predictive(pred.likelihood, {"logits": logits[:1]})
    for array in (certain.entropy, certain.expected_entropy, certain.mutual_information):
        assert np.isfinite(array).all()
        assert array.min() >= 0
    assert np.isfinite(certain.log_prob(y)).all()
    if problem is binary:
        assert certain.entropy.max() == 0


@both
def test_samples_are_classes_with_their_frequencies(problem: Callable[[], Any]) -> None:
    pred, _ = problem()
    drawn = pred.sample(4000, seed=1)
    assert drawn.shape == (4000, ROWS)
    assert drawn.dtype.kind == "i"
    for k in range(pred.probabilities.shape[-1]):
        share, p = (drawn == k).mean(0), pred.probabilities[:, k]
        # a draw serves all rows of a sample, so the error is that of independent samples
        assert np.all(np.abs(share - p) < 5 * np.sqrt(p * (1 - p) / 4000) + 1e-3)


def test_several_binary_outputs() -> None:
    pred, y = binary(outputs=3)
    assert pred.mean.shape == pred.log_prob(y).shape == pred.entropy.shape == (ROWS, 3)
    assert pred.probabilities.shape == (ROWS, 3, 2)
    assert pred.predicted_class.shape == (ROWS, 3)
    np.testing.assert_allclose(pred.probabilities[..., 1], pred.mean)
    assert metrics.accuracy(pred, y) == np.mean((pred.mean > 0.5) == y)
    assert set(bd.evaluate(pred, y)) == KEYS


def test_a_categorical_column_keeps_its_axis() -> None:
    pred, y = categorical()
    column = bd.Predictive(pred.likelihood, pred.parameters, one_output=False)
    assert column.mean.shape == column.probabilities.shape == (ROWS, 1, CLASSES)
    assert column.predicted_class.shape == (ROWS, 1)
    np.testing.assert_array_equal(column.log_prob(y[:, None])[:, 0], pred.log_prob(y))
    assert bd.evaluate(column, y[:, None]) == bd.evaluate(pred, y)


def test_a_binary_target_is_ordered() -> None:
    pred, y = binary()
    zero = 1 - pred.mean
    for value, expected in ((-0.5, 0 * zero), (0, zero), (0.5, zero), (1, 0 * zero + 1)):
        np.testing.assert_allclose(pred.cdf(np.full(ROWS, value)), expected, rtol=1e-9)
    np.testing.assert_array_equal(pred.quantile(0.3), (zero < 0.3).astype(float))
    assert pred.quantile([0.1, 0.5]).shape == (2, ROWS)
    np.testing.assert_allclose(pred.crps(y), (pred.mean - y) ** 2, rtol=1e-9)


@pytest.mark.parametrize("call", ["cdf", "quantile", "interval", "crps"])
def test_classes_without_order_have_no_quantiles(call: str) -> None:
    pred, y = categorical()
    argument = {"quantile": 0.3, "interval": 0.9}.get(call, y)
    with pytest.raises(TypeError, match=r"no order.*use probabilities, predicted_class, log_prob"):
        getattr(pred, call)(argument)


@pytest.mark.parametrize(
    "name",
    ["probabilities", "predicted_class", "entropy", "expected_entropy", "mutual_information"],
)
def test_other_targets_have_no_classes(name: str) -> None:
    with pytest.raises(TypeError, match=r"a Poisson\(\) target is no class: use mean, quantile"):
        getattr(counts()[0], name)


@pytest.mark.parametrize(
    ("problem", "value", "words"),
    [
        (binary, 2, r"bd.Bernoulli\(\) takes 0 and 1"),
        (categorical, 4, r"Categorical\(n_classes=4\) takes the whole numbers 0 to 3"),
        (categorical, 0.5, "takes the whole numbers 0 to 3"),
        (counts, -1, r"1 values that are no counts \(-1\)"),
    ],
)
def test_a_target_the_likelihood_cannot_have_is_refused(
    problem: Callable[[], Any], value: float, words: str
) -> None:
    pred, y = problem()
    y = y.astype(float)
    y[3] = value
    with pytest.raises(ValueError, match=words):
        pred.log_prob(y)
    with pytest.raises(ValueError, match=words):
        bd.evaluate(pred, y)


def test_blocks_of_rows_change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    for problem in (binary, categorical):
        expected, y = problem()
        values = [expected.mean, expected.std, expected.expected_entropy, expected.log_prob(y)]
        monkeypatch.setattr("bayesdrop.posterior.prediction.by_rows.BLOCK", 300)
        monkeypatch.setattr("bayesdrop.family.blocks.BLOCK", 300)
        pred, _ = problem()
        found = [pred.mean, pred.std, pred.expected_entropy, pred.log_prob(y)]
        for a, b in zip(found, values, strict=True):
            np.testing.assert_allclose(a, b, rtol=1e-12)
        monkeypatch.undo()


# Metrics


KEYS = {
    *("accuracy", "nll", "log_loss", "brier"),
    *("ece", "adaptive_ece"),
    *("mean_entropy", "mean_expected_entropy", "mean_mutual_information"),
}


@both
def test_metrics_are_those_of_scikit_learn(problem: Callable[[], Any]) -> None:
    pred, y = problem()
    p = pred.probabilities
    labels = np.arange(p.shape[1])
    shown = p[:, 1] if p.shape[1] == 2 else p
    assert metrics.accuracy(pred, y) == sk.accuracy_score(y, pred.predicted_class)
    assert metrics.log_loss(pred, y) == pytest.approx(sk.log_loss(y, p, labels=labels), rel=1e-9)
    expected = sk.brier_score_loss(y, shown, labels=labels)
    assert metrics.brier(pred, y) == pytest.approx(expected, rel=1e-9)


@both
@pytest.mark.parametrize("bins", [1, 7, 15])
def test_reliability_is_scikit_learns_calibration_curve(
    problem: Callable[[], Any], bins: int
) -> None:
    pred, y = problem()
    confidence, right = pred.probabilities.max(-1), pred.predicted_class == y
    accuracy, mean_confidence = calibration_curve(right, confidence, n_bins=bins)
    found = metrics.reliability_curve(pred, y, bins)
    np.testing.assert_allclose(found.accuracy, accuracy)
    np.testing.assert_allclose(found.confidence, mean_confidence)
    assert found.count.sum() == ROWS
    assert found.count.min() > 0
    error = np.sum(found.count * np.abs(accuracy - mean_confidence)) / ROWS
    assert metrics.ece(pred, y, bins) == pytest.approx(error)


def of(probabilities: list[float]) -> bd.Predictive:
    logits = special.logit(np.array(probabilities))[None, :, None]
    return bd.Predictive(bd.Bernoulli(), {"logits": logits})


def test_by_hand() -> None:
    pred, y = of([0.9, 0.8, 0.3, 0.6]), np.array([1, 0, 0, 0])
    assert metrics.accuracy(pred, y) == 0.5
    assert metrics.brier(pred, y) == pytest.approx((0.01 + 0.64 + 0.09 + 0.36) / 4)
    assert metrics.log_loss(pred, y) == pytest.approx(-np.log(0.9 * 0.2 * 0.7 * 0.4) / 4)
    # confidences .9, .8, .7, .6 of which the first and third are right
    found = metrics.reliability_curve(pred, y, bins=2)
    np.testing.assert_allclose(found.confidence, [0.75])
    np.testing.assert_allclose(found.accuracy, [0.5])
    np.testing.assert_array_equal(found.count, [4])
    assert metrics.ece(pred, y, 2) == pytest.approx(0.25)
    gaps = (0.1 + 0.8 + 0.3 + 0.6) / 4
    assert metrics.ece(pred, y, 20) == pytest.approx(gaps)


def test_brier_of_several_classes_by_hand() -> None:
    logits = np.log([[0.5, 0.3, 0.2], [0.1, 0.1, 0.8]])[None, :, None]
    pred = bd.Predictive(bd.Categorical(3), {"logits": logits})
    expected = (0.25 + 0.49 + 0.04 + 0.01 + 0.81 + 0.64) / 2
    assert metrics.brier(pred, np.array([1, 1])) == pytest.approx(expected)


@both
def test_evaluate_holds_every_metric_as_a_float(problem: Callable[[], Any]) -> None:
    pred, y = problem()
    found = bd.evaluate(pred, y)
    assert set(found) == KEYS
    assert all(type(value) is float for value in found.values())
    for name in ("accuracy", "nll", "log_loss", "brier", "ece"):
        assert found[name] == getattr(metrics, name)(pred, y)
    assert found["mean_entropy"] == pred.entropy.mean()
    assert found["mean_mutual_information"] == pytest.approx(
        found["mean_entropy"] - found["mean_expected_entropy"], abs=1e-9
    )
    assert bd.evaluate(pred, y.astype(bool) if problem is binary else y.astype(float)) == found


@pytest.mark.parametrize("bins", [0, -1, 2.5, True])
def test_bins_that_are_no_number_of_bins_are_refused(bins: Any) -> None:
    pred, y = binary()
    with pytest.raises(ValueError, match="bins must be a whole number from 1"):
        metrics.reliability_curve(pred, y, bins)


@both
def test_bad_targets_are_refused(problem: Callable[[], Any]) -> None:
    pred, y = problem()
    with pytest.raises(ValueError, match=r"y has shape \(299,\), the prediction \(300,\)"):
        bd.evaluate(pred, y[:-1])
    with pytest.raises(ValueError, match="y is NaN for 1 of 300 values"):
        metrics.accuracy(pred, np.where(np.arange(ROWS) == 3, np.nan, y))


def test_no_rows_are_refused() -> None:
    pred = bd.Predictive(bd.Bernoulli(), {"logits": np.zeros((2, 0, 1))})
    with pytest.raises(ValueError, match="no rows"):
        bd.evaluate(pred, [])


# Metrics of counts


def test_metrics_of_counts() -> None:
    pred, y = counts()
    found = bd.evaluate(pred, y)
    assert {"rmse", "mae", "mae_per_draw", "nll", "crps", "calibration_error"} <= set(found)
    assert found["rmse"] == pytest.approx(np.sqrt(np.mean((pred.mean - y) ** 2)))
    for level in (0.5, 0.9, 0.95):
        lower, upper = pred.interval(level)
        inside = np.mean((lower <= y) & (y <= upper))
        assert found[f"coverage_{100 * level:.0f}"] == inside
        assert inside > level - 0.06
        assert (pred.cdf(upper) - pred.cdf(lower - 1) >= level - 1e-12).all()
    middle = pred.cdf(y) - 0.5 * np.exp(pred.log_prob(y))
    np.testing.assert_allclose(metrics.pit(pred, y), middle, rtol=1e-9, atol=1e-12)


def test_the_transform_of_counts_is_uniform_if_calibrated() -> None:
    """At a rate of 1, where the mid-PIT of a calibrated prediction is far from uniform."""
    rng = np.random.default_rng(0)
    pred = bd.Predictive(bd.Poisson(), {"rate": np.ones((1, 20_000, 1))})
    y = rng.poisson(1.0, 20_000)
    assert metrics.calibration_error(pred, y) < 0.01
    assert metrics.calibration_error(pred, y + 1) > 0.1


def test_the_transform_of_counts_by_hand() -> None:
    pred = bd.Predictive(bd.Poisson(), {"rate": np.full((1, 1, 1), 1.0)})
    low, high = stats.poisson.cdf([0, 1], 1.0)
    p = np.arange(1, 100) / 100
    expected = np.abs(np.clip((p - low) / (high - low), 0, 1) - p).mean()
    assert metrics.calibration_error(pred, np.array([1])) == pytest.approx(expected)
