"""ChEES-HMC against the exact posterior of the linear network, and what it reports of a run."""

from __future__ import annotations

from functools import cache

import linear
import numpy as np
import pytest
from test_hmc import mean_and_error

import bayesdrop as bd

METHOD = bd.ChEES(num_warmup=300, num_samples=400, num_chains=8, training_steps=200)


@cache
def fitted(seed: int = 0, data_seed: int = 0) -> bd.Posterior:
    return bd.fit(linear.model(), *linear.data(seed=data_seed), METHOD, seed=seed, progress=False)


@pytest.mark.slow
def test_mean_and_variance_are_the_exact_posteriors() -> None:
    posterior = fitted()
    exact = linear.exact_of(posterior.training.X_original, posterior.training.target)
    off = linear.stacked(posterior.draws)[..., 0] - exact.mean[:, 0]
    bias, error = mean_and_error(off)
    assert np.all(np.abs(bias) < 4 * error), "mean"
    variance, error = mean_and_error(off**2)
    assert np.all(np.abs(variance - np.diag(exact.covariance)) < 4 * error), "variance"
    assert np.all(error < 0.2 * np.diag(exact.covariance)), "too few draws to tell"


@pytest.mark.slow
def test_sample_stats() -> None:
    stats = fitted().sample_stats
    assert set(stats) == {"acceptance_rate", "diverging", "energy", "lp", "n_steps"}
    assert {value.shape for value in stats.values()} == {(8, 400)}
    assert np.all(stats["n_steps"] == stats["n_steps"][:1])  # all chains in step
    assert len(np.unique(stats["n_steps"])) > 1  # jittered
    assert stats["acceptance_rate"].mean() > 0.7
    assert stats["diverging"].sum() == 0
    gradients = fitted().fit.info["gradients"]
    assert gradients > stats["n_steps"].sum() + 8 * (200 + 300)


@pytest.mark.slow
def test_lp_is_the_log_joint_at_the_draw() -> None:
    posterior = fitted()
    X, y = (
        linear.standardised(posterior.training.X_original),
        linear.standardised(posterior.training.target),
    )
    assert posterior.draws is not None
    at = {name: value[5, 123] for name, value in posterior.draws.items()}
    expected = bd.log_joint(posterior.model, at, X, y, "pyro")
    assert posterior.sample_stats["lp"][5, 123] == pytest.approx(expected, rel=1e-4)


@pytest.mark.slow
def test_chains_differ_and_the_seed_decides() -> None:
    drawn = linear.stacked(fitted().draws)
    assert not np.any(drawn[0] == drawn[1])
    again = bd.fit(linear.model(), *linear.data(), METHOD, progress=False)
    np.testing.assert_array_equal(drawn, linear.stacked(again.draws))
    assert again.fit.info["compilations"] == 0
    assert not np.any(drawn == linear.stacked(fitted(seed=1).draws))


@pytest.mark.slow
def test_other_data_of_the_same_shape_need_no_compilation() -> None:
    assert fitted().fit.info["compilations"] == 3
    other = fitted(data_seed=1)
    assert other.fit.info["compilations"] == 0
    exact = linear.exact_of(other.training.X_original, other.training.target)
    bias, error = mean_and_error(linear.stacked(other.draws)[..., 0] - exact.mean[:, 0])
    assert np.all(np.abs(bias) < 4 * error)
