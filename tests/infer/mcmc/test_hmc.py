"""NUTS and HMC against posteriors that are known, and what they report of a run."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from typing import Any

import jax
import jax.numpy as jnp
import linear
import numpy as np
import pytest
from blackjax.adaptation.window_adaptation import build_schedule
from monte_carlo import mean_and_error
from quick import quick

import bayesdrop as bd
from bayesdrop.infer.engine import devices
from bayesdrop.infer.mcmc.hmc import low_rank
from bayesdrop.infer.mcmc.hmc.kernel import of_trees
from bayesdrop.infer.mcmc.hmc.low_rank import windows

COMMON: dict[str, Any] = {"num_warmup": 500, "num_samples": 3000, "num_chains": 2}
METHODS: dict[str, tuple[bd.NUTS | bd.HMC, int]] = {
    "nuts-parallel": (bd.NUTS(**COMMON, chain_method="parallel"), 1),
    "nuts-sequential": (bd.NUTS(**COMMON, chain_method="sequential"), 1),
    "nuts-vectorized-dense": (bd.NUTS(**COMMON, chain_method="vectorized", dense_mass=True), 2),
    "nuts-low-rank": (bd.NUTS(**COMMON, low_rank=True), 2),
    "hmc": (bd.HMC(**COMMON, num_steps=5), 1),
}
"""Name → method and number of outputs. Compiling each costs more than its draws."""


@cache
def fitted(name: str, seed: int = 0) -> bd.Posterior:
    method, outputs = METHODS[name]
    X, y = linear.data(outputs=None if outputs == 1 else outputs)
    return bd.fit(linear.model(), X, y, method, seed=seed, progress=False)


@pytest.mark.slow
@pytest.mark.parametrize("name", METHODS)
def test_mean_and_variance_are_the_exact_posteriors(name: str) -> None:
    posterior = fitted(name)
    exact = linear.exact_of(posterior.training.X_original, posterior.training.target)
    draws = linear.stacked(posterior.draws)
    assert draws.shape == (2, 3000, 6, METHODS[name][1])
    for output in range(draws.shape[-1]):
        off = draws[..., output] - exact.mean[:, output]
        bias, error = mean_and_error(off)
        assert np.all(np.abs(bias) < 4 * error), "mean"
        variance, error = mean_and_error(off**2)
        assert np.all(np.abs(variance - np.diag(exact.covariance)) < 4 * error), "variance"
        assert np.all(error < 0.2 * np.diag(exact.covariance)), "too few draws to tell"


@pytest.mark.parametrize("name", quick(METHODS, lambda name: name == "nuts-parallel"))
def test_every_chain_is_its_own(name: str) -> None:
    weight = linear.stacked(fitted(name).draws)
    assert not np.any(weight[0] == weight[1])
    assert fitted(name).diagnose().max_rhat_f == pytest.approx(1, abs=0.02)


@pytest.mark.parametrize(
    ("settings", "match"),
    [
        ({"dense_mass": True}, "dense_mass or low_rank, not both"),
        ({"init_strategy": "median"}, "draws of the prior"),
        ({"num_warmup": 19}, "num_warmup"),
        ({"low_rank": 1}, "low_rank"),
    ],
)
def test_a_matrix_of_low_rank_has_settings_that_fit(settings: Any, match: str) -> None:
    with pytest.raises((ValueError, TypeError), match=match):
        bd.NUTS(**({"low_rank": True} | settings))


def test_a_matrix_of_low_rank_is_not_for_masks() -> None:
    model = linear.model(unit=bd.noise.Bernoulli(0.5))
    reason = bd.NUTS(low_rank=True).supports(model)
    assert reason is not None
    assert "NUTS(low_rank=True) moves continuous variables alone: use bd.NUTS" in reason
    assert bd.NUTS().supports(model) is None


@pytest.mark.slow
@pytest.mark.parametrize("init_strategy", ["sample", "trained"])
def test_low_rank_nuts_counts_its_gradients(init_strategy: str) -> None:
    method = bd.NUTS(40, 20, 2, init_strategy=init_strategy, low_rank=True, max_tree_depth=2)
    posterior = bd.fit(linear.model(), *linear.data(), method, progress=False)
    steps = posterior.sample_stats["n_steps"]
    assert steps.shape == (2, 20)
    before = posterior.fit.info["gradients"] - steps.sum()
    if init_strategy == "trained":
        assert before > 2 * 1000
    else:
        assert 2 * 40 <= before <= 2 * 40 * 3


@pytest.mark.parametrize("num_steps", [20, 150, 456, 500, 900, 1000, 3000, 10_000])
def test_windows_of_a_low_rank_warm_up_fit_the_buffer(num_steps: int) -> None:
    """Those of Stan's schedule, but that long ones are cut into equal parts."""
    before, after = (np.array(schedule(num_steps)) for schedule in (build_schedule, windows))
    np.testing.assert_array_equal(after[:, 0], before[:, 0])
    assert np.all(after[:, 1] >= before[:, 1])
    longest_before, longest = (
        max(np.diff([np.argmax(each[:, 0]), *(np.flatnonzero(each[:, 1]) + 1)]))
        for each in (before, after)
    )
    capacity = 2 * max(num_steps // 5, 128)
    assert longest <= capacity
    assert (longest_before > capacity) == (num_steps > 500)
    assert (after[:, 1].sum() > before[:, 1].sum()) == (num_steps > 500)


def test_a_low_rank_warm_up_finds_the_scales_and_leaves_chains_among_their_draws() -> None:
    """With BlackJAX's own windows a posterior far from 0 looks wider than it is."""
    X, y = linear.data()
    exact = linear.exact_of(X, y)
    method = bd.NUTS(num_warmup=1000, num_samples=1, num_chains=8, low_rank=True)
    model = linear.model()
    data = bd.TrainingData.of(X, y, True)
    kernel = low_rank.build_kernel(method, model.bind(5, 1))
    rows = jnp.asarray(data.X_standardised), jnp.asarray(data.y_standardised)
    keys = jax.random.split(jax.random.key(0), 8)
    states = jax.jit(jax.vmap(kernel.init, (0, None)))(keys, rows)

    def each_chain(function: Any) -> Any:
        return lambda chains, shared: jax.lax.map(lambda one: function(one, shared), chains)

    assert kernel.tune is not None
    tuned = jax.jit(lambda states: kernel.tune(keys[0], states, rows, each_chain))(states)
    _, (sigma, U, lam) = tuned.parameters
    wide = 1 + np.einsum("cdr,cr->cd", U**2, lam - 1)
    variance = np.mean(sigma**2 * wide, axis=0)
    order = np.array([5, 0, 1, 2, 3, 4])  # the bias comes first
    np.testing.assert_allclose(variance / np.diag(exact.covariance)[order], 1, atol=0.5)
    off = tuned.moving.position - exact.mean[order, 0]
    square = np.einsum("ci,ij,cj->c", off, exact.precision[order][:, order], off)
    assert 1.5 < square.mean() < 15, "chi squared with 6 degrees of freedom, 8 times"


@pytest.mark.slow
def test_parallel_and_sequential_chains_are_the_same_computation() -> None:
    parallel, sequential = fitted("nuts-parallel"), fitted("nuts-sequential")
    steps = [p.sample_stats["n_steps"] for p in (parallel, sequential)]
    np.testing.assert_array_equal(*steps)


@pytest.mark.parametrize("method", ["parallel", "sequential", "vectorized", "auto"])
@pytest.mark.parametrize("num_chains", [1, 2, 3, 5])
def test_over_chains_keeps_chains_in_order(method: Any, num_chains: int) -> None:
    function = devices.over_chains(
        lambda chain, shared: {"out": chain["a"] * shared, "also": chain["b"].sum()},
        num_chains,
        devices.resolve(method, num_chains),
    )
    a, b = np.arange(1.0, num_chains + 1), np.ones((num_chains, 4)) * np.arange(num_chains)[:, None]
    result = jax.jit(function)({"a": a, "b": b}, 10.0)
    np.testing.assert_allclose(result["out"], 10 * a)
    np.testing.assert_allclose(result["also"], 4 * np.arange(num_chains))


def test_same_seed_same_draws_another_seed_others() -> None:
    method = replace(METHODS["nuts-parallel"][0], num_samples=50)  # with the long run's program
    again, other = (
        bd.fit(linear.model(), *linear.data(), method, seed, progress=False) for seed in (0, 1)
    )
    first = fitted("nuts-parallel")
    one, same, different = (linear.stacked(p.draws)[:, :50] for p in (first, again, other))
    np.testing.assert_array_equal(one, same)
    assert not np.any(one == different)


@pytest.mark.slow
def test_data_of_one_shape_share_one_compilation_and_other_shapes_are_told_apart() -> None:
    method = bd.NUTS(num_warmup=400, num_samples=4001, num_chains=2)

    def fit(X: Any, y: Any) -> bd.Posterior:
        return bd.fit(linear.model(), X, y, method, progress=False)

    first = fit(*linear.data())
    assert first.fit.info["compilations"] == 2  # the start and the steps
    assert first.fit.seconds["compile"] > 0
    second = fit(*linear.data(seed=1))
    assert second.fit.info["compilations"] == 0
    assert second.fit.seconds["compile"] == 0
    assert second.fit.seconds["run"] > 0
    smaller = fit(*linear.data(rows=40, features=3, seed=2))
    assert smaller.fit.info["compilations"] == 2
    first_again = fit(*linear.data())
    assert first_again.fit.info["compilations"] == 0

    for posterior in (first, second, smaller):
        exact = linear.exact_of(posterior.training.X_original, posterior.training.target)
        bias, error = mean_and_error(linear.stacked(posterior.draws)[..., 0] - exact.mean[:, 0])
        assert np.all(np.abs(bias) < 4 * error)
    np.testing.assert_array_equal(*(linear.stacked(p.draws) for p in (first, first_again)))


@pytest.mark.slow
def test_both_forms_have_the_same_posterior() -> None:
    model = linear.model(unit=bd.noise.InverseNakagami(3.0, 3.0))
    X, y = linear.data(rows=30, features=3)
    moments = []
    for form in ("expanded", "hierarchical"):
        method = bd.NUTS(
            num_warmup=600, num_samples=3000, num_chains=2, form=form, target_accept_prob=0.9
        )
        posterior = bd.fit(model, X, y, method, progress=False)
        draws = posterior.draws
        assert draws is not None
        if form == "expanded":
            assert set(draws) == {"unit_scale_0", "weight_0_base", "bias_0"}
            weight = draws["weight_0_base"] * draws["unit_scale_0"][..., None]
        else:
            assert set(draws) == {"unit_scale_0", "weight_0", "bias_0"}
            weight = draws["weight_0"]
        used = np.concatenate([weight[..., 0], draws["unit_scale_0"]], axis=2).astype(np.float64)
        moments.append([mean_and_error(used), mean_and_error(used**2)])
    for (left, left_error), (right, right_error) in zip(*moments, strict=True):
        assert np.all(np.abs(left - right) < 4 * np.hypot(left_error, right_error))


def test_sample_stats_of_nuts() -> None:
    posterior = fitted("nuts-parallel")
    stats = posterior.sample_stats
    assert set(stats) == {
        *("acceptance_rate", "diverging", "energy", "lp", "n_steps", "step_size", "tree_depth"),
        "reached_max_treedepth",
    }
    assert not stats["reached_max_treedepth"].any()
    assert {value.shape for value in stats.values()} == {(2, 3000)}
    assert stats["diverging"].dtype == bool
    assert 0.7 < stats["acceptance_rate"].mean() < 0.95  # tuned to 0.8
    assert np.all(2 ** (stats["tree_depth"] - 1) <= stats["n_steps"])
    assert np.all(stats["n_steps"] < 2 ** stats["tree_depth"])
    assert np.all(stats["step_size"] == stats["step_size"][:, :1])  # adapted in warm-up alone
    assert posterior.fit.info["gradients"] > stats["n_steps"].sum()


@pytest.mark.slow
def test_sample_stats_of_hmc_have_no_tree() -> None:
    stats = fitted("hmc").sample_stats
    assert "tree_depth" not in stats
    assert np.all(stats["n_steps"] == 5)
    assert fitted("hmc").diagnose().share_at_max_tree_depth is None


def test_lp_is_the_log_joint_at_the_draw() -> None:
    posterior = fitted("nuts-parallel")
    X, y = (
        linear.standardised(posterior.training.X_original),
        linear.standardised(posterior.training.target),
    )
    draws = posterior.draws
    assert draws is not None
    for draw in (0, 1234, 2999):  # every site is real: no Jacobian
        at = {name: value[1, draw] for name, value in draws.items()}
        expected = bd.log_joint(posterior.model, at, X, y, "pyro")
        assert posterior.sample_stats["lp"][1, draw] == pytest.approx(expected, rel=1e-4)


@pytest.mark.slow
def test_divergences_are_counted() -> None:
    funnel = linear.model(unit=bd.noise.HalfCauchy(1.0))
    X, y = linear.data(rows=8, features=4)
    method = bd.NUTS(
        num_warmup=60, num_samples=200, num_chains=2, form="hierarchical", target_accept_prob=0.4
    )
    posterior = bd.fit(funnel, X, y, method, progress=False)
    diverging = posterior.sample_stats["diverging"]
    assert diverging.sum() > 0
    assert posterior.diagnose().divergences == diverging.sum()


def test_the_depth_of_a_tree_and_whether_it_was_the_largest() -> None:
    """A tree of depth d has 2ᵈ − 1 steps, fewer where its last doubling ended early."""
    found = of_trees(np.array([[1, 2, 3], [4, 6, 7]]), limit=3)
    np.testing.assert_array_equal(found["tree_depth"], [[1, 2, 2], [3, 3, 3]])
    np.testing.assert_array_equal(
        found["reached_max_treedepth"], [[False, False, False], [False, False, True]]
    )


def test_a_stop_minds_full_trees() -> None:
    """Whatever R-hat is allowed, trees of one step keep chains from having converged."""
    X, y = linear.data(rows=30, features=1)
    loose = bd.Converged(max_rhat=5.0, min_ess=1.0)
    method = bd.NUTS(num_warmup=50, num_samples=150, num_chains=2, max_tree_depth=1, stop=loose)
    posterior = bd.fit(linear.model(), X, y, method, progress=False)
    assert posterior.diagnose().share_at_max_tree_depth == 1.0
    assert posterior.fit.info["ended_by"] == "num_samples"
    longer = posterior.continue_(100, stop=loose, progress=False)
    assert longer.fit.info["ended_by"] == "num_samples"


@pytest.mark.slow
def test_tree_depth_limit_is_kept_and_reported() -> None:
    X, y = linear.data(rows=30, features=3)
    method = bd.NUTS(num_warmup=100, num_samples=60, num_chains=1, max_tree_depth=2)
    posterior = bd.fit(linear.model(), X, y, method, progress=False)
    steps = posterior.sample_stats["n_steps"]
    assert steps.max() <= 3
    diagnostics = posterior.diagnose()
    assert diagnostics.share_at_max_tree_depth == pytest.approx(np.mean(steps == 3))
    assert diagnostics.num_chains == 1
    assert diagnostics.max_rhat_f is not None
    assert np.isfinite(diagnostics.max_rhat_f)  # between the halves of the one chain


@pytest.mark.parametrize("method", [bd.NUTS(), bd.HMC(), bd.SVI()])
@pytest.mark.parametrize(
    "noise", [bd.noise.HalfCauchy(), bd.noise.Rayleigh(), bd.noise.Gaussian(1.0)]
)
def test_continuous_noise_is_supported(method: bd.Inference, noise: bd.noise.Noise) -> None:
    assert method.supports(bd.Model(bd.MLP((4,)), bd.ARD(noise))) is None


@pytest.mark.slow
def test_chains_may_start_at_trained_points() -> None:
    """Without warm-up the first draw is near the mode, which a draw of the prior is not."""
    X, y = linear.data()
    exact = linear.exact_of(X, y)
    gaps = {}
    for strategy in ("sample", "trained"):
        method = bd.NUTS(num_warmup=0, num_samples=1, num_chains=2, init_strategy=strategy)
        posterior = bd.fit(linear.model(), X, y, method, progress=False)
        off = linear.stacked(posterior.draws)[:, 0, :, 0] - exact.mean[:, 0]
        gaps[strategy] = np.einsum("ci,ij,cj->c", off, exact.precision, off)
        steps = posterior.sample_stats["n_steps"].sum()
        trained = posterior.fit.info["gradients"] - steps
        if strategy == "trained":
            assert 2 * 1000 < trained <= 2 * 5000
            assert trained % 100 == 0, "a look comes after 100 steps"
        else:
            assert trained == 0
    assert np.all(gaps["trained"] < 30)  # χ² with 6 degrees of freedom
    assert np.all(gaps["sample"] > gaps["trained"])


def test_trained_points_need_a_density_of_continuous_variables() -> None:
    model = bd.Model(bd.MLP((4,)), bd.ARD(bd.noise.Bernoulli(0.9)))
    method = bd.NUTS(num_warmup=1, num_samples=1, discrete="gibbs", init_strategy="trained")
    with pytest.raises(bd.UnsupportedModelError, match="use init_strategy"):
        bd.fit(model, *linear.data(), method, progress=False)
