"""Deep Gaussian processes: one layer against the exact evidence, two where one can't do it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import linear
import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import stats

import bayesdrop as bd
from bayesdrop.infer.function_space.deep_gp import settings as deep_gp

X, Y = linear.data(rows=40, features=3)
MODEL = bd.Model(bd.MLP())
Array = NDArray[np.float64]


def softplus(x: Any) -> Array:
    return np.logaddexp(0.0, x)


@pytest.fixture(scope="module")
def one_layer() -> bd.Posterior:
    pytest.importorskip("gpytorch")
    method = bd.DeepGP(
        num_layers=1, num_inducing=40, num_steps=1500, learning_rate=0.05, num_samples=2000
    )
    return bd.fit(MODEL, X, Y, method, seed=1, progress=False)


def test_a_minibatch_stands_for_all_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("gpytorch")
    run, given = deep_gp.implementation(), []
    whole = run.VariationalELBO

    def kept(*args: Any) -> Any:
        given.append(args[-1])
        return whole(*args)

    monkeypatch.setattr(run, "VariationalELBO", kept)
    method = bd.DeepGP(num_layers=1, num_inducing=4, num_steps=2, batch_size=8, num_samples=4)
    bd.fit(MODEL, X, Y, method, progress=False)
    assert given == [len(X)]


def covariances(posterior: bd.Posterior, new: Array) -> tuple[Array, Array]:
    """Of the noisy training rows, and between new and training rows, as learned."""
    state, known = posterior.result.state, linear.standardised(X)
    lengths = softplus(state["layers.0.covariance.base_kernel.raw_lengthscale"])[0, 0]
    size = softplus(state["layers.0.covariance.raw_outputscale"])[0]
    noise = 1e-6 + softplus(state["likelihood.raw_task_noises"])[0]

    def between(A: Array, B: Array) -> Array:
        return size * np.exp(-0.5 * np.square((A[:, None] - B) / lengths).sum(-1))

    return between(known, known) + noise * np.eye(40), between(new, known)


@pytest.mark.slow
def test_one_layer_with_a_point_per_row_reaches_the_evidence(one_layer: bd.Posterior) -> None:
    noisy, _ = covariances(one_layer, linear.standardised(X))
    evidence = stats.multivariate_normal.logpdf(linear.standardised(Y)[:, 0], cov=noisy)
    bound = -one_layer.fit.losses[-1]
    assert evidence - 1.5 < bound < evidence + 0.05


@pytest.mark.slow
def test_one_layer_predicts_as_the_exact_regression(one_layer: bd.Posterior) -> None:
    new = X[:9] * 1.05
    noisy, cross = covariances(one_layer, (new - X.mean(0)) / X.std(0))
    exact = Y.mean() + Y.std() * cross @ np.linalg.solve(noisy, linear.standardised(Y)[:, 0])
    prediction = one_layer.predict(new)
    assert np.all(np.abs(prediction.mean - exact) < 0.3 * prediction.epistemic_std)


@pytest.mark.slow
def test_training_raises_the_bound() -> None:
    pytest.importorskip("gpytorch")
    method = bd.DeepGP(num_inducing=10, num_steps=60, learning_rate=0.05, num_samples=2)
    losses = bd.fit(MODEL, X, Y, method, progress=False).fit.losses
    assert losses.shape == (60,)
    assert losses[-10:].mean() < losses[:10].mean() - 20


@pytest.mark.slow
def test_two_layers_learn_a_step_s_place() -> None:
    pytest.importorskip("gpytorch")
    rng = np.random.default_rng(0)
    inputs = rng.uniform(-1, 1, size=(80, 1))
    target = np.sign(inputs[:, 0] - 0.2) + 0.05 * rng.normal(size=80)
    method = bd.DeepGP(num_inducing=20, num_steps=400, learning_rate=0.05, num_samples=100)
    posterior = bd.fit(MODEL, inputs, target, method, progress=False)
    prediction = posterior.predict([[-0.8], [-0.2], [0.6], [0.9]])
    np.testing.assert_allclose(prediction.mean, [-1, -1, 1, 1], atol=0.2)


def test_a_fixed_noise_scale_stays() -> None:
    pytest.importorskip("gpytorch")
    model = bd.Model(bd.MLP(), likelihood=bd.Gaussian(0.3))
    method = bd.DeepGP(num_steps=3, num_inducing=5, num_samples=4)
    posterior = bd.fit(model, X, Y, method, progress=False)
    np.testing.assert_allclose(posterior.predict(X).aleatoric_std, 0.3 * Y.std(), rtol=1e-4)


def test_more_features_than_units_and_batches() -> None:
    pytest.importorskip("gpytorch")
    method = bd.DeepGP(
        num_layers=3, num_units=2, num_inducing=5, num_steps=12, batch_size=15, num_samples=4
    )
    posterior = bd.fit(MODEL, X, Y, method, progress=False)
    assert posterior.result.state["layers.0.weights"].shape == (3, 2)
    assert posterior.result.state["layers.1.weights"].shape == (2, 2)
    assert np.isfinite(posterior.predict(X).mean).all()


def test_global_random_state_is_left_as_found() -> None:
    torch = pytest.importorskip("torch")
    pytest.importorskip("gpytorch")
    before, threads = torch.random.get_rng_state(), torch.get_num_threads()
    method = bd.DeepGP(num_steps=2, num_inducing=5, num_samples=2)
    bd.fit(MODEL, X, Y, method, progress=False).predict(X)
    assert torch.equal(before, torch.random.get_rng_state())
    assert threads == torch.get_num_threads()
    assert torch.get_default_dtype() == torch.float32


def test_without_gpytorch_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(deep_gp, "find_spec", lambda name: None)
    words = r"needs GPyTorch, which is not installed: pip install 'bayesdrop\[gp\]'"
    with pytest.raises(bd.UnsupportedModelError, match=words):
        bd.fit(MODEL, X, Y, bd.DeepGP(), progress=False)


def test_a_fit_loaded_without_gpytorch_says_so_too(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    pytest.importorskip("gpytorch")
    method = bd.DeepGP(num_steps=2, num_inducing=5, num_samples=2)
    bd.fit(MODEL, X, Y, method, progress=False).save(tmp_path / "fit.nc")
    monkeypatch.setattr(deep_gp, "find_spec", lambda name: None)
    with pytest.raises(ModuleNotFoundError, match="DeepGP needs GPyTorch"):
        bd.load(tmp_path / "fit.nc").predict(X)


@pytest.mark.slow
def test_importing_it_warns_of_nothing_and_imports_no_framework_before() -> None:
    pytest.importorskip("gpytorch")
    code = (
        "import sys, bayesdrop as bd\n"
        "from bayesdrop.infer.function_space.deep_gp import settings as deep_gp\n"
        "assert bd.DeepGP().supports(bd.Model(bd.MLP())) is None\n"
        "assert not {'torch', 'jax', 'gpytorch'} & set(sys.modules)\n"
        "deep_gp.implementation()"
    )
    environment = {**os.environ, "PYTHONWARNINGS": "error"}
    found = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True
    )
    assert found.returncode == 0, found.stderr


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"num_layers": 0}, "num_layers must be at least 1"),
        ({"learning_rate": 0}, "learning_rate must be finite and > 0"),
        ({"batch_size": 0}, "batch_size must be at least 1"),
    ],
)
def test_bad_settings(settings: dict[str, Any], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        bd.DeepGP(**settings)
