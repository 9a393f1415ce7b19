"""Noise that PyTorch draws by a generator per member, on any device: here the CPU."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from scipy import stats

from bayesdrop import noise as bd
from bayesdrop.infer.dropout.noise import Base, draw_on_device

CPU = torch.device("cpu")
SHAPE = (2, 1000, 3)
NOISES = [
    *(bd.Bernoulli(0.7), bd.Gaussian(0.5, mean=1.0), bd.HalfNormal(0.8), bd.Rayleigh(1.2)),
    *(bd.InverseNakagami(3.0, 2.0), bd.Beta(2.0, 3.0), bd.RegularizedHalfCauchy(0.5, 2.0)),
    *(bd.Uniform(0.5, 1.5), bd.LogUniform(0.1, 2.0)),
]


@pytest.mark.parametrize("noise", NOISES, ids=str)
def test_draws_have_the_distribution_of_the_noise(noise: bd.Noise) -> None:
    found = draw_on_device([noise, noise], {}, Base([1, 2], CPU), SHAPE).numpy()
    assert found.shape == (2, *SHAPE)
    for own in found:
        assert stats.ks_2samp(own.ravel(), noise.sample(20_000, seed=3)).pvalue > 1e-3
    assert np.any(found[0] != found[1])


def test_a_member_s_draws_depend_on_its_seed_alone() -> None:
    priors = [bd.Beta(1.0 + k, 2.0) for k in range(3)]
    together, again = (draw_on_device(priors, {}, Base([4, 5, 6], CPU), SHAPE) for _ in range(2))
    torch.testing.assert_close(together, again, rtol=0, atol=0)
    alone = draw_on_device(priors[1:2], {}, Base([5], CPU), SHAPE)
    torch.testing.assert_close(alone[0], together[1], rtol=0, atol=0)


@pytest.mark.parametrize("keep", [0.2, 0.8])
def test_a_free_keep_probability_has_a_gradient(keep: float) -> None:
    free = torch.tensor([keep, 0.5], requires_grad=True)
    priors = [bd.Bernoulli(bd.Learned(0.5))] * 2
    found = draw_on_device(priors, {"keep": free}, Base([1, 2], CPU), SHAPE)
    assert float(found[0].detach().mean()) == pytest.approx(keep, abs=0.05)
    found.mean((1, 2, 3)).sum().backward()
    assert free.grad is not None
    np.testing.assert_allclose(free.grad, 1.0, atol=0.15)  # d E λ / d keep, relaxed


def test_free_parameters_of_other_noise_have_gradients() -> None:
    shape = torch.tensor([4.0], requires_grad=True)
    prior = bd.InverseNakagami(bd.Learned(4.0), 2.0)
    found = draw_on_device([prior], {"shape": shape}, Base([1], CPU), (20_000,))
    found.square().mean().backward()  # E λ² = rate / (shape − 1)
    assert shape.grad is not None
    assert shape.grad.item() == pytest.approx(-2 / 9, rel=0.1)
