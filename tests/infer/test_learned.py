"""Learned noise parameters: at the optimum that theory says, in every method that optimises."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import linear
import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import optimize, special

import bayesdrop as bd

Array = NDArray[np.float64]
X, Y = linear.data(rows=200, features=6)


@pytest.mark.slow
@pytest.mark.parametrize("backend", ["numpyro", "pyro"])
def test_svi_learns_the_scale_that_maximises_the_elbo(backend: Literal["numpyro", "pyro"]) -> None:
    """At the optimum s of p(λ | s) = HalfNormal(s) is the root of E_q λ² (the M-step of EM)."""
    method = bd.SVI(num_steps=2000, backend=backend, num_samples=2000)
    post = bd.fit(linear.model(bd.noise.HalfNormal(bd.Learned(0.3))), X, Y, method, progress=False)
    assert post.draws is not None
    assert set(post.learned) == {"unit_scale_0_scale"}
    second_moment = np.mean(post.draws["unit_scale_0"].astype(float) ** 2)
    assert post.learned["unit_scale_0_scale"] == pytest.approx(np.sqrt(second_moment), rel=0.05)


def _concrete_dropout(X: Array, y: Array, tau: float) -> tuple[float, Array]:
    """The keep probability π and weights of the linear network by eq. 3 of Gal et al. (2017).

    With masks m_i ~ Bernoulli(π), E‖y − X(m ∘ w)‖² is ‖y − π X w‖² + π(1−π) Σ w_i² ‖x_i‖², so
    that the weights are a ridge solution for every π.
    """
    squares = np.diag(X.T @ X)

    def weights(keep: float) -> Array:
        ridge = keep * (1 - keep) * squares + keep / (tau * linear.BASE_SCALE**2)
        return np.linalg.solve(keep**2 * X.T @ X + np.diag(ridge), keep * X.T @ y)

    def loss(keep: float) -> float:
        w = weights(keep)
        error = np.sum((y - keep * X @ w) ** 2) + keep * (1 - keep) * np.sum(w**2 * squares)
        entropy = -special.xlogy(keep, keep) - special.xlogy(1 - keep, 1 - keep)
        decay = keep * np.sum(w**2) / (2 * linear.BASE_SCALE**2)
        return float(0.5 * tau * error + decay - X.shape[1] * entropy)

    found = optimize.minimize_scalar(loss, bounds=(1e-3, 1 - 1e-3), method="bounded")
    return float(found.x), weights(float(found.x))


@pytest.mark.slow
def test_mc_dropout_learns_the_rate_of_concrete_dropout() -> None:
    """Each fit's last step is noisy: the mean of eight is compared."""
    rng = np.random.default_rng(1)
    inputs = rng.normal(size=(40, 6))
    target = inputs @ rng.normal(size=6) * 0.1 + rng.normal(size=40)
    method = bd.MCDropout(
        num_epochs=2000, batch_size=None, learning_rate=0.01, weight_decay="gal", num_passes=2
    )
    prior = bd.ScaleMixture(bd.noise.Bernoulli(bd.Learned(0.5)), base_scale=linear.BASE_SCALE)
    model = bd.Model(bd.MLP(()), prior, bd.Gaussian(scale=1.0))
    posts = bd.fit_many(model, [(inputs, target)] * 8, method, range(8), progress=False)
    keep, weight = _concrete_dropout(
        linear.standardised(inputs), linear.standardised(target)[:, 0], tau=1.0
    )
    assert 0.6 < keep < 0.9
    found = np.mean([post.learned["unit_scale_0_keep"] for post in posts])
    assert found == pytest.approx(keep, abs=0.02)
    weights = [post.result.values["weight_0_base"][:, 0] for post in posts]
    np.testing.assert_allclose(np.mean(weights, axis=0), weight, atol=0.03)


@pytest.mark.slow
def test_without_the_entropy_nothing_rewards_dropping() -> None:
    method = bd.MCDropout(num_epochs=1500, batch_size=None, learning_rate=0.01, num_passes=2)
    post = bd.fit(linear.model(bd.noise.Bernoulli(bd.Learned(0.5))), X, Y, method, progress=False)
    assert post.learned["unit_scale_0_keep"] > 0.9


def test_predictions_use_the_learned_rate(tmp_path: Path) -> None:
    """One feature of weight w: the passes' variance is w² x² π(1 − π), and the file keeps π."""
    x = X[:, :1]
    method = bd.MCDropout(num_epochs=5, num_passes=20_000, mask_sharing="shared")
    post = bd.fit(linear.model(bd.noise.Bernoulli(bd.Learned(0.7))), x, Y, method, progress=False)
    keep = post.learned["unit_scale_0_keep"]
    weight = float(post.result.values["weight_0_base"].squeeze())
    found = post.predict(x[:3]).epistemic_std
    scaled = np.abs(linear.standardised(x)[:3, 0] * weight) * Y.std()
    np.testing.assert_allclose(found, scaled * np.sqrt(keep * (1 - keep)), rtol=0.03)
    post.save(tmp_path / "fit.nc")
    again = bd.load(tmp_path / "fit.nc")
    assert again.learned == post.learned
    np.testing.assert_array_equal(again.predict(x[:3]).mean, post.predict(x[:3]).mean)


@pytest.mark.parametrize("method", [bd.NUTS(), bd.HMC()], ids=lambda m: type(m).__name__)
def test_samplers_say_that_they_learn_nothing(method: bd.Inference) -> None:
    model = linear.model(bd.noise.Rayleigh(bd.Learned(1.0)))
    with pytest.raises(bd.UnsupportedModelError, match=r"unit_scale_0_scale is Learned.*a prior"):
        bd.fit(model, X, Y, method)


@pytest.mark.parametrize(
    ("noise", "settings", "message"),
    [
        (bd.noise.Gaussian(bd.Learned(0.5), 1.0), {"weight_decay": "gal"}, "Bernoulli noise alone"),
        (
            bd.noise.Bernoulli(bd.Learned(0.5)),
            {"precision": "weight_decay", "weight_decay": 0.1, "length_scale": 1.0},
            "which training changes",
        ),
    ],
)
def test_mc_dropout_refuses_what_it_cannot_train(
    noise: bd.noise.Noise, settings: dict, message: str
) -> None:
    model = bd.Model(bd.MLP(()), bd.ARD(noise))
    assert message in (bd.MCDropout(**settings).supports(model) or "")


@pytest.mark.parametrize(
    ("build", "message"),
    [
        (lambda: bd.noise.Bernoulli(bd.Learned(1.0)), r"keep must be finite and > 0 and < 1"),
        (lambda: bd.noise.Rayleigh(bd.Learned(-1.0)), r"scale must be finite and > 0"),
        (lambda: bd.noise.Rayleigh(bd.noise.Gaussian()), "prior of scale must be positive"),
        (lambda: bd.noise.Bernoulli(bd.noise.Rayleigh()), "prior of keep must be unit interval"),
        (lambda: bd.noise.Rayleigh(bd.noise.Bernoulli(0.5)), "prior of scale must be positive"),
        (lambda: bd.Learned(float("nan")), "initial must be finite"),
    ],
)
def test_what_a_parameter_cannot_be(build, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        build()


def test_a_number_stands_in_before_a_fit() -> None:
    assert bd.noise.Bernoulli(bd.Learned(0.9)).start == bd.noise.Bernoulli(0.9)
    found = bd.noise.Rayleigh(bd.noise.HalfCauchy(2.0)).start.scale
    assert found == pytest.approx(2.0, rel=1e-3)
