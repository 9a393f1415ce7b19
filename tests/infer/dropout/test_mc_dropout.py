"""MC dropout: what it refuses, the optimum it trains to, and the noise it predicts with.

With Bernoulli(keep=1) and a linear network training is ridge regression, solved here by NumPy.
"""

from __future__ import annotations

import dataclasses
from functools import cache
from typing import Any, Literal

import linear
import numpy as np
import pytest
import torch
from scipy import optimize
from scipy.special import logsumexp
from scipy.stats import norm
from sklearn.linear_model import LogisticRegression

import bayesdrop as bd
from bayesdrop.data.training import TrainingData
from bayesdrop.infer.base import Job
from bayesdrop.infer.dropout.stack import Member, loss_of, stacked
from bayesdrop.infer.dropout.weight_decay import second_moments

TAU = linear.NOISE_SCALE**-2
PRIOR = bd.ScaleMixture(unit=bd.noise.Bernoulli(1.0), base_scale=0.2, bias_scale=0.9)
NO_NOISE = bd.Model(bd.MLP(hidden=()), PRIOR)
QUICK = bd.MCDropout(num_epochs=3, num_passes=40)
FULL_BATCH = bd.MCDropout(
    num_epochs=800, batch_size=None, learning_rate=0.02, num_passes=2, precision=TAU
)
X, Y = linear.data()
X_STD, Y_STD = linear.standardised(X), linear.standardised(Y)
ROWS = len(X)


def noisy(noise: bd.noise.Noise, hidden: tuple[int, ...] = ()) -> bd.Model:
    """A network whose every unit has ``noise``."""
    prior = dataclasses.replace(PRIOR, unit=noise)
    return bd.Model(bd.MLP(hidden=hidden, activation="tanh"), prior)


@cache
def trained(method: bd.MCDropout, model: bd.Model = NO_NOISE, seed: int = 0) -> bd.Posterior:
    return bd.fit(model, X, Y, method, seed=seed, progress=False)


def trained_values(method: bd.MCDropout, model: bd.Model = NO_NOISE) -> dict[str, Any]:
    values = trained(method, model).result.values
    return {
        "w": values["weight_0_base"][:, 0],
        "b": values["bias_0"][0],
        "s": values["noise_scale"][0],
    }


def ridge(strength: float) -> linear.Array:
    """argmin ½‖y − Xw‖² + ½ strength ‖w‖²; the bias, standardised and free, is 0."""
    gram = X_STD.T @ X_STD + strength * np.eye(X.shape[1])
    return np.linalg.solve(gram, X_STD.T @ Y_STD)[:, 0]


# What it refuses


@pytest.mark.parametrize(
    ("noise", "words"),
    [
        (bd.noise.HalfCauchy(1.0), ("E λ² is infinite", "bd.NUTS", "InverseNakagami")),
        (bd.noise.InverseNakagami(1.0, 1.0), ("E λ² is infinite", "shape > 1")),
        (bd.noise.InverseNakagami(0.7, 1.0), ("E λ² is infinite", "shape > 1")),
        (bd.noise.Gaussian(1.0), ("mean is 0", "bd.NUTS", "mean=1")),
    ],
    ids=str,
)
def test_noise_without_a_variance_or_a_mean_is_refused(
    noise: bd.noise.Noise, words: tuple[str, ...]
) -> None:
    for prior in (bd.ARD(noise), bd.DropConnect(noise), bd.ARD(bd.PerLayer(last=noise))):
        reason = bd.MCDropout().supports(bd.Model(bd.MLP((3,)), prior))
        assert reason is not None
        assert type(noise).__name__ in reason
        for word in words:
            assert word in reason
    with pytest.raises(bd.UnsupportedModelError, match="MCDropout can't run this model"):
        bd.fit(noisy(noise), X, Y, bd.MCDropout())


@pytest.mark.parametrize(
    "noise",
    [
        *(bd.noise.Bernoulli(0.5), bd.noise.Gaussian(0.5, mean=1.0), bd.noise.Rayleigh(1.0)),
        *(bd.noise.InverseNakagami(1.5, 1.0), bd.noise.HalfNormal(1.0)),
    ],
    ids=str,
)
def test_other_noise_runs(noise: bd.noise.Noise) -> None:
    posterior = trained(QUICK, noisy(noise, hidden=(4,)))
    assert np.isfinite(posterior.predict(X).mean).all()
    assert posterior.predict(X).epistemic_std.min() > 0


@pytest.mark.parametrize("precision", [2.0, "weight_decay"])
def test_fixed_precision_needs_a_learned_scale_in_the_model(precision: Any) -> None:
    method = bd.MCDropout(precision=precision, weight_decay=0.1, length_scale=1.0)
    reason = method.supports(bd.Model(bd.MLP((3,)), PRIOR, bd.Gaussian(scale=0.5)))
    assert reason is not None
    assert "the one learned noise scale of a Gaussian likelihood" in reason
    assert 'use precision="learned"' in reason


def test_one_weight_decay_needs_one_keep_probability() -> None:
    unit = bd.PerLayer(first=bd.noise.Bernoulli(0.9), last=bd.noise.Bernoulli(0.5))
    model = bd.Model(bd.MLP((3,)), bd.ARD(unit))
    method = bd.MCDropout(precision="weight_decay", weight_decay=0.1, length_scale=1.0)
    reason = method.supports(model)
    assert reason is not None
    assert "differs between layers" in reason
    assert bd.MCDropout(precision=3.0).supports(model) is None


@pytest.mark.parametrize(
    "settings",
    [
        {"precision": "weight_decay"},
        {"precision": "weight_decay", "weight_decay": 0.1},
        {"precision": "weight_decay", "weight_decay": "gal", "length_scale": 1.0},
    ],
    ids=str,
)
def test_tau_from_weight_decay_needs_numbers(settings: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="give weight_decay"):
        bd.MCDropout(**settings)


# What it trains to


def test_map_weight_decay_reaches_the_maximum_a_posteriori() -> None:
    design = np.column_stack([X_STD, np.ones(ROWS)])
    prior_precision = np.diag([0.2**-2] * X.shape[1] + [0.9**-2])
    exact = np.linalg.solve(TAU * design.T @ design + prior_precision, TAU * design.T @ Y_STD)[:, 0]
    found = trained_values(FULL_BATCH)
    np.testing.assert_allclose(found["w"], exact[:-1], atol=1e-3)
    np.testing.assert_allclose(found["b"], exact[-1], atol=1e-3)
    assert found["s"] == pytest.approx(linear.NOISE_SCALE)  # fixed
    unregularised = ridge(0)
    assert np.abs(exact[:-1] - unregularised).max() > 0.1  # the prior matters here


def test_learned_precision_is_the_joint_maximum() -> None:
    def minus_log_joint(at: linear.Array) -> float:
        w, b, s = at[:-2], at[-2], at[-1]
        likelihood = norm.logpdf(Y_STD[:, 0], X_STD @ w + b, s).sum()
        prior = norm.logpdf(w, 0, 0.2).sum() + norm.logpdf(b, 0, 0.9) - s**2 / 2
        return -(likelihood + prior)

    bounds = [(None, None)] * (X.shape[1] + 1) + [(0.05, 5)]
    start = np.r_[ridge(1.0), 0, 1]
    optimum = optimize.minimize(minus_log_joint, start, bounds=bounds, tol=1e-14).x
    found = trained_values(dataclasses.replace(FULL_BATCH, precision="learned"))
    np.testing.assert_allclose([*found["w"], found["b"], found["s"]], optimum, atol=1e-3)


def test_gal_weight_decay_is_ridge_with_the_length_scale() -> None:
    """r = π ℓ²/(2Nτ) with π = 1: ½τ‖y − Xw‖² + Nτ r‖w‖², biases free."""
    method = dataclasses.replace(FULL_BATCH, weight_decay="gal", length_scale=8.0)
    found = trained_values(method)
    np.testing.assert_allclose(found["w"], ridge(8.0**2 / TAU), atol=1e-3)
    assert found["b"] == pytest.approx(0, abs=1e-3)


@pytest.mark.slow
def test_gal_weight_decay_without_length_scale_has_that_of_the_prior() -> None:
    found = trained_values(dataclasses.replace(FULL_BATCH, weight_decay="gal"))
    np.testing.assert_allclose(found["w"], ridge(0.2**-2 / TAU), atol=1e-3)


def test_weight_decay_as_a_number_is_ridge() -> None:
    found = trained_values(dataclasses.replace(FULL_BATCH, weight_decay=0.3))
    np.testing.assert_allclose(found["w"], ridge(2 * ROWS * 0.3), atol=1e-3)


@pytest.mark.slow
def test_weight_decay_as_a_number_is_that_of_a_logistic_regression() -> None:
    """Of classes the loss is the mean of −log p(y | ŷ), plus r‖w‖²; biases are free."""
    model = bd.Model(bd.MLP(()), bd.ARD(bd.noise.Gaussian(1e-6, mean=1.0)), bd.Bernoulli())
    r, classes = 0.02, np.median(Y) < Y
    method = dataclasses.replace(FULL_BATCH, precision="learned", weight_decay=r)
    found = bd.fit(model, X, classes, method, progress=False).result.values
    exact = LogisticRegression(C=1 / (2 * ROWS * r), tol=1e-9).fit(X_STD, classes)
    np.testing.assert_allclose(found["weight_0_base"][:, 0], exact.coef_[0], atol=2e-3)
    assert found["bias_0"][0] == pytest.approx(exact.intercept_[0], abs=2e-3)


@pytest.mark.slow
def test_minibatches_have_the_same_optimum() -> None:
    """A penalty per batch instead of per row would be four times this one."""
    method = bd.MCDropout(
        num_epochs=600, batch_size=15, learning_rate=1e-3, num_passes=2, precision=TAU
    )
    found = trained_values(method)
    exact = trained_values(FULL_BATCH)
    np.testing.assert_allclose(found["w"], exact["w"], atol=0.02)
    assert np.abs(ridge(4 * 0.2**-2 / TAU) - exact["w"]).max() > 0.1


@pytest.mark.slow
def test_dropout_of_inputs_is_the_ridge_it_is_known_to_be() -> None:
    """E‖y − (X ∘ m) w‖² = ‖y − π X w‖² + π(1 − π) Σ_j ‖x_j‖² w_j² (Srivastava et al. 2014)."""
    keep = 0.7
    gram = keep**2 * X_STD.T @ X_STD + keep * (1 - keep) * np.diag((X_STD**2).sum(0))
    prior_precision = 0.2**-2 / TAU
    exact = np.linalg.solve(gram + prior_precision * np.eye(5), keep * X_STD.T @ Y_STD)[:, 0]
    method = bd.MCDropout(
        num_epochs=1500, batch_size=None, learning_rate=2e-3, num_passes=2, precision=TAU
    )
    found = trained_values(method, noisy(bd.noise.Bernoulli(keep)))
    np.testing.assert_allclose(found["w"], exact, atol=0.03)
    assert np.abs(ridge(prior_precision) - exact).max() > 0.1


@pytest.mark.parametrize(
    "noise", [bd.noise.Bernoulli(0.8), bd.noise.Gaussian(0.5, mean=1.0)], ids=str
)
@pytest.mark.parametrize("length_scale", [None, 3.0])
def test_gal_penalty_carries_the_second_moment(
    noise: bd.noise.Noise, length_scale: float | None
) -> None:
    """N τ r = π ℓ²/2, with π the keep probability (of other noise E λ²)."""
    model = noisy(noise, hidden=(4,))
    pi = {"Bernoulli": 0.8, "Gaussian": 1.25}[type(noise).__name__]
    assert second_moments(model) == pytest.approx({0: pi, 1: pi})
    data = TrainingData.of(np.eye(50, 3), np.eye(50, 1), True)
    method = bd.MCDropout(weight_decay="gal", length_scale=length_scale)
    plain = bd.MCDropout(weight_decay=1e-30)
    losses, values = [], {}
    for each in (method, plain):
        stack = stacked([Member.of(Job.of(each, model, data, 0))], torch.device("cpu"))
        values = stack.values()
        quiet = {f"unit_scale_{k}": torch.ones(1, 1, 1) for k in (0, 1)}
        losses.append(loss_of(stack, values, stack.X, stack.y, quiet).item())
    squares = sum(values[f"weight_{k}_base"].square().sum().item() for k in (0, 1))
    ell = length_scale or 1 / 0.2
    assert losses[0] - losses[1] == pytest.approx(pi * ell**2 / 2 * squares / 50, rel=1e-4)


def test_the_entropy_of_masks_whose_keep_probability_is_learned() -> None:
    """Concrete dropout (Gal et al. 2017, eq. 3): −1/N Σ H(π) over the units, and π ℓ²/(2N) ‖W‖²."""
    model = noisy(bd.noise.Bernoulli(bd.Learned(0.8)), hidden=(4,))
    data = TrainingData.of(np.eye(50, 3), np.eye(50, 1), True)
    losses, values = [], {}
    for method in (bd.MCDropout(weight_decay="gal"), bd.MCDropout(weight_decay=1e-30)):
        stack = stacked([Member.of(Job.of(method, model, data, 0))], torch.device("cpu"))
        values = stack.values()
        quiet = {f"unit_scale_{k}": torch.ones(1, 1, 1) for k in (0, 1)}
        losses.append(loss_of(stack, values, stack.X, stack.y, quiet).item())
    squares = sum(values[f"weight_{k}_base"].square().sum().item() for k in (0, 1))
    entropy = -0.8 * np.log(0.8) - 0.2 * np.log(0.2)
    expected = 0.8 * 0.2**-2 / 2 * squares / 50 - (3 + 4) / 50 * entropy
    assert losses[0] - losses[1] == pytest.approx(expected, rel=1e-4)


@pytest.mark.parametrize("keep", [1.0, 0.8])
def test_tau_from_weight_decay(keep: float) -> None:
    """τ = π ℓ²/(2 N r)."""
    method = bd.MCDropout(
        num_epochs=2, num_passes=2, precision="weight_decay", weight_decay=0.02, length_scale=1.5
    )
    posterior = trained(method, noisy(bd.noise.Bernoulli(keep), hidden=(3,)))
    tau = keep * 1.5**2 / (2 * ROWS * 0.02)
    assert posterior.result.values["noise_scale"].item() == pytest.approx(tau**-0.5)
    np.testing.assert_allclose(posterior.predict(X).aleatoric_std, Y.std() * tau**-0.5, rtol=1e-5)


def test_loss_is_one_per_epoch_and_falls() -> None:
    posterior = trained(FULL_BATCH, NO_NOISE)
    losses = posterior.fit.losses
    assert losses.shape == (800,)
    assert losses[-1] < losses[0]
    diagnostics = posterior.diagnose()
    assert diagnostics.final_loss == pytest.approx(losses[-40:].mean(), rel=1e-5)
    assert diagnostics.num_draws == FULL_BATCH.num_passes
    assert diagnostics.converged is None


# What it predicts


DROPPED = noisy(bd.noise.Bernoulli(0.7))
MANY_PASSES = bd.MCDropout(num_epochs=200, learning_rate=0.01, num_passes=4000, precision=TAU)


@pytest.mark.parametrize("masks", ["row", "shared"])
def test_passes_have_the_moments_of_the_noise(masks: Literal["row", "shared"]) -> None:
    """f(x) = Σ_j λ_j x_j w_j + b with Bernoulli λ has a known mean and variance over passes."""
    method = dataclasses.replace(MANY_PASSES, mask_sharing=masks)
    found = trained_values(method, DROPPED)
    means = trained(method, DROPPED).predict(X).draw_means
    terms = X_STD * found["w"]
    mean = Y.mean() + Y.std() * (0.7 * terms.sum(1) + found["b"])
    variance = Y.var() * 0.7 * 0.3 * np.square(terms).sum(1)
    off = (means - mean) ** 2
    assert means.shape == (4000, ROWS)
    np.testing.assert_array_less(np.abs(means.mean(0) - mean), 5 * np.sqrt(variance / 4000))
    np.testing.assert_array_less(
        np.abs(off.mean(0) - variance), 5 * off.std(0) / np.sqrt(4000) + 1e-6
    )


def test_predictive_variance_is_the_noise_and_the_spread_of_the_passes() -> None:
    prediction = trained(MANY_PASSES, DROPPED).predict(X)
    means = prediction.draw_means.astype(np.float64)
    np.testing.assert_allclose(prediction.mean, means.mean(0))
    np.testing.assert_allclose(prediction.std**2, Y.var() / TAU + means.var(0), rtol=1e-5)


def test_log_likelihood_is_the_log_mean_over_passes() -> None:
    prediction = trained(QUICK, DROPPED).predict(X)
    scale = prediction.aleatoric_std
    each = norm.logpdf(Y, prediction.draw_means, scale)
    np.testing.assert_allclose(
        prediction.log_prob(Y), logsumexp(each, axis=0) - np.log(QUICK.num_passes), rtol=1e-5
    )


@pytest.mark.parametrize("hidden", [(), (6,)])
@pytest.mark.parametrize("masks", ["row", "shared"])
def test_shared_masks_make_a_pass_one_function(
    masks: Literal["row", "shared"], hidden: tuple[int, ...]
) -> None:
    method = dataclasses.replace(QUICK, mask_sharing=masks)
    posterior = trained(method, noisy(bd.noise.Gaussian(0.5, mean=1.0), hidden))
    twice = posterior.predict(np.concatenate([X[:3], X[:3]])).draw_means
    left, right = twice[:, :3], twice[:, 3:]
    if masks == "shared":
        np.testing.assert_allclose(left, right, rtol=1e-5)
    else:
        assert not np.any(left == right)
    assert np.all(twice.std(0) > 0)  # a pass differs from the next either way


@pytest.mark.parametrize("masks", ["row", "shared"])
def test_training_masks_are_shared_too(masks: Literal["row", "shared"]) -> None:
    module = bd.torch_module(noisy(bd.noise.Rayleigh(1.0), (4,)), 3, mask_sharing=masks)
    same_rows = torch.ones(8, 3)
    assert (len(set(module(same_rows).flatten().tolist())) == 1) == (masks == "shared")


def test_posterior_has_no_draws_of_every_site() -> None:
    posterior = trained(QUICK, DROPPED)
    assert posterior.draws is None
    assert posterior.num_chains == 1
    assert posterior.result.num_passes == QUICK.num_passes


# Seeds and global state


def test_same_seed_same_result_another_seed_another() -> None:
    model = noisy(bd.noise.Bernoulli(0.8), (4,))
    fits = [bd.fit(model, X, Y, QUICK, seed=seed, progress=False) for seed in (0, 0, 1)]
    one, same, other = (fit.result.values["weight_0_base"] for fit in fits)
    np.testing.assert_array_equal(one, same)
    assert not np.any(one == other)
    predict = fits[0].predict
    np.testing.assert_array_equal(predict(X, seed=3).draw_means, predict(X, seed=3).draw_means)
    assert np.any(predict(X, seed=3).draw_means != predict(X, seed=4).draw_means)


def test_global_torch_state_is_left_as_found() -> None:
    torch.manual_seed(11)
    np.random.seed(11)  # noqa: NPY002
    before = torch.get_rng_state(), np.random.get_state()[1].copy()  # noqa: NPY002
    threads = torch.get_num_threads()
    bd.fit(noisy(bd.noise.InverseNakagami(3.0, 3.0), (4,)), X, Y, QUICK, progress=False).predict(X)
    assert torch.equal(torch.get_rng_state(), before[0])
    np.testing.assert_array_equal(np.random.get_state()[1], before[1])  # noqa: NPY002
    assert torch.get_num_threads() == threads


def test_several_outputs_and_a_last_batch_that_is_short() -> None:
    targets = np.column_stack([Y, 2 * Y + X[:, 0], X[:, 1]])
    method = dataclasses.replace(QUICK, batch_size=25, num_epochs=5)
    posterior = bd.fit(noisy(bd.noise.Bernoulli(0.9), (4,)), X, targets, method, progress=False)
    assert posterior.result.values["noise_scale"].shape == (3,)
    assert posterior.predict(X[:7]).draw_means.shape == (40, 7, 3)
