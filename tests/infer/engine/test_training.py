"""Trained starts come near the mode, also where the prior is wide, and learn no row by heart."""

from __future__ import annotations

import dataclasses
from dataclasses import replace
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from numpyro.handlers import block

import bayesdrop as bd
from bayesdrop.infer.engine.adam import Trainer
from bayesdrop.infer.engine.early_stopping import early_stopped, log_likelihood
from bayesdrop.infer.engine.widths import has_wide_prior, prior_widths
from bayesdrop.infer.mcmc.target import sampled
from bayesdrop.model import Form
from bayesdrop.programs.numpyro import build
from bayesdrop.programs.numpyro_density import constrained, log_density, prior_draw

WIDE = bd.Model(
    bd.MLP(()), bd.ScaleMixture(base_scale=100.0, bias_scale=100.0), bd.Gaussian(scale=0.5)
)


def wide_rows() -> tuple[Any, Any]:
    """Rows in raw units: slopes and an intercept of tens."""
    rng = np.random.default_rng(0)
    X = rng.normal(size=(50, 3))
    y = X @ [[40.0], [-60.0], [5.0]] - 80 + 0.5 * rng.normal(size=(50, 1))
    return X.astype(np.float32), y.astype(np.float32)


@pytest.mark.slow
def test_a_wide_prior_is_trained_to_its_mode() -> None:
    """2000 steps of 0.01 move a weight by 20, and draws of this prior lie 100 away.

    The start is the mode of 45 rows of 50, or a point on the way that suits the other five better.
    """
    X, y = wide_rows()
    density = bd.jax_density(WIDE.bind(3, 1))
    train = partial(bd.trained_start, density, num_steps=2000)
    found = jax.vmap(lambda key: train(key, X, y))(jax.random.split(jax.random.key(0), 4))
    D = np.column_stack([X, np.ones(50)]).astype(float)
    precision = D.T @ D / 0.5**2 + np.eye(4) / 100**2
    mode = np.linalg.solve(precision, D.T @ y[:, 0] / 0.5**2)
    off = np.concatenate([found["weight_0"][..., 0], found["bias_0"]], axis=1) - mode
    np.testing.assert_allclose(off * np.sqrt(np.diag(precision)), 0, atol=1.5)


def test_only_priors_wider_than_one_take_longer_steps() -> None:
    assert prior_widths(WIDE.bind(3, 1).sites) == (("weight_0", 100.0), ("bias_0", 100.0))
    plain = bd.Model(bd.MLP((5,)))
    assert {width for _, width in prior_widths(plain.bind(3, 1).sites)} == {1.0}
    assert has_wide_prior(WIDE)
    assert not has_wide_prior(plain)
    for wide in (bd.ScaleMixture(bias_scale=2), bd.ARD(bd.noise.Gaussian(3.0))):
        assert has_wide_prior(bd.Model(bd.MLP((5,)), wide))


@pytest.mark.parametrize("centring", [None, 0.3])
@pytest.mark.parametrize("form", ["expanded", "hierarchical", "marginal"])
def test_the_weights_of_a_wide_prior_take_long_steps_in_any_coordinates(
    form: Form, centring: float | None
) -> None:
    prior = bd.ARDADD(bd.noise.InverseNakagami(3.0, 3.0), bd.noise.Rayleigh(1.0))
    prior = dataclasses.replace(prior, base_scale=100.0)
    bound = bd.Model(bd.ResNet(3, 2), prior).bind(2, 1, form)
    target = sampled(bound, centring, integrate_noise_scale=True)
    widths = dict(target.widths)
    moved = {n: w for n, w in widths.items() if n.startswith("weight")}
    assert len(moved) == 3
    assert set(moved.values()) == {100.0}
    assert any("partly_centred" in name for name in moved) == (centring is not None)
    key, rows = jax.random.key(0), (np.ones((4, 2), np.float32), np.ones((4, 1), np.float32))
    drawn = jax.eval_shape(lambda key: prior_draw(target.program, key, *rows), key)
    assert drawn.keys() <= widths.keys()


def test_a_step_is_as_long_as_the_width_of_its_site_and_no_site_is_without() -> None:
    def density(program: Any, values: Any, X: Any, y: Any, n_rows: int) -> Any:
        return sum(jnp.sum(value) for value in values.values())

    program: Any = None
    trainer = Trainer(program, (("wide", 100.0), ("plain", 1.0)), 1, 0.01, density=density)
    key, rows = jax.random.key(0), jnp.ones((2, 1))
    state = trainer.start_at({"wide": jnp.zeros(2), "plain": jnp.zeros(2)}, key)
    moved = trainer.advance(state, (rows, rows, 0, 1))[0].values
    np.testing.assert_allclose(moved["wide"], 1.0, rtol=1e-5)
    np.testing.assert_allclose(moved["plain"], 0.01, rtol=1e-5)
    with pytest.raises(ValueError, match="widths lack other: give those of all sites"):
        trainer.start_at({"wide": jnp.zeros(2), "other": jnp.zeros(2)}, key)


@pytest.mark.parametrize("integrated", [True, False])
def test_the_likelihood_is_the_joint_without_the_prior(integrated: bool) -> None:
    bound = bd.Model(bd.MLP(())).bind(3, 1)
    program = sampled(bound, None, integrated).program
    rows = wide_rows()
    prior: Any = block(program, hide=["y"])

    @jax.jit
    def found_and_expected(key: Any) -> tuple[Any, Any]:
        values = prior_draw(program, key, *rows)
        expected = log_density(program, values, *rows) - log_density(prior, values, *rows)
        return log_likelihood(program, values, *rows), expected

    found, expected = found_and_expected(jax.random.key(0))
    assert float(found) == pytest.approx(float(expected), rel=1e-5)


NOISE_ALONE = bd.Model(bd.MLP((100,), "tanh"), bd.ScaleMixture(base_scale=1.0))
"""A network that can learn 100 rows by heart."""


def trainer_of(model: bd.Model, num_steps: int) -> Trainer:
    """Adam on ``model`` for five features."""
    bound = model.bind(5, 1)
    return Trainer(build(bound), prior_widths(bound.sites), num_steps)


def rows_of_noise(rows: int) -> tuple[Any, Any]:
    """A target that has nothing to do with its five features."""
    rng = np.random.default_rng(1)
    return tuple(rng.normal(size=(rows, d)).astype(np.float32) for d in (5, 1))  # type: ignore


@pytest.mark.slow
def test_a_start_has_learned_no_row_by_heart() -> None:
    X, y = rows_of_noise(100)
    trainer = trainer_of(NOISE_ALONE, num_steps=2000)
    keys = jax.random.split(jax.random.key(3), 2)
    scale = {}
    for name, train in (
        ("to the end", trainer.train),
        ("stopped", lambda key, data: early_stopped(trainer, key, data).values),
    ):
        found = jax.jit(jax.vmap(lambda key, train=train: train(key, (X, y))))(keys)
        own = jax.vmap(lambda at: constrained(trainer.program, at, X, y))(found)
        scale[name] = np.asarray(own["noise_scale"])[:, 0]
    assert np.all(scale["to the end"] < 0.1)
    assert np.all(scale["stopped"] > 0.4)


@pytest.mark.slow
def test_few_rows_are_all_trained_on() -> None:
    data = rows_of_noise(19)
    trainer = trainer_of(NOISE_ALONE, num_steps=20)
    key = jax.random.key(0)
    whole, (stopped, steps) = trainer.train(key, data), early_stopped(trainer, key, data)
    assert steps == 20
    assert whole.keys() == stopped.keys()
    for name, value in whole.items():
        np.testing.assert_array_equal(value, stopped[name])


def test_a_training_that_fails_ends_where_it_is_seen() -> None:
    """A start that is NaN is refused. A draw of the prior in its place would hide it."""
    data = rows_of_noise(30)
    trainer = replace(trainer_of(bd.Model(bd.MLP(())), num_steps=5), learning_rate=1e30)
    values, steps = early_stopped(trainer, jax.random.key(0), data)
    assert steps == 5
    assert not np.all([np.isfinite(value).all() for value in values.values()])


@pytest.mark.parametrize(
    ("num_steps", "looks", "patience"),
    [(2000, 50, 10), pytest.param(18, 18, 4, marks=pytest.mark.slow)],
)
def test_a_training_ends_a_fifth_of_its_looks_after_the_best(
    num_steps: int, looks: int, patience: int
) -> None:
    """The same training in a plain loop: 10 rows of 100 are held out, and looked at 50 times."""
    X, y = rows_of_noise(100)
    trainer = trainer_of(NOISE_ALONE, num_steps)
    key = jax.random.key(5)
    found = early_stopped(trainer, key, (X, y))
    order_key, key = jax.random.split(key)
    held, kept = np.split(jax.random.permutation(order_key, 100), [10])
    state, advance = trainer.start(key, (X[kept], y[kept])), jax.jit(trainer.advance)
    best, largest, at = state.values, -np.inf, 0
    for look in range(looks):
        begin, end = (index * num_steps // looks for index in (look, look + 1))
        state, _ = advance(state, (X[kept], y[kept], begin, end))
        score = float(log_likelihood(trainer.program, state.values, X[held], y[held]))
        if score > largest:
            best, largest, at = state.values, score, look
        if look - at == patience:
            break
    assert found.steps == end
    assert (end < num_steps) == (num_steps == 2000)
    for name, value in best.items():
        np.testing.assert_allclose(found.values[name], value, rtol=1e-3, atol=1e-4)


@pytest.mark.slow
def test_the_likelihood_of_rows_is_the_joint_less_the_prior() -> None:
    X, y = rows_of_noise(30)
    bound = NOISE_ALONE.bind(5, 1)
    density = bd.jax_density(bound)
    values = density.prior_draw(jax.random.key(1), X, y)
    found = log_likelihood(density.program, values, X, y)
    twice = density.log_density(values, X, y, n_rows=60)
    np.testing.assert_allclose(found, twice - density.log_density(values, X, y), rtol=1e-5)
