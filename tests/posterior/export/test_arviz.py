"""``post.to_arviz()``: the groups, and that ArviZ's own functions take them, in 0.23 and 1.x.

ArviZ 1.x needs Python 3.12; nothing here needs PyTorch, so that it can be tried there alone.
"""

from __future__ import annotations

from typing import Any

import linear
import matplotlib
import numpy as np
import pytest
from quick import quick
from scipy.stats import norm

import bayesdrop as bd
from bayesdrop.posterior.export.arviz import import_arviz, to_datatree

matplotlib.use("Agg")
az = import_arviz()
FIRST = int(az.__version__.split(".")[0])

CHAINS, DRAWS, ROWS, FEATURES = 2, 400, 60, 3
X, Y = linear.data(rows=ROWS, features=FEATURES)


@pytest.fixture(scope="module")
def posterior() -> bd.Posterior:
    method = linear.ExactLinear(num_samples=DRAWS, num_chains=CHAINS)
    return bd.fit(linear.model(), X, Y, method, seed=1)


@pytest.fixture(scope="module")
def two_outputs() -> bd.Posterior:
    X, y = linear.data(rows=ROWS, features=FEATURES, outputs=2)
    return bd.fit(linear.model(), X, y, linear.ExactLinear(DRAWS, CHAINS), seed=1)


@pytest.fixture(scope="module")
def sampled() -> bd.Posterior:
    """By HMC, with a learned noise scale; NUTS takes twice as long to compile."""
    return fit_by(bd.HMC)


def fit_by(sampler: type[bd.HMC | bd.NUTS]) -> bd.Posterior:
    method = sampler(200, 100, 2, centring=None, integrate_noise_scale=False)
    return bd.fit(bd.Model(bd.MLP(())), X, Y, method, progress=False)


def groups(data: Any) -> set[str]:
    names = data.groups() if FIRST < 1 else data.children
    return set(names)


def elpd(loo: Any) -> float:
    return float(loo.elpd_loo if FIRST < 1 else loo.elpd)


EVERY_FIT = {"observed_data", "constant_data"}


def test_groups(posterior: bd.Posterior) -> None:
    data = posterior.to_arviz()
    assert type(data).__name__ == ("InferenceData" if FIRST < 1 else "DataTree")
    assert groups(data) == EVERY_FIT | {"posterior", "sample_stats"}


def test_posterior_group_holds_the_draws(posterior: bd.Posterior) -> None:
    group = posterior.to_arviz().posterior
    assert dict(group.sizes)["chain"] == CHAINS
    assert dict(group.sizes)["draw"] == DRAWS
    draws = posterior.draws
    assert draws is not None
    assert set(group.data_vars) == set(draws)
    for name, values in draws.items():
        assert group[name].dims[:2] == ("chain", "draw")
        np.testing.assert_array_equal(group[name].to_numpy(), values)


def test_data_are_in_original_units(posterior: bd.Posterior) -> None:
    data = posterior.to_arviz()
    np.testing.assert_array_equal(data.observed_data["y"].to_numpy(), Y)
    np.testing.assert_array_equal(data.constant_data["X"].to_numpy(), X)
    assert data.constant_data["X"].dims == ("row", "feature")


@pytest.mark.parametrize("outputs", [1, 2])
def test_posterior_predictive(
    posterior: bd.Posterior, two_outputs: bd.Posterior, outputs: int
) -> None:
    fit = posterior if outputs == 1 else two_outputs
    drawn = fit.to_arviz(posterior_predictive=True).posterior_predictive["y"]
    rows = ("row",) if outputs == 1 else ("row", "output")
    assert drawn.dims == ("chain", "draw", *rows)
    assert drawn.shape == (CHAINS, DRAWS, *fit.training.target.shape)
    prediction = fit.predict(fit.training.X_original)
    n = CHAINS * DRAWS
    off = (drawn.to_numpy() - prediction.mean).reshape(
        n, *fit.training.target.shape
    ) / prediction.std
    np.testing.assert_array_less(np.abs(off.mean(0)), 5 / np.sqrt(n))
    np.testing.assert_allclose((off**2).mean(0), 1, atol=6 * np.sqrt(2 / n))


def test_a_small_spread_about_a_large_mean_is_kept() -> None:
    fit = bd.fit(linear.model(), X, 1e6 + 1e-3 * Y, linear.ExactLinear(DRAWS, CHAINS))
    drawn = fit.to_arviz(posterior_predictive=True).posterior_predictive["y"].to_numpy()
    np.testing.assert_allclose(drawn.std((0, 1)), fit.predict(X).std, rtol=0.2)


def test_log_likelihood_only_when_asked(posterior: bd.Posterior) -> None:
    data = posterior.to_arviz(log_likelihood=True)
    assert groups(data) >= {"log_likelihood"}
    found = data.log_likelihood["y"].to_numpy()
    assert found.shape == (CHAINS, DRAWS, ROWS)
    means = posterior.predict(X).draw_means.astype(np.float64)
    expected = norm.logpdf(Y, means, linear.NOISE_SCALE * Y.std()).reshape(CHAINS, DRAWS, ROWS)
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-3)


def test_loo_is_the_exact_leave_one_out(posterior: bd.Posterior) -> None:
    design, target = linear.standardised(X), linear.standardised(Y)
    exact = 0.0
    for row in range(ROWS):
        kept = np.arange(ROWS) != row
        rest = linear.exact(design[kept], target[kept])
        at = np.append(design[row], 1)
        spread = np.sqrt(at @ rest.covariance @ at + linear.NOISE_SCALE**2)
        exact += norm.logpdf(target[row, 0], at @ rest.mean[:, 0], spread) - np.log(Y.std())
    loo = az.loo(posterior.to_arviz(log_likelihood=True))
    assert elpd(loo) == pytest.approx(exact, abs=0.2)


def test_ess_rhat_and_summary_take_it(sampled: bd.Posterior) -> None:
    data = sampled.to_arviz()
    ess, rhat = az.ess(data), az.rhat(data)
    if FIRST >= 1:  # trees with a posterior group, there
        ess, rhat = (getattr(found, "posterior", found) for found in (ess, rhat))
    assert ess["weight_0"].shape == rhat["weight_0"].shape == (FEATURES, 1)
    assert float(ess["noise_scale"].min()) > 20
    assert float(rhat["weight_0"].max()) < 1.2
    summary = az.summary(data)
    assert len(summary) == FEATURES + 1 + 1
    assert {"ess_bulk", "r_hat"} <= set(summary.columns)
    assert {"weight_0[x0, 0]", "weight_0[x2, 0]", "bias_0[0]", "noise_scale[0]"} <= set(
        summary.index
    )


def test_diagnostics_are_arvizs(sampled: bd.Posterior) -> None:
    flat = {name: v.reshape(200, *v.shape[2:]) for name, v in (sampled.draws or {}).items()}
    standardised = sampled.training.X_standardised
    location = sampled.bound.forward(flat, standardised)["loc"]
    f = location.reshape(2, 100, ROWS).astype(np.float64)
    rhat, ess = (
        np.array([float(function(f[..., row])) for row in range(ROWS)])
        for function in (az.rhat, az.ess)
    )
    diagnostics = sampled.diagnose()
    assert diagnostics.max_rhat_f == pytest.approx(rhat.max(), rel=1e-6)
    assert diagnostics.min_ess_f == pytest.approx(ess.min(), rel=1e-6)
    assert diagnostics.share_rhat_f_above_1_05 == pytest.approx(np.mean(rhat > 1.05))


@pytest.mark.parametrize("sampler", quick([bd.HMC, bd.NUTS], lambda sampler: sampler is bd.HMC))
def test_sample_stats_have_arvizs_names(sampled: bd.Posterior, sampler: Any) -> None:
    of_trees = {"tree_depth"} if sampler is bd.NUTS else set()
    stats = (fit_by(sampler) if of_trees else sampled).to_arviz().sample_stats
    assert {"diverging", "energy", "lp", "n_steps", "step_size"} | of_trees <= set(stats.data_vars)
    for value in stats.data_vars.values():
        assert value.dims == ("chain", "draw")
        assert value.shape == (2, 100)
    assert stats["diverging"].dtype == bool


@pytest.mark.filterwarnings("ignore:Passing a dict or None as alias_mapping")  # 0.23, Matplotlib
def test_plots_take_it(sampled: bd.Posterior) -> None:
    import matplotlib.pyplot as plt

    data = sampled.to_arviz(posterior_predictive=True)
    assert az.plot_trace(data) is not None
    assert az.plot_energy(data) is not None
    (az.plot_ppc if FIRST < 1 else az.plot_ppc_dist)(data)
    plt.close("all")


@pytest.mark.filterwarnings("ignore:Estimated shape parameter of Pareto")  # one row has leverage
def test_several_outputs_take_loo_and_summary(two_outputs: bd.Posterior) -> None:
    data = two_outputs.to_arviz(log_likelihood=True)
    assert len(az.summary(data)) == 2 * (FEATURES + 1)
    assert data.log_likelihood["y"].shape == (CHAINS, DRAWS, ROWS, 2)
    assert np.isfinite(elpd(az.loo(data)))


def test_a_fit_without_draws_has_no_posterior_group() -> None:
    pytest.importorskip("torch")
    method = bd.MCDropout(num_epochs=3, num_passes=20)
    model = bd.Model(bd.MLP((3,)), bd.ARD(bd.noise.Bernoulli(0.8)))
    fitted = bd.fit(model, X, Y, method, progress=False)
    assert groups(fitted.to_arviz()) == EVERY_FIT
    data = fitted.to_arviz(posterior_predictive=True)
    assert groups(data) == EVERY_FIT | {"posterior_predictive"}
    assert data.posterior_predictive["y"].shape == (1, 20, ROWS)


def test_the_tree_is_the_same_for_every_version(posterior: bd.Posterior) -> None:
    """What 1.x is given as it is, whatever version is here."""
    tree = to_datatree(posterior, log_likelihood=True)
    assert set(tree.children) == EVERY_FIT | {"posterior", "sample_stats", "log_likelihood"}
    for name, group in tree.children.items():
        for dim, size in group.sizes.items():
            expected = ["x0", "x1", "x2"] if dim == "feature" else np.arange(size)
            np.testing.assert_array_equal(group[dim], expected, err_msg=f"{name}.{dim}")
        assert group.attrs["inference_library"] == "bayesdrop"
