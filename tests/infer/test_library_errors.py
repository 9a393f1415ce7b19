"""What a library would raise of its own reaches the user as a sentence that names the cause."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from quick import quick

import bayesdrop as bd
from bayesdrop.infer.function_space.gaussian_draws import antithetic
from bayesdrop.infer.mcmc.chain_states import check_starts

rng = np.random.default_rng(0)
X = rng.normal(size=(12, 2))
Y = X[:, 0] + 0.1 * rng.normal(size=12)
PLAIN = bd.Model(bd.MLP((3,)))
NOISY = bd.Model(bd.MLP((3,)), bd.ARD(bd.noise.InverseNakagami(3.0, 3.0)))
HUGE = bd.Model(bd.MLP((3,)), bd.ScaleMixture(base_scale=1e15))
LINEAR = bd.Model(bd.MLP(()))
FEW: dict[str, Any] = {"num_steps": 4, "num_samples": 4}
STEEP: dict[str, Any] = {"training_steps": 5, "learning_rate": 1e30, "num_chains": 2}
STARTS = "starts of 2 of 2 chains NaN or infinite: give a learning_rate below 1e\\+30"
CASES: dict[str, tuple[bd.Model, bd.Inference, Any, str]] = {
    "PyTorch's constraints, in Pyro": (
        NOISY,
        bd.SVI(backend="pyro", learning_rate=1e30, **FEW),
        (X, Y),
        "the loss is NaN after 2 steps: give a learning_rate below",
    ),
    "huge steps of MC dropout": (
        NOISY,
        bd.MCDropout(num_epochs=3, learning_rate=1e30),
        (X, Y),
        "NaN or infinite.*give it smaller steps",
    ),
    "huge steps of MAP": (
        NOISY,
        bd.MAP(num_steps=3, learning_rate=1e30),
        (X, Y),
        "the loss is NaN",
    ),
    "starts of SGHMC": (LINEAR, bd.SGHMC(**STEEP), (X, Y), STARTS),
    "starts of MCLMC": (LINEAR, bd.MCLMC(**STEEP), (X, Y), STARTS),
    "starts of MCLMC, with rows held out": (
        LINEAR,
        bd.MCLMC(**STEEP),
        (np.tile(X, (2, 1)), np.tile(Y, 2)),
        STARTS,
    ),
    "starts of ChEES": (LINEAR, bd.ChEES(**STEEP), (X, Y), STARTS),
    "scikit-learn's folds": (
        PLAIN,
        bd.HistGradientBoosting(folds=5),
        (X[:3], Y[:3]),
        "3 training rows can't be cross-validated in folds=5: give fewer folds",
    ),
    "CatBoost's columns": (
        PLAIN,
        bd.CatBoost(iterations=3),
        (np.ones((12, 2)), Y),
        "CatBoost can't run this model on these data: All features are either constant",
    ),
    "GPyTorch's factors": (
        bd.Model(bd.MLP((3,)), likelihood=bd.Gaussian(scale=1e-30)),
        bd.DeepGP(**FEW),
        (X, Y),
        "DeepGP can't run this model: the noise scale is 1e-30",
    ),
}
QUICK = (
    "PyTorch's constraints, in Pyro",
    "huge steps of MC dropout",
    "starts of SGHMC",
    "scikit-learn's folds",
)


@pytest.mark.parametrize("name", quick(CASES, lambda name: name in QUICK))
def test_in_words(name: str) -> None:
    model, method, (inputs, target), words = CASES[name]
    with pytest.raises((bd.UnsupportedModelError, FloatingPointError), match=words):
        bd.fit(model, inputs, target, method, progress=False)


def test_a_prediction_that_float32_does_not_hold_names_the_rows() -> None:
    from prior_draws import PriorDraws

    posterior = bd.fit(HUGE, X, Y, PriorDraws(), progress=False)
    rows = np.array([[0.0, 0.1], [1e9, 1e9]])
    with pytest.raises(FloatingPointError, match=r"the prediction of 1 of 2 rows.*of row 1: look"):
        posterior.predict(rows)
    with pytest.raises(FloatingPointError, match="1 of 2 rows"):
        posterior.predict(rows, return_std=True)


def test_a_lost_start_is_an_error_unless_such_chains_are_left_out() -> None:
    states = {"key": jax.random.split(jax.random.key(0), 3), "value": jnp.ones((3, 2))}
    check_starts(states, 0.1, may_lose=False)
    some = states | {"value": states["value"].at[1].set(jnp.inf)}
    check_starts(some, 0.1, may_lose=True)
    with pytest.raises(FloatingPointError, match=r"of 1 of 3 chains .* learning_rate below 0\.1"):
        check_starts(some, 0.1, may_lose=False)
    with pytest.raises(FloatingPointError, match="of 3 of 3 chains"):
        check_starts(states | {"value": jnp.full((3, 2), jnp.nan)}, 0.1, may_lose=True)


def test_a_covariance_without_a_factor() -> None:
    with pytest.raises(FloatingPointError, match=r"no Cholesky factor.*values far away"):
        antithetic(np.zeros(2), np.array([[1.0, 2.0], [2.0, 1.0]]), 1, rng)


def test_virtual_ensembles_need_trees() -> None:
    with pytest.raises(ValueError, match="two iterations for each member"):
        bd.CatBoost(iterations=19, uncertainty="virtual_ensembles")
