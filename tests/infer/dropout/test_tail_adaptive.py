"""Several masks per row and step: the weights by hand, the gradient, the optimum they lead to."""

from __future__ import annotations

import dataclasses
from typing import Any

import linear
import numpy as np
import pytest
import torch

import bayesdrop as bd
from bayesdrop.data.training import TrainingData
from bayesdrop.infer.base import Job
from bayesdrop.infer.dropout.noise import NoiseOf
from bayesdrop.infer.dropout.stack import Member, loss_of, stacked
from bayesdrop.infer.dropout.tail_adaptive import rank_weights

X, Y = linear.data()
X_STD, Y_STD = linear.standardised(X), linear.standardised(Y)
PRIOR = bd.ScaleMixture(unit=bd.noise.Bernoulli(0.7), base_scale=0.2, bias_scale=0.9)
LINEAR = bd.Model(bd.MLP(hidden=()), PRIOR, bd.Gaussian(scale=0.5))
DEEP = bd.Model(
    bd.ResNet(hidden=4, depth=2, activation="tanh"),
    bd.ScaleMixture(bd.noise.Gaussian(0.5, mean=1.0), bd.noise.Rayleigh(0.8), bd.noise.Beta(2, 2)),
)
TAIL = bd.MCDropout(num_epochs=20, num_passes=30, weighting="tail-adaptive", masks=10)


# The weights


def test_weights_by_hand() -> None:
    log_likelihoods = torch.tensor(
        [
            [-1.0, -1.0, 2.0, -7.0, 5.0],
            [-3.0, -1.0, 2.0, -7.0, 4.0],
            [-2.0, -4.0, 3.0, -7.0, 4.0],
        ]
    )
    ranks = np.array([[1, 2, 3, 3, 1], [3, 2, 3, 3, 3], [2, 3, 1, 3, 3]])  # equal ones share theirs
    expected = (1 / ranks) / (1 / ranks).sum(0)
    np.testing.assert_allclose(rank_weights(log_likelihoods), expected, rtol=1e-6)
    np.testing.assert_allclose(rank_weights(log_likelihoods)[:, 0], [6 / 11, 2 / 11, 3 / 11])


def test_without_ties_they_are_those_of_a_sort() -> None:
    """1, 1/2, …, 1/K over their sum, in the order of the log-likelihoods, row by row."""
    values = np.random.default_rng(0).normal(size=(10, 200))
    found = rank_weights(torch.as_tensor(values)).numpy()
    harmonic = 1 / np.arange(1, 11)
    for row in range(200):
        order = np.argsort(-values[:, row])
        np.testing.assert_allclose(found[order, row], harmonic / harmonic.sum())


def test_no_gradient_flows_through_the_weights() -> None:
    values = torch.randn(4, 6, requires_grad=True)
    weights = rank_weights(values)
    assert not weights.requires_grad
    (weights * values).sum().backward()
    torch.testing.assert_close(values.grad, weights)


# The objective


@pytest.mark.parametrize("sharing", ["row", "shared"])
@pytest.mark.parametrize("weighting", ["average", "tail-adaptive"])
def test_the_objective_is_the_weighted_sum_over_masks(weighting: Any, sharing: Any) -> None:
    """Against one pass after another with the same noise, and constants for weights."""
    settings = dataclasses.replace(TAIL, masks=3, weighting=weighting, mask_sharing=sharing)
    data = TrainingData.of(X, Y, True)
    members = [Member.of(Job.of(settings, DEEP, data, seed)) for seed in (0, 4)]
    stack = stacked(members, torch.device("cpu"))
    draw = NoiseOf(stack, len(X), [np.random.default_rng(seed) for seed in (5, 6)])
    values = stack.values()
    noise = draw(values, len(X))
    found = loss_of(stack, values, stack.X, stack.y, noise)
    found.sum().backward()
    gradients = {name: raw.grad.clone() for name, raw in stack.raw.items()}

    bound, values = members[0].bound, stack.values()
    for raw in stack.raw.values():
        raw.grad = None
    passes = []
    for mask in range(3):
        own = {
            name: drawn.unflatten(1, (3, -1))[:, mask] if drawn.shape[1] > 3 else drawn[:, [mask]]
            for name, drawn in noise.items()
        }
        parameters = bound.forward(values, stack.X, own)
        passes.append(DEEP.likelihood.family.log_prob(parameters, stack.y).sum(-1))
    each = torch.stack([p.detach() for p in passes]).numpy()
    assert not np.any(each[0] == each[1])
    weights = np.full(each.shape, 1 / 3)
    if weighting == "tail-adaptive":
        weights = (1 / (1 + (-each).argsort(0).argsort(0))) / (1 + 1 / 2 + 1 / 3)
    constants = torch.as_tensor(weights, dtype=torch.float32)
    fit = (constants * torch.stack(passes)).sum(0).mean(1)
    single = stacked(
        [
            m._replace(method=dataclasses.replace(TAIL, masks=1, weighting="average"))
            for m in members
        ],
        stack.X.device,
    )
    one = {name: drawn[:, : len(X)] for name, drawn in noise.items()}
    rest = loss_of(single, values, stack.X, stack.y, one) + passes[0].mean(1)
    expected = rest - fit
    expected.sum().backward()
    torch.testing.assert_close(found, expected)
    for name, raw in stack.raw.items():
        torch.testing.assert_close(gradients[name], raw.grad, rtol=1e-4, atol=1e-5)


@pytest.mark.slow
def test_average_over_masks_has_the_optimum_of_one_mask() -> None:
    """Dropout of a linear model's inputs is a ridge (Srivastava et al. 2014)."""
    gram = 0.7**2 * X_STD.T @ X_STD + 0.7 * 0.3 * np.diag((X_STD**2).sum(0))
    exact = np.linalg.solve(gram + 0.25 / 0.04 * np.eye(5), 0.7 * X_STD.T @ Y_STD)[:, 0]
    method = bd.MCDropout(
        num_epochs=1500, batch_size=None, learning_rate=2e-3, num_passes=2, masks=8
    )
    found = bd.fit(LINEAR, X, Y, method, progress=False).result.values["weight_0_base"][:, 0]
    np.testing.assert_allclose(found, exact, atol=0.03)


@pytest.mark.slow
def test_tail_adaptive_fits_trust_their_likeliest_masks() -> None:
    """The weights see the better masks, so the fit relies on inputs being kept: less shrinkage."""
    method = bd.MCDropout(num_epochs=400, batch_size=None, learning_rate=0.01, num_passes=30)
    tail = dataclasses.replace(method, weighting="tail-adaptive", masks=10)
    average, adaptive = (bd.fit(LINEAR, X, Y, m, progress=False) for m in (method, tail))
    assert adaptive.fit.losses[-100:].mean() < average.fit.losses[-100:].mean()
    assert np.isfinite(adaptive.predict(X).mean).all()
    assert adaptive.result.num_passes == 30


@pytest.mark.parametrize("likelihood", [bd.Bernoulli(), bd.Categorical(2), bd.Poisson()], ids=str)
def test_other_likelihoods(likelihood: Any) -> None:
    model = dataclasses.replace(DEEP, likelihood=likelihood)
    target = (np.median(Y) < Y).astype(float)
    posterior = bd.fit(model, X, target, TAIL, progress=False)
    assert np.isfinite(posterior.fit.losses).all()
    assert posterior.fit.losses[-1] < posterior.fit.losses[0]
