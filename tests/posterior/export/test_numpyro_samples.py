"""``post.to_numpyro_samples()``: NumPyro's own tools, given them, make the same predictions."""

from __future__ import annotations

from typing import Any

import jax
import linear
import numpy as np
import pytest
from numpyro.infer import Predictive, log_likelihood
from prior_draws import PriorDraws

import bayesdrop as bd

X, Y = linear.data(rows=40, features=3)
NEW = X[:5] * 1.1


def test_numpyros_predictive_is_ours_in_the_targets_units() -> None:
    method = linear.ExactLinear(num_samples=2000, num_chains=2)
    posterior = bd.fit(linear.model(), X, Y, method, progress=False)
    samples = posterior.to_numpyro_samples()
    assert {name: value.shape for name, value in samples.items()} == {
        "weight_0": (4000, 3, 1),
        "bias_0": (4000, 1),
    }
    program = bd.numpyro_model(posterior.model, form=posterior.bound.form)
    drawn = Predictive(program, samples)(jax.random.key(0), posterior.inputs(NEW))["y"]
    scaling = posterior.training.scaling
    y = scaling.y_shift + scaling.y_scale * np.asarray(drawn)[..., 0]
    ours = posterior.predict(NEW)
    np.testing.assert_allclose(y.mean(0), ours.mean, atol=5 * ours.std.max() / np.sqrt(4000))
    np.testing.assert_allclose(y.std(0), ours.std, rtol=0.06)


@pytest.mark.parametrize(
    ("form", "noise"),
    [
        ("expanded", bd.noise.Bernoulli(0.8)),
        ("hierarchical", bd.noise.InverseNakagami(3.0, 3.0)),
        ("marginal", bd.noise.InverseNakagami(3.0, 3.0)),
    ],
)
def test_densities_of_the_rows_are_ours_in_every_form(form: Any, noise: bd.noise.Noise) -> None:
    model = bd.Model(bd.MLP((4,)), bd.ARD(noise))
    posterior = bd.fit(model, X, Y, PriorDraws(num_chains=2, form=form), progress=False)
    samples = posterior.to_numpyro_samples()
    assert set(samples) == {site.name for site in posterior.sites}
    training = posterior.training
    program = bd.numpyro_model(model, form=form)
    rows = training.X_standardised, training.y_standardised
    found = np.asarray(log_likelihood(program, samples, *rows)["y"])
    parameters = posterior.bound.forward(samples, training.X_standardised)
    expected = model.likelihood.family.log_prob(parameters, training.y_standardised)
    np.testing.assert_allclose(found, expected[..., 0], rtol=1e-3, atol=1e-3)


def test_learned_parameters_are_there() -> None:
    model = bd.Model(bd.MLP((4,)), bd.ARD(bd.noise.Bernoulli(bd.noise.Learned(0.8))))
    known = bd.Model(bd.MLP((4,)), bd.ARD(bd.noise.Bernoulli(0.8)))
    fitted = bd.fit(known, X, Y, PriorDraws(), progress=False)
    assert isinstance(fitted.result, bd.WeightDraws)
    learned = dict.fromkeys(model.learned, 0.25)
    draws = bd.WeightDraws(fitted.result.values, learned=learned)
    bound = model.bind(3)
    posterior = bd.Posterior(bound, fitted.inference, 0, fitted.training, bd.Fit(draws))
    for name in learned:
        np.testing.assert_array_equal(posterior.to_numpyro_samples()[name], np.full(20, 0.25))


def test_a_fit_without_draws_says_what_to_use() -> None:
    model = bd.Model(bd.MLP((4,)), bd.ARD(bd.noise.Bernoulli(0.8)))
    fitted = bd.fit(model, X, Y, PriorDraws(passes=5), progress=False)
    with pytest.raises(ValueError, match="only 5 stochastic passes: fit by a method that has them"):
        fitted.to_numpyro_samples()
