"""Trained starts reach the mode, also where the prior is wide or the noise small."""

from __future__ import annotations

from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import linear
import numpy as np
import pytest

import bayesdrop as bd
from bayesdrop.infer.engine.adam import MAX_ROUNDS, Trainer, prior_widths

WIDE = bd.Model(
    bd.MLP(()), bd.ScaleMixture(base_scale=100.0, bias_scale=100.0), bd.Gaussian(scale=0.5)
)


def wide_rows() -> tuple[Any, Any]:
    """Rows in raw units: slopes and an intercept of tens."""
    rng = np.random.default_rng(0)
    X = rng.normal(size=(50, 3))
    y = X @ [[40.0], [-60.0], [5.0]] - 80 + 0.5 * rng.normal(size=(50, 1))
    return X.astype(np.float32), y.astype(np.float32)


def test_a_wide_prior_is_trained_to_its_mode() -> None:
    """1000 steps of 0.01 move a weight by 10, and draws of this prior lie 100 away."""
    X, y = wide_rows()
    density = bd.jax_density(WIDE.bind(3, 1))
    train = partial(bd.trained_start, density, num_steps=1000)
    found = jax.vmap(lambda key: train(key, X, y))(jax.random.split(jax.random.key(0), 4))
    D = np.column_stack([X, np.ones(50)]).astype(float)
    precision = D.T @ D / 0.5**2 + np.eye(4) / 100**2
    mode = np.linalg.solve(precision, D.T @ y[:, 0] / 0.5**2)
    off = np.concatenate([found["weight_0"][..., 0], found["bias_0"]], axis=1) - mode
    np.testing.assert_allclose(off * np.sqrt(np.diag(precision)), 0, atol=0.5)


def test_only_priors_wider_than_one_take_longer_steps() -> None:
    assert prior_widths(WIDE.bind(3, 1).sites) == (("weight_0", 100.0), ("bias_0", 100.0))
    assert prior_widths(bd.Model(bd.MLP((5,))).bind(3, 1).sites) == ()


def trained(num_steps: int, X: Any, y: Any, scale: float = 0.5) -> Any:
    model = bd.Model(bd.MLP(()), likelihood=bd.Gaussian(scale=scale))
    bound = model.bind(X.shape[1], 1)
    trainer = Trainer(bd.jax_density(bound).program, num_steps)
    key = jax.random.key(1)
    return trainer.train(key, (X, y)), bd.jax_density(bound).log_density


def test_rounds_follow_while_they_pay() -> None:
    rng = np.random.default_rng(0)
    X = jnp.asarray(rng.normal(size=(50, 3)), jnp.float32)
    y = X @ jnp.array([[1.0], [-1.0], [0.5]])
    (short, steps), density = trained(20, X, y, scale=0.1)
    assert 20 * 2 < steps <= 20 * MAX_ROUNDS
    assert steps % 20 == 0
    (long, enough), _ = trained(2000, X, y, scale=0.1)
    assert enough == 2000 * 2  # the second gains nothing
    assert density(long, X, y) - density(short, X, y) < 1.5


def test_a_start_without_a_finite_density_is_kept() -> None:
    X = jnp.full((5, 2), jnp.nan)
    (values, steps), _ = trained(10, X, jnp.ones((5, 1)))
    assert steps == 10
    assert all(np.isfinite(value).all() for value in values.values())


@pytest.mark.parametrize("num_chains", [1, 3])
def test_steps_are_counted_as_gradients(num_chains: int) -> None:
    method = bd.MCLMC(
        num_warmup=100, num_samples=2, num_chains=num_chains, steps_per_draw=1, training_steps=50
    )
    fit = bd.fit(linear.model(), *linear.data(), method, progress=False).fit
    assert num_chains * 100 < fit.info["gradients"] < num_chains * (50 * MAX_ROUNDS + 1000)
