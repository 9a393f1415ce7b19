"""Trained starts reach the mode, also where the prior is wide."""

from __future__ import annotations

from functools import partial
from typing import Any

import jax
import numpy as np

import bayesdrop as bd
from bayesdrop.infer.engine.adam import prior_widths

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
