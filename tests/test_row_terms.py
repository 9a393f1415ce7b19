"""Exposures and sample weights: in every program, from the fit to its predictions, and refused."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyro
import pytest
import torch
from prior_draws import PriorDraws
from sklearn.linear_model import PoissonRegressor, Ridge

import bayesdrop as bd
from bayesdrop.posterior.export.arviz import to_datatree
from bayesdrop.programs.pyro import build as pyro_program
from bayesdrop.programs.torch import NoisyNetwork

ROWS = 60
RNG = np.random.default_rng(0)
X = RNG.normal(size=(ROWS, 2))
X = (X - X.mean(0)) / X.std(0)
TIMES = RNG.integers(1, 4, ROWS)
EXPOSURE = RNG.uniform(0.2, 6.0, ROWS)
COUNTS = RNG.poisson(EXPOSURE * np.exp(0.5 * X[:, 0]))
LINEAR = bd.ScaleMixture(base_scale=1.0, bias_scale=1.0)
DROPOUT = bd.ScaleMixture(unit=bd.noise.Bernoulli(1.0), base_scale=1.0, bias_scale=1.0)
LIKELIHOODS: dict[str, tuple[bd.Likelihood, Any]] = {
    "gaussian": (bd.Gaussian(), X @ [1.0, 2.0]),
    "student_t": (bd.StudentT(), X @ [1.0, 2.0]),
    "categorical": (bd.Categorical(3), np.arange(ROWS) % 3),
    "poisson": (bd.Poisson(), COUNTS),
    "negative_binomial": (bd.NegativeBinomial(), COUNTS),
}


def data(y: Any, rows: Any = slice(None), **terms: Any) -> bd.TrainingData:
    """Rows that are taken as they are."""
    chosen = {name: np.asarray(term, np.float64)[rows] for name, term in terms.items()}
    return bd.TrainingData.of(X[rows], np.asarray(y, np.float64)[rows], False, False, **chosen)


def log_joints(model: bd.Model, rows: bd.TrainingData) -> dict[str, float]:
    """The log joint at one point by each program, without the Jacobians of transforms."""
    bound = rows.bound_to(model, "expanded")
    rng = np.random.default_rng(1)
    point = {s.name: np.float32(abs(rng.normal(size=s.shape))) for s in bound.sites}
    positive = [s.name for s in bound.sites if s.support == "positive"]
    moved = {n: np.log(value) if n in positive else value for n, value in point.items()}
    density = bd.jax_density(bound).log_density(moved, rows.X_standardised, rows.columns)

    tensors = {name: torch.as_tensor(value) for name, value in point.items()}
    inputs, columns = torch.as_tensor(rows.X_standardised), torch.as_tensor(rows.columns)
    conditioned = pyro.condition(pyro_program(bound), data=tensors)
    trace: Any = pyro.poutine.trace(conditioned).get_trace(inputs, columns)

    module = NoisyNetwork(bound)
    for name, value in tensors.items():
        if name in positive:
            setattr(module, name, value)
        else:
            module.get_parameter(name).data = value
    per_row = module.log_likelihood(inputs, columns)
    assert per_row.shape == (rows.rows,)
    return {
        "numpyro": float(density) - sum(float(moved[name].sum()) for name in positive),
        "pyro": trace.log_prob_sum().item(),
        "torch": (per_row.sum() + module.log_prior()).item(),
    }


@pytest.mark.parametrize(("likelihood", "y"), LIKELIHOODS.values(), ids=LIKELIHOODS)
def test_a_row_of_weight_two_is_two_rows_in_every_program(likelihood: Any, y: Any) -> None:
    model = bd.Model(bd.MLP(()), LINEAR, likelihood)
    found = log_joints(model, data(y, sample_weight=TIMES))
    expected = log_joints(model, data(y, np.repeat(np.arange(ROWS), TIMES)))
    assert found == pytest.approx(expected, rel=1e-5)
    assert max(expected.values()) == pytest.approx(min(expected.values()), rel=1e-5)


@pytest.mark.parametrize("likelihood", [bd.Poisson(), bd.NegativeBinomial()], ids=repr)
def test_an_exposure_is_an_offset_in_every_program(likelihood: Any) -> None:
    """Of the same exposure in every row: that of a larger bias, whose prior is known."""
    model = bd.Model(bd.MLP(()), LINEAR, likelihood)
    rng = np.random.default_rng(1)
    bound = model.bind(2)
    rows = data(COUNTS, exposure=EXPOSURE)
    values = {s.name: np.float32(abs(rng.normal(size=s.shape))) for s in bound.sites}
    parameters = bound.forward(values, rows.X_standardised)
    mean = "rate" if "rate" in parameters else "mean"
    parameters[mean] = parameters[mean] * EXPOSURE[:, None]
    log_likelihood = likelihood.family.log_prob(parameters, COUNTS[:, None]).sum()
    log_prior = sum(s.prior.log_density(values[s.name]).sum() for s in bound.sites)
    found = log_joints(model, rows)
    assert found == pytest.approx(dict.fromkeys(found, log_likelihood + log_prior), rel=1e-5)


# From the fit to its predictions

BY_HAND = bd.MCDropout(num_epochs=400, batch_size=None, learning_rate=0.05, num_passes=2)
DESIGN = np.column_stack([X, np.ones(ROWS)])


def coefficients(posterior: bd.Posterior) -> Any:
    values = posterior.result.values
    return np.append(values["weight_0_base"][:, 0], values["bias_0"])


def test_exposures_and_weights_have_the_penalised_optimum(tmp_path: Path) -> None:
    """A count of exposure e is a rate of weight e; the optimum is scikit-learn's."""
    model = bd.Model(bd.MLP(()), DROPOUT, bd.Poisson())
    terms = {"exposure": pd.Series(EXPOSURE), "sample_weight": TIMES.tolist()}
    posterior = bd.fit(model, X, COUNTS, BY_HAND, progress=False, **terms)
    weight = TIMES * EXPOSURE
    # scikit-learn minimises the weighted mean of half the deviance + alpha ‖w‖²/2
    optimum = PoissonRegressor(
        alpha=1 / weight.sum(), fit_intercept=False, tol=1e-10, max_iter=1000
    )
    expected = optimum.fit(DESIGN, COUNTS / EXPOSURE, sample_weight=weight).coef_
    np.testing.assert_allclose(coefficients(posterior), expected, rtol=1e-3, atol=1e-3)

    pred, per_unit = posterior.predict(X, exposure=EXPOSURE), posterior.predict(X)
    np.testing.assert_allclose(pred.mean, EXPOSURE * per_unit.mean, rtol=1e-5)
    np.testing.assert_allclose(per_unit.mean, np.exp(DESIGN @ expected), rtol=1e-2)
    posterior.save(tmp_path / "fit.nc")
    again = bd.load(tmp_path / "fit.nc")
    assert again.bound == posterior.bound
    np.testing.assert_array_equal(again.training.columns, posterior.training.columns)
    np.testing.assert_array_equal(again.predict(X, exposure=EXPOSURE).mean, pred.mean)


@pytest.mark.parametrize("standardize", [True, "X", False])
def test_a_weight_is_a_known_noise_scale(standardize: Any) -> None:
    """The recipe of docs/targets.md, for errors in the target's units: weighted ridge regression.

    On the standardised scale the priors of the coefficients have standard deviation 1.
    """
    rng = np.random.default_rng(2)
    error = rng.uniform(2.0, 30.0, ROWS)
    y = 50 + X @ [10.0, -20.0] + error * rng.normal(size=ROWS)
    shift, unit = (y.mean(), y.std()) if standardize is True else (0.0, 1.0)
    posterior = bd.fit(
        bd.Model(bd.MLP(()), DROPOUT, bd.Gaussian(scale=1.0)),
        X,
        y,
        BY_HAND if standardize is True else replace(BY_HAND, learning_rate=1.0),
        progress=False,
        standardize=standardize,
        sample_weight=(unit / error) ** 2,
    )
    # of (y − f)² / error² + ‖coefficients / unit‖²
    ridge = Ridge(alpha=1 / unit**2, fit_intercept=False)
    expected = shift + ridge.fit(DESIGN, y - shift, sample_weight=error**-2).predict(DESIGN)
    np.testing.assert_allclose(posterior.predict(X).mean, expected, rtol=1e-3, atol=0.05)


@pytest.mark.slow
def test_known_noise_scales_have_the_exact_posterior() -> None:
    """Mean and standard deviation of f are those of Bayesian linear regression."""
    rng = np.random.default_rng(1)
    error = rng.uniform(2.0, 30.0, ROWS)
    y = 50 + X @ [10.0, -20.0] + error * rng.normal(size=ROWS)
    posterior = bd.fit(
        bd.Model(bd.MLP(()), LINEAR, bd.Gaussian(scale=1.0)),
        X,
        y,
        bd.NUTS(num_warmup=300, num_samples=2000, num_chains=2),
        progress=False,
        sample_weight=(y.std() / error) ** 2,
    )
    precision = DESIGN.T @ (DESIGN / error[:, None] ** 2) + np.eye(3) / y.var()
    mean = np.linalg.solve(precision, DESIGN.T @ ((y - y.mean()) / error**2))
    std = np.sqrt(np.sum(DESIGN * np.linalg.solve(precision, DESIGN.T).T, axis=1))
    pred = posterior.predict(X)
    np.testing.assert_allclose((pred.mean - y.mean() - DESIGN @ mean) / std, 0, atol=0.1)
    np.testing.assert_allclose(pred.epistemic_std, std, rtol=0.1)


@pytest.mark.slow
@pytest.mark.parametrize(
    "method",
    [
        bd.NUTS(num_warmup=300, num_samples=500, num_chains=2),
        bd.HMC(num_warmup=300, num_samples=500, num_chains=2),
        bd.MCLMC(num_warmup=1000, num_samples=500, num_chains=4),
        bd.ChEES(num_warmup=300, num_samples=200, num_chains=8),
        bd.SVI(num_steps=4000, learning_rate=0.02, num_samples=500, guide="full_rank"),
        bd.SVI(num_steps=4000, learning_rate=0.02, num_samples=500, backend="pyro"),
        bd.MAP(num_steps=2000, held_out=0.0),
    ],
    ids=lambda method: type(method).__name__,
)
def test_every_method_weighs_rows(method: bd.Inference) -> None:
    """The mean of the weights is near weighted ridge regression's, which is far from plain."""
    deviation = np.where(X[:, 0] > 0, 0.3, 5.0)
    noise = np.random.default_rng(3).normal(size=ROWS)
    y = X @ [1.0, -2.0] + np.where(X[:, 0] > 0, 0.0, 4.0) + 0.3 * noise
    model = bd.Model(bd.MLP(()), LINEAR, bd.Gaussian(1.0))
    posterior = bd.fit(
        model, X, y, method, progress=False, standardize=False, sample_weight=deviation**-2
    )
    weighted, plain = (
        Ridge(alpha=1.0, fit_intercept=False).fit(DESIGN, y, sample_weight=w).predict(DESIGN)
        for w in (deviation**-2, None)
    )
    found = posterior.predict(X).mean
    assert np.mean(np.abs(found - weighted)) < 0.1 * np.mean(np.abs(plain - weighted))


def test_arviz_has_the_likelihood_at_the_exposure() -> None:
    class Exposed(PriorDraws):
        def takes_row_terms(self) -> bool:
            return True

    model = bd.Model(bd.MLP(()), LINEAR, bd.Poisson())
    posterior = bd.fit(model, X, COUNTS, Exposed(), progress=False, exposure=EXPOSURE)
    found = to_datatree(posterior, log_likelihood=True)["log_likelihood"]["y"].to_numpy()
    parameters = posterior.predict(X, exposure=EXPOSURE).parameters
    expected = bd.Poisson().family.log_prob(parameters, COUNTS[:, None])[..., 0]
    np.testing.assert_allclose(found[0], expected, rtol=1e-4, atol=1e-4)


# What is refused


@pytest.mark.parametrize(
    ("name", "values", "words"),
    [
        ("sample_weight", np.ones(3), r"sample_weight has shape \(3,\): .* each of 60 rows"),
        ("sample_weight", np.ones((ROWS, 1)), r"sample_weight has shape \(60, 1\)"),
        ("sample_weight", np.arange(ROWS), r"not in 1 row\(s\), the first 0 \(0\): leave such"),
        ("exposure", np.full(ROWS, np.nan), r"exposure must be positive.*60 row\(s\), the first 0"),
        ("exposure", np.ma.masked_greater(EXPOSURE, 5.0), r"exposure must be positive.*\(nan\)"),
        ("sample_weight", np.ma.masked_less(TIMES, 2), r"sample_weight must be positive.*\(nan\)"),
        ("exposure", ["long"] * ROWS, "exposure holds object values, for example 'long'"),
        ("exposure", ["1"] * ROWS, "exposure holds .* for example '1'"),
        ("sample_weight", np.ones(ROWS, complex), "sample_weight holds complex128"),
        ("sample_weight", np.full(ROWS, np.datetime64("2020-01-01")), "holds dates or times"),
    ],
)
def test_bad_weights_and_exposures(name: str, values: Any, words: str) -> None:
    model = bd.Model(bd.MLP(()), likelihood=bd.Poisson())
    with pytest.raises((ValueError, TypeError), match=words):
        bd.fit(model, X, COUNTS, bd.MAP(), progress=False, **{name: values})


def test_an_exposure_is_of_counts() -> None:
    words = r"exposure: Gaussian.* has no rate that it could multiply.*bd.NegativeBinomial\(\)"
    with pytest.raises(ValueError, match=words):
        bd.fit(bd.Model(bd.MLP(())), X, X[:, 0], bd.MAP(), progress=False, exposure=EXPOSURE)
    posterior = bd.fit(bd.Model(bd.MLP(())), X, X[:, 0], PriorDraws(), progress=False)
    with pytest.raises(ValueError, match=words):
        posterior.predict(X, exposure=EXPOSURE)
    counts = bd.Model(bd.MLP(()), likelihood=bd.Poisson())
    posterior = bd.fit(counts, X, COUNTS, PriorDraws(), progress=False)
    with pytest.raises(ValueError, match=r"exposure has shape \(60,\): .* each of 2 rows"):
        posterior.predict(X[:2], exposure=EXPOSURE)


@pytest.mark.parametrize(
    "method",
    [bd.Laplace(), bd.VariationalEM(), bd.GP(), PriorDraws()],
    ids=lambda method: type(method).__name__,
)
def test_a_method_that_reads_rows_alike_says_so(method: bd.Inference) -> None:
    words = "can't use sample_weight: it takes rows that all count alike. Use bd.NUTS, bd.SVI"
    with pytest.raises(bd.UnsupportedModelError, match=words):
        bd.fit(bd.Model(bd.MLP(())), X, X[:, 0], method, progress=False, sample_weight=TIMES)
