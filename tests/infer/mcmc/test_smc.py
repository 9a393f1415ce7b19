"""Tempered SMC against the linear network, whose posterior and evidence are exact."""

from __future__ import annotations

from functools import cache
from types import SimpleNamespace
from typing import Any

import linear
import numpy as np
import pytest
import tiny_bnn
from scipy.special import logsumexp
from scipy.stats import halfnorm
from test_hmc import mean_and_error

import bayesdrop as bd
from bayesdrop.infer.mcmc.smc import run as smc_run
from bayesdrop.infer.mcmc.smc.stages import State
from bayesdrop.progress import progress_of
from bayesdrop.sites import Form

FEW = bd.SMC(num_particles=128, num_runs=2, target_ess=0.7, num_mcmc_steps=2)


@cache
def fitted(method: bd.SMC = FEW) -> bd.Posterior:
    return bd.fit(linear.model(), *linear.data(), method, progress=False)


def exact() -> linear.GaussianPosterior:
    training = fitted().training
    return linear.exact_of(training.X_original, training.y_original)


def test_the_evidence_is_the_closed_form() -> None:
    post = fitted()
    runs = post.fit.info["log_evidence"]
    assert len(runs) == 2
    assert post.log_evidence == pytest.approx(logsumexp(runs) - np.log(2))
    assert post.log_evidence_std == pytest.approx(np.std(runs, ddof=1))
    assert abs(np.array(runs) - exact().log_evidence).max() < 1.5  # nats, of 128 particles


def test_the_draws_are_of_the_posterior() -> None:
    drawn, known = linear.stacked(fitted().draws)[..., 0], exact()
    assert drawn.shape[:2] == (2, 128)
    sd = np.sqrt(np.diag(known.covariance))
    assert np.all(abs(drawn.mean((0, 1)) - known.mean[:, 0]) < 5 * sd / np.sqrt(128))
    assert np.all(abs(drawn.std((0, 1)) / sd - 1) < 0.4)


@pytest.mark.slow
def test_the_seed_decides_and_runs_differ() -> None:
    drawn = linear.stacked(fitted().draws)
    assert not np.any(np.isin(drawn[0], drawn[1]))
    again = bd.fit(linear.model(), *linear.data(), FEW, progress=False)
    np.testing.assert_array_equal(linear.stacked(again.draws), drawn)


def test_what_a_run_reports() -> None:
    post = fitted()
    assert set(post.sample_stats) == {"acceptance_rate", "lp"}
    stages = post.fit.info["stages"]
    assert post.fit.info["gradients"] == sum(stages) * 128 * 2 * 12
    X, y = post.training.X_standardised, post.training.y_standardised
    assert post.draws is not None
    at = {name: value[1, 7] for name, value in post.draws.items()}
    expected = bd.log_joint(post.model, at, X, y, "pyro")
    assert post.sample_stats["lp"][1, 7] == pytest.approx(expected, rel=1e-4)


def test_a_temperature_that_does_not_rise_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(smc_run, "_MOST_STAGES", 2)
    with pytest.raises(FloatingPointError, match=r"temperature of .* in 2 stages"):
        bd.fit(linear.model(), *linear.data(), FEW, progress=False)


class Stages:
    """What ``advance`` returns, stage by stage: temperatures and log evidence of two runs."""

    def __init__(self, *stages: tuple[list[float], list[float]]) -> None:
        self.left = list(stages)

    def advance(self, states: Any, rows: Any) -> Any:
        reached, evidence = self.left.pop(0)
        done = states.particles.tempering_param >= 1
        particles = SimpleNamespace(tempering_param=np.array(reached, np.float32))
        return states._replace(particles=particles, log_evidence=np.array(evidence), done=done)


NO_EVIDENCE = [0.0, 0.0]
STILL = ([0.2, 0.3], NO_EVIDENCE)


def annealed(stages: list[tuple[list[float], list[float]]]) -> tuple[Any, int]:
    """The last state of a run through ``stages``, and how many are left of them."""
    run, zeros = Stages(*stages), np.zeros(2)
    particles = SimpleNamespace(tempering_param=zeros)
    start = State(None, particles, zeros, zeros, zeros, zeros, zeros > 0)
    return smc_run._annealed(run, start, None, progress_of(False)), len(run.left)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("stages", "words"),
    [
        ([STILL] * 11, r"has stood still at a temperature of 0\.2 for 10 stages"),
        ([([0.2, 1], NO_EVIDENCE)] * 11, r"has stood still at a temperature of 0\.2 for 10"),
        ([([np.nan, 0.3], NO_EVIDENCE)], "lost 1 of 2 runs at stage 1"),
        ([STILL, ([0.3, 0.4], [np.nan, 0])], "lost 1 of 2 runs at stage 2: a particle's log lik"),
        ([([0.2, 0.3], [-np.inf, np.nan])], "lost 2 of 2 runs at stage 1"),
    ],
)
def test_a_run_that_leads_nowhere_ends_there(stages: Any, words: str) -> None:
    with pytest.raises(FloatingPointError, match=words):
        annealed(stages)


def test_a_run_may_stand_still_for_a_while() -> None:
    ends = [([1.0, 1.0], NO_EVIDENCE)] * 2
    last, left = annealed([STILL] * 10 + [([0.3, 0.4], NO_EVIDENCE)] * 10 + ends)
    assert left == 0
    assert last.done.all()


def test_a_stage_too_small_to_be_found_is_refused() -> None:
    assert bd.SMC(target_ess=0.9999).target_ess == 0.9999
    for target in (0.99991, 0.999999, 0.9999999):
        with pytest.raises(ValueError, match=r"give target_ess at most 0\.9999"):
            bd.SMC(target_ess=target)


def test_refusals_and_bad_settings() -> None:
    masked = bd.Model(bd.MLP((4,)), bd.ARD(bd.noise.Bernoulli(0.5)))
    assert "bd.NUTS" in str(bd.SMC().supports(masked))
    with pytest.raises(ValueError, match="num_runs"):
        bd.SMC(num_runs=1)
    with pytest.raises(ValueError, match="target_ess"):
        bd.SMC(target_ess=1.0)
    with pytest.raises(ValueError, match=r"ExactLinear.* does not estimate the evidence.*bd\.SMC"):
        _ = bd.fit(
            linear.model(), *linear.data(), linear.ExactLinear(), progress=False
        ).log_evidence


@pytest.mark.slow
def test_more_particles_come_nearer() -> None:
    post = fitted(bd.SMC(num_particles=1024, num_runs=16))
    runs = np.array(post.fit.info["log_evidence"])
    assert abs(runs.mean() - exact().log_evidence) < 4 * runs.std(ddof=1) / np.sqrt(len(runs))
    assert post.log_evidence_std < 0.2
    off = linear.stacked(post.draws)[..., 0] - exact().mean[:, 0]
    bias, error = mean_and_error(off)
    assert np.all(np.abs(bias) < 4 * error), "mean"
    variance, error = mean_and_error(off**2)
    assert np.all(np.abs(variance - np.diag(exact().covariance)) < 4 * error), "variance"


@pytest.mark.slow
@pytest.mark.parametrize("integrated", [True, False])
def test_the_evidence_with_a_learned_noise_scale_is_the_quadratures(integrated: bool) -> None:
    prior = bd.ScaleMixture(base_scale=linear.BASE_SCALE, bias_scale=linear.BIAS_SCALE)
    model = bd.Model(bd.MLP(hidden=()), prior)
    method = bd.SMC(integrate_noise_scale=integrated, num_runs=16)
    post = bd.fit(model, *linear.data(), method, progress=False)
    X, y = linear.standardised(linear.data()[0]), linear.standardised(linear.data()[1])
    log_scales = np.linspace(-4, 2, 2001)
    terms = [
        linear.exact(X, y, scale).log_evidence + halfnorm.logpdf(scale) + np.log(scale)
        for scale in np.exp(log_scales)
    ]
    expected = logsumexp(terms) + np.log(log_scales[1] - log_scales[0])
    runs = np.array(post.fit.info["log_evidence"])
    assert abs(runs.mean() - expected) < 4 * runs.std(ddof=1) / np.sqrt(len(runs))
    assert post.log_evidence_std < 0.3


@pytest.mark.slow
@pytest.mark.parametrize("form", ["expanded", "hierarchical", "marginal"])
def test_means_and_variances_of_f_are_the_references(form: Form) -> None:
    method = bd.SMC(num_particles=1024, num_runs=4, form=form)
    post = bd.fit(tiny_bnn.model(), *tiny_bnn.data(), method, progress=False)
    moments = tiny_bnn.Moments.of(post)
    assert moments.ess.min() > 300, "too few draws to tell"
    z = moments.z_scores(tiny_bnn.Moments.of_reference())
    assert abs(z[0]).max() < 4, "mean"
    assert abs(z[1]).max() < 4, "variance"
