"""SVI reaches the optimum of its guide, and says so only where it does.

A half-Cauchy(0.12) prior starts the noise scale at a seventh of what it ends at, where gradients
are 1e5 times larger. With Adam's usual memory of squared gradients the guide's log noise scale then
stayed up to 1.8 times too wide, while the loss changed by 1e-4.
"""

from __future__ import annotations

from functools import cache
from itertools import product
from typing import Any

import numpy as np
import pytest
from linear import standardised
from quick import quick

import bayesdrop as bd
from bayesdrop.infer.vi.svi.optimum import distance

Array = np.ndarray[Any, Any]
RNG = np.random.default_rng(5)


def scores(rows: int = 434) -> tuple[Array, Array]:
    """Rows as posteriordb's kidiq has them: a child's score, its mother's school and her IQ."""
    rng = np.random.default_rng(0)
    school = (rng.random(rows) < 0.786).astype(float)
    iq = 95 + 6 * school + 15 * rng.normal(size=rows)
    return np.column_stack([school, iq]), 26 + 6 * school + 0.56 * iq + 18 * rng.normal(size=rows)


def passed(rows: int = 300) -> tuple[Array, Array]:
    rng = np.random.default_rng(1)
    X = rng.normal(size=(rows, 2))
    return X, (rng.random(rows) < 1 / (1 + np.exp(-X @ [1.0, -0.5] - 0.3))).astype(float)


NOISES: dict[str, bd.noise.Noise] = {
    "half_cauchy": bd.noise.HalfCauchy(0.12),
    "half_normal": bd.noise.HalfNormal(1.0),
}


@cache
def fitted(kind: str, backend: Any = "numpyro", num_steps: int = 10_000) -> bd.Posterior:
    if kind == "logistic":
        model, rows = bd.Model(bd.MLP(()), likelihood=bd.Bernoulli()), passed()
    else:
        model, rows = bd.Model(bd.MLP(()), likelihood=bd.Gaussian(NOISES[kind])), scores()
    method = bd.SVI(num_steps=num_steps, num_samples=20_000, backend=backend)
    if backend == "pyro":
        method = bd.SVI(num_steps=num_steps, num_samples=4000, backend=backend)
    return bd.fit(model, *rows, method, progress=False)


def coefficients(posterior: bd.Posterior) -> Array:
    draws = posterior.draws
    assert draws is not None
    return np.concatenate([draws["weight_0"][0, :, :, 0], draws["bias_0"][0]], axis=1)


def design(X: Array) -> Array:
    return np.column_stack([standardised(X), np.ones(len(X))])


PRIOR_PRECISION = np.array([2.0, 2.0, 1.0])


@pytest.mark.slow
@pytest.mark.parametrize(
    ("kind", "backend"),
    list(product(NOISES, ["numpyro", "pyro"])),
)
def test_linear_regression_is_within_five_per_cent(kind: str, backend: str) -> None:
    posterior = fitted(kind, backend)
    assert posterior.draws is not None
    noise = posterior.draws["noise_scale"].astype(float)
    X, y = scores()
    assert np.log(noise).std() * np.sqrt(2 * len(X)) == pytest.approx(1, abs=0.05)
    D = design(X)
    covariance = np.linalg.inv(D.T @ D / np.mean(noise) ** 2 + np.diag(PRIOR_PRECISION))
    found = coefficients(posterior)
    sd = np.sqrt(np.diag(covariance))
    np.testing.assert_allclose(found.std(0), sd, rtol=0.05)
    mean = covariance @ D.T @ standardised(y)[:, 0] / np.mean(noise) ** 2
    np.testing.assert_allclose((found.mean(0) - mean) / sd, 0, atol=0.1)
    assert posterior.diagnose().converged


@pytest.mark.slow
@pytest.mark.parametrize("backend", ["numpyro", "pyro"])
def test_logistic_regression_is_within_five_per_cent(backend: str) -> None:
    posterior = fitted("logistic", backend)
    mean, sd = logistic_moments(*passed())
    found = coefficients(posterior)
    np.testing.assert_allclose(found.std(0), sd, rtol=0.05)
    np.testing.assert_allclose((found.mean(0) - mean) / sd, 0, atol=0.1)
    assert posterior.diagnose().converged


def logistic_moments(X: Array, y: Array) -> tuple[Array, Array]:
    """The exact mean and standard deviation of every coefficient, by quadrature on a grid."""
    D = design(X)
    axes = [np.linspace(low, high, 31) for low, high in ((0.2, 2.0), (-1.5, 0.3), (-0.6, 1.2))]
    grid = np.stack(np.meshgrid(*axes, indexing="ij"), -1).reshape(-1, 3)
    logits = grid @ D.T
    log_p = logits @ y - np.logaddexp(0, logits).sum(1) - 0.5 * grid**2 @ PRIOR_PRECISION
    weights = np.exp(log_p - log_p.max())
    weights /= weights.sum()
    mean = weights @ grid
    return mean, np.sqrt(weights @ (grid - mean) ** 2)


def test_a_fit_that_has_not_arrived_is_not_called_converged() -> None:
    """Though its loss has almost stopped to fall."""
    posterior = fitted("half_cauchy", num_steps=1000)
    assert posterior.draws is not None
    assert np.log(posterior.draws["noise_scale"]).std() * np.sqrt(2 * 434) > 1.2
    found = posterior.diagnose()
    assert found.loss_change == pytest.approx(0, abs=0.01)
    assert found.converged is False
    assert found.max_scale_error is not None
    assert found.max_scale_error > 0.2
    assert found.summary.startswith("not at its optimum; ")
    assert "the standard deviation of noise_scale is off by" in found.summary


def test_distance_is_that_of_a_newton_step() -> None:
    """Of N(m, s²) from the target N(0, 1): s m, and (1 − s²)/2."""
    m, s = 0.3, 0.8
    draws = (m + s * RNG.normal(size=(200_000, 3))).astype(np.float32)
    found = distance({"w": draws}, {"w": -draws})
    assert found["location"]["w"]["error"] == pytest.approx(s * m, abs=0.01)
    assert found["scale"]["w"]["error"] == pytest.approx((1 - s**2) / 2, abs=0.01)
    assert found["location"]["w"]["uncertainty"] == pytest.approx(s * s / 200_000**0.5, rel=0.02)


def test_chance_is_taken_off_the_distance() -> None:
    draws = RNG.normal(size=(400, 1000))
    found = distance({"w": draws}, {"w": -draws})
    raw = np.sqrt(np.mean((draws.std(0) * draws.mean(0)) ** 2))
    assert found["location"]["w"]["error"] < raw / 3
    assert found["location"]["w"]["least"] == 0
    assert found["location"]["w"]["uncertainty"] == pytest.approx(raw, rel=0.1)


@pytest.mark.slow
def test_a_check_that_is_too_noisy_is_no_verdict_for_the_fit() -> None:
    fit = fitted("half_cauchy")
    sites = {"w": {"error": 0.0, "least": 0.0, "uncertainty": 0.3}}
    info = {**fit.fit.info, "optimum": {"location": sites, "scale": sites}}
    noisy = bd.Posterior(
        fit.bound, fit.inference, 0, fit.training, bd.Fit(fit.result, fit.fit.losses, {}, info)
    )
    assert noisy.diagnose().converged is False
    assert noisy.diagnose().summary.startswith("not known to be at its optimum; ")


def test_the_dropout_guide_has_no_verdict() -> None:
    method = bd.SVI("dropout", num_steps=10, num_samples=2, backend="pyro")
    posterior = bd.fit(bd.Model(bd.MLP(())), *scores(20), method, progress=False)
    assert "optimum" not in posterior.fit.info
    assert posterior.fit.info["gradients"] == 10
    assert posterior.diagnose().converged is None


@pytest.mark.parametrize("backend", quick(["numpyro", "pyro"], lambda name: name == "pyro"))
def test_the_check_counts_as_gradients(backend: Any) -> None:
    method = bd.SVI(num_steps=40, batch_size=10, num_particles=2, num_samples=2, backend=backend)
    posterior = bd.fit(bd.Model(bd.MLP(())), *scores(20), method, progress=False)
    assert posterior.fit.info["gradients"] == 2 * 20 + 20
