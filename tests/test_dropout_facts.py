"""Statements of the example on dropout's facts, each on a fit or a computation that takes no time.

The numbers of the example's full run are checked in ``test_examples.py``.
"""

from __future__ import annotations

from functools import cache
from itertools import combinations

import linear
import numpy as np
import pytest
from numpy.typing import NDArray

import bayesdrop as bd

X, Y = linear.data(rows=40, features=3)
KEEP = 0.7
BERNOULLI = bd.noise.Bernoulli(KEEP)
PLACES = {
    "last": bd.PerLayer(last=BERNOULLI),
    "every": bd.PerLayer(hidden=BERNOULLI, last=BERNOULLI),
}
METHOD = bd.MCDropout(num_epochs=50, num_passes=10_000)


@cache
def fitted(place: str) -> bd.Posterior:
    model = bd.Model(bd.MLP((20, 20)), bd.ScaleMixture(unit=PLACES[place]))
    return bd.fit(model, X, Y, METHOD, progress=False)


def gap_in_standard_errors(place: str) -> NDArray[np.float64]:
    """Mean of the passes less one pass with every noise at its mean, at each row."""
    passes, one = fitted(place).predict(X), fitted(place).predict(X, passes="mean")
    return (passes.mean - one.mean) * np.sqrt(METHOD.num_passes) / passes.epistemic_std


def test_after_the_last_layer_alone_weight_scaling_is_the_mean_of_the_passes() -> None:
    noises = [site.layer for site in fitted("last").sites if site.name.startswith("unit_scale")]
    assert noises == [2]
    assert np.max(np.abs(gap_in_standard_errors("last"))) < 5


def test_after_every_layer_weight_scaling_is_not_the_mean_of_the_passes() -> None:
    noises = [site.layer for site in fitted("every").sites if site.name.startswith("unit_scale")]
    assert noises == [1, 2]
    assert np.sqrt(np.mean(gap_in_standard_errors("every") ** 2)) > 5


@pytest.mark.parametrize("place", PLACES)
def test_inverted_dropout_predicts_without_noise_what_weight_scaling_predicts(place: str) -> None:
    """Its weights are those of dropout times keep, wherever a noise is."""
    post = fitted(place)
    values, scaling = post.result.values, post.training.scaling
    h = scaling.inputs(X)
    for layer in range(3):
        name = f"weight_{layer}"
        inverted = values[name] if name in values else KEEP * values[f"{name}_base"]
        h = (np.maximum(h, 0) if layer else h) @ inverted + values[f"bias_{layer}"]
    without_noise = scaling.y_shift + scaling.y_scale * h[:, 0]
    np.testing.assert_allclose(
        without_noise, post.predict(X, passes="mean").mean, rtol=1e-4, atol=1e-4
    )


def test_the_error_of_an_ensemble_is_v_over_k_and_the_rest_c() -> None:
    """Averaged over all ways to choose k members, the identity holds to rounding."""
    errors = np.random.default_rng(0).normal(size=(6, 30)) + 0.5
    products = errors @ errors.T / 30
    v = np.trace(products) / 6
    c = (products.sum() - np.trace(products)) / 30
    for k in range(1, 7):
        chosen = [np.mean(errors[list(own)].mean(0) ** 2) for own in combinations(range(6), k)]
        assert np.mean(chosen) == pytest.approx(v / k + (k - 1) * c / k, rel=1e-12)


def test_gaussian_noise_of_the_example_has_the_moments_of_scaled_dropout() -> None:
    gaussian = bd.noise.Gaussian(scale=((1 - KEEP) / KEEP) ** 0.5, mean=1.0)
    assert gaussian.mean == pytest.approx(BERNOULLI.mean / KEEP)
    assert gaussian.second_moment == pytest.approx(BERNOULLI.second_moment / KEEP**2)
