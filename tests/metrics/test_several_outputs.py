"""Energy and variogram scores, against all pairs of samples and closed forms."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.spatial.distance import cdist

import bayesdrop as bd
from bayesdrop import metrics

ROWS, OUTPUTS = 40, 3


def problem(outputs: int = OUTPUTS, draws: int = 30) -> tuple[bd.Predictive, np.ndarray]:
    """Draws whose outputs move together."""
    rng = np.random.default_rng(0)
    loc = rng.normal(size=(draws, ROWS, 1)) + rng.normal(size=(1, ROWS, outputs))
    scale = np.full((draws, ROWS, outputs), 0.3)
    pred = bd.Predictive(bd.Gaussian(), {"loc": loc, "scale": scale}, one_output=outputs == 1)
    y = rng.normal(size=(ROWS, outputs))
    return pred, y[:, 0] if outputs == 1 else y


def samples(pred: bd.Predictive, size: int) -> np.ndarray:
    """(rows, samples, outputs), of another seed."""
    return np.moveaxis(pred.sample(size, seed=7), 0, 1)


def test_energy_score_is_that_of_all_pairs() -> None:
    pred, y = problem()
    expected = []
    for row, target in zip(samples(pred, 500), y, strict=True):
        apart = cdist(row, row).sum() / (500 * 499)
        expected.append(cdist(row, target[None]).mean() - 0.5 * apart)
    assert metrics.energy_score(pred, y, 4000) == pytest.approx(np.mean(expected), rel=0.02)


def test_energy_score_of_one_output_is_the_crps() -> None:
    pred, y = problem(1)
    assert metrics.energy_score(pred, y, 20_000) == pytest.approx(metrics.crps(pred, y), rel=0.02)


def test_energy_score_of_a_certain_prediction_is_the_distance() -> None:
    pred = bd.Predictive(
        bd.Gaussian(),
        {"loc": np.zeros((1, 1, 2)), "scale": np.full((1, 1, 2), 1e-9)},
        one_output=False,
    )
    assert metrics.energy_score(pred, [[3.0, 4.0]]) == pytest.approx(5)


def test_variogram_score_is_its_sum_over_pairs() -> None:
    pred, y = problem()
    drawn, expected = samples(pred, 2000), np.zeros(ROWS)
    for i in range(OUTPUTS):
        for j in range(OUTPUTS):
            apart = np.mean(np.abs(drawn[..., i] - drawn[..., j]) ** 0.5, axis=1)
            expected += (np.abs(y[:, i] - y[:, j]) ** 0.5 - apart) ** 2
    assert metrics.variogram_score(pred, y, size=4000) == pytest.approx(np.mean(expected), rel=0.03)


def test_variogram_score_in_closed_form() -> None:
    """E|Y_1 − Y_2|² of independent outputs is the sum of their variances."""
    pred = bd.Predictive(
        bd.Gaussian(),
        {"loc": np.zeros((1, 1, 2)), "scale": np.full((1, 1, 2), 2.0)},
        one_output=False,
    )
    found = metrics.variogram_score(pred, [[0.0, 1.0]], order=2, size=20_000)
    assert found == pytest.approx(2 * (1 - 8) ** 2, rel=0.04)


def test_the_variogram_score_sees_dependence() -> None:
    """A prediction of outputs that move together beats one with the same marginals."""
    pred, _ = problem(2, draws=200)
    rng = np.random.default_rng(3)
    loc = pred.parameters["loc"]
    apart = np.stack([rng.permutation(loc[..., j], axis=0) for j in range(2)], -1)
    parameters = {**pred.parameters, "loc": apart}
    independent = bd.Predictive(bd.Gaussian(), parameters, one_output=False)
    y = pred.sample(1, seed=11)[0]
    together, separate = (metrics.variogram_score(p, y) for p in (pred, independent))
    assert together < 0.7 * separate


def test_refusals() -> None:
    pred, y = problem()
    with pytest.raises(ValueError, match="size must be at least 2"):
        metrics.energy_score(pred, y, size=1)
    with pytest.raises(ValueError, match="order must be positive"):
        metrics.variogram_score(pred, y, order=0)
    classes = bd.Predictive(bd.Bernoulli(), {"logits": np.zeros((2, 4, 1))})
    with pytest.raises(TypeError, match="use nll or brier"):
        metrics.energy_score(classes, np.zeros(4))
