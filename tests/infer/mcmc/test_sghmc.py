"""SGHMC against the exact posterior of the linear network: right in the limit of small steps."""

from __future__ import annotations

from functools import cache
from typing import Any

import linear
import numpy as np
import pytest
from numpy.typing import NDArray

import bayesdrop as bd

COMMON: dict[str, Any] = {
    "num_warmup": 1000,
    "num_samples": 2000,
    "num_chains": 2,
    "momentum": 0.9,
    "training_steps": 300,
}
METHODS: dict[str, bd.SGHMC] = {
    "all_rows": bd.SGHMC(**COMMON, step_size=0.05, steps_per_draw=60, batch_size=None),
    "batches": bd.SGHMC(**COMMON, step_size=0.05, steps_per_draw=100, batch_size=64),
    "batches_coarse": bd.SGHMC(**COMMON, step_size=1.0, steps_per_draw=20, batch_size=64),
}


@cache
def fitted(name: str) -> bd.Posterior:
    return bd.fit(linear.model(), *linear.data(rows=400), METHODS[name], progress=False)


def whitened(name: str) -> NDArray[np.float64]:
    """Draws in units in which the exact posterior is standard normal."""
    posterior = fitted(name)
    exact = linear.exact_of(posterior.training.X_original, posterior.training.target)
    off = linear.stacked(posterior.draws)[..., 0] - exact.mean[:, 0]
    return off.reshape(-1, 6) @ np.linalg.cholesky(exact.precision)


@pytest.mark.slow
@pytest.mark.parametrize("name", [pytest.param("all_rows", marks=pytest.mark.slow), "batches"])
def test_small_steps_give_the_exact_posterior_nearly(name: str) -> None:
    draws = whitened(name)
    assert fitted(name).diagnose().max_rhat_f < 1.02
    assert abs(draws.mean(0)).max() < 0.15
    assert draws.var() == pytest.approx(1, abs=0.2)
    assert abs(np.cov(draws.T) - np.eye(6)).max() < 0.4


@pytest.mark.slow
def test_the_error_falls_with_the_step_size() -> None:
    """Of variances, by a third of s/(2 (1 − momentum)) over a bias and five weights: 8 %, 167 %."""
    fine, coarse = (whitened(name).var() - 1 for name in ("batches", "batches_coarse"))
    assert coarse > 1
    assert abs(fine) < 0.2 * coarse


@pytest.mark.slow
def test_the_fit_says_what_it_did() -> None:
    method, posterior = METHODS["batches"], fitted("batches")
    steps = 300 + 1000 + 2000 * 100
    assert posterior.fit.info["gradients"] == pytest.approx(2 * steps * 64 / 400, rel=0.01)
    assert {v.shape for v in posterior.sample_stats.values()} == {(2, 2000)}
    assert posterior.sample_stats["temperature"].mean() == pytest.approx(1.1, abs=0.1)
    again = bd.fit(linear.model(), *linear.data(rows=400, seed=1), method, progress=False)
    assert again.fit.info["compilations"] == 0


@pytest.mark.slow
def test_chains_that_run_away_are_an_error_that_says_so() -> None:
    method = bd.SGHMC(
        num_warmup=100,
        num_samples=20,
        num_chains=2,
        steps_per_draw=50,
        step_size=1e4,
        training_steps=50,
    )
    with pytest.raises(FloatingPointError, match=r"2 of 2 chains.* step_size below 10000"):
        bd.fit(linear.model(), *linear.data(rows=400), method, progress=False)


def test_boolean_noise_is_refused_in_words() -> None:
    model = bd.Model(bd.MLP((3,)), bd.ARD(bd.noise.Bernoulli(0.9)))
    for method in (bd.SGHMC(), bd.ChEES()):
        assert "bd.NUTS" in str(method.supports(model))
    learned = bd.Model(bd.MLP((3,)), bd.ARD(bd.noise.HalfCauchy(bd.Learned(1.0))))
    for method in (bd.SGHMC(), bd.ChEES()):
        assert "optimises nothing" in str(method.supports(learned))


@pytest.mark.parametrize(
    ("method", "settings"),
    [
        (bd.SGHMC, {"momentum": 1.0}),
        (bd.SGHMC, {"step_size": 0.0}),
        (bd.ChEES, {"num_chains": 1}),
        (bd.ChEES, {"target_accept_prob": 1.5}),
    ],
)
def test_settings_are_checked(method: Any, settings: dict[str, float]) -> None:
    with pytest.raises(ValueError, match=next(iter(settings))):
        method(**settings)
