"""Predictions in chunks of draws are those of all draws at once, and take less memory."""

from __future__ import annotations

import tracemalloc
from typing import Any

import numpy as np
import pytest
from prior_draws import PriorDraws

import bayesdrop as bd
from bayesdrop.posterior.results import chunks

X = np.random.default_rng(0).normal(size=(40, 3))
Y = X @ [1.0, -2.0, 0.5] + 0.1 * np.arange(40)
LIKELIHOODS: dict[str, tuple[bd.Likelihood, Any]] = {
    "Gaussian": (bd.Gaussian(), Y),
    "of known scale": (bd.Gaussian(scale=0.5), np.column_stack([Y, X[:, 0]])),
    "heteroscedastic": (bd.HeteroscedasticGaussian(), Y),
    "Student-t": (bd.StudentT(df=1.5), Y),
    "Poisson": (bd.Poisson(), np.arange(40) % 5),
    "Bernoulli": (bd.Bernoulli(), Y > 0),
    "Categorical": (bd.Categorical(3), np.arange(40) % 3),
}
METHODS = {"draws": PriorDraws(num_samples=30, num_chains=2), "passes": PriorDraws(passes=60)}


def fitted(likelihood: bd.Likelihood, y: Any, method: bd.Inference) -> bd.Posterior:
    model = bd.Model(bd.MLP((4,)), bd.ARD(bd.noise.Bernoulli(0.7)), likelihood)
    return bd.fit(model, X, y, method, progress=False)


@pytest.mark.parametrize("name", LIKELIHOODS)
@pytest.mark.parametrize("method", METHODS)
def test_chunks_change_nothing(name: str, method: str, monkeypatch: pytest.MonkeyPatch) -> None:
    likelihood, y = LIKELIHOODS[name]
    posterior = fitted(likelihood, y, METHODS[method])
    whole = posterior.predict(X)
    monkeypatch.setattr(chunks, "CHUNK_BYTES", 2**13)
    in_chunks = posterior.predict(X)
    for parameter, value in whole.parameters.items():
        np.testing.assert_allclose(in_chunks.parameters[parameter], value, rtol=1e-5, atol=1e-6)
    mean, std = posterior.predict(X, return_std=True)
    np.testing.assert_allclose(mean, in_chunks.mean, rtol=1e-12, atol=1e-15)
    np.testing.assert_allclose(std, in_chunks.std, rtol=1e-12)
    if whole.kind == "class":
        found = posterior.predict_probabilities(X)
        np.testing.assert_allclose(found, in_chunks.probabilities, rtol=1e-12)
    else:
        with pytest.raises(TypeError, match="no distribution of classes"):
            posterior.predict_probabilities(X)


def test_far_means_of_small_spread() -> None:
    from bayesdrop.posterior.prediction.streamed import Moments

    values = 1e6 + np.random.default_rng(1).normal(size=(50, 4))
    found = Moments()
    for part in np.split(values, [7, 8, 30]):
        found.add(part)
    np.testing.assert_allclose(found.mean, values.mean(0), rtol=1e-15)
    np.testing.assert_allclose(found.variance, values.var(0), rtol=1e-9)


def test_memory_of_predictions(monkeypatch: pytest.MonkeyPatch) -> None:
    """One array of float32 for all draws and rows; none for mean and standard deviation."""
    monkeypatch.setattr(chunks, "CHUNK_BYTES", 2**18)
    posterior = fitted(bd.Gaussian(), Y, PriorDraws(num_samples=200))
    rows = np.tile(X, (250, 1))
    whole = 4 * 200 * len(rows)

    def peak(**arguments: Any) -> int:
        tracemalloc.start()
        try:
            posterior.predict(rows, **arguments)
            return tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()

    assert whole < peak() < 1.6 * whole
    assert peak(return_std=True) < 0.6 * whole
