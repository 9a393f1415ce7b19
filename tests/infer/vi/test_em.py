"""Variational EM: what it refuses, the exact optimum of the linear model, and what it returns.

With a Gaussian likelihood of known scale the E-step is solved here by NumPy (ridge, and one over
the diagonal of the precision), so EM's fixed point is known.
"""

from __future__ import annotations

import dataclasses
import math
from functools import cache
from pathlib import Path
from typing import Any

import linear
import numpy as np
import pytest
from quick import quick
from scipy import optimize

import bayesdrop as bd
from bayesdrop.infer.vi.em import scale_updates
from bayesdrop.noise.support import in_support

X, Y = linear.data(outputs=3)
X_STD, Y_STD = linear.standardised(X), linear.standardised(Y)
DESIGN = np.column_stack([X_STD, np.ones(len(X))])
LONG = bd.VariationalEM(
    num_epochs=4000,
    batch_size=None,
    learning_rate=0.02,
    final_learning_rate=1e-5,
    num_samples=20_000,
)
PRIOR_PRECISION = np.r_[np.full(5, linear.BASE_SCALE**-2), linear.BIAS_SCALE**-2]
GAMMA, CAUCHY = bd.noise.InverseNakagami(2.0, 0.5), bd.noise.HalfCauchy(0.5)
UNIFORM = bd.noise.LogUniform(0.5, 3.0)
Array = linear.Array


# What it refuses


@pytest.mark.parametrize(
    ("noise", "words"),
    [
        *(
            (noise, ("no closed form", "bd.noise.HalfCauchy", "bd.SVI", type(noise).__name__))
            for noise in (
                *(bd.noise.Bernoulli(0.9), bd.noise.Gaussian(1.0), bd.noise.Rayleigh(1.0)),
                *(bd.noise.Beta(2.0, 2.0), bd.noise.Uniform(0.0, 1.0), bd.noise.HalfNormal(1.0)),
                bd.noise.RegularizedHalfCauchy(1.0, 2.0),
            )
        ),
        (bd.noise.HalfCauchy(bd.Learned(1.0)), ("Learned", "as numbers", "bd.SVI")),
        (bd.noise.InverseNakagami(3.0, bd.noise.HalfCauchy(1.0)), ("as numbers", "bd.SVI")),
    ],
    ids=str,
)
def test_noise_without_an_update_is_refused(noise: bd.noise.Noise, words: tuple[str, ...]) -> None:
    for prior in (bd.ARD(noise), bd.DropConnect(noise), bd.ARD(bd.PerLayer(last=noise))):
        model = bd.Model(bd.MLP((3,)), prior)
        reason = bd.VariationalEM().supports(model)
        assert reason is not None
        for word in words:
            assert word in reason
    with pytest.raises(bd.UnsupportedModelError, match="VariationalEM can't run this model"):
        bd.fit(linear.model(noise), X, Y, bd.VariationalEM())


def test_a_likelihood_whose_prior_has_a_free_parameter_is_refused() -> None:
    scale = bd.noise.HalfNormal(bd.noise.HalfCauchy(1.0))
    reason = bd.VariationalEM().supports(bd.Model(bd.MLP(), likelihood=bd.Gaussian(scale)))
    assert reason is not None
    assert reason.startswith("noise_scale is HalfNormal")


# The exact optimum of the linear model, with three outputs that share each feature's scale


@dataclasses.dataclass(frozen=True)
class Optimum:
    mean: Array  # (features and bias, outputs)
    variance: Array  # (features and bias, 1): of every output the same
    scale: Array
    objective: float


def exact(
    noise: bd.noise.Noise | None, sigma: float = linear.NOISE_SCALE, weight: float = 1.0
) -> Optimum:
    """EM's fixed point with an exact E-step; the KL and −log p(λ) count ``weight`` times."""
    scale = np.ones(5)
    while True:
        prior = np.r_[(linear.BASE_SCALE * scale) ** 2, linear.BIAS_SCALE**2]
        precision = DESIGN.T @ DESIGN / sigma**2 + weight * np.diag(1 / prior)
        mean: Any = np.linalg.solve(precision, DESIGN.T @ Y_STD / sigma**2)
        variance = weight / np.diag(precision)[:, None]
        moment = (mean**2 + variance)[:-1].sum(1) / linear.BASE_SCALE**2
        updated = scale if noise is None else scale_updates.best_scale(noise, moment, 3)
        if np.abs(updated - scale).max() < 1e-9:
            break
        scale = updated
    squares = np.sum((Y_STD - DESIGN @ mean) ** 2) + 3 * np.sum(DESIGN**2 @ variance)
    fit = -0.5 * squares / sigma**2 - Y.size * math.log(math.sqrt(2 * math.pi) * sigma)
    ratio = (mean**2 + variance) / prior[:, None]
    kl = 0.5 * np.sum(ratio - 1 - np.log(variance / prior[:, None]))
    density = 0 if noise is None else scale_updates.log_stated_density(noise, scale).sum()
    return Optimum(mean, variance, scale, float(fit - weight * (kl - density)))


@cache
def fitted(noise: bd.noise.Noise | None, **settings: Any) -> bd.Posterior:
    method = dataclasses.replace(LONG, **settings)
    return bd.fit(linear.model(noise), X, Y, method, seed=0, progress=False)


def check_draws(posterior: bd.Posterior, expected: Optimum, error: float = 0.03) -> None:
    """Means within ``error`` standard deviations, variances by 1 %, and what sampling adds."""
    draws = linear.stacked(posterior.draws)[0]
    size = len(draws)
    off = (draws.mean(0) - expected.mean) / np.sqrt(expected.variance)
    assert np.abs(off).max() < error + 4 / math.sqrt(size)
    ratio = draws.var(0) / expected.variance
    assert np.abs(ratio - 1).max() < 0.01 + 4 * math.sqrt(2 / size)
    correlation = np.corrcoef(draws.reshape(size, -1).T)[~np.eye(18, dtype=bool)]
    assert np.abs(correlation).max() < 5 / math.sqrt(size)


def check_loss(posterior: bd.Posterior, expected: Optimum) -> None:
    last = posterior.fit.losses[-1000:].astype(float)
    error = last.std() / math.sqrt(len(last))
    assert error < 0.5
    assert last.mean() == pytest.approx(-expected.objective, abs=0.02 + 4 * error)


@pytest.mark.parametrize(
    "noise", quick([None, GAMMA, CAUCHY, UNIFORM], lambda noise: noise == CAUCHY), ids=str
)
def test_arrives_at_the_exact_fixed_point(noise: bd.noise.Noise | None) -> None:
    posterior, expected = fitted(noise), exact(noise)
    check_draws(posterior, expected)
    check_loss(posterior, expected)
    if noise is not None:
        assert posterior.draws is not None
        scales = posterior.draws["unit_scale_0"][0]
        assert np.all(scales == scales[0])
        np.testing.assert_allclose(scales[0], expected.scale, rtol=0.005)


def test_the_scales_matter_and_a_log_uniform_one_rests_on_a_bound() -> None:
    assert np.abs(exact(GAMMA).mean - exact(None).mean).max() > 0.02
    assert np.isclose(exact(UNIFORM).scale, 0.5).sum() in (1, 2, 3, 4)


def test_without_noise_the_objective_is_the_evidence_less_the_divergence() -> None:
    truth, expected = linear.exact_of(X, Y), exact(None)
    covariance = np.diag(expected.variance[:, 0])
    each = [dataclasses.replace(truth, mean=truth.mean[:, [k]]) for k in range(3)]
    kl = sum(one.kl_from(expected.mean[:, k], covariance) for k, one in enumerate(each))
    assert expected.objective == pytest.approx(truth.log_evidence - kl)


def test_minibatches_and_particles_have_the_same_optimum() -> None:
    check_draws(fitted(GAMMA, batch_size=20, num_epochs=2000, num_particles=5), exact(GAMMA), 0.1)


def test_an_averaged_divergence_is_a_tempered_posterior() -> None:
    """log p(y) / 60 rows − KL / 15 weights: the KL counts four times."""
    posterior, expected = fitted(GAMMA, kl="averaged"), exact(GAMMA, weight=4)
    check_draws(posterior, expected)
    check_loss(posterior, expected)
    assert np.abs(expected.mean - exact(GAMMA).mean).max() > 0.02


@pytest.mark.slow
def test_the_noise_scale_is_the_joint_maximum() -> None:
    """One for each output: here of one output alone."""
    model = dataclasses.replace(linear.model(), likelihood=bd.Gaussian())

    def minus(sigma: float) -> float:
        precision = np.diag(DESIGN.T @ DESIGN) / sigma**2 + PRIOR_PRECISION
        full = DESIGN.T @ DESIGN / sigma**2 + np.diag(PRIOR_PRECISION)
        mean = np.linalg.solve(full, DESIGN.T @ Y_STD[:, 0] / sigma**2)
        squares = np.sum((Y_STD[:, 0] - DESIGN @ mean) ** 2) + np.sum(DESIGN**2 @ (1 / precision))
        kl = 0.5 * np.sum((mean**2 + 1 / precision) * PRIOR_PRECISION + np.log(precision))
        return squares / (2 * sigma**2) + len(Y) * math.log(sigma) + kl + sigma**2 / 2

    best: Any = optimize.minimize_scalar(minus, bounds=(0.2, 1.5), method="bounded")
    posterior = bd.fit(model, X, Y[:, 0], LONG, progress=False)
    assert posterior.draws is not None
    scales = posterior.draws["noise_scale"]
    assert scales.shape == (1, LONG.num_samples, 1)
    np.testing.assert_allclose(scales, best.x, rtol=0.01)


# What it returns

SHORT = bd.VariationalEM(num_epochs=40, batch_size=16, num_samples=30)
SMALL = bd.Model(
    bd.ResNet(hidden=4, depth=2),
    bd.ScaleMixture(
        unit=bd.PerLayer(first=CAUCHY, last=GAMMA),
        layer=GAMMA,
        weight=bd.PerLayer(hidden=UNIFORM),
    ),
)


@pytest.mark.slow
def test_draws_of_every_site_in_their_support(tmp_path: Path) -> None:
    posterior = bd.fit(SMALL, X, Y, SHORT, progress=False)
    draws = posterior.draws
    assert draws is not None
    assert list(draws) == [site.name for site in bd.sites(SMALL, 5, 3, "hierarchical")]
    for site in posterior.sites:
        assert draws[site.name].shape == (1, 30, *site.shape)
        assert draws[site.name].dtype == np.float32
        assert in_support(draws[site.name].astype(float), site.prior).all()
        constant = np.all(draws[site.name] == draws[site.name][:, :1])
        assert constant == (site.role in ("scale", "likelihood"))
    assert posterior.predict(X).mean.shape == (60, 3)
    fit = posterior.fit
    assert fit.losses.shape == (40,)
    assert fit.losses[-1] < fit.losses[0]
    assert fit.info["gradients"] == round(40 * 2 * 48 / 60)
    assert posterior.diagnose().converged is None
    posterior.to_arviz()
    posterior.save(tmp_path / "fit.nc")
    np.testing.assert_array_equal(
        bd.load(tmp_path / "fit.nc").predict(X).mean, posterior.predict(X).mean
    )


@pytest.mark.parametrize(
    ("likelihood", "discrete"),
    [
        pytest.param(bd.StudentT(bd.noise.HalfNormal(5.0)), False, marks=pytest.mark.slow),
        (bd.Bernoulli(), True),
        # slow, for slow tests compile with optimisation: without, XLA makes NaN of the sum of
        # finite numbers that is the bias's gradient
        pytest.param(bd.Categorical(2), True, marks=pytest.mark.slow),
        pytest.param(bd.HeteroscedasticGaussian(), False, marks=pytest.mark.slow),
        pytest.param(bd.Poisson(), True, marks=pytest.mark.slow),
    ],
    ids=str,
)
def test_other_likelihoods(likelihood: Any, discrete: bool) -> None:
    model = bd.Model(bd.MLP(()), bd.ARD(GAMMA), likelihood)
    one = Y[:, 0]
    target = (one > np.median(one)).astype(float) if discrete else one
    method = dataclasses.replace(SHORT, num_epochs=150, learning_rate=0.02)
    posterior = bd.fit(model, X, target, method, progress=False)
    losses = posterior.fit.losses
    assert losses[-20:].mean() < losses[0] - 5
    assert np.isfinite(bd.evaluate(posterior.predict(X), target)["nll"])


@pytest.mark.slow
def test_same_seed_same_draws_and_one_compilation_per_shape() -> None:
    np.random.seed(3)  # noqa: NPY002
    before = np.random.get_state()[1].copy()  # noqa: NPY002
    method = dataclasses.replace(SHORT, num_epochs=7)
    fits = [bd.fit(linear.model(GAMMA), X, Y, method, seed, progress=False) for seed in (0, 0, 1)]
    one, same, other = (linear.stacked(fit.draws) for fit in fits)
    np.testing.assert_array_equal(one, same)
    assert not np.any(one == other)
    assert [fit.fit.info["compilations"] for fit in fits] == [1, 0, 0]
    assert fits[1].fit.seconds["compile"] == 0
    assert bd.fit(linear.model(GAMMA), X[:50], Y[:50], method).fit.info["compilations"] == 1
    np.testing.assert_array_equal(np.random.get_state()[1], before)  # noqa: NPY002


@pytest.mark.slow
def test_diabetes() -> None:
    """Near what linear regression reaches there (RMSE 54); the target's own deviation is 77."""
    noise = bd.noise.InverseNakagami(3.0, 3.0)
    model = bd.Model(bd.ResNet(hidden=10), bd.ARDADD(noise, noise))
    split = bd.load_dataset("diabetes").split(0)
    method = bd.VariationalEM(num_epochs=300, num_samples=100)
    posterior = bd.fit(model, split.X_train, split.y_train, method, progress=False)
    score = bd.evaluate(posterior.predict(split.X_test), split.y_test)
    assert score["rmse"] < 62
    assert score["nll"] < 5.7
    assert 0.8 < score["coverage_90"] <= 1


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"num_epochs": 0}, r"VariationalEM\(num_epochs=0\)"),
        ({"batch_size": 0}, r"VariationalEM\(batch_size=0\)"),
        ({"init_scale": 0.0}, r"VariationalEM\(init_scale=0.0\)"),
        ({"final_learning_rate": -1.0}, r"final_learning_rate must be"),
        ({"kl": "average"}, "did you mean 'averaged'"),
    ],
)
def test_bad_settings(settings: dict[str, Any], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        bd.VariationalEM(**settings)
