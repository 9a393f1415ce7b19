"""Laplace against closed forms: linear, logistic, scale mixtures, last layer, linearisation."""

from __future__ import annotations

import sys
from functools import cache
from pathlib import Path
from typing import Any

import jax
import linear
import numpy as np
import pytest
from noises import Arcsine
from quick import quick

import bayesdrop as bd
from bayesdrop.infer.point.laplace import gauss_newton
from bayesdrop.infer.point.laplace.laplace_torch import _noise_scale
from bayesdrop.programs.numpyro import build
from bayesdrop.programs.numpyro_noise import onto

NET = bd.Model(bd.MLP((4,), "tanh"), likelihood=bd.Gaussian(0.3))
QUICK: dict[str, Any] = {"num_steps": 2000}


@cache
def fitted(model: bd.Model, method: bd.Laplace) -> bd.Posterior:
    return bd.fit(model, *linear.data(), method, progress=False)


def design() -> linear.Array:
    X = linear.standardised(linear.data()[0])
    return np.column_stack([X, np.ones(len(X))])


def precision(model: bd.Model, mode: dict[str, Any], X: Any, y: Any, n_outputs: int = 1) -> Any:
    """The Gauss-Newton precision in float64 over all sites, in the order of sorted names."""
    with jax.enable_x64(True):
        bound = model.bind(X.shape[1], n_outputs)
        program = build(bound)
        of = jax.jit(lambda u, X, y: gauss_newton.precision(bound, program, u, u, X, y))
        return np.asarray(of(mode, X, y))


@pytest.mark.parametrize("subset", quick(["all", "last_layer"], lambda name: name != "all"))
def test_the_linear_posterior_is_exact(subset: Any) -> None:
    """Draws: a mean is known to sd/√n and a covariance to a relative √(2/n), n = 200 000."""
    method = bd.Laplace(subset=subset, predictive="sampled", num_samples=200_000, **QUICK)
    draws = linear.stacked(fitted(linear.model(), method).draws)[0, :, :, 0]
    exact = linear.exact_of(*linear.data())
    np.testing.assert_allclose(draws.mean(0), exact.mean[:, 0], atol=1e-3)
    np.testing.assert_allclose(np.cov(draws.T), exact.covariance, atol=1e-4)
    assert exact.kl_from(draws.mean(0), np.cov(draws.T)) < 5e-4


def test_linearised_predictions_of_the_linear_model_are_exact() -> None:
    posterior = fitted(linear.model(), bd.Laplace(num_samples=20_000, **QUICK))
    exact, scale = linear.exact_of(*linear.data()), linear.data()[1].std()
    pred = posterior.predict(linear.data()[0])
    variance = np.einsum("np,pq,nq->n", design(), exact.covariance, design())
    np.testing.assert_allclose(pred.epistemic_std, scale * np.sqrt(variance), rtol=0.03)
    mean = linear.data()[1].mean() + scale * (design() @ exact.mean)[:, 0]
    error = scale * np.sqrt(variance / 20_000)
    assert np.abs((pred.mean - mean) / error).max() < 5
    assert posterior.draws is None


def test_precision_of_logistic_regression_is_the_hessian() -> None:
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(100, 3)), rng.integers(0, 2, (100, 1)).astype(float)
    model = bd.Model(bd.MLP(()), linear.model().prior, bd.Bernoulli())
    mode = {"bias_0": rng.normal(size=1), "weight_0": rng.normal(size=(3, 1))}
    features = np.column_stack([np.ones(100), X])
    theta = np.concatenate([mode["bias_0"], mode["weight_0"][:, 0]])
    p = 1 / (1 + np.exp(-features @ theta))
    prior = np.diag([linear.BIAS_SCALE**-2] + [linear.BASE_SCALE**-2] * 3)
    expected = features.T @ (features * (p * (1 - p))[:, None]) + prior
    np.testing.assert_allclose(precision(model, mode, X, y), expected, rtol=1e-9)


def test_precision_of_several_classes_and_of_counts() -> None:
    rng = np.random.default_rng(1)
    X = rng.normal(size=(70, 2))
    features = np.column_stack([np.ones(70), X])
    prior = [linear.BIAS_SCALE**-2] + [linear.BASE_SCALE**-2] * 2

    counts = bd.Model(bd.MLP(()), linear.model().prior, bd.Poisson())
    mode = {"bias_0": rng.normal(size=1), "weight_0": rng.normal(size=(2, 1))}
    rate = np.exp(features @ np.concatenate([mode["bias_0"], mode["weight_0"][:, 0]]))
    expected = features.T @ (features * rate[:, None]) + np.diag(prior)
    y = rng.poisson(2.0, (70, 1)).astype(float)
    np.testing.assert_allclose(precision(counts, mode, X, y), expected, rtol=1e-9)

    classes = bd.Model(bd.MLP(()), linear.model().prior, bd.Categorical(3))
    mode = {"bias_0": rng.normal(size=3), "weight_0": rng.normal(size=(2, 3))}
    theta = np.concatenate([mode["bias_0"][None], mode["weight_0"]])
    p = np.exp(features @ theta)
    p /= p.sum(1, keepdims=True)
    curvature = np.einsum("nk,kl->nkl", p, np.eye(3)) - p[:, :, None] * p[:, None, :]
    blocks = np.einsum("ni,nkl,nj->ikjl", features, curvature, features).reshape(9, 9)
    y = rng.integers(0, 3, (70, 1)).astype(float)
    expected = blocks + np.diag(np.repeat(prior, 3))
    np.testing.assert_allclose(precision(classes, mode, X, y), expected, rtol=1e-9, atol=1e-9)


def test_precision_of_a_scale_mixture_on_the_unconstrained_scale() -> None:
    """f = Σ λ z x + b with λ = eᵘ ~ Rayleigh(s): −log p(u) = λ²/2s² − 2u curves by 2 λ²/s²."""
    rng = np.random.default_rng(2)
    X, y = rng.normal(size=(90, 3)), rng.normal(size=(90, 1))
    z, u, scale = rng.normal(size=3), rng.normal(size=3), 0.7
    mode = {"bias_0": rng.normal(size=1), "unit_scale_0": u, "weight_0_base": z[:, None]}
    lam = np.exp(u)
    jacobian = np.column_stack([np.ones(90), X * lam * z, X * lam])
    prior = [linear.BIAS_SCALE**-2, *(2 * lam**2 / scale**2), *[linear.BASE_SCALE**-2] * 3]
    expected = jacobian.T @ jacobian / linear.NOISE_SCALE**2 + np.diag(prior)
    found = precision(linear.model(bd.noise.Rayleigh(scale)), mode, X, y)
    np.testing.assert_allclose(found, expected, rtol=1e-8)


@pytest.mark.parametrize(
    ("likelihood", "information"),
    [
        (bd.StudentT(3.5, 0.4), lambda g: [4.5 / 6.5 / 0.4**2 + 0 * g]),
        (bd.HeteroscedasticGaussian(), lambda g: [np.exp(-2 * g), 2 + 0 * g]),
    ],
)
def test_precision_of_location_and_scale_is_the_fisher_information(
    likelihood: Any, information: Any
) -> None:
    rng = np.random.default_rng(3)
    X, y = rng.normal(size=(50, 2)), rng.normal(size=(50, 1))
    outputs = likelihood.network_outputs(1)
    model = bd.Model(bd.MLP(()), linear.model().prior, likelihood)
    mode = {"bias_0": rng.normal(size=outputs), "weight_0": rng.normal(size=(2, outputs))}
    features = np.column_stack([np.ones(50), X])
    last = (X @ mode["weight_0"] + mode["bias_0"])[:, -1]
    prior = np.repeat([linear.BIAS_SCALE**-2] + [linear.BASE_SCALE**-2] * 2, outputs)
    expected = np.diag(prior)
    for k, weight in enumerate(information(last)):
        expected[k::outputs, k::outputs] += features.T @ (features * weight[:, None])
    np.testing.assert_allclose(precision(model, mode, X, y), expected, rtol=1e-8, atol=1e-8)


def _network(values: dict[str, Any], X: linear.Array) -> linear.Array:
    hidden = np.tanh(X @ values["weight_0"] + values["bias_0"])
    return (hidden @ values["weight_1"] + values["bias_1"])[:, 0]


def _jacobian(mode: dict[str, Any], X: linear.Array, names: list[str]) -> linear.Array:
    """Columns in the order of ``names``, by central differences."""
    columns, step = [], 1e-6
    for name in names:
        for index in np.ndindex(mode[name].shape):
            ends = []
            for sign in (1, -1):
                moved = mode[name].copy()
                moved[index] += sign * step
                ends.append(_network({**mode, name: moved}, X))
            columns.append((ends[0] - ends[1]) / (2 * step))
    return np.column_stack(columns)


@pytest.mark.slow
@pytest.mark.parametrize("subset", quick(["all", "last_layer"], lambda name: name != "all"))
def test_linearised_predictions_of_a_network(subset: Any) -> None:
    """N(f(x), J (JᵀJ/σ² + prior)⁻¹ Jᵀ), all of it recomputed in NumPy at the fitted mode."""
    posterior = fitted(NET, bd.Laplace(subset=subset, num_samples=20_000, **QUICK))
    X, scale = linear.standardised(linear.data()[0]), linear.data()[1].std()
    state = posterior.result.state
    mode = {n[5:]: v.astype(np.float64) for n, v in state.items() if n.startswith("mode_")}
    names = sorted(n[6:] for n in state if n.startswith("draws_"))
    last = ["bias_1", "weight_1"]
    assert names == (
        last if subset == "last_layer" else ["bias_0", "bias_1", "weight_0", "weight_1"]
    )
    sizes = {"weight_0": 1 / 5, "weight_1": 1 / 4}  # prior variances: 1 / fan-in
    prior = np.concatenate([np.full(mode[n].size, 1 / sizes.get(n, 1.0)) for n in names])
    jacobian = _jacobian(mode, X, names)
    covariance = np.linalg.inv(jacobian.T @ jacobian / 0.3**2 + np.diag(prior))
    sd = np.sqrt(np.einsum("np,pq,nq->n", jacobian, covariance, jacobian))
    pred = posterior.predict(linear.data()[0])
    np.testing.assert_allclose(pred.epistemic_std / scale, sd, rtol=0.03)
    centre = (pred.mean - linear.data()[1].mean()) / scale
    assert np.abs((centre - _network(mode, X)) / (sd / np.sqrt(20_000))).max() < 5


def test_the_mode_is_that_of_the_unconstrained_density() -> None:
    """Of log λ with p(λ) = λ/s² exp(−λ²/2s²): e^(2 log λ − λ²/2s²) is greatest at λ = s√2.

    The target has nothing to do with the inputs, so the weights' mode is 0 whatever the scales.
    """
    X = np.array([[-1.0, -1.0], [-1.0, 1.0], [1.0, -1.0], [1.0, 1.0]])
    y = np.array([1.0, -1.0, -1.0, 1.0])
    posterior = bd.fit(linear.model(bd.noise.Rayleigh(0.3)), X, y, bd.Laplace(), progress=False)
    mode = posterior.result.state
    np.testing.assert_allclose(mode["mode_weight_0_base"], 0, atol=1e-3)
    np.testing.assert_allclose(mode["mode_unit_scale_0"], np.log(0.3 * np.sqrt(2)), atol=1e-3)


@pytest.mark.slow
def test_last_layer_leaves_the_rest_at_the_mode() -> None:
    method = bd.Laplace(subset="last_layer", predictive="sampled", num_samples=50, **QUICK)
    draws = fitted(NET, method).draws
    assert draws is not None
    assert np.ptp(draws["weight_0"], axis=1).max() == 0
    assert np.ptp(draws["weight_1"], axis=1).min() > 0


@pytest.mark.slow
def test_noises_are_drawn_inside_their_support_and_poles_do_no_harm() -> None:
    noise = Arcsine(0.0, 1.0)  # infinite density at both ends
    assert bd.MAP().supports(linear.model(noise)) is not None
    method = bd.Laplace(predictive="sampled", num_samples=500, num_steps=500)
    posterior = fitted(bd.Model(bd.MLP(()), bd.ARD(noise)), method)
    draws = posterior.draws
    assert draws is not None
    assert draws["unit_scale_0"].shape == (1, 500, 5)
    assert 0 < draws["unit_scale_0"].min() < draws["unit_scale_0"].max() < 1
    assert np.ptp(draws["noise_scale"]) == 0  # a point: held-out rows say where
    assert np.isfinite(posterior.predict(linear.data()[0]).mean).all()


@pytest.mark.slow
def test_a_linearised_fit_is_saved_and_loaded(tmp_path: Path) -> None:
    posterior = fitted(NET, bd.Laplace(subset="last_layer", num_samples=20_000, **QUICK))
    posterior.save(tmp_path / "fit.nc")
    X = linear.data()[0][:7]
    again = bd.load(tmp_path / "fit.nc").predict(X)
    np.testing.assert_array_equal(again.mean, posterior.predict(X).mean)
    assert again.epistemic_std.shape == (7,)


def test_too_many_weights_are_refused() -> None:
    wide = bd.Model(bd.MLP((4000,)))
    with pytest.raises(bd.UnsupportedModelError, match="last_layer"):
        fitted(wide, bd.Laplace())


TORCH = bd.Laplace(backend="laplace-torch", predictive="sampled", num_samples=20_000, **QUICK)


def test_without_laplace_torch_the_reason_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, "laplace", None)
    reason = TORCH.supports(linear.model())
    assert reason is not None
    assert "is not installed: pip install 'bayesdrop[laplace]'" in reason


def test_an_import_that_fails_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "laplace.py").write_text("raise RuntimeError('torchvision of another build')")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "laplace", raising=False)
    with pytest.raises(ImportError, match=r"another build.*bayesdrop\[laplace\]"):
        bd.fit(linear.model(), *linear.data(), TORCH, progress=False)


@pytest.mark.parametrize("prior", [bd.noise.Uniform(0.1, 0.9), bd.noise.HalfNormal()], ids=str)
def test_laplace_torch_has_the_mode_s_noise_scale(prior: bd.noise.Noise) -> None:
    model = bd.Model(bd.MLP(()), likelihood=bd.Gaussian(scale=prior))
    raw = onto(prior).inv(np.array([0.3], np.float32))
    assert _noise_scale(model, {"noise_scale": raw}) == pytest.approx(0.3)


@pytest.mark.parametrize(
    ("model", "words"),
    [
        (linear.model(bd.noise.Rayleigh(1.0)), "fix its noise"),
        (bd.Model(bd.MLP(()), likelihood=bd.Poisson()), "no Poisson"),
        (linear.model(bd.noise.Bernoulli(0.9)), "0 or 1"),
    ],
)
def test_models_that_laplace_torch_can_not_run(model: bd.Model, words: str) -> None:
    reason = TORCH.supports(model)
    assert reason is not None
    assert words in reason


@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # of PyTorch, at laplace's import
@pytest.mark.parametrize("subset", ["all", "last_layer"])
def test_laplace_torch_draws_from_the_same_gaussian(subset: Any) -> None:
    pytest.importorskip("laplace", reason="laplace-torch is not installed")
    settings: dict[str, Any] = {"subset": subset, "predictive": "sampled", "num_samples": 20_000}
    numpyro, torch = (
        fitted(NET, bd.Laplace(**settings, **QUICK, backend=backend)).draws
        for backend in ("numpyro", "laplace-torch")
    )
    assert numpyro is not None
    assert torch is not None
    for name, value in numpyro.items():
        sd = value.std(1)
        assert np.abs(torch[name].mean(1) - value.mean(1)).max() <= 5 * sd.max() / 100
        np.testing.assert_allclose(torch[name].std(1), sd, rtol=0.05)
