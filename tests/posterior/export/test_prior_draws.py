"""Draws of a model's sites from its prior: every form has one distribution of weights."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import bayesdrop as bd
from bayesdrop.posterior.export.prior_draws import prior_draws

NOISE = bd.noise.InverseNakagami(6.0, 4.0)
DRAWS = 4000


def weights(form: Any, prior: bd.ScaleMixture) -> dict[Any, Any]:
    bound = bd.Model(bd.ResNet(hidden=3, depth=2), prior).bind(2, form=form)
    return bound.weights(prior_draws(bound, DRAWS, np.random.default_rng(0)))


@pytest.mark.parametrize("form", ["expanded", "hierarchical", "marginal", "marginal_large"])
def test_weights_have_the_variance_of_the_mixture(form: str) -> None:
    found = weights(form, bd.ARDADD(NOISE, NOISE))
    one, both = NOISE.second_moment, NOISE.second_moment**2
    for layer, fan_in, expected in ((0, 2, one), (1, 3, both), (2, 3, one)):
        variance = (found["weight", layer] ** 2).mean() * fan_in
        assert variance == pytest.approx(expected, rel=0.05), layer


@pytest.mark.parametrize("form", ["expanded", "hierarchical", "marginal"])
def test_weights_of_a_unit_share_its_scale(form: str) -> None:
    squares = weights(form, bd.ARD(NOISE))["weight", 1] ** 2
    together = np.corrcoef(squares[:, 0, 0], squares[:, 0, 1])[0, 1]
    apart = np.corrcoef(squares[:, 0, 0], squares[:, 1, 0])[0, 1]
    assert together > 0.1
    assert abs(apart) < 0.06


@pytest.mark.parametrize("form", ["expanded", "hierarchical", "marginal"])
def test_parameters_come_before_what_they_are_of(form: str) -> None:
    rate = bd.noise.HalfCauchy(bd.noise.Uniform(1.0, 2.0))
    bound = bd.Model(bd.MLP((3,)), bd.ARD(rate)).bind(2, form=form)
    found = prior_draws(bound, 50, np.random.default_rng(0))
    assert set(found) == {site.name for site in (*bound.integrated, *bound.sites)}
    assert ((found["unit_scale_0_scale"] >= 1) & (found["unit_scale_0_scale"] <= 2)).all()


def test_learned_parameters_have_their_value() -> None:
    start = bd.noise.Learned(0.5)
    bound = bd.Model(bd.MLP((3,)), bd.ARD(bd.noise.Bernoulli(start))).bind(2)
    names = list(bound.model.learned)
    at_start = prior_draws(bound, 500, np.random.default_rng(0))
    fitted = prior_draws(bound, 500, np.random.default_rng(0), dict.fromkeys(names, 0.9))
    assert at_start["unit_scale_0"].mean() == pytest.approx(0.5, abs=0.06)
    assert fitted["unit_scale_0"].mean() == pytest.approx(0.9, abs=0.04)
