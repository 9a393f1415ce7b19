"""Bernoulli noise under NUTS and HMC, against the evidence of every subset of features."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from itertools import product
from typing import Any

import linear
import numpy as np
import pytest
from numpy.typing import NDArray
from quick import quick
from test_hmc import mean_and_error

import bayesdrop as bd
from bayesdrop.infer.engine import devices
from bayesdrop.infer.mcmc import discrete

KEEP, FEATURES, NOISE = 0.6, 5, 1.0
COMMON: dict[str, Any] = {"num_warmup": 400, "num_samples": 2000, "num_chains": 2}
METHODS: dict[str, bd.NUTS | bd.HMC] = {
    "nuts-enumerate": bd.NUTS(**COMMON, discrete="enumerate"),
    "hmc-enumerate": bd.HMC(**COMMON, discrete="enumerate", num_steps=4),
    "nuts-gibbs": bd.NUTS(**COMMON, discrete="gibbs"),
    "hmc-gibbs-vectorized": bd.HMC(
        **COMMON, discrete="gibbs", num_steps=8, chain_method="vectorized"
    ),
}
ENUMERATE, GIBBS = METHODS["nuts-enumerate"], METHODS["nuts-gibbs"]


def spike(keep: float) -> bd.Model:
    """The linear network of ``linear.model`` with boolean noise and more noise on the target."""
    return replace(linear.model(unit=bd.noise.Bernoulli(keep)), likelihood=bd.Gaussian(scale=NOISE))


SPIKE = spike(KEEP)


def data(seed: int = 0) -> tuple[linear.Array, linear.Array]:
    """Correlated features of growing effect, so that none is surely in or out."""
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(40, FEATURES)) + 0.8 * rng.normal(size=(40, 1))
    return X, X @ np.linspace(0, 0.5, FEATURES) + 1.5 * rng.normal(size=40)


def exact(X: linear.Array, y: linear.Array, keep: float = KEEP) -> tuple[Any, Any]:
    """Inclusion probability and E[λ w] of every feature: a sum over all 2^features subsets."""
    X, y = linear.standardised(X), linear.standardised(y)
    subsets = np.array(list(product([0, 1], repeat=X.shape[1])))
    posteriors = [linear.exact(X * subset, y, NOISE) for subset in subsets]
    size = subsets.sum(1)
    log_prior = size * np.log(keep) + (X.shape[1] - size) * np.log1p(-keep)
    log_weight = log_prior + [p.log_evidence for p in posteriors]
    weight = np.exp(log_weight - log_weight.max())
    weight /= weight.sum()
    used = np.array([p.mean[:-1, 0] for p in posteriors]) * subsets
    return weight @ subsets, weight @ used


@cache
def fitted(name: str) -> bd.Posterior:
    return bd.fit(SPIKE, *data(), METHODS[name], progress=False)


def gaps(draws: dict[str, Any], keep: float = KEEP) -> NDArray[Any]:
    """Distance to the exact inclusion probabilities and weights, in Monte Carlo errors."""
    inclusion, weight = exact(*data(), keep)
    mask = draws["unit_scale_0"].astype(float)
    result = []
    for found, expected in (
        (mask, inclusion),
        (mask * draws["weight_0_base"][..., 0], weight),
    ):
        mean, error = mean_and_error(found)
        result.append(np.abs(mean - expected) / error)
    return np.array(result)


def test_the_subsets_are_uncertain() -> None:
    inclusion, _ = exact(*data())
    assert np.all((inclusion > 0.05) & (inclusion < 0.95))
    assert np.ptp(inclusion) > 0.3


@pytest.mark.parametrize("name", quick(METHODS, lambda name: name == "hmc-enumerate"))
def test_masks_and_weights_are_the_exact_posteriors(name: str) -> None:
    draws = fitted(name).draws
    assert draws is not None
    assert set(draws) == {"unit_scale_0", "weight_0_base", "bias_0"}
    assert set(np.unique(draws["unit_scale_0"])) == {0, 1}
    assert np.all(gaps(draws) < 4)
    assert np.any(gaps(draws, keep=0.5) > 6), "the check would see another keep probability"


@pytest.mark.parametrize("name", quick(METHODS, lambda name: name == "hmc-enumerate"))
def test_inclusion_probabilities_are_reported(name: str) -> None:
    posterior = fitted(name)
    assert posterior.fit.info["discrete"] == name.split("-")[1]
    found = np.array(posterior.fit.info["inclusion_probability"]["unit_scale_0"])
    np.testing.assert_allclose(found, exact(*data())[0], atol=0.06)
    draws = posterior.draws
    assert draws is not None
    from_draws = draws["unit_scale_0"].mean((0, 1))
    if "gibbs" in name:
        np.testing.assert_allclose(found, from_draws)
    else:
        assert np.all(found != from_draws)
        np.testing.assert_allclose(found, from_draws, atol=0.05)


@pytest.mark.slow
@pytest.mark.parametrize("name", METHODS)
def test_statistics_are_those_of_the_inner_sampler(name: str) -> None:
    posterior = fitted(name)
    stats = posterior.sample_stats
    assert stats["diverging"].dtype == bool
    assert stats["n_steps"].shape == (2, 2000)
    assert 0.6 < stats["acceptance_rate"].mean() < 1
    assert posterior.fit.info["gradients"] > stats["n_steps"].sum()
    diagnostics = posterior.diagnose()
    assert diagnostics.converged
    assert diagnostics.divergences == stats["diverging"].sum()
    assert posterior.predict(posterior.training.X_original).mean.shape == (40,)


@pytest.mark.slow
def test_chains_may_start_at_trained_points() -> None:
    method = replace(ENUMERATE, init_strategy="trained", num_warmup=100, num_samples=200)
    posterior = bd.fit(SPIKE, *data(), method, progress=False)
    probability, _ = exact(*data())
    found = posterior.fit.info["inclusion_probability"]["unit_scale_0"]
    np.testing.assert_allclose(found, probability, atol=0.1)


@pytest.mark.slow
def test_other_data_of_the_same_shape_share_one_compilation() -> None:
    for name in ("nuts-enumerate", "nuts-gibbs"):
        fitted(name)
        again = bd.fit(SPIKE, *data(seed=3), METHODS[name], progress=False)
        assert again.fit.info["compilations"] == 0
        draws = again.draws
        assert draws is not None
        inclusion, _ = exact(*data(seed=3))
        mean, error = mean_and_error(draws["unit_scale_0"].astype(float))
        assert np.all(np.abs(mean - inclusion) < 4 * error)


@pytest.mark.slow
@pytest.mark.parametrize("method", ["enumerate", pytest.param("gibbs", marks=pytest.mark.slow)])
def test_a_noise_that_always_keeps_is_no_noise(method: Any) -> None:
    X, y = linear.data(features=3)
    settings = bd.NUTS(300, 1000, 2, discrete=method)
    draws = bd.fit(spike(1.0), X, y, settings, progress=False).draws
    assert draws is not None
    assert np.all(draws["unit_scale_0"] == 1)
    mean, error = mean_and_error(draws["weight_0_base"][..., 0])
    expected = linear.exact(linear.standardised(X), linear.standardised(y), NOISE).mean[:-1, 0]
    assert np.all(np.abs(mean - expected) < 4 * error)


OTHERS: dict[str, bd.Model] = {
    "stochastic_depth": bd.Model(
        bd.ResNet(3, 3, "tanh"), bd.ADD(bd.noise.Bernoulli(0.5)), bd.Gaussian(scale=0.6)
    ),
    "mlp": bd.Model(bd.MLP((4,), "tanh"), bd.ARD(bd.noise.Bernoulli(0.6)), bd.Gaussian(scale=0.6)),
    "drop_connect": bd.Model(
        bd.MLP(()), bd.DropConnect(bd.noise.Bernoulli(0.6)), bd.Gaussian(scale=0.6)
    ),
    "with_half_cauchy": bd.Model(
        bd.MLP(()),
        bd.ScaleMixture(weight=bd.noise.Bernoulli(0.6), unit=bd.noise.HalfCauchy(1.0)),
        bd.Gaussian(scale=0.6),
    ),
}


@pytest.mark.slow
@pytest.mark.parametrize("name", OTHERS)
def test_enumeration_and_gibbs_agree(name: str) -> None:
    X, y = data()
    X, y = X[:, :3], np.tanh(y)
    found = []
    for method in ("enumerate", "gibbs"):
        settings = bd.NUTS(1000, 5000, 4, discrete=method, max_tree_depth=7)
        posterior = bd.fit(OTHERS[name], X, y, settings, progress=False)
        draws = posterior.draws
        assert draws is not None
        masks = [draws[s.name] for s in posterior.sites if s.support == "boolean"]
        masks = np.concatenate([mask.reshape(4, 5000, -1) for mask in masks], axis=2)
        f = posterior.predict(X).draw_means.reshape(4, 5000, -1)[..., :5]
        found.append(mean_and_error(np.concatenate([masks, f], axis=2).astype(float)))
    (left, left_error), (right, right_error) = found
    assert np.all(np.abs(left - right) < 4 * np.hypot(left_error, right_error))


def test_auto_enumerates_up_to_twelve() -> None:
    model = bd.Model(bd.MLP((4,)), bd.ARD(bd.noise.Bernoulli(0.5)))
    assert discrete.treatment("auto", model.bind(8)) == "enumerate"
    assert discrete.treatment("auto", model.bind(9)) == "gibbs"
    assert discrete.treatment("gibbs", model.bind(2)) == "gibbs"
    plain = bd.Model(bd.MLP((4,)), bd.ARD(bd.noise.Rayleigh(1.0)))
    assert discrete.treatment("enumerate", plain.bind(2)) == "none"


@pytest.mark.parametrize("method", [bd.NUTS(discrete="enumerate"), bd.HMC(discrete="enumerate")])
def test_too_many_masks_are_refused(method: bd.Inference) -> None:
    wide = bd.Model(bd.MLP((20,)), bd.ARD(bd.noise.Bernoulli(0.5)))
    X, y = linear.data(rows=20, features=13)
    for model, count in ((wide, 33), (SPIKE, 13)):
        assert method.supports(model) is None  # it is known when the data are
        words = rf'{count} boolean noise variables have 2\^{count}.*2\^12: use discrete="gibbs"'
        with pytest.raises(bd.UnsupportedModelError, match=words):
            bd.fit(model, X, y, method, progress=False)


def test_too_many_masks_for_trained_starts_name_both_settings() -> None:
    X, y = linear.data(rows=20, features=13)
    method = bd.NUTS(discrete="enumerate", init_strategy="trained")
    words = r'use discrete="gibbs" or "auto" and init_strategy="sample"$'
    with pytest.raises(bd.UnsupportedModelError, match=words):
        bd.fit(SPIKE, X, y, method, progress=False)


@pytest.mark.parametrize("method", [bd.NUTS, bd.HMC, bd.SVI])
def test_the_hierarchical_form_of_boolean_noise_is_refused(method: Any) -> None:
    assert method().supports(SPIKE) is None
    reason = method(form="hierarchical").supports(SPIKE)
    assert reason is not None
    for words in ("unit_scale_0", "Bernoulli", "point mass", 'form="expanded"'):
        assert words in reason


@pytest.mark.slow
def test_chains_can_be_batched_or_spread() -> None:
    assert devices.resolve("auto", 2) == fitted("nuts-gibbs").fit.info["chain_method"]
    for name in METHODS:
        mask = fitted(name).draws["unit_scale_0"]  # pyright: ignore[reportOptionalSubscript]
        assert np.any(mask[0] != mask[1])
