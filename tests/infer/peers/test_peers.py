"""What a user would pick instead: boosted trees and Bayesian deep ensembles."""

from __future__ import annotations

import dataclasses
import os
import pickle
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from sklearn.dummy import DummyRegressor

import bayesdrop as bd
from bayesdrop.infer.peers import catboost
from bayesdrop.infer.peers.bde import settings as bde
from bayesdrop.infer.peers.bde.run import SampledMembers
from bayesdrop.infer.peers.held_out_scale import held_out_scale

MODEL = bd.Model(network=bd.MLP(hidden=(5,)), prior=bd.ScaleMixture())
FIXED = dataclasses.replace(MODEL, likelihood=bd.Gaussian(scale=0.3))
RNG = np.random.default_rng(0)
X = RNG.normal(size=(600, 3))
F = np.sin(2 * X[:, 0]) + X[:, 1] ** 2
Y = 50 + 10 * (F + 0.2 * RNG.normal(size=600))

needs_bde = pytest.mark.skipif(
    bd.BDE().supports(MODEL) is not None,
    reason=f"{bde.ENVIRONMENT_VARIABLE} names no Python that has bde",
)
TREES = {
    "hist_gradient_boosting": bd.HistGradientBoosting(),
    "catboost": bd.CatBoost(iterations=100),
    "virtual_ensembles": bd.CatBoost(iterations=100, uncertainty="virtual_ensembles"),
}


def test_the_noise_of_trees_has_their_bias() -> None:
    """A regression that predicts 0 is off by the root mean square of the target."""
    y = 3 + RNG.normal(size=200)
    found = held_out_scale(
        lambda: DummyRegressor(strategy="constant", constant=0.0), X[:200], y, 5, 0
    )
    assert found == pytest.approx(np.sqrt(np.mean(y**2)))


def test_members_of_bde_have_a_softplus_for_a_scale() -> None:
    """Its own network is worked out by hand, of one unit and two draws of one member."""
    state = {
        "weight_0_of_0": np.array([[[[1.0]], [[-1.0]]]]),
        "bias_0_of_0": np.array([[[0.5], [0.5]]]),
        "weight_1_of_0": np.array([[[[2.0, 3.0]], [[2.0, 3.0]]]]),
        "bias_1_of_0": np.array([[[0.0, -1.0], [0.0, -1.0]]]),
    }
    members = SampledMembers(hidden_layers=1, activation="relu")
    bound = MODEL.bind(1, 1)
    found = members.parameters(state, bound, np.array([[2.0]], np.float32), RNG)
    np.testing.assert_allclose(found["loc"].ravel(), [2 * 2.5, 0.0])
    np.testing.assert_allclose(found["scale"].ravel(), np.log1p(np.exp([6.5, -1.0])), rtol=1e-3)


@cache
def fitted(name: str) -> bd.Posterior:
    return bd.fit(MODEL, X[:500], Y[:500], TREES[name], progress=False)


@pytest.mark.parametrize("name", TREES)
def test_trees_learn_the_mean_and_the_noise(name: str, tmp_path: Path) -> None:
    post = fitted(name)
    pred = post.predict(X[500:])
    assert np.corrcoef(pred.mean, F[500:])[0, 1] > 0.8
    score = bd.evaluate(pred, Y[500:])
    assert score["nll"] < np.log(Y.std() * np.sqrt(2 * np.pi * np.e)) - 0.3
    post.save(tmp_path / "fit.nc")
    again = bd.load(tmp_path / "fit.nc").predict(X[500:])
    np.testing.assert_allclose(again.mean, pred.mean, rtol=1e-6)
    np.testing.assert_allclose(again.std, pred.std, rtol=1e-6)


def test_trees_are_the_library_s_own() -> None:
    from sklearn.ensemble import HistGradientBoostingRegressor

    post = bd.fit(MODEL, X, Y, bd.HistGradientBoosting(max_iter=10), seed=3, progress=False)
    rows = post.training.X_standardised
    own = HistGradientBoostingRegressor(max_iter=10, random_state=3)
    own.fit(rows, post.training.y_standardised[:, 0])
    expected = Y.mean() + Y.std() * own.predict(rows)
    np.testing.assert_allclose(post.predict(X).mean, expected, rtol=1e-5)


def test_trees_are_trained_once_for_a_fit_and_a_process(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    from sklearn.ensemble import HistGradientBoostingRegressor

    trained = []

    class Counted(HistGradientBoostingRegressor):
        def fit(self, *args, **kwargs):
            trained.append(self)
            return super().fit(*args, **kwargs)

    monkeypatch.setattr("sklearn.ensemble.HistGradientBoostingRegressor", Counted)
    method = bd.HistGradientBoosting(max_iter=2)
    posts = [bd.fit(FIXED, X, Y, method, seed, progress=False) for seed in (0, 1)]
    posts[0].save(tmp_path / "fit.nc")
    posts.append(bd.load(tmp_path / "fit.nc"))
    first = [post.predict(X[:20]).mean for post in posts]
    for post, mean in zip(posts, first, strict=True):
        np.testing.assert_array_equal(post.predict(X[:20]).mean, mean)
    assert len(trained) == 3
    np.testing.assert_array_equal(first[2], first[0])
    assert vars(pickle.loads(pickle.dumps(posts[0].result))).keys() == {
        "predictor",
        "state",
        "num_chains",
    }


def test_virtual_ensembles_differ_and_the_rest_is_one_function() -> None:
    draws = {name: fitted(name).predict(X[:20]) for name in TREES}
    assert {name: pred.n_draws for name, pred in draws.items()} == {
        "hist_gradient_boosting": 1,
        "catboost": 1,
        "virtual_ensembles": 10,
    }
    assert draws["virtual_ensembles"].epistemic_std.min() > 0


def test_the_noise_scale_is_of_rows_not_seen_or_the_model_s_own() -> None:
    post = bd.fit(MODEL, X, Y, bd.CatBoost(iterations=100), progress=False)
    noise = post.predict(X[:1]).std[0]
    error = np.sqrt(np.mean((post.predict(X).mean - Y) ** 2))
    assert error < noise < 8  # 2 of noise, and what trees miss of 600 rows
    fixed = bd.fit(FIXED, X, Y, bd.CatBoost(iterations=10), progress=False)
    np.testing.assert_allclose(fixed.predict(X[:1]).std, 0.3 * Y.std(), rtol=1e-5)


@pytest.mark.slow
def test_several_outputs() -> None:
    both = np.column_stack([Y, -3 * Y])
    for method in TREES.values():
        pred = bd.fit(MODEL, X, both, method, progress=False).predict(X[:5])
        assert pred.mean.shape == (5, 2)
        np.testing.assert_allclose(pred.mean[:, 1], -3 * pred.mean[:, 0], rtol=0.2)


def test_what_they_cannot_run(monkeypatch: pytest.MonkeyPatch) -> None:
    noisy = dataclasses.replace(MODEL, prior=bd.ARD(bd.noise.Rayleigh()))
    for method in (*TREES.values(), bd.BDE()):
        assert "gaussian_prior" in str(method.supports(noisy))
    assert "fixes the noise scale" in str(TREES["virtual_ensembles"].supports(FIXED))
    assert "fixes the noise scale" in str(bd.BDE().supports(FIXED))
    monkeypatch.setattr(catboost, "find_spec", lambda name: None)
    assert "pip install 'bayesdrop[peers]'" in str(bd.CatBoost().supports(MODEL))
    monkeypatch.setenv(bde.ENVIRONMENT_VARIABLE, "/nowhere/python")
    assert "sklearn-contrib-bde==1.0.2" in str(bd.BDE().supports(MODEL))


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: bd.HistGradientBoosting(folds=1), "folds must be at least 2"),
        (lambda: bd.CatBoost(uncertainty="none"), "unknown uncertainty 'none'"),
        (lambda: bd.BDE(n_members=0), "n_members must be at least 1"),
        (lambda: bd.BDE(activation="relux"), "did you mean 'relu'"),
    ],
)
def test_settings_are_checked(make, message: str) -> None:
    with pytest.raises((ValueError, TypeError), match=message):
        make()


def test_a_worker_that_fails_says_why(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    fake = tmp_path / "python"
    fake.write_text("#!/bin/sh\necho 'no module named bde' >&2\nexit 1\n")
    fake.chmod(0o755)
    monkeypatch.setenv(bde.ENVIRONMENT_VARIABLE, str(fake))
    with pytest.raises(RuntimeError, match="bde failed: no module named bde"):
        bd.fit(MODEL, X, Y, bd.BDE(), progress=False)


@pytest.fixture
def bde_that_draws(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Makes the Python of bde's environment answer with these draws."""

    def answer(**draws: np.ndarray) -> None:
        np.savez(tmp_path / "out.npz", versions='{"blackjax": "0.1"}', **draws)
        fake = tmp_path / "python"
        fake.write_text(f'#!/bin/sh\ncp "{tmp_path}/out.npz" "$5"\n')
        fake.chmod(0o755)
        monkeypatch.setenv(bde.ENVIRONMENT_VARIABLE, str(fake))

    return answer


def test_draws_of_bde_that_are_not_finite_are_a_failure(bde_that_draws) -> None:
    weights = np.ones((3, 5, 2, 1))
    weights[1, 2, 0] = np.nan
    bde_that_draws(weight_0=weights, fitted_mean=np.full(4, np.nan))
    with pytest.raises(FloatingPointError, match=r"draws of 1 of bde's members \(1\) are not"):
        bd.fit(MODEL, X, Y, bd.BDE(), progress=False)


@pytest.mark.slow
@pytest.mark.parametrize(("apart", "converged"), [(0.0, True), (1.0, False)])
def test_members_of_bde_are_chains(bde_that_draws, apart: float, converged: bool) -> None:
    offset = apart * np.arange(3)[:, None, None]
    bde_that_draws(
        weight_0=RNG.normal(size=(3, 1, 3, 4)) + np.zeros((3, 500, 3, 4)),
        bias_0=np.zeros((3, 500, 4)),
        weight_1=np.zeros((3, 500, 4, 2)),
        bias_1=0.1 * RNG.normal(size=(3, 500, 2)) + offset,
        fitted_mean=np.zeros(4),
    )
    method = bd.BDE(n_members=3, hidden_layers=1, hidden_units=4)
    post = bd.fit(MODEL, X, Y, method, progress=False)
    assert post.fit.info["versions"] == {"blackjax": "0.1"}
    found = post.diagnose(X[:5])
    assert (found.num_chains, found.num_draws) == (3, 500)
    assert found.converged is converged
    assert found.max_rhat_f is not None
    assert (found.max_rhat_f < 1.05) is converged


@needs_bde
@pytest.mark.parametrize("activation", ["relu", "silu", "gelu"])
def test_bde_s_own_predictions_are_these(activation: str) -> None:
    method = bd.BDE(
        n_members=2,
        hidden_layers=2,
        activation=activation,  # type: ignore[arg-type]
        epochs=100,
        warmup_steps=200,
        n_samples=10,
        n_thinning=2,
    )
    post = bd.fit(MODEL, X, Y, method, progress=False)
    own = Y.mean() + Y.std() * post.result.state["fitted_mean_of_0"]
    np.testing.assert_allclose(post.predict(X).mean, own, rtol=1e-4)
    assert post.predict(X).n_draws == 10
    assert post.fit.info["versions"]["sklearn-contrib-bde"] == "1.0.2"
    assert os.environ[bde.ENVIRONMENT_VARIABLE]
