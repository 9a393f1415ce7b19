"""Stacks of fits and of chains: the weights that predict best, and their mixture."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import cache

import linear
import numpy as np
import pytest
from linear import ExactLinear
from numpy.typing import NDArray

import bayesdrop as bd
from bayesdrop.posterior.comparing.psis_loo import high_k, log_scores, psis_loo

X, Y = linear.data()
TRAIN, HELD_OUT = slice(0, 30), slice(30, None)
NARROW = replace(linear.model(), likelihood=bd.Gaussian(scale=0.1))
WIDE = replace(linear.model(), likelihood=bd.Gaussian(scale=1.0))


@cache
def fitted(model: bd.Model) -> bd.Posterior:
    return bd.fit(model, X[TRAIN], Y[TRAIN], ExactLinear(num_samples=1000), progress=False)


def test_the_weights_are_the_best_of_all() -> None:
    fits = {"narrow": fitted(NARROW), "wide": fitted(WIDE)}
    found = bd.stack(fits, X[HELD_OUT], Y[HELD_OUT])
    density = np.exp(found.log_scores)
    every = np.linspace(0, 1, 1001)
    score = [np.log(density @ [w, 1 - w]).mean() for w in every]
    assert found.weights["narrow"] == pytest.approx(every[np.argmax(score)], abs=1e-3)
    assert 0.05 < found.weights["narrow"] < 0.95
    assert sum(found.weights.values()) == pytest.approx(1)
    table = found.to_frame()
    assert list(table.index) == ["narrow", "wide", "stack"]
    assert table.loc["stack", "mean_log_score"] == pytest.approx(max(score), abs=1e-6)
    expected = fitted(WIDE).predict(X[HELD_OUT]).log_prob(Y[HELD_OUT])
    np.testing.assert_allclose(found.log_scores[:, 1], expected)


def test_the_prediction_is_the_weighted_mixture() -> None:
    fits = [fitted(NARROW), fitted(WIDE)]
    found = bd.stack(fits, X[HELD_OUT], Y[HELD_OUT])
    new = X[:5]
    mixed = found.predict(new)
    assert mixed.n_draws == sum(post.predict(new).n_draws for post in fits)
    weights = list(found.weights.values())
    parts = [np.exp(post.predict(new).log_prob(Y[:5])) for post in fits]
    np.testing.assert_allclose(
        np.exp(mixed.log_prob(Y[:5])), np.average(parts, 0, weights=weights), rtol=0.03
    )
    swapped = np.average(parts, 0, weights=weights[::-1])
    assert np.all(np.abs(np.exp(mixed.log_prob(Y[:5])) / swapped - 1) > 0.05)
    assert found.predict(new, num_draws=100).n_draws == 100
    with pytest.raises(ValueError, match="num_draws=0"):
        found.predict(new, num_draws=0)


@pytest.mark.slow
def test_leave_one_out_scores_are_those_of_fits_that_leave_one_out() -> None:
    """Of a model that knows its noise, in closed form."""
    post = sampled(num_samples=20_000)
    loo = psis_loo(post)
    found = log_scores(loo)
    rows = linear.standardised(post.training.X_original)
    target = linear.standardised(post.training.target)
    scale = post.training.scaling.y_scale[0]
    for row in (0, 7, 21):
        kept = np.arange(len(rows)) != row
        exact = linear.exact(rows[kept], target[kept], 1.0)
        x = np.append(rows[row], 1.0)
        mean, variance = x @ exact.mean[:, 0], x @ exact.covariance @ x + 1.0
        density = -0.5 * ((target[row] - mean) ** 2 / variance + np.log(2 * np.pi * variance))
        assert found[row] == pytest.approx(density - np.log(scale), abs=0.01)
    assert high_k(loo) == 0


@cache
def sampled(num_samples: int = 1000) -> bd.Posterior:
    method = bd.NUTS(num_warmup=200, num_samples=num_samples, num_chains=2)
    return bd.fit(WIDE, X[TRAIN], Y[TRAIN], method, progress=False)


def with_weights(change: Callable[[NDArray], NDArray]) -> bd.Posterior:
    """The sampled fit with other weights."""
    post = sampled()
    result = post.result
    assert isinstance(result, bd.WeightDraws)
    values = result.values | {"weight_0": change(result.values["weight_0"].copy())}
    return replace(post, fit=replace(post.fit, result=replace(result, values=values)))


def test_a_chain_that_predicts_badly_has_no_weight() -> None:
    shifted = with_weights(lambda weights: weights + np.array([0, 3])[:, None, None, None])
    found = bd.stack(shifted, X[HELD_OUT], Y[HELD_OUT])
    assert found.weights["chain_0"] > 0.99
    assert list(found.fits) == ["chain_0", "chain_1"]
    one = found.fits["chain_0"].predict(X[:4])
    assert one.n_draws == 1000
    np.testing.assert_allclose(found.predict(X[:4]).mean, one.mean, atol=0.02)


def test_chains_by_their_training_rows() -> None:
    found = bd.stack(sampled())
    assert found.log_scores.shape == (30, 2)
    assert found.to_frame().loc["stack", "mean_log_score"] >= found.log_scores.mean(0).max() - 1e-9


def test_a_list_of_fits_by_their_training_rows() -> None:
    found = bd.stack([sampled(), sampled()])
    assert sum(found.weights.values()) == pytest.approx(1)
    assert set(found.weights) == {"fit_0", "fit_1"}


def test_what_cannot_be_stacked_is_refused() -> None:
    post = sampled()
    few = bd.fit(WIDE, X[TRAIN], Y[TRAIN], bd.MAP(num_steps=5), progress=False)
    with pytest.raises(ValueError, match="two fits, and 1"):
        bd.stack([post])
    with pytest.raises(ValueError, match=r"no chains.*bd\.NUTS"):
        bd.stack(few)
    with pytest.raises(ValueError, match="neither"):
        bd.stack([post, post], X)
    with pytest.raises(ValueError, match=r"b was fitted by MAP.*X and y of bd\.stack"):
        bd.stack({"a": post, "b": few})
    other = bd.fit(WIDE, X[HELD_OUT], Y[HELD_OUT], ExactLinear(), progress=False)
    with pytest.raises(ValueError, match="fit_0 and fit_1 were fitted to different targets"):
        bd.stack([post, other])
    weighted = replace(post, training=replace(post.training, sample_weight=np.ones(30)))
    with pytest.raises(ValueError, match="fit_1 was fitted with sample_weight"):
        bd.stack([post, weighted])
    heavy = replace(post, bound=replace(WIDE, likelihood=bd.StudentT()).bind(5, 1))
    with pytest.raises(ValueError, match="'fit_0' predicts by the family Normal and 'fit_1' by"):
        bd.stack([post, heavy])
    two = bd.fit(WIDE, X, np.column_stack([Y, Y]), ExactLinear(), progress=False)
    with pytest.raises(ValueError, match="differ in their outputs"):
        bd.stack([post, two])


def test_scores_that_the_draws_cannot_tell_are_refused() -> None:
    """Draws so wide that one or two of them fit a row: leaving it out changes everything."""
    with pytest.raises(ValueError, match=r"'chain_0': leave-one-out scores can't be told.*X and y"):
        bd.stack(with_weights(lambda weights: 30 * weights))
