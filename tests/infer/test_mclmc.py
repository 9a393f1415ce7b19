"""MCLMC against posteriors that are known, and what it does with chains that run away."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import linear
import numpy as np
import pytest
from test_hmc import mean_and_error

import bayesdrop as bd

UNADJUSTED = bd.MCLMC(
    num_warmup=2000, num_samples=2000, num_chains=4, steps_per_draw=4, training_steps=200
)
METHODS = {
    "unadjusted": UNADJUSTED,
    "adjusted": replace(UNADJUSTED, adjusted=True, steps_per_proposal=2.0),
}


@cache
def fitted(name: str, seed: int = 0) -> bd.Posterior:
    X, y = linear.data()
    return bd.fit(linear.model(), X, y, METHODS[name], seed=seed, progress=False)


def test_adjusted_draws_have_the_exact_mean_and_covariance() -> None:
    posterior = fitted("adjusted")
    exact = linear.exact_of(posterior.X, posterior.y)
    draws = linear.stacked(posterior.draws)[..., 0]
    assert draws.shape == (4, 2000, 6)
    off = draws - exact.mean[:, 0]
    bias, error = mean_and_error(off)
    assert np.all(np.abs(bias) < 4 * error), "mean"
    products = (off[..., :, None] * off[..., None, :]).reshape(4, 2000, 36)
    covariance, error = mean_and_error(products)
    assert np.all(np.abs(covariance - exact.covariance.ravel()) < 4 * error), "covariance"
    scale = np.sqrt(np.diag(exact.covariance))
    assert np.all(error < 0.15 * np.outer(scale, scale).ravel()), "too few draws to tell"


def test_unadjusted_draws_are_biased_by_less_than_a_tenth() -> None:
    posterior = fitted("unadjusted")
    exact = linear.exact_of(posterior.X, posterior.y)
    draws = linear.stacked(posterior.draws)[..., 0]
    scale = np.sqrt(np.diag(exact.covariance))
    bias, error = mean_and_error(draws - exact.mean[:, 0])
    assert np.all(np.abs(bias) < 4 * error + 0.1 * scale)
    variance, error = mean_and_error((draws - exact.mean[:, 0]) ** 2)
    assert np.all(np.abs(variance - scale**2) < 4 * error + 0.1 * scale**2)
    assert np.all(error < 0.15 * scale**2), "too few draws to tell"


@pytest.mark.parametrize("name", METHODS)
def test_every_chain_is_its_own(name: str) -> None:
    weight = linear.stacked(fitted(name).draws)
    assert not np.any(weight[0] == weight[1])
    assert fitted(name).diagnose().max_rhat_f == pytest.approx(1, abs=0.03)


def test_same_seed_same_draws_another_seed_others() -> None:
    first, other = fitted("unadjusted"), fitted("unadjusted", seed=1)
    method = METHODS["unadjusted"]
    again = bd.fit(linear.model(), first.X, first.y, method, seed=0, progress=False)
    one, same, different = (linear.stacked(p.draws) for p in (first, again, other))
    np.testing.assert_array_equal(one, same)
    assert not np.any(one == different)
    assert again.result.info["compilations"] == 0


def test_gradients_count_training_tuning_and_draws() -> None:
    """Unadjusted: exactly. A step has two; the start of a chain one more."""
    method = METHODS["unadjusted"]
    tuning = 800 + 600 + 200 + 400  # step size, variances, step size again, length
    per_chain = 200 + 1 + 2 * tuning + 2 * 2000 * 4
    assert fitted("unadjusted").result.info["gradients"] == method.num_chains * per_chain
    steps = fitted("adjusted").result.sample_stats["n_steps"]
    gradients = fitted("adjusted").result.info["gradients"]
    assert gradients > 2 * steps.sum() + 4 * 201
    assert gradients < 2 * steps.sum() + 4 * (201 + 3 * 2000)


def test_lp_is_the_log_joint_at_the_draw() -> None:
    posterior = fitted("unadjusted")
    X, y = linear.standardised(posterior.X), linear.standardised(posterior.y)
    draws = posterior.draws
    assert draws is not None
    for draw in (0, 1234):  # every site is real: no Jacobian
        at = {name: value[1, draw] for name, value in draws.items()}
        expected = bd.log_joint(posterior.model, at, X, y)
        assert posterior.result.sample_stats["lp"][1, draw] == pytest.approx(expected, rel=1e-4)


def test_acceptance_is_what_it_was_tuned_to() -> None:
    stats = fitted("adjusted").result.sample_stats
    assert stats["acceptance_rate"].mean() == pytest.approx(0.9, abs=0.07)
    assert not stats["diverging"].any()


def test_energy_variance_is_what_it_was_tuned_to() -> None:
    stats = fitted("unadjusted").result.sample_stats
    assert 5e-4 / 4 < stats["energy_var"].mean() < 5e-4 * 4
