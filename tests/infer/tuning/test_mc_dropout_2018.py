"""The 2018 protocol against its loss, written again in plain PyTorch and float64."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
import torch

import bayesdrop as bd
from bayesdrop import catalog
from bayesdrop.data.training import TrainingData
from bayesdrop.infer.base import Job
from bayesdrop.infer.dropout.stack import Member, loss_of, stacked
from bayesdrop.infer.tuning.mc_dropout_2018 import PRECISIONS

SEARCH = bd.mc_dropout_2018("yacht")
MODEL = catalog.load("models", "bernoulli_ard").value
POINTS = [(0.9, 0.5), (0.95, 0.25), (0.5, 3.0)]
ROWS, FEATURES, HIDDEN = 30, 4, 50


def data() -> TrainingData:
    rng = np.random.default_rng(0)
    X = rng.normal(size=(ROWS, FEATURES))
    return TrainingData.of(X, 3 + 7 * (X @ rng.normal(size=(FEATURES, 1))), True)


@pytest.fixture(scope="module")
def stack() -> Any:
    """The points' networks, as the search trains them, and one draw of their masks."""
    jobs = []
    for keep, tau in POINTS:
        point = {"model.prior.unit.keep": keep, "inference.precision": tau}
        method, model = SEARCH.method_at(point), SEARCH.model_at(MODEL, point)
        jobs.append(Member.of(Job.of(method, model, data(), len(jobs))))
    return stacked(jobs, torch.device("cpu"))


@pytest.mark.parametrize("member", range(len(POINTS)))
@pytest.mark.parametrize("scale", [1.0, 1e4])
def test_the_gradient_is_that_of_the_2018_code_times_half_the_precision(
    stack: Any, member: int, scale: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Weights W′ = π W, inverted dropout {0, 1/π}, mean squared error, r = ℓ² π/(2 N τ).

    With ℓ as published the regularisation is all but 0, so that it is tested 1e4 times as large.
    """
    keep, tau = POINTS[member]
    generator = torch.Generator().manual_seed(1)
    masks = [
        torch.bernoulli(torch.full((len(POINTS), ROWS, units), 0.7), generator=generator)
        for units in (FEATURES, HIDDEN)
    ]
    larger = {name: scale * factor for name, factor in stack.squared.items()}
    monkeypatch.setattr(stack, "squared", larger)
    noise = {f"unit_scale_{layer}": masks[layer] for layer in (0, 1)}
    for raw in stack.raw.values():
        raw.grad = None
    loss_of(stack, stack.values(), stack.X, stack.y, noise).sum().backward()

    inputs, target = data().X_original, data().target[:, 0]
    X = torch.tensor((inputs - inputs.mean(0)) / inputs.std(0))
    y = torch.tensor((target - target.mean()) / target.std())
    names = ("weight_0_base", "weight_1_base", "bias_0", "bias_1")
    ours = [stack.raw[name][member].detach().double() for name in names]
    W0, W1, b0, b1 = (
        value.mul(keep if "weight" in name else 1).requires_grad_()
        for name, value in zip(names, ours, strict=True)
    )
    inverted = [mask[member].double() / keep for mask in masks]
    hidden = torch.relu((X * inverted[0]) @ W0 + b0)
    output = ((hidden * inverted[1]) @ W1 + b1)[:, 0]
    r = 0.01**2 * keep / (2 * ROWS * tau)
    loss = (y - output).square().mean() + scale * r * (W0.square().sum() + W1.square().sum())
    loss.backward()

    half_precision = tau * target.var() / 2
    for name, value in zip(names, (W0, W1, b0, b1), strict=True):
        assert value.grad is not None
        chain = keep if "weight" in name else 1  # d W′ / d W
        expected = value.grad.numpy() * chain * half_precision
        found = stack.raw[name].grad[member].numpy()
        np.testing.assert_allclose(found, expected, atol=2e-6 * np.abs(expected).max())


def test_what_is_predicted_and_scored(monkeypatch: pytest.MonkeyPatch) -> None:
    """The log-likelihood of raw targets with precision τ, over the passes."""
    keep, tau = 0.9, 0.5
    method = bd.MCDropout(
        num_epochs=5,
        num_passes=200,
        precision=tau,
        precision_units="target",
        weight_decay="gal_2018",
        length_scale=0.01,
    )
    model = bd.Model(bd.MLP((5,)), bd.ARD(bd.noise.Bernoulli(keep)))
    X, y = data().X_original, data().target[:, 0]
    prediction = bd.fit(model, X, y, method, progress=False).predict(X)
    passes = prediction.draw_means.astype(np.float64)
    terms = np.exp(-0.5 * tau * (y - passes) ** 2)
    expected = np.log(terms.mean(0)) - 0.5 * math.log(2 * math.pi) + 0.5 * math.log(tau)
    np.testing.assert_allclose(prediction.log_prob(y), expected, rtol=1e-3)


@pytest.mark.parametrize("dataset", PRECISIONS)
def test_every_data_set_has_its_search(dataset: str) -> None:
    search = catalog.load("inference", f"mc_dropout_2018_{dataset}").value
    assert search == bd.mc_dropout_2018(dataset)
    assert len(search.points) == 12
    assert search.supports(MODEL) is None
    assert search.fits_together(MODEL)
    method = search.inference
    assert (method.num_epochs, method.num_passes, method.batch_size, method.learning_rate) == (
        2000 if dataset == "protein" else 4000,
        *(10_000, 128, 1e-3),
    )
    widths = {search.model_at(MODEL, point).network.hidden for point in search.points}
    assert widths == {(100,) if dataset == "protein" else (50,)}
    assert {round(1 - p["model.prior.unit.keep"], 6) for p in search.points} == {
        *(0.005, 0.01, 0.05, 0.1)
    }


def test_an_unknown_data_set() -> None:
    with pytest.raises(ValueError, match="did you mean 'yacht'"):
        bd.mc_dropout_2018("jacht")


@pytest.mark.parametrize(
    "settings", [{"length_scale": 0.01}, {"precision": 2.0}, {"length_scale": 1.0}], ids=str
)
def test_its_weight_decay_needs_numbers(settings: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"give precision \(τ\) and length_scale"):
        bd.MCDropout(weight_decay="gal_2018", **settings)


@pytest.mark.parametrize(
    "prior",
    [
        bd.ARD(bd.noise.Rayleigh(1.0)),
        bd.ARD(bd.noise.Bernoulli(bd.Learned(0.9))),
        bd.DropConnect(bd.noise.Bernoulli(0.9)),
    ],
    ids=str,
)
def test_its_weight_decay_is_of_dropout_alone(prior: bd.ScaleMixture) -> None:
    method = bd.MCDropout(weight_decay="gal_2018", precision=1.0, length_scale=0.01)
    reason = method.supports(bd.Model(bd.MLP((3,)), prior))
    assert reason is not None
    assert "dropout of units" in reason
