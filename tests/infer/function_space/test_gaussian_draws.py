"""What comes after a fit of functions without weights: predictions, files, diagnostics."""

from __future__ import annotations

import json
from itertools import product
from pathlib import Path
from typing import Any

import linear
import numpy as np
import pytest
from quick import quick

import bayesdrop as bd
from bayesdrop.infer.function_space import gaussian_draws as functions

X, Y = linear.data(rows=40, features=3)
NEW = X[:9] * 1.1
MODEL = bd.Model(bd.MLP((8,)))
METHODS: dict[str, bd.Inference] = {
    "gp": bd.GP(num_restarts=0, num_samples=60),
    "nngp": bd.NNGP(num_samples=80),
    "deep_gp": bd.DeepGP(num_steps=30, num_inducing=15, num_samples=50),
}


def fit_by(name: str, outputs: int | None = None) -> bd.Posterior:
    if name == "deep_gp":
        pytest.importorskip("gpytorch")
    rows = linear.data(rows=40, features=3, outputs=outputs)
    return bd.fit(MODEL, *rows, METHODS[name], seed=3, progress=False)


@pytest.fixture(scope="module", params=METHODS)
def fitted(request: Any) -> bd.Posterior:
    return fit_by(request.param)


def test_it_has_no_draws_of_weights(fitted: bd.Posterior) -> None:
    assert fitted.draws is None
    assert fitted.num_chains == 1
    assert "a distribution over functions by" in repr(fitted)


@pytest.mark.parametrize(
    ("name", "outputs"),
    quick(product(METHODS, [None, 1, 2]), lambda pair: pair[0] != "deep_gp" or pair[1] == 2),
)
def test_shapes(name: str, outputs: int | None) -> None:
    posterior = fit_by(name, outputs)
    prediction = posterior.predict(NEW)
    expected = (9,) if outputs is None else (9, outputs)
    assert prediction.mean.shape == prediction.std.shape == expected
    assert prediction.n_draws == posterior.inference.num_samples  # type: ignore[attr-defined]
    assert prediction.n_chains == 1
    assert np.isfinite(prediction.log_prob(posterior.training.target[:9])).all()
    assert np.all(prediction.epistemic_std > 0)
    for array in prediction.parameters.values():
        assert array.dtype == np.float32


def test_the_seed_draws_functions_and_leaves_the_mean(fitted: bd.Posterior) -> None:
    one, again, other = (fitted.predict(NEW, seed=seed) for seed in (0, 0, 1))
    np.testing.assert_array_equal(one.draw_means, again.draw_means)
    assert not np.array_equal(one.draw_means, other.draw_means)
    if not isinstance(fitted.inference, bd.DeepGP):
        np.testing.assert_allclose(one.mean, other.mean, rtol=1e-5)


def test_a_draw_is_one_function_of_all_rows(fitted: bd.Posterior) -> None:
    f = fitted.predict(np.concatenate([NEW, NEW])).draw_means
    spread = f.std(0).min()
    np.testing.assert_allclose(f[:, :9], f[:, 9:], atol=0.02 * spread)


def test_blocks_of_rows_have_the_same_distribution(
    fitted: bd.Posterior, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = fitted.predict(NEW)
    monkeypatch.setattr(functions, "LARGEST_BLOCK", 4)
    assert [b.stop - b.start for b in functions.blocks(9)] == [4, 4, 1]
    blocked = fitted.predict(NEW)
    assert blocked.draw_means.shape == whole.draw_means.shape
    tolerance = 1e-5 if not isinstance(fitted.inference, bd.DeepGP) else 0.05
    np.testing.assert_allclose(blocked.mean, whole.mean, rtol=tolerance)
    np.testing.assert_allclose(blocked.epistemic_std, whole.epistemic_std, rtol=0.9)


def test_a_fit_comes_again_from_its_seed(fitted: bd.Posterior) -> None:
    again = bd.fit(MODEL, X, Y, fitted.inference, seed=3, progress=False)  # type: ignore[arg-type]
    for name, value in fitted.result.state.items():
        np.testing.assert_array_equal(value, again.result.state[name])


def test_saving_and_loading(fitted: bd.Posterior, tmp_path: Path) -> None:
    fitted.save(tmp_path / "fit.nc")
    loaded = bd.load(tmp_path / "fit.nc")
    assert loaded.inference == fitted.inference
    assert loaded.draws is None
    assert loaded.result.predictor == fitted.result.predictor
    assert loaded.fit.info == fitted.fit.info
    for name, value in fitted.result.state.items():
        np.testing.assert_array_equal(loaded.result.state[name], value)
    np.testing.assert_array_equal(
        loaded.predict(NEW, seed=4).draw_means, fitted.predict(NEW, seed=4).draw_means
    )


def test_diagnostics(fitted: bd.Posterior) -> None:
    found = fitted.diagnose(NEW)
    assert found.num_draws == fitted.predict(NEW).n_draws
    assert found.converged is found.max_rhat_f is None
    assert (found.final_loss is None) != isinstance(fitted.inference, bd.DeepGP)
    json.dumps(found.to_dict())


def test_arviz_has_predictions_and_no_posterior_group(fitted: bd.Posterior) -> None:
    data = fitted.to_arviz(log_likelihood=True, posterior_predictive=True)
    assert not hasattr(data, "posterior")
    draws = fitted.inference.num_samples  # type: ignore[attr-defined]
    assert data.posterior_predictive["y"].shape == (1, draws, 40)
    assert np.isfinite(data.log_likelihood["y"]).all()


def test_what_needs_weights_says_so(fitted: bd.Posterior) -> None:
    with pytest.raises(ValueError, match="this fit has a distribution over functions, without w"):
        fitted.feature_relevance()


def test_pictures_of_weights_say_so_too() -> None:
    deep = bd.Model(bd.MLP((4, 4)))
    posterior = bd.fit(deep, X, Y, METHODS["nngp"], progress=False)
    with pytest.raises(ValueError, match="has a distribution over functions, without weights"):
        bd.show.posterior_weights({"nngp": posterior})


def test_a_covariance_with_rounding_below_zero_still_has_a_root() -> None:
    line = np.linspace(0, 1, 60)
    covariance = np.exp(-0.5 * (line[:, None] - line) ** 2) - 1e-14 * np.eye(60)
    draws = functions.antithetic(np.zeros(60), covariance, 4000, np.random.default_rng(0))
    np.testing.assert_allclose(draws.mean(0), 0, atol=1e-12)
    np.testing.assert_allclose(draws.T @ draws / len(draws), covariance, atol=0.1)
    indefinite = np.array([[1.0, 2.0], [2.0, 1.0]])
    with pytest.raises(FloatingPointError, match="no Cholesky factor"):
        functions.antithetic(np.zeros(2), indefinite, 1, np.random.default_rng(0))


def test_after_a_search_the_method_that_was_chosen_predicts(tmp_path: Path) -> None:
    base = METHODS["gp"]
    search = bd.GridSearch(
        base, {"inference.num_samples": (20,), "inference.kernel": ("matern52",)}
    )
    posterior = bd.fit(MODEL, X, Y, search, seed=3, progress=False)
    alone = bd.fit(MODEL, X, Y, search.method_at(search.points[0]), seed=3, progress=False)
    posterior.save(tmp_path / "fit.nc")
    for fit in (posterior, bd.load(tmp_path / "fit.nc")):
        assert fit.predict(NEW).n_draws == 20
        np.testing.assert_array_equal(fit.predict(NEW).mean, alone.predict(NEW).mean)
