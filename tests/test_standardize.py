"""``bd.fit(standardize=...)``: priors in raw units, known noise, and posteriors in closed form."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import linear
import numpy as np
import pytest
from prior_draws import PriorDraws

import bayesdrop as bd

SLOPE_SD, INTERCEPT_SD, NOISE = 2.0, 30.0, 4.0
MODEL = bd.Model(
    bd.MLP(hidden=()),
    bd.ScaleMixture(base_scale=SLOPE_SD, bias_scale=INTERCEPT_SD),
    bd.Gaussian(scale=NOISE),
)
LEFT = {True: (), False: ("X", "y"), "X": ("y",), "y": ("X",)}


def data(rows: int = 40) -> tuple[linear.Array, linear.Array]:
    rng = np.random.default_rng(3)
    X = 5 + rng.normal(size=(rows, 2)) * [1.0, 3.0]
    return X, 20 + X @ [1.5, -0.5] + NOISE * rng.normal(size=rows)


def test_raw_units_with_known_noise_give_the_posterior_in_closed_form() -> None:
    X, y = data()
    D = np.column_stack([X, np.ones(len(X))])
    prior = np.diag([SLOPE_SD**-2] * 2 + [INTERCEPT_SD**-2])
    covariance = np.linalg.inv(D.T @ D / NOISE**2 + prior)
    mean = covariance @ D.T @ y / NOISE**2
    method = bd.Laplace(predictive="sampled", num_samples=2000)
    posterior = bd.fit(MODEL, X, y, method, progress=False, standardize=False)
    draws = linear.stacked(posterior.draws).reshape(-1, 3)
    sd = np.sqrt(np.diag(covariance))
    tolerance = 4 / np.sqrt(600)  # from fewer independent draws than there are
    np.testing.assert_allclose((draws.mean(0) - mean) / sd, 0, atol=tolerance)
    np.testing.assert_allclose(draws.std(0) / sd, 1, atol=tolerance)
    correlation = covariance / np.outer(sd, sd)
    np.testing.assert_allclose(np.corrcoef(draws.T), correlation, atol=0.1)
    predicted = posterior.predict(X)
    np.testing.assert_allclose(predicted.mean, D @ mean, atol=tolerance * NOISE)
    np.testing.assert_allclose(predicted.aleatoric_std, NOISE, rtol=1e-6)


@pytest.mark.parametrize("standardize", LEFT)
def test_what_is_left_out_stays_as_it_came(standardize: Any) -> None:
    X, y = data()
    found = bd.fit(MODEL, X, y, PriorDraws(), progress=False, standardize=standardize).training
    shown = {"X": found.X_standardised, "y": found.y_standardised[:, 0]}
    given = {"X": X, "y": y}
    for name in ("X", "y"):
        if name in LEFT[standardize]:
            np.testing.assert_array_equal(shown[name], given[name].astype(np.float32))
        else:
            np.testing.assert_allclose(shown[name].mean(0), 0, atol=1e-6)
            np.testing.assert_allclose(shown[name].std(0), 1, rtol=1e-6)


@pytest.mark.parametrize("standardize", LEFT)
def test_it_is_saved_loaded_and_shown(standardize: Any, tmp_path: Path) -> None:
    X, y = data()
    posterior = bd.fit(MODEL, X, y, PriorDraws(), progress=False, standardize=standardize)
    posterior.save(tmp_path / "fit.nc")
    loaded = bd.load(tmp_path / "fit.nc")
    for one in (posterior, loaded):
        assert one.training.standardize == standardize
        assert (f"standardize={standardize!r}" in repr(one)) == (standardize is not True)
    np.testing.assert_array_equal(loaded.predict(X).mean, posterior.predict(X).mean)
    np.testing.assert_array_equal(loaded.training.X_standardised, posterior.training.X_standardised)


@pytest.mark.slow
def test_a_search_trains_its_parts_in_the_same_units() -> None:
    X, y = data()
    grid = {"inference.learning_rate": (0.01, 0.02)}
    search = bd.GridSearch(bd.MAP(num_steps=20), grid, 0.25)
    raw = bd.fit(MODEL, X, y, search, progress=False, standardize=False)
    scaled = bd.fit(MODEL, X, y, search, progress=False)
    assert raw.training.standardize is False
    assert raw.fit.info["grid"]["nll"] != scaled.fit.info["grid"]["nll"]


@pytest.mark.parametrize("bad", ["both", "x", None, 1, 0.0, ("X", "y")])
def test_other_values_are_refused(bad: Any) -> None:
    with pytest.raises(ValueError, match=r"standardize=.*: give True \(inputs and target\)"):
        bd.fit(MODEL, *data(), PriorDraws(), progress=False, standardize=bad)


def test_counts_are_never_standardised() -> None:
    X, _ = data()
    model = bd.Model(bd.MLP(()), likelihood=bd.Poisson())
    with pytest.raises(ValueError, match=r'standardize="y": the target of Poisson.*counts'):
        bd.fit(model, X, np.arange(len(X)), PriorDraws(), progress=False, standardize="y")
    raw = bd.fit(model, X, np.arange(len(X)), PriorDraws(), progress=False, standardize=False)
    np.testing.assert_array_equal(raw.training.y_standardised[:, 0], np.arange(len(X)))


@pytest.mark.parametrize("method", [bd.GP(), bd.DeepGP(), bd.PBP()])
def test_methods_with_priors_for_standardised_rows_say_why_not(method: bd.Inference) -> None:
    model = bd.Model(bd.MLP((5,)))
    with pytest.raises(bd.UnsupportedModelError, match=r"priors or bounds of its own.*standardi"):
        bd.fit(model, *data(), method, progress=False, standardize="X")
