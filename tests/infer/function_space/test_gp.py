"""Exact Gaussian process regression against dense linear algebra in NumPy."""

from __future__ import annotations

from typing import Any

import linear
import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import stats

import bayesdrop as bd

Array = NDArray[np.float64]
X, Y = linear.data(rows=40, features=3)
NEW = X[:9] * 1.1
MODEL = bd.Model(bd.MLP())


def covariance(state: dict[str, NDArray], A: Array, B: Array, kernel: str = "rbf") -> Array:
    scaled = (A[:, None] - B) / state["length_scales"][0]
    r = np.sqrt(np.square(scaled).sum(-1))
    shape = np.exp(-0.5 * r**2)
    if kernel == "matern52":
        shape = (1 + np.sqrt(5) * r + 5 * r**2 / 3) * np.exp(-np.sqrt(5) * r)
    return state["amplitude"][0] ** 2 * shape


def log_evidence(state: dict[str, NDArray], kernel: str = "rbf") -> float:
    known, y = linear.standardised(X), linear.standardised(Y)[:, 0]
    noisy = covariance(state, known, known, kernel) + state["noise_scale"][0] ** 2 * np.eye(40)
    return float(stats.multivariate_normal.logpdf(y, cov=noisy))


@pytest.mark.parametrize("kernel", ["rbf", "matern52"])
def test_predictions_are_the_exact_posterior_s(kernel: Any) -> None:
    method = bd.GP(kernel=kernel, num_restarts=0, num_samples=20_000)
    posterior = bd.fit(MODEL, X, Y, method, progress=False)
    state = posterior.result.state
    known, new = linear.standardised(X), (NEW - X.mean(0)) / X.std(0)
    noisy = covariance(state, known, known, kernel) + state["noise_scale"][0] ** 2 * np.eye(40)
    cross = covariance(state, new, known, kernel)
    gain = cross @ np.linalg.inv(noisy)
    prediction = posterior.predict(NEW)
    expected = Y.mean() + Y.std() * gain @ linear.standardised(Y)[:, 0]
    np.testing.assert_allclose(prediction.mean, expected, rtol=1e-4)
    f = (prediction.draw_means.astype(np.float64) - prediction.mean) / Y.std()
    exact = covariance(state, new, new, kernel) - gain @ cross.T
    np.testing.assert_allclose(f.T @ f / len(f), exact, atol=0.05 * np.diag(exact).max())
    np.testing.assert_allclose(
        prediction.aleatoric_std, state["noise_scale"][0] * Y.std(), rtol=1e-5
    )


@pytest.mark.parametrize("kernel", ["rbf", "matern52"])
def test_the_marginal_likelihood_is_at_a_maximum(kernel: Any) -> None:
    posterior = bd.fit(MODEL, X, Y, bd.GP(kernel=kernel), progress=False)
    state = posterior.result.state
    best = log_evidence(state, kernel)
    np.testing.assert_allclose(posterior.fit.info["log_evidence"], best, rtol=1e-6)
    for name, value in state.items():
        for index in np.ndindex(value.shape):
            for factor in (0.8, 1.25):
                moved = {**state, name: value.copy()}
                moved[name][index] *= factor
                assert log_evidence(moved, kernel) < best + 1e-3


def test_outputs_are_separate_regressions() -> None:
    rows = linear.data(rows=40, features=3, outputs=2)
    both = bd.fit(MODEL, *rows, bd.GP(), progress=False)
    assert both.result.state["length_scales"].shape == (2, 3)
    for output in range(2):
        one = bd.fit(MODEL, rows[0], rows[1][:, output], bd.GP(), progress=False)
        np.testing.assert_allclose(
            both.predict(NEW).mean[:, output], one.predict(NEW).mean, rtol=1e-4
        )


def test_a_fixed_noise_scale_stays() -> None:
    model = bd.Model(bd.MLP(), likelihood=bd.Gaussian(0.3))
    posterior = bd.fit(model, X, Y, bd.GP(num_restarts=0), progress=False)
    np.testing.assert_allclose(posterior.result.state["noise_scale"], 0.3)


def test_too_many_rows_are_refused_in_words() -> None:
    for method in (bd.GP(max_rows=39), bd.NNGP(max_rows=39)):
        with pytest.raises(bd.UnsupportedModelError, match=r"max_rows=39.*40 .*use bd\.DeepGP"):
            bd.fit(MODEL, X, Y, method, progress=False)


@pytest.mark.parametrize("method", [bd.GP(), bd.DeepGP()])
@pytest.mark.parametrize(
    ("model", "words"),
    [
        (bd.Model(bd.MLP(), bd.ARD(bd.noise.Rayleigh(1.0))), r"\(ARD\).*gaussian_prior"),
        (bd.Model(bd.MLP(), likelihood=bd.Bernoulli()), "use bd.Gaussian"),
    ],
)
def test_models_that_it_would_not_stand_in_for(
    method: bd.Inference, model: bd.Model, words: str
) -> None:
    pytest.importorskip("gpytorch")
    with pytest.raises(bd.UnsupportedModelError, match=words):
        bd.fit(model, X, Y, method, progress=False)


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"kernel": "rbg"}, "did you mean 'rbf'"),
        ({"num_samples": 7}, "num_samples must be even"),
        ({"num_restarts": -1}, "num_restarts must be at least 0"),
        ({"max_rows": 0}, "max_rows must be at least 1"),
    ],
)
def test_bad_settings(settings: dict[str, Any], words: str) -> None:
    with pytest.raises((ValueError, TypeError), match=words):
        bd.GP(**settings)
