"""MCLMC against posteriors that are known, and what it does with chains that run away."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable
from dataclasses import replace
from functools import cache
from types import SimpleNamespace
from typing import Any

import jax
import jax.numpy as jnp
import linear
import numpy as np
import pytest
from blackjax.adaptation.mclmc_adaptation import MCLMCAdaptationState
from blackjax.mcmc import adjusted_mclmc_dynamic, mclmc
from blackjax.mcmc.integrators import IntegratorState
from quick import quick
from test_hmc import mean_and_error

import bayesdrop as bd
from bayesdrop.infer.mcmc import driver
from bayesdrop.infer.mcmc.driver import Sampled
from bayesdrop.infer.mcmc.mclmc import adjusted as mclmc_adjusted
from bayesdrop.infer.mcmc.mclmc import kernel as mclmc_kernel
from bayesdrop.infer.mcmc.mclmc import unadjusted as mclmc_unadjusted
from bayesdrop.infer.mcmc.mclmc.dynamics import Dynamics
from bayesdrop.infer.mcmc.runaways import runaways, without_runaways

UNADJUSTED = bd.MCLMC(
    num_warmup=2000, num_samples=1000, num_chains=4, steps_per_draw=4, training_steps=200
)
JOB: Any = SimpleNamespace(inference=UNADJUSTED)
METHODS = {
    "unadjusted": UNADJUSTED,
    "adjusted": replace(UNADJUSTED, num_samples=2000, adjusted=True, steps_per_proposal=2.0),
}


@cache
def fitted(name: str, seed: int = 0) -> bd.Posterior:
    X, y = linear.data()
    return bd.fit(linear.model(), X, y, METHODS[name], seed=seed, progress=False)


@pytest.mark.slow
def test_adjusted_draws_have_the_exact_mean_and_covariance() -> None:
    posterior = fitted("adjusted")
    exact = linear.exact_of(posterior.training.X_original, posterior.training.target)
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


@pytest.mark.slow
def test_unadjusted_draws_are_biased_by_less_than_a_tenth() -> None:
    posterior = fitted("unadjusted")
    exact = linear.exact_of(posterior.training.X_original, posterior.training.target)
    draws = linear.stacked(posterior.draws)[..., 0]
    scale = np.sqrt(np.diag(exact.covariance))
    bias, error = mean_and_error(draws - exact.mean[:, 0])
    assert np.all(np.abs(bias) < 4 * error + 0.1 * scale)
    variance, error = mean_and_error((draws - exact.mean[:, 0]) ** 2)
    assert np.all(np.abs(variance - scale**2) < 4 * error + 0.1 * scale**2)
    assert np.all(error < 0.15 * scale**2), "too few draws to tell"


@pytest.mark.parametrize("name", quick(METHODS, lambda name: name == "unadjusted"))
def test_every_chain_is_its_own(name: str) -> None:
    weight = linear.stacked(fitted(name).draws)
    assert not np.any(weight[0] == weight[1])
    assert fitted(name).diagnose().max_rhat_f == pytest.approx(1, abs=0.03)


def test_same_seed_same_draws_another_seed_others() -> None:
    method = replace(UNADJUSTED, num_samples=50)  # with the program of the long run
    again, other = (
        bd.fit(linear.model(), *linear.data(), method, seed, progress=False) for seed in (0, 1)
    )
    first = fitted("unadjusted")
    one, same, different = (linear.stacked(p.draws)[:, :50] for p in (first, again, other))
    np.testing.assert_array_equal(one, same)
    assert not np.any(one == different)
    assert again.fit.info["compilations"] == 0


def test_gradients_count_training_tuning_and_draws() -> None:
    """Unadjusted: exactly. A step has two; the start of a chain one more."""
    method = METHODS["unadjusted"]
    tuning = 800 + 600 + 200 + 400  # step size, variances, step size again, length
    per_chain = 200 + 1 + 2 * tuning + 2 * 1000 * 4
    assert fitted("unadjusted").fit.info["gradients"] == method.num_chains * per_chain


@pytest.mark.slow
def test_gradients_count_the_steps_of_adjusted_proposals() -> None:
    """The draws' steps exactly. Tuning takes whole trajectories of random length, so about 2000."""
    steps = fitted("adjusted").sample_stats["n_steps"]
    gradients = fitted("adjusted").fit.info["gradients"]
    tuning = gradients - 2 * int(steps.sum()) - 4 * 201
    assert tuning % 2 == 0
    assert 0.8 * 2000 < tuning / (2 * 4) <= 2000


def test_lp_is_the_log_joint_at_the_draw() -> None:
    posterior = fitted("unadjusted")
    X, y = (
        linear.standardised(posterior.training.X_original),
        linear.standardised(posterior.training.target),
    )
    draws = posterior.draws
    assert draws is not None
    for draw in (0, 734):  # every site is real: no Jacobian
        at = {name: value[1, draw] for name, value in draws.items()}
        expected = bd.log_joint(posterior.model, at, X, y, "pyro")
        assert posterior.sample_stats["lp"][1, draw] == pytest.approx(expected, rel=1e-4)


@pytest.mark.slow
def test_acceptance_is_what_it_was_tuned_to() -> None:
    """Dual averaging nears its target from above: .97 after 2000 steps, .93 after 16000."""
    X, y = linear.data()
    method = replace(METHODS["adjusted"], num_warmup=16_000)
    stats = bd.fit(linear.model(), X, y, method, progress=False).sample_stats
    assert stats["acceptance_rate"].mean() == pytest.approx(0.9, abs=0.06)
    assert not stats["diverging"].any()


def test_energy_variance_is_what_it_was_tuned_to() -> None:
    stats = fitted("unadjusted").sample_stats
    assert 5e-4 / 4 < stats["energy_var"].mean() < 5e-4 * 4
    assert stats["acceptance_rate"].mean() > 0.99


def lengthen_steps(monkeypatch: pytest.MonkeyPatch, factor: Callable[[Any], Any]) -> None:
    """Make the tuned step of a chain ``factor(key)`` times as long."""
    dynamics_of = mclmc_kernel.dynamics_of

    def forced(settings: bd.MCLMC) -> Dynamics:
        dynamics = dynamics_of(settings)

        def tune(key: Any, *args: Any) -> Any:
            state, adapted, gradients = dynamics.tune(key, *args)
            return state, adapted._replace(step_size=factor(key) * adapted.step_size), gradients

        return dynamics._replace(tune=tune)

    monkeypatch.setattr(mclmc_kernel, "dynamics_of", forced)
    monkeypatch.setattr(driver, "_sampler", driver._sampler.__wrapped__)


@pytest.mark.slow
def test_steps_that_lose_their_energy_become_shorter(monkeypatch: pytest.MonkeyPatch) -> None:
    lengthen_steps(monkeypatch, lambda _: 30.0)
    X, y = linear.data()
    longer = replace(UNADJUSTED, num_samples=4000)
    posterior = bd.fit(linear.model(), X, y, longer, progress=False)
    sound, length = (posterior.sample_stats[name] for name in ("acceptance_rate", "step_size"))
    assert (np.diff(length, axis=1) <= 0).all()
    assert (length[:, -1] < length[:, 0] / 10).all()
    assert sound[:, :5].mean() < 0.5 < 0.99 < sound[:, 1000:].mean()
    assert posterior.fit.info["excluded_chains"] == []
    assert (posterior.diagnose().max_rhat_f or np.inf) < 1.01


@pytest.mark.slow
def test_a_chain_with_too_long_a_step_is_left_out_and_named(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """And the draws of the others are what they are without it."""

    longer = 1.0

    def factor(key: Any) -> Any:
        """Of every other chain's step; compiled alike, to round alike, where it is 1."""
        chosen = jnp.maximum(jax.random.uniform(key), longer)
        return jnp.where(jax.random.bernoulli(key), chosen, 1.0)

    def fit() -> bd.Posterior:
        method, seed = METHODS["unadjusted"], 1  # by whose keys some chains are chosen, not all
        return bd.fit(linear.model(), *linear.data(), method, seed, progress=False)

    lengthen_steps(monkeypatch, factor)
    undisturbed = fit()
    longer = 1000.0
    with caplog.at_level(logging.WARNING, "bayesdrop"):
        posterior = fit()
    excluded = posterior.fit.info["excluded_chains"]
    chains = [e["chain"] for e in excluded]
    assert 0 < len(chains) < 4
    assert all("of its moves" in e["reason"] for e in excluded)
    np.testing.assert_array_equal(
        linear.stacked(posterior.draws),
        np.delete(linear.stacked(undisturbed.draws), chains, axis=0),
    )
    assert posterior.sample_stats["lp"].shape == (4 - len(chains), 1000)
    for words in (caplog.text, posterior.diagnose().summary):
        assert f"{len(chains)} of 4 chains ran away" in words
    assert f"chain {chains[0]}: only" in caplog.text


@pytest.mark.slow
def test_if_every_chain_runs_away_the_error_says_what_to_do() -> None:
    wild = replace(UNADJUSTED, desired_energy_var=1e6, num_samples=100)
    with pytest.raises(FloatingPointError, match=r"all 4 chains ran away .*Use adjusted=True"):
        bd.fit(linear.model(), *linear.data(), wild, progress=False)


def stats(**changed: Any) -> dict[str, Any]:
    rng = np.random.default_rng(0)
    lp = -100 + 5 * rng.normal(size=(4, 200))
    return {"lp": lp, "acceptance_rate": np.full((4, 200), 0.995)} | changed


def test_healthy_chains_stay() -> None:
    assert runaways(stats(), 0.9) == []
    a_few_undone = stats()["acceptance_rate"]
    a_few_undone[2, 7:17] = 0.0
    assert runaways(stats(acceptance_rate=a_few_undone), 0.9) == []
    poorer_mode = stats()["lp"]
    poorer_mode[1] -= 1000.0
    assert runaways(stats(lp=poorer_mode), 0.9) == []


@pytest.mark.parametrize(
    ("site", "value", "reason"),
    [
        ("acceptance_rate", 0.85, "only 85.0% of its moves"),
        ("acceptance_rate", np.nan, "of its moves"),
        ("lp", np.nan, "log joint"),
        ("lp", -np.inf, "log joint"),
    ],
)
def test_runaways_are_told_by_their_energies(site: str, value: float, reason: str) -> None:
    changed = stats()[site]
    changed[1] = value
    (found,) = runaways(stats(**{site: changed}), 0.9)
    assert found["chain"] == 1
    assert reason in found["reason"]


@pytest.mark.parametrize("value", [np.nan, -np.inf])
def test_one_lost_draw_is_enough(value: float) -> None:
    lp = stats()["lp"]
    lp[2, 57] = value
    assert [found["chain"] for found in runaways(stats(lp=lp), 0.9)] == [2]


def test_runaways_are_left_out_of_draws_statistics_and_state() -> None:
    """Chain 1 was left out before; of the four that went on, numbers 0, 2, 3 and 4, two go now."""
    accepted = stats()["acceptance_rate"]
    accepted[[1, 3]] = 0.1
    sampled = Sampled(
        job=JOB,
        values={"bias_0": np.arange(4.0).repeat(200).reshape(4, 200)},
        stats=stats(acceptance_rate=accepted),
        expectations={},
        seconds={},
        info={},
        state={"array_00000": np.arange(4)},
    )
    earlier = [{"chain": 1, "reason": "it left"}]
    found = without_runaways(sampled, 0.9, "…", earlier)
    left_out = found.info["excluded_chains"]
    assert [one["chain"] for one in left_out] == [1, 2, 4]
    assert left_out[0] == earlier[0]
    assert found.values["bias_0"][:, 0].tolist() == [0, 2]
    assert found.stats["lp"].shape == (2, 200)
    assert found.state is not None
    assert found.state["array_00000"].tolist() == [0, 2]


def test_if_no_chain_is_left_the_error_has_the_advice() -> None:
    sampled = Sampled(JOB, {}, stats(acceptance_rate=np.zeros((4, 200))), {}, {}, {}, None)
    with pytest.raises(FloatingPointError, match=r"MCLMC: all 4 chains ran away .*do this"):
        without_runaways(sampled, 0.9, "do this")


def test_steps_are_not_blamed_where_no_place_has_a_density() -> None:
    nowhere = stats(acceptance_rate=np.zeros((4, 200)), lp=np.full((4, 200), -np.inf))
    with pytest.raises(FloatingPointError, match=r"all 4 chains .*model for huge or tiny"):
        without_runaways(Sampled(JOB, {}, nowhere, {}, {}, {}, None), 0.9, "do this")


def test_a_step_that_loses_its_energy_is_undone_and_turned_round() -> None:
    def density(x: Any) -> Any:
        return -0.5 * jnp.sum((100 * x) ** 2)

    place = jnp.array([0.01, -0.01, 0.0, 0.02])
    start = IntegratorState(place, jnp.full(4, 0.5), density(place), jax.grad(density)(place))
    ends = {
        length: mclmc_unadjusted._langevin_step(
            jax.random.key(0), start, density, jnp.ones(4), jnp.inf, length
        )
        for length in (1e-4, 10.0)
    }
    moved, undone = ends[1e-4][0], ends[10.0][0]
    assert not np.any(moved.position == place)
    assert moved.logdensity == pytest.approx(float(density(moved.position)))
    np.testing.assert_array_equal(undone.position, place)
    np.testing.assert_allclose(undone.momentum, -start.momentum, rtol=1e-5)
    assert abs(ends[10.0][1].energy_change) > 2  # tuning is told


def test_a_draw_diverges_if_its_steps_are_undone() -> None:
    def density(x: Any) -> Any:
        return -0.5 * jnp.sum((100 * x) ** 2)

    place = jnp.array([0.01, -0.01, 0.0, 0.02])
    start = mclmc.init(place, density, jax.random.key(0))
    draw = mclmc_unadjusted.unadjusted(bd.MCLMC(steps_per_draw=3)).draw
    for length, taken in ((1e-4, 3), (10.0, 0)):
        adapted = mclmc_unadjusted._Adapted(
            jnp.inf, length, jnp.ones(4), jnp.int32(0), jnp.int32(0)
        )
        _, _, info, _ = draw(jax.random.key(1), start, adapted, density)
        assert info.acceptance_rate == taken / 3
        assert bool(info.diverging) == (taken == 0)


def test_an_adjusted_draw_diverges_if_a_proposal_does() -> None:
    def density(x: Any) -> Any:
        return -0.5 * jnp.sum((100 * x) ** 2)

    start = adjusted_mclmc_dynamic.init(jnp.full(4, 0.01), density, jax.random.key(0))
    draw = mclmc_adjusted.adjusted(bd.MCLMC(adjusted=True)).draw
    for length in (1e-4, 100.0):
        adapted = MCLMCAdaptationState(jnp.inf, length, jnp.ones(4))
        end, _, info, _ = draw(jax.random.key(1), start, adapted, density)
        assert bool(info.diverging) == (length > 1)
        assert np.all(end.position == start.position) == (length > 1)
        assert info.acceptance_rate == pytest.approx(float(length < 1), abs=1e-3)


def test_boolean_noise_is_refused_with_what_to_use() -> None:
    reason = bd.MCLMC().supports(bd.Model(bd.MLP((4,)), bd.ARD(bd.noise.Bernoulli(0.9))))
    assert reason is not None
    assert "bd.NUTS" in reason
    learned = bd.noise.HalfCauchy(bd.Learned(1.0))
    assert "bd.SVI" in str(bd.MCLMC().supports(bd.Model(bd.MLP((4,)), bd.ARD(learned))))
    assert bd.MCLMC().supports(bd.Model(bd.MLP((4,)), bd.ARD(bd.noise.HalfCauchy()))) is None


@pytest.mark.parametrize(
    "settings",
    [{"num_warmup": 10}, {"steps_per_draw": 0}, {"adjusted": 1}, {"desired_energy_var": 0.0}],
)
def test_bad_settings_are_refused(settings: dict[str, Any]) -> None:
    with pytest.raises((TypeError, ValueError), match=next(iter(settings))):
        bd.MCLMC(**settings)


@pytest.mark.slow
def test_the_adjusted_kernel_finds_the_deviation_of_every_dimension() -> None:
    deviations = jnp.geomspace(0.02, 3.0, 40)
    dynamics = mclmc_kernel.dynamics_of(bd.MCLMC(adjusted=True))

    def density(x: Any) -> Any:
        return -0.5 * jnp.sum((x / deviations) ** 2)

    start_key, key = jax.random.split(jax.random.key(0))
    start = deviations * jax.random.normal(start_key, (40,))
    _, adapted, _ = jax.jit(lambda: dynamics.tune(key, start, density))()
    ratio = jnp.sqrt(adapted.inverse_mass_matrix) / deviations
    assert ratio.min() > 0.6
    assert ratio.max() < 1.6


def test_a_few_unsound_steps_among_many_draws_shorten_nothing() -> None:
    adapted = mclmc_unadjusted._Adapted(1.0, 1.0, 1.0, jnp.int32(0), jnp.int32(0))
    for draw in range(100):
        adapted = adapted.after(jnp.int32(4 if draw % 10 == 0 else 5), 5)
    assert adapted.step_size == 1.0
    for _ in range(12):
        adapted = adapted.after(jnp.int32(4), 5)
    assert adapted.step_size == pytest.approx(0.8)


@pytest.mark.slow
@pytest.mark.parametrize("adjusted", [False, pytest.param(True, marks=pytest.mark.slow)])
def test_variances_far_from_the_origin_are_not_lost_to_rounding(adjusted: bool) -> None:
    """Weights thousands of their standard deviations from 0."""
    rng = np.random.default_rng(0)
    X = rng.normal(size=(400, 30))
    method = replace(METHODS["adjusted" if adjusted else "unadjusted"], training_steps=2000)
    model = bd.Model(
        bd.MLP(()), bd.ScaleMixture(base_scale=1.0, bias_scale=1.0), bd.Gaussian(scale=1e-3)
    )
    posterior = bd.fit(model, X, X.sum(1), replace(method, num_samples=200), progress=False)
    assert posterior.fit.info["excluded_chains"] == []
    assert posterior.sample_stats["acceptance_rate"].mean() > 0.8


@pytest.mark.slow
def test_tuning_of_any_length_holds_a_bounded_trajectory() -> None:
    """In JAX's program no array grows with the warm-up beyond 10,000 steps."""

    def largest(num_warmup: int) -> int:
        tune = mclmc_unadjusted.unadjusted(bd.MCLMC(num_warmup=num_warmup)).tune
        program = jax.make_jaxpr(lambda key, at: tune(key, at, lambda x: -jnp.sum(x**2)))(
            jax.random.key(0), jnp.zeros(200)
        )
        shapes = re.findall(r"f32\[([\d,]+)\]", str(program))
        return max(int(np.prod([int(size) for size in shape.split(",")])) for shape in shapes)

    assert largest(1000) < largest(10_000) == largest(100_000)
