"""Posteriors of scikit-learn's linear models and Gaussian processes, whose code is not ours."""

from __future__ import annotations

import linear
import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import integrate, stats
from sklearn.gaussian_process import GaussianProcessRegressor
from sklearn.gaussian_process.kernels import ConstantKernel, DotProduct
from sklearn.linear_model import ARDRegression, BayesianRidge

import bayesdrop as bd

Array = NDArray[np.float64]
ROWS, FEATURES = 50, 4
X, Y = (linear.standardised(part) for part in linear.data(rows=ROWS, features=FEATURES))
NEW = np.random.default_rng(1).normal(size=(12, FEATURES))
EXACT = bd.NNGP(num_samples=20_000, num_scales=1)


def exactly(base_scale: float, noise_scale: float, X: Array = X) -> bd.Posterior:
    """The linear model of known scales, with a bias that is 0 to all that matters."""
    prior = bd.ScaleMixture(base_scale=base_scale, bias_scale=1e-5)
    model = bd.Model(bd.MLP(()), prior, bd.Gaussian(scale=noise_scale))
    return bd.fit(model, X, Y[:, 0], EXACT, standardize=False, progress=False)


def test_bayesian_ridge_regression() -> None:
    """At its precisions: predictive mean, standard deviation and log marginal likelihood."""
    flat = {"alpha_1": 0, "alpha_2": 0, "lambda_1": 0, "lambda_2": 0}  # no prior of precisions
    ridge = BayesianRidge(tol=1e-10, compute_score=True, fit_intercept=False, **flat)
    ridge.fit(X, Y[:, 0])
    ours = exactly(ridge.lambda_**-0.5, ridge.alpha_**-0.5)
    pred, (mean, std) = ours.predict(NEW), ridge.predict(NEW, return_std=True)
    np.testing.assert_allclose(pred.mean, mean, atol=1e-4)
    np.testing.assert_allclose(pred.std, std, rtol=0.01)
    np.testing.assert_allclose(ours.fit.info["log_evidence"], ridge.scores_[-1], rtol=1e-5)


def test_ard_regression() -> None:
    """At its precisions, one a feature, which scale the features: coefficients and covariance."""
    ard = ARDRegression(tol=1e-10, max_iter=3000, threshold_lambda=1e15, fit_intercept=False)
    ard.fit(X, Y[:, 0])
    scales = ard.lambda_**-0.5
    ours = exactly(1.0, ard.alpha_**-0.5, X * scales)
    drawn = ours.predict(np.diag(scales)).draw_means.astype(np.float64)
    sd = np.sqrt(np.diag(ard.sigma_))
    np.testing.assert_allclose((drawn.mean(0) - ard.coef_) / sd, 0, atol=1e-3)
    np.testing.assert_allclose(
        np.cov(drawn.T) / np.outer(sd, sd), correlation(ard.sigma_), atol=0.03
    )


def correlation(covariance: Array) -> Array:
    sd = np.sqrt(np.diag(covariance))
    return covariance / np.outer(sd, sd)


@pytest.mark.slow
def test_scales_of_em_are_those_of_ard_regression() -> None:
    """Uncorrelated features, where a mean-field posterior is exact, and EM has ARD's fixed point.

    scikit-learn's precision is (γ + 2 λ₁) / (coef² + 2 λ₂) with γ = 1 - precision · variance, so
    that the variance is (coef² + variance + 2 λ₂) / (1 + 2 λ₁). Ours is
    (M + 2 rate) / (1 + 2 shape + 2) with M = coef² + variance: λ₁ = shape + 1 and λ₂ = rate.
    """
    columns = np.linalg.qr(X)[0] * np.sqrt(ROWS)
    shape, rate = 2.0, 1.5
    ard = ARDRegression(
        tol=1e-12,
        max_iter=3000,
        lambda_1=shape + 1,
        lambda_2=rate,
        threshold_lambda=1e15,
        fit_intercept=False,
    ).fit(columns, Y[:, 0])
    noise = bd.noise.InverseNakagami(shape, rate)
    prior = bd.ScaleMixture(unit=noise, base_scale=1.0, bias_scale=1e-4)
    model = bd.Model(bd.MLP(()), prior, bd.Gaussian(scale=ard.alpha_**-0.5))
    method = bd.VariationalEM(num_epochs=2000, batch_size=None, learning_rate=0.02)
    ours = bd.fit(model, columns, Y[:, 0], method, standardize=False, progress=False)
    assert ours.draws is not None
    variances = ours.draws["unit_scale_0"].reshape(-1, FEATURES)[0] ** 2
    np.testing.assert_allclose(variances, 1 / ard.lambda_, rtol=0.02)
    weights = ours.draws["weight_0"].reshape(-1, FEATURES)
    np.testing.assert_allclose(weights.mean(0), ard.coef_, atol=0.02)


def test_gaussian_process_of_the_linear_kernel() -> None:
    """Evidence, predictive mean and covariance of k(x, x') = bias² + base² x·x'."""
    base, bias, noise = 0.6, 0.8, 0.4
    kernel = ConstantKernel(base**2) * DotProduct(sigma_0=bias / base)
    process = GaussianProcessRegressor(kernel, alpha=noise**2, optimizer=None).fit(X, Y[:, 0])
    prior = bd.ScaleMixture(base_scale=base, bias_scale=bias)
    model = bd.Model(bd.MLP(()), prior, bd.Gaussian(scale=noise))
    ours = bd.fit(model, X, Y[:, 0], EXACT, standardize=False, progress=False)
    expected = process.log_marginal_likelihood_value_
    np.testing.assert_allclose(ours.log_evidence, expected, rtol=1e-5)
    assert ours.log_evidence_std == 0
    mean, covariance = process.predict(NEW, return_cov=True)
    f = ours.predict(NEW).draw_means.astype(np.float64)
    np.testing.assert_allclose(f.mean(0), mean, atol=1e-4)
    np.testing.assert_allclose(np.cov(f.T), covariance, atol=0.03 * np.diag(covariance).max())


def test_evidence_with_the_noise_scale_integrated_out() -> None:
    """By quadrature over scikit-learn's log marginal likelihood."""
    kernel = ConstantKernel(0.25) * DotProduct(sigma_0=2.0)

    def evidence(noise: float, shift: float = 0.0) -> float:
        process = GaussianProcessRegressor(kernel, alpha=noise**2, optimizer=None)
        log = process.fit(X, Y[:, 0]).log_marginal_likelihood_value_
        return float(np.exp(log + stats.halfnorm.logpdf(noise) - shift))

    top = np.log(evidence(0.5))
    total, _ = integrate.quad(evidence, 0.2, 2.0, args=(top,), epsrel=1e-6)
    prior = bd.ScaleMixture(base_scale=0.5, bias_scale=1.0)
    ours = bd.fit(
        bd.Model(bd.MLP(()), prior), X, Y[:, 0], bd.NNGP(), standardize=False, progress=False
    )
    np.testing.assert_allclose(ours.fit.info["log_evidence"], top + np.log(total), rtol=1e-5)
