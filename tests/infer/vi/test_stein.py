"""Stein VI against the exact posterior.

Stein variational gradient descent with a radial basis function finds the mean of a Gaussian
exactly and its variance from below: the fewer particles per dimension, the further below.
"""

from __future__ import annotations

from functools import cache
from types import SimpleNamespace
from typing import Any

import linear
import numpy as np
import pytest
from numpyro.infer.util import log_density

import bayesdrop as bd
from bayesdrop.infer.vi.guides.layout import positions
from bayesdrop.infer.vi.stein import run as stein_run

METHODS = {
    "delta": bd.SteinVI(num_particles=20),
    "many": bd.SteinVI(num_particles=100),
    "mean_field": bd.SteinVI(guide="mean_field", num_particles=5, num_steps=4000, num_samples=4001),
    "minibatch": bd.SteinVI(num_particles=20, num_steps=6000, batch_size=30),
}
EXACT = linear.exact_of(*linear.data())
VARIANCE = np.diag(EXACT.covariance)


@cache
def fitted(name: str) -> bd.Posterior:
    return bd.fit(linear.model(), *linear.data(), METHODS[name], progress=False)


def ratios(name: str) -> linear.Array:
    """Variances of the draws relative to the exact ones."""
    return linear.stacked(fitted(name).draws)[0, :, :, 0].var(0) / VARIANCE


def off_mean(name: str) -> linear.Array:
    draws = linear.stacked(fitted(name).draws)[0, :, :, 0]
    return (draws.mean(0) - EXACT.mean[:, 0]) / np.sqrt(VARIANCE)


def test_particles_move_in_the_log_joint_with_its_jacobian(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """NumPyro's Stein VI is asked for nothing but the program that it is given."""
    given: list[Any] = []

    def kept(program: Any, *args: Any, **settings: Any) -> Any:
        given.append(program)
        return SimpleNamespace(init=lambda: None, update=lambda: None)

    monkeypatch.setattr(stein_run, "NumpyroSteinVI", kept)
    model = linear.model(bd.noise.Rayleigh(0.7))
    bound = model.bind(5, 1)
    stein_run._steinvi.__wrapped__(bd.SteinVI(num_particles=2), bound)
    X, y = (linear.standardised(part).astype(np.float32) for part in linear.data())
    vector = np.random.default_rng(0).normal(size=11).astype(np.float32)
    found, _ = log_density(given[0], (X, y), {}, {"particle": vector})
    places = positions([site.name for site in bound.sites], bound.sites)
    own = {site.name: vector[places[site.name]].reshape(site.shape) for site in bound.sites}
    jacobian = own["unit_scale_0"].sum()
    own["unit_scale_0"] = np.exp(own["unit_scale_0"])
    expected = bd.log_joint(model, own, X, y, "pyro") + jacobian
    assert float(found) == pytest.approx(expected, rel=1e-5)
    assert abs(jacobian) > 0.1


@pytest.mark.parametrize(("guide", "temperature"), [("delta", 1 / 7), ("mean_field", 1.0)])
def test_the_force_on_points_is_a_mean_over_particles(
    monkeypatch: pytest.MonkeyPatch, guide: Any, temperature: float
) -> None:
    """NumPyro's is a sum, in which 7 particles would follow a posterior of 7 times the rows."""
    given: dict[str, Any] = {}

    def kept(*args: Any, **settings: Any) -> Any:
        given.update(settings)
        return SimpleNamespace(init=lambda: None, update=lambda: None)

    monkeypatch.setattr(stein_run, "NumpyroSteinVI", kept)
    method = bd.SteinVI(guide=guide, num_particles=7)
    stein_run._steinvi.__wrapped__(method, linear.model().bind(5, 1))
    assert given["loss_temperature"] == temperature


@pytest.mark.slow
def test_particles_are_draws_around_the_exact_mean() -> None:
    draws = fitted("delta").draws
    assert draws is not None
    assert draws["weight_0"].shape == (1, 20, 5, 1)
    assert np.abs(off_mean("delta")).max() < 0.02
    assert np.all((ratios("delta") > 0.25) & (ratios("delta") < 0.8))
    found = np.corrcoef(linear.stacked(draws)[0, :, :, 0].T)
    sd = np.sqrt(VARIANCE)
    np.testing.assert_allclose(found, EXACT.covariance / np.outer(sd, sd), atol=0.25)


@pytest.mark.slow
def test_the_force_vanishes() -> None:
    losses = fitted("delta").fit.losses
    assert len(losses) == METHODS["delta"].num_steps
    assert losses[-1] < 1e-2 * losses[0]


@pytest.mark.slow
def test_same_seed_same_particles_another_seed_others() -> None:
    method = bd.SteinVI(num_particles=20, num_steps=50)
    one, same, other = (
        linear.stacked(bd.fit(linear.model(), *linear.data(), method, s, progress=False).draws)
        for s in (0, 0, 1)
    )
    np.testing.assert_array_equal(one, same)
    assert not np.any(one == other)


@pytest.mark.slow
def test_more_particles_find_more_of_the_variance() -> None:
    assert np.all(ratios("many") > 1.3 * ratios("delta"))
    assert np.all(ratios("many") < 1.05)


@pytest.mark.slow
def test_minibatches_reach_the_same_mean() -> None:
    assert np.abs(off_mean("minibatch")).max() < 0.3
    assert np.all((ratios("minibatch") > 0.25) & (ratios("minibatch") < 1.2))


@pytest.mark.slow
def test_a_mixture_of_normals_lies_between_mean_field_and_the_posterior() -> None:
    draws = fitted("mean_field").draws
    assert draws is not None
    assert draws["weight_0"].shape == (1, 4005, 5, 1)  # as many of each particle
    assert np.abs(off_mean("mean_field")).max() < 0.2
    mean_field = 1 / (np.diag(EXACT.precision) * VARIANCE)
    assert np.all(ratios("mean_field") > 0.85 * mean_field)
    assert np.all(ratios("mean_field") < 1.1)


@pytest.mark.slow
def test_scales_and_boolean_noise_keep_their_support() -> None:
    X, y = linear.data(rows=20, features=2, outputs=2)
    noise = bd.noise.HalfCauchy(), bd.noise.Bernoulli(0.7)
    model = bd.Model(bd.ResNet(3, 2), bd.ARDADD(*noise))
    method = bd.SteinVI(num_particles=4, num_steps=20, batch_size=10)
    posterior = bd.fit(model, X, y, method, progress=False)
    assert posterior.draws is not None
    for site in posterior.sites:
        draws = posterior.draws[site.name]
        assert draws.shape == (1, 4, *site.shape)
        assert site.support != "positive" or np.all(draws > 0)
        assert site.support != "boolean" or set(np.unique(draws)) <= {0, 1}
    assert posterior.predict(X).mean.shape == (20, 2)


def test_what_it_refuses() -> None:
    learned = bd.Model(bd.MLP((3,)), bd.ARD(bd.noise.Bernoulli(bd.Learned(0.9))))
    assert "bd.SVI" in (bd.SteinVI().supports(learned) or "")
    hierarchical = bd.SteinVI(form="hierarchical")
    assert "expanded" in (
        hierarchical.supports(bd.Model(bd.MLP((3,)), bd.ARD(bd.noise.Bernoulli(0.9)))) or ""
    )


@pytest.mark.parametrize(
    "wrong",
    [{"num_particles": 1}, {"learning_rate": 0}, {"guide": "flow"}, {"batch_size": 0}],
)
def test_bad_settings(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=next(iter(wrong))):
        bd.SteinVI(**wrong)
