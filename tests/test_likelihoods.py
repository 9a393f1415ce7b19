"""Each likelihood from the target it is given to what it predicts, by several methods.

Data are simulated from the model, or the answer is known otherwise.
"""

from __future__ import annotations

from functools import cache
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from never_run import NeverRun
from numpy.typing import NDArray
from quick import quick
from sklearn.linear_model import LogisticRegression, PoissonRegressor

import bayesdrop as bd
from bayesdrop.data.training import TrainingData
from bayesdrop.infer.dropout.weight_decay import factors
from bayesdrop.posterior.export.arviz import import_arviz, to_datatree

az = import_arviz()
ROWS, FEATURES = 120, 3
LINEAR = bd.ScaleMixture(base_scale=1.0, bias_scale=1.0)
DROPOUT = bd.ScaleMixture(unit=bd.noise.Bernoulli(1.0), base_scale=1.0, bias_scale=1.0)
LIKELIHOODS: dict[str, Any] = {
    "heteroscedastic": bd.HeteroscedasticGaussian(),
    "student_t": bd.StudentT(),
    "student_t_learned": bd.StudentT(bd.noise.HalfNormal(10.0)),
    "bernoulli": bd.Bernoulli(),
    "categorical": bd.Categorical(3),
    "poisson": bd.Poisson(),
    "negative_binomial": bd.NegativeBinomial(),
}
METHODS: dict[str, bd.Inference] = {
    "svi": bd.SVI(num_steps=1500, learning_rate=0.05, num_samples=200),
    "mc_dropout": bd.MCDropout(num_epochs=500, batch_size=None, learning_rate=0.03, num_passes=5),
}
NUTS = bd.NUTS(num_warmup=250, num_samples=250, num_chains=2)


def X(rows: int = ROWS) -> NDArray[np.float64]:
    """Standardised exactly, so that the weights are those of the model."""
    X = np.random.default_rng(0).normal(size=(rows, FEATURES))
    return (X - X.mean(0)) / X.std(0)


def target(name: str, rows: int = ROWS) -> NDArray[Any]:
    rng = np.random.default_rng(1)
    f = X(rows) @ np.array([1.5, -1.0, 0.0]) + 0.5
    match name:
        case "bernoulli":
            return rng.random(rows) < 1 / (1 + np.exp(-f))
        case "categorical":
            logits = np.stack([f, -f, np.zeros(rows)], axis=1)
            return np.argmax(logits + rng.gumbel(size=logits.shape), axis=1)
        case "poisson":
            return rng.poisson(np.exp(f))
        case "negative_binomial":
            return rng.poisson(np.exp(f) * rng.gamma(2, 0.5, rows))
        case "heteroscedastic":
            return f + np.exp(X(rows)[:, 0] - 1) * rng.normal(size=rows)
    return f + 0.3 * rng.standard_t(3, size=rows)


@cache
def fitted(name: str, method: str) -> bd.Posterior:
    prior = DROPOUT if method == "mc_dropout" else LINEAR
    model = bd.Model(bd.MLP(()), prior, LIKELIHOODS[name])
    chosen = NUTS if method == "nuts" else METHODS[method]
    return bd.fit(model, X(), target(name), chosen, progress=False)


QUICK = {
    "svi": (),
    "mc_dropout": ("heteroscedastic", "student_t_learned", "categorical", "poisson"),
}
"""Each likelihood's fit that is of the quick suite, StudentT's with df to be learned."""


# From the fit to its scores, ArviZ and files


@pytest.mark.parametrize(
    ("method", "name"),
    quick(product(METHODS, LIKELIHOODS), lambda pair: pair[1] in QUICK[pair[0]]),
)
def test_a_fit_predicts_scores_saves_and_converts(name: str, method: str, tmp_path: Path) -> None:
    posterior, y = fitted(name, method), target(name)
    pred = posterior.predict(X())
    found = bd.evaluate(pred, y)
    assert all(np.isfinite(value) for value in found.values())
    assert posterior.diagnose().final_loss is not None
    if pred.kind == "class":
        assert found["accuracy"] > (0.7 if name == "bernoulli" else 0.6)
    else:
        assert found["rmse"] < 0.8 * np.std(y)
        assert found["coverage_90"] > 0.8
    if not LIKELIHOODS[name].standardises_target:
        assert (posterior.training.scaling.y_shift, posterior.training.scaling.y_scale) == (0, 1)
    np.testing.assert_array_equal(posterior.training.target, y)

    posterior.save(tmp_path / "fit.nc")
    again = bd.load(tmp_path / "fit.nc")
    assert again.model == posterior.model
    np.testing.assert_array_equal(again.predict(X()).log_prob(y), pred.log_prob(y))

    tree = to_datatree(posterior, log_likelihood=True, posterior_predictive=True)
    kind = "i" if pred.kind != "continuous" else "f"
    for group in ("observed_data", "posterior_predictive"):
        assert tree[group]["y"].dtype.kind == kind
    log_likelihood = tree["log_likelihood"]["y"]
    assert log_likelihood.shape == (1, pred.n_draws, ROWS)
    mixture = np.logaddexp.reduce(log_likelihood.to_numpy()[0], axis=0) - np.log(pred.n_draws)
    np.testing.assert_allclose(mixture, pred.log_prob(y), rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize(
    ("method", "name"),
    quick(product(METHODS, LIKELIHOODS), lambda pair: pair[1] in QUICK[pair[0]]),
)
def test_chunks_of_draws_do_not_change_the_prediction(
    name: str, method: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    posterior = fitted(name, method)
    whole = posterior.predict(X()).parameters
    monkeypatch.setattr("bayesdrop.posterior.results.chunks.CHUNK_BYTES", 20_000)
    for key, value in posterior.predict(X()).parameters.items():
        assert value.dtype == np.float32
        assert value.shape[:3] == ({"svi": 200, "mc_dropout": 5}[method], ROWS, 1)
        np.testing.assert_allclose(value, whole[key], rtol=1e-5, atol=1e-6)


@pytest.mark.slow
def test_arviz_takes_classes_and_counts() -> None:
    for name in ("bernoulli", "poisson"):
        data = fitted(name, "svi").to_arviz(log_likelihood=True)
        assert data["observed_data"]["y"].dtype == np.int64
    posterior = fitted("bernoulli", "nuts")
    loo = az.loo(posterior.to_arviz(log_likelihood=True))
    elpd = float(loo.elpd_loo if hasattr(loo, "elpd_loo") else loo.elpd)
    within = float(posterior.predict(X()).log_prob(target("bernoulli")).sum())
    assert within - 10 < elpd < within


# The right answers


@pytest.mark.slow
def test_nuts_on_classes_is_near_the_penalised_optimum() -> None:
    """Posterior mean of logistic regression; its mode is scikit-learn's with C = 1."""
    posterior, y = fitted("bernoulli", "nuts"), target("bernoulli")
    assert posterior.draws is not None
    design = np.column_stack([X(), np.ones(ROWS)])  # the bias has the weights' prior
    mode = LogisticRegression(C=1.0, fit_intercept=False, tol=1e-8).fit(design, y).coef_[0]
    p = 1 / (1 + np.exp(-design @ mode))
    precision = (design * (p * (1 - p))[:, None]).T @ design + np.eye(FEATURES + 1)
    std = np.sqrt(np.diag(np.linalg.inv(precision)))
    draws = np.concatenate([posterior.draws["weight_0"][..., 0], posterior.draws["bias_0"]], -1)
    np.testing.assert_array_less(np.abs(draws.mean((0, 1)) - mode), 0.4 * std)
    np.testing.assert_allclose(draws.std((0, 1)), std, rtol=0.25)
    assert posterior.diagnose().converged


def test_dropout_without_noise_on_classes_is_the_penalised_optimum() -> None:
    values = fitted("bernoulli", "mc_dropout").result.values
    found = np.append(values["weight_0_base"][:, 0], values["bias_0"])
    design = np.column_stack([X(), np.ones(ROWS)])
    optimum = LogisticRegression(C=1.0, fit_intercept=False, tol=1e-8)
    expected = optimum.fit(design, target("bernoulli")).coef_[0]
    np.testing.assert_allclose(found, expected, rtol=1e-3, atol=1e-3)


@pytest.mark.slow
def test_dropout_without_noise_on_counts_is_the_penalised_optimum() -> None:
    model = bd.Model(bd.MLP(()), DROPOUT, bd.Poisson())
    method = bd.MCDropout(num_epochs=1500, batch_size=None, learning_rate=0.03, num_passes=2)
    values = bd.fit(model, X(), target("poisson"), method, progress=False).result.values
    found = np.append(values["weight_0_base"][:, 0], values["bias_0"])
    design = np.column_stack([X(), np.ones(ROWS)])
    # scikit-learn minimises the mean half deviance + alpha ‖w‖²/2
    optimum = PoissonRegressor(alpha=1 / ROWS, fit_intercept=False, tol=1e-10, max_iter=1000)
    expected = optimum.fit(design, target("poisson")).coef_
    np.testing.assert_allclose(found, expected, rtol=1e-3, atol=1e-3)


@pytest.mark.parametrize("method", quick(METHODS, lambda name: name == "mc_dropout"))
def test_three_classes_are_near_the_penalised_optimum(method: str) -> None:
    pred, y = fitted("categorical", method).predict(X()), target("categorical")
    design = np.column_stack([X(), np.ones(ROWS)])
    optimum = LogisticRegression(C=1.0, fit_intercept=False, tol=1e-8).fit(design, y)
    np.testing.assert_allclose(pred.probabilities, optimum.predict_proba(design), atol=0.06)


@pytest.mark.slow
def test_counts_have_their_rates_recovered() -> None:
    pred = fitted("poisson", "svi").predict(X())
    rate = np.exp(X() @ np.array([1.5, -1.0, 0.0]) + 0.5)
    assert np.corrcoef(np.log(pred.mean), np.log(rate))[0, 1] > 0.99
    assert np.mean(np.abs(pred.mean - rate) < 3 * pred.epistemic_std) > 0.9


@pytest.mark.slow
def test_the_dispersion_of_counts_is_recovered() -> None:
    posterior = fitted("negative_binomial", "svi")
    assert posterior.draws is not None
    dispersion = posterior.draws["dispersion"]
    assert dispersion.shape == (1, 200, 1)
    assert np.quantile(dispersion, 0.02) < 0.5 < np.quantile(dispersion, 0.98)


@pytest.mark.slow
def test_the_noise_pattern_is_recovered() -> None:
    pred = fitted("heteroscedastic", "svi").predict(X())
    noise = np.exp(X()[:, 0] - 1)
    assert np.corrcoef(np.log(pred.aleatoric_std), np.log(noise))[0, 1] > 0.95
    assert np.median(np.abs(np.log(pred.aleatoric_std / noise))) < 0.3


@pytest.mark.slow
def test_outliers_move_a_student_t_less_than_a_gaussian() -> None:
    rng = np.random.default_rng(3)
    f = X() @ np.array([1.5, -1.0, 0.0])
    y = f + 0.1 * rng.normal(size=ROWS)
    y[X()[:, 0] > 1.3] -= 15  # a few rows, all to one side
    errors = {}
    for likelihood in (bd.Gaussian(), bd.StudentT(2.5)):
        model = bd.Model(bd.MLP(()), DROPOUT, likelihood)
        pred = bd.fit(model, X(), y, METHODS["mc_dropout"], progress=False).predict(X())
        errors[type(likelihood)] = np.sqrt(np.mean((pred.mean - f) ** 2))
    assert errors[bd.StudentT] < 0.2
    assert errors[bd.StudentT] < 0.1 * errors[bd.Gaussian]


@pytest.mark.slow
def test_degrees_of_freedom_are_learned() -> None:
    """A posterior over df; the target's tails are those of t with 3."""
    posterior = fitted("student_t_learned", "svi")
    assert posterior.draws is not None
    df = posterior.draws["df"]
    assert df.shape == (1, 200, 1)
    assert 1.5 < np.median(df) < 9


def test_infinite_variance_is_left_out_of_the_metrics() -> None:
    model = bd.Model(bd.MLP(()), DROPOUT, bd.StudentT(1.5))
    method = bd.MCDropout(num_epochs=20, num_passes=5)
    posterior = bd.fit(model, X(), target("student_t"), method, progress=False)
    pred = posterior.predict(X())
    assert np.all(np.isinf(pred.std))
    found = bd.evaluate(pred, target("student_t"))
    assert {"mean_std", "mean_aleatoric_std"}.isdisjoint(found)
    assert all(np.isfinite(value) for value in found.values())


@pytest.mark.slow
def test_two_targets_with_variable_noise() -> None:
    """The outputs are (mean, mean, log scale, log scale), in the targets' order."""
    rng = np.random.default_rng(5)
    means = X() @ np.array([[1.0, 0.0], [0.0, 1.0], [0.0, 0.0]])
    y = 10 * means + np.array([0.5, 4.0]) * rng.normal(size=(ROWS, 2))
    model = bd.Model(bd.MLP(()), LINEAR, bd.HeteroscedasticGaussian())
    pred = bd.fit(model, X(), y, METHODS["svi"], progress=False).predict(X())
    assert pred.mean.shape == (ROWS, 2)
    np.testing.assert_allclose(np.median(pred.aleatoric_std, 0), [0.5, 4.0], rtol=0.3)
    assert np.abs(pred.mean - 10 * means).max() < 5


# What is refused


HALVES, WORDS = np.arange(ROWS) / 2, np.resize(["cat", "dog", "eel"], ROWS)
CODES = np.arange(ROWS) % 4
BAD_TARGETS: dict[str, tuple[Any, Any, type[Exception], str]] = {
    "halves": (bd.Poisson(), HALVES, ValueError, r"60 values that are no counts \(0.5, 1.5.*bd.G"),
    "negative": (bd.Poisson(), CODES - 1, ValueError, r"30 values that are no counts \(-1\)"),
    "four classes": (
        *(bd.Bernoulli(), CODES, ValueError),
        r"y has 4 distinct values \(0, 1, 2, 3\), and bd.Bernoulli\(\) takes 2: use bd.Categorical",
    ),
    "too many classes": (
        *(bd.Categorical(3), CODES, ValueError),
        r"4 distinct values \(0, 1, 2, 3\), and Categorical\(3\) takes 3: use bd.Categor",
    ),
    "too few classes": (
        *(bd.Categorical(4), WORDS, ValueError),
        r"3 distinct values \('cat', 'dog', 'eel'\).*takes 4: use bd.Categorical\(\) for.*from 0",
    ),
    "many values": (
        *(bd.Categorical(), HALVES, ValueError),
        r"120 distinct .*\(0, 0.5, 1, 1.5, 2 and 115 more.*takes labels: text.*bd.Gaussian",
    ),
    "text and numbers": (
        *(bd.Categorical(), [*WORDS[1:].tolist(), 3], TypeError),
        "y holds 'cat', 'dog', 'eel', 3: make all of it text, booleans or whole numbers",
    ),
    "a label that is missing": (
        *(bd.Categorical(), [*WORDS[1:], None], ValueError),
        rf"y has 1 missing or infinite value\(s\), the first at \[{ROWS - 1}\]: drop",
    ),
    "a number that is missing": (
        *(bd.Categorical(), [*CODES[1:], np.nan], ValueError),
        rf"y has 1 missing or infinite value\(s\), the first at \[{ROWS - 1}\]: drop",
    ),
    "a label that is masked": (
        *(bd.Categorical(), np.ma.array(WORDS, mask=np.arange(ROWS) < 2), ValueError),
        r"y has 2 missing or infinite value\(s\), the first at \[0\]: drop",
    ),
    "a class number that is masked": (
        *(bd.Categorical(), np.ma.array(CODES, mask=np.arange(ROWS) == 5), ValueError),
        r"y has 1 missing or infinite value\(s\), the first at \[5\]: drop",
    ),
    "dates": (
        *(bd.Categorical(), np.arange(ROWS).astype("M8[D]"), TypeError),
        r"y holds datetime64\[D\] values: give text, booleans or whole numbers",
    ),
    "one-hot": (
        *(bd.Categorical(4), np.eye(4)[CODES], ValueError),
        r"one target column of class labels, not 4.*y.argmax\(axis=1\)",
    ),
    "large": (bd.Poisson(), CODES + 10_000, ValueError, r"counts up to 10003, .*float32: use bd.G"),
    "one class": (bd.Bernoulli(), np.ones(ROWS), ValueError, "y is constant: there is nothing to"),
    "one of three": (bd.Categorical(3), np.ones(ROWS), ValueError, "y is constant"),
    "no counts": (bd.Poisson(), np.zeros(ROWS), ValueError, "y is constant"),
}


@pytest.mark.parametrize("case", BAD_TARGETS)
def test_a_target_that_does_not_fit_is_refused_before_any_work(case: str) -> None:
    likelihood, y, error, words = BAD_TARGETS[case]
    with pytest.raises(error, match=words):
        bd.fit(bd.Model(bd.MLP(()), likelihood=likelihood), X(), y, NeverRun(), progress=False)


@pytest.mark.parametrize(
    ("make", "error", "words"),
    [
        (lambda: bd.StudentT(df=0), ValueError, r"StudentT\(df=0\): df must be finite and > 0"),
        (lambda: bd.StudentT(df="4"), TypeError, "df must be a number"),
        (lambda: bd.StudentT(scale=-1), ValueError, "scale must be finite and > 0"),
        (
            lambda: bd.StudentT(df=bd.noise.Gaussian()),
            ValueError,
            r"prior of df must be positive, not real: for example HalfNormal\(10.0\)",
        ),
        (lambda: bd.Categorical(1), ValueError, "n_classes must be at least 2"),
        (lambda: bd.Categorical(2.5), TypeError, "n_classes must be a whole number"),
    ],
)
def test_settings_out_of_range_are_refused(make: Any, error: type[Exception], words: str) -> None:
    with pytest.raises(error, match=words):
        make()


@pytest.mark.parametrize("backend", quick(["numpyro", "pyro"], lambda name: name == "pyro"))
def test_log_joint_takes_only_targets_the_likelihood_can_have(backend: Any) -> None:
    model = bd.Model(bd.MLP(()), likelihood=bd.Categorical(3))
    values = {"weight_0": np.zeros((3, 3)), "bias_0": np.zeros(3)}
    assert np.isfinite(bd.log_joint(model, values, X(), CODES % 3, backend))
    with pytest.raises(ValueError, match="numbers 0 to 2"):
        bd.log_joint(model, values, X(), CODES, backend)


@pytest.mark.parametrize("likelihood", LIKELIHOODS.values(), ids=LIKELIHOODS)
@pytest.mark.parametrize(
    "settings",
    [{"precision": 2.0}, {"weight_decay": "gal_2018", "precision": 2.0, "length_scale": 1.0}],
)
def test_dropout_by_precision_needs_the_one_scale_of_a_gaussian(
    likelihood: Any, settings: dict[str, Any]
) -> None:
    model = bd.Model(bd.MLP(()), DROPOUT, likelihood)
    reason = bd.MCDropout(**settings).supports(model)
    assert reason is not None
    assert "the one learned noise scale of a Gaussian likelihood" in reason
    other = ' and weight_decay="map" or "gal" or a number' if "weight_decay" in settings else ""
    assert reason.endswith(f'use precision="learned"{other}')
    assert bd.MCDropout(weight_decay=0.1).supports(model) is None


@pytest.mark.parametrize("name", LIKELIHOODS)
def test_gal_weight_decay_is_of_every_likelihood(name: str) -> None:
    prior = bd.ScaleMixture(unit=bd.noise.Bernoulli(0.8), base_scale=0.5)
    model = bd.Model(bd.MLP(()), prior, LIKELIHOODS[name])
    method = bd.MCDropout(num_epochs=2, num_passes=3, weight_decay="gal")
    posterior = bd.fit(model, X(), target(name), method, progress=False)
    assert np.isfinite(posterior.fit.losses).all()
    bound, data = posterior.bound, TrainingData.of(X(), X(), False)
    assert factors(bound, data, "gal", None) == {
        "weight_0_base": pytest.approx(0.8 / 0.25 / 2 / ROWS, rel=1e-6)
    }


@pytest.mark.slow
def test_em_starts_bounded_degrees_of_freedom_inside() -> None:
    model = bd.Model(bd.MLP(()), LINEAR, bd.StudentT(df=bd.noise.Uniform(5.0, 30.0)))
    posterior = bd.fit(
        model, X(), target("student_t"), bd.VariationalEM(num_epochs=20), progress=False
    )
    df = posterior.result.values["df"]
    assert np.all((df > 5) & (df < 30))


@pytest.mark.slow
@pytest.mark.parametrize("prior", [bd.noise.Uniform(0.1, 0.9), bd.noise.Beta(2.0, 2.0)], ids=repr)
def test_a_noise_scale_may_have_a_bounded_prior(prior: bd.noise.Noise) -> None:
    rng = np.random.default_rng(0)
    X = rng.normal(size=(60, 2))
    y = X[:, 0] + 0.5 * rng.normal(size=60)
    unit = bd.noise.InverseNakagami(3.0, 3.0)
    model = bd.Model(bd.MLP(()), bd.ARD(unit), bd.Gaussian(scale=prior))
    em = bd.VariationalEM(num_epochs=300, learning_rate=0.01)
    for method in (bd.SVI(num_steps=300), bd.MCDropout(num_epochs=50), em):
        scale = bd.fit(model, X, y, method, progress=False).result.values["noise_scale"]
        assert 0.1 < scale.min() <= scale.max() < 0.9
    with pytest.raises(ValueError, match="prior of scale must be positive"):
        bd.Gaussian(scale=bd.noise.Uniform(-1.0, 1.0))
