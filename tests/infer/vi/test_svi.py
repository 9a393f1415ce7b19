"""SVI against the exact posterior, its exact objective, and across its two backends.

The fitted Gaussian is read off draws of it. From n draws a variance is known to a relative
√(2/n) and a KL divergence to about (d + d(d + 1)/2)/2n; the tolerances say how much of each.
"""

from __future__ import annotations

from functools import cache
from typing import Any

import jax
import linear
import numpy as np
import pyro
import pytest
import torch
from numpyro import optim
from quick import quick

import bayesdrop as bd
from bayesdrop.infer.vi.svi import numpyro as numpyro_svi
from bayesdrop.infer.vi.svi import pyro as pyro_svi
from bayesdrop.progress import progress_of

NUMPYRO: dict[str, Any] = {"num_samples": 200_000, "final_learning_rate": 1e-5}
PYRO: dict[str, Any] = {"backend": "pyro", "learning_rate": 0.02}
LONG_PYRO = {
    **{**PYRO, "num_samples": 20_000, "num_steps": 8000, "num_particles": 2},
    "final_learning_rate": 1e-5,
}
METHODS = {
    "mean_field": bd.SVI(guide="mean_field", num_steps=10_000, num_particles=8, **NUMPYRO),
    "full_rank": bd.SVI(guide="full_rank", num_steps=20_000, num_particles=8, **NUMPYRO),
    "minibatch": bd.SVI(guide="mean_field", num_steps=40_000, batch_size=20, **NUMPYRO),
    "pyro_mean_field": bd.SVI(guide="mean_field", num_steps=3000, num_samples=5000, **PYRO),
    "pyro_full_rank": bd.SVI(guide="full_rank", **LONG_PYRO),
    "pyro_minibatch": bd.SVI(guide="mean_field", batch_size=20, **LONG_PYRO),
}
SLOW = ("full_rank", "minibatch", "pyro_mean_field", "pyro_full_rank", "pyro_minibatch")


def named(*names: str) -> Any:
    """Parametrise by names of ``METHODS``."""
    marks = {name: [pytest.mark.slow] if name in SLOW else [] for name in names}
    return pytest.mark.parametrize("name", [pytest.param(n, marks=marks[n]) for n in names])


@cache
def fitted(name: str) -> bd.Posterior:
    return bd.fit(linear.model(), *linear.data(), METHODS[name], seed=0, progress=False)


def fitted_draws(name: str) -> linear.Array:
    return linear.stacked(fitted(name).draws)[0, :, :, 0]


EXACT = linear.exact_of(*linear.data())
MEAN_FIELD_VARIANCE = 1 / np.diag(EXACT.precision)
MEAN_FIELD_KL = EXACT.kl_from(EXACT.mean[:, 0], np.diag(MEAN_FIELD_VARIANCE))


def test_the_posterior_tells_mean_field_from_full_rank() -> None:
    assert np.max(np.diag(EXACT.covariance) / MEAN_FIELD_VARIANCE) > 1.5
    assert MEAN_FIELD_KL > 0.2


@named("full_rank", "pyro_full_rank")
def test_full_rank_is_the_exact_posterior(name: str) -> None:
    draws = fitted_draws(name)
    n, d = draws.shape
    kl = EXACT.kl_from(draws.mean(0), np.cov(draws.T))
    sampling = (d + d * (d + 1) / 2) / (2 * n)
    assert sampling < 0.2 * 1e-3 * d
    assert kl / d < 1e-3


@named("mean_field", "pyro_mean_field")
def test_mean_field_variance_is_the_inverse_diagonal_precision(name: str) -> None:
    draws = fitted_draws(name)
    tolerance = 0.01 + 4 * np.sqrt(2 / len(draws))  # optimisation + sampling
    np.testing.assert_allclose(draws.var(0), MEAN_FIELD_VARIANCE, rtol=tolerance)
    off = np.abs(np.corrcoef(draws.T)[~np.eye(draws.shape[1], dtype=bool)])
    assert off.max() < 5 / np.sqrt(len(draws))


@named("mean_field", "full_rank", "pyro_mean_field", "pyro_full_rank")
def test_mean_is_the_exact_mean(name: str) -> None:
    off = (fitted_draws(name).mean(0) - EXACT.mean[:, 0]) / np.sqrt(np.diag(EXACT.covariance))
    assert np.abs(off).max() < 0.05


@named("minibatch", "pyro_minibatch")
def test_minibatches_reach_the_same_posterior(name: str) -> None:
    """Without the factor rows/batch in the ELBO the variances would be about three times these."""
    draws = fitted_draws(name)
    np.testing.assert_allclose(draws.var(0), MEAN_FIELD_VARIANCE, rtol=0.1)
    off = (draws.mean(0) - EXACT.mean[:, 0]) / np.sqrt(MEAN_FIELD_VARIANCE)
    assert np.abs(off).max() < 0.3


@named(*METHODS)
def test_loss_falls_to_minus_the_exact_elbo(name: str) -> None:
    """−ELBO = −log evidence + KL(q ‖ p), minibatched or not."""
    losses = fitted(name).fit.losses
    method = METHODS[name]
    _, per_epoch, epochs = method.batches(60)
    assert len(losses) == per_epoch * epochs
    assert np.isfinite(losses).all()
    last = losses[-len(losses) // 4 :]
    expected = -EXACT.log_evidence + (0 if method.guide == "full_rank" else MEAN_FIELD_KL)
    error = last.std() / np.sqrt(len(last))
    assert np.mean(last) == pytest.approx(expected, abs=0.02 + 4 * error)
    assert losses[: len(losses) // 100].mean() > expected + 1


@pytest.mark.slow
def test_pyro_minibatches_are_scaled_to_all_rows() -> None:
    """The quick version: without the factor the loss would be some 20 nats lower."""
    method = bd.SVI(num_steps=1500, batch_size=20, num_samples=2, **PYRO)
    losses = bd.fit(linear.model(), *linear.data(), method, progress=False).fit.losses[-500:]
    expected = -EXACT.log_evidence + MEAN_FIELD_KL
    assert losses.mean() == pytest.approx(expected, abs=1 + 4 * losses.std() / np.sqrt(500))


def test_the_fit_is_the_mean_of_the_last_quarter_of_the_iterates() -> None:
    settings = bd.SVI(num_steps=8, num_samples=1, learning_rate=0.1, final_learning_rate=0.1)
    bound = linear.model().bind(5, 1)
    X, y = (linear.standardised(part).astype(np.float32) for part in linear.data())
    start, advance, _ = numpyro_svi._svi(settings, bound, len(X))
    key = jax.random.key(0)
    state = start(key, X, y, numpyro_svi.prior_medians(bound, 0, settings.temperature))
    iterates = []
    for step in range(8):
        state, _ = advance(state, key, step, step + 1, X, y)
        iterates.append(optim.Adam(0.1).get_params(state.svi.optim_state)["auto_loc"])
    assert np.abs(iterates[6] - iterates[7]).max() > 0.01
    mean = (iterates[6] + iterates[7]) / 2
    np.testing.assert_allclose(state.mean["auto_loc"], mean, rtol=1e-5)


class _Steps:
    """In place of Pyro's SVI: step k puts the parameter at k."""

    def __init__(self) -> None:
        self.told: list[tuple[int, int]] = []

    def step(self, X: torch.Tensor, y: torch.Tensor, n_rows: int) -> float:
        self.told.append((len(X), n_rows))
        pyro.param("w").data.fill_(len(self.told))
        return 0.0


def test_pyro_averages_the_last_quarter_too_and_tells_a_minibatch_of_all_rows() -> None:
    rows = torch.zeros(60, 2), torch.zeros(60, 1)
    with pyro.get_param_store().scope():
        pyro.param("w", torch.zeros(3))
        steps: Any = _Steps()
        settings = bd.SVI(backend="pyro", num_steps=12, batch_size=20)
        pyro_svi._optimise(settings, steps, rows, progress_of(False))
        assert pyro.param("w").tolist() == [11.0, 11.0, 11.0]  # of 10, 11 and 12
    assert steps.told == [(20, 60)] * 12


def test_pyro_checks_its_optimum_by_the_log_joint_with_its_jacobian() -> None:
    model = linear.model(bd.noise.Rayleigh(0.7))
    X, y = (linear.standardised(part).astype(np.float32) for part in linear.data())
    rng = np.random.default_rng(0)
    own = {
        site.name: (0.5 + rng.random(site.shape)).astype(np.float32) for site in bd.sites(model, 5)
    }
    draw = {name: torch.as_tensor(value) for name, value in own.items()}
    program = bd.pyro_model(model)
    at, found = pyro_svi._log_density(program, draw, *map(torch.as_tensor, (X, y)), 60)
    jacobian = np.log(own["unit_scale_0"]).sum()
    expected = bd.log_joint(model, own, X, y, "numpyro") + jacobian
    assert found.item() == pytest.approx(expected, rel=1e-5)
    np.testing.assert_allclose(at["unit_scale_0"].detach(), np.log(own["unit_scale_0"]), rtol=1e-5)


def test_final_loss_is_diagnosed() -> None:
    diagnostics = fitted("mean_field").diagnose()
    expected = -EXACT.log_evidence + MEAN_FIELD_KL
    assert diagnostics.final_loss == pytest.approx(expected, abs=0.5)
    assert diagnostics.converged
    assert diagnostics.max_rhat_f is None


@named("mean_field", "pyro_mean_field")
def test_draws_are_one_chain(name: str) -> None:
    posterior = fitted(name)
    assert posterior.draws is not None
    assert posterior.draws["weight_0"].shape == (1, METHODS[name].num_samples, 5, 1)
    assert posterior.draws["bias_0"].shape == (1, METHODS[name].num_samples, 1)
    assert posterior.num_chains == 1
    assert posterior.sample_stats == {}


SHORT = {
    "numpyro": bd.SVI(num_steps=301, num_samples=50, batch_size=20),
    "pyro": bd.SVI(num_steps=301, num_samples=50, batch_size=20, backend="pyro"),
}


def short(backend: str, seed: int = 0, **data: Any) -> bd.Posterior:
    X, y = linear.data(**data)
    return bd.fit(linear.model(), X, y, SHORT[backend], seed=seed, progress=False)


@pytest.mark.slow
@pytest.mark.parametrize("backend", quick(SHORT, lambda name: name == "numpyro"))
def test_same_seed_same_draws_another_seed_others(backend: str) -> None:
    one, same, other = (linear.stacked(short(backend, s).draws) for s in (0, 0, 1))
    np.testing.assert_array_equal(one, same)
    assert not np.any(one == other)


@pytest.mark.slow
def test_data_of_one_shape_share_one_compilation_and_other_shapes_are_told_apart() -> None:
    short("numpyro")
    second = short("numpyro")
    assert second.fit.info["compilations"] == 0
    assert second.fit.seconds["compile"] == 0
    other = short("numpyro", rows=45, features=3)  # fails if a guide keeps the first one's shape
    assert other.fit.info["compilations"] > 0
    assert linear.stacked(other.draws).shape == (1, 50, 4, 1)
    back = short("numpyro")
    assert back.fit.info["compilations"] == 0
    np.testing.assert_array_equal(linear.stacked(back.draws), linear.stacked(second.draws))


@pytest.mark.parametrize(
    ("rows", "batch_size", "num_steps", "expected"),
    [
        (60, None, 100, (60, 1, 100)),
        (60, 60, 100, (60, 1, 100)),
        (60, 200, 100, (60, 1, 100)),
        (60, 40, 100, (40, 1, 100)),
        (60, 25, 100, (25, 2, 50)),
        (60, 25, 101, (25, 2, 51)),
        (60, 1, 30, (1, 60, 1)),
    ],
)
def test_batches(
    rows: int, batch_size: int | None, num_steps: int, expected: tuple[int, int, int]
) -> None:
    assert bd.SVI(num_steps=num_steps, batch_size=batch_size).batches(rows) == expected


@pytest.mark.slow
@pytest.mark.parametrize("backend", SHORT)
def test_one_loss_per_step_of_whole_epochs(backend: str) -> None:
    losses = short(backend).fit.losses
    assert losses.shape == (303,)  # 101 epochs of three batches
    assert np.all(losses > 1)


@pytest.mark.slow
def test_pyro_leaves_the_global_state_as_found() -> None:
    pyro.clear_param_store()
    pyro.param("mine", torch.ones(2))
    torch.manual_seed(5)
    threads, state = torch.get_num_threads(), torch.get_rng_state()
    short("pyro")
    assert list(pyro.get_param_store().keys()) == ["mine"]
    assert torch.equal(torch.get_rng_state(), state)
    assert torch.get_num_threads() == threads
    pyro.clear_param_store()


@pytest.mark.slow
@pytest.mark.parametrize(
    ("guide", "backend"), [("low_rank", "numpyro"), ("low_rank", "pyro"), ("full_rank", "pyro")]
)
def test_scales_stay_in_their_support_with_several_outputs(guide: Any, backend: Any) -> None:
    prior = bd.ScaleMixture(unit=bd.noise.HalfCauchy(1.0), base_scale=0.5)
    model = bd.Model(bd.MLP((3,), "tanh"), prior)
    X, y = linear.data(rows=20, features=2, outputs=2)
    method = bd.SVI(guide=guide, num_steps=20, num_samples=30, backend=backend, form="hierarchical")
    posterior = bd.fit(model, X, y, method, progress=False)
    draws = posterior.draws
    assert draws is not None
    assert set(draws) == {site.name for site in bd.sites(model, 2, 2, "hierarchical")}
    for site in posterior.sites:
        assert draws[site.name].shape == (1, 30, *site.shape)
        assert draws[site.name].dtype == np.float32
        assert site.support != "positive" or np.all(draws[site.name] > 0)
    assert posterior.predict(X).mean.shape == (20, 2)
