"""Only fits whose numbers changed have another revision, and uncentred weights are warned of."""

from __future__ import annotations

import dataclasses
import logging
from typing import Any

import numpy as np
import pytest

import bayesdrop as bd
from bayesdrop.infer.base import Job

NAKAGAMI, RAYLEIGH = bd.noise.InverseNakagami(3.0, 3.0), bd.noise.Rayleigh(0.7)
ARD, ARD_ADD = bd.ARD(NAKAGAMI), bd.ARDADD(NAKAGAMI, RAYLEIGH)
SAMPLERS: list[Any] = [bd.NUTS(), bd.HMC(), bd.MCLMC(), bd.ChEES(), bd.SGHMC()]


def raised(method: Any, prior: bd.ScaleMixture, **settings: Any) -> int:
    """How far the revision of ``method`` with these settings is above that on another model."""
    changed = dataclasses.replace(method, **settings)
    models = [bd.Model(bd.ResNet(3, 2), prior) for prior in (prior, bd.ScaleMixture())]
    own, plain = (changed.revision_for(model) for model in models)
    return own - plain


def wide(prior: bd.ScaleMixture, **scales: float) -> bd.ScaleMixture:
    """The prior in raw units."""
    return dataclasses.replace(prior, **(scales or {"base_scale": 100.0}))  # type: ignore[arg-type]


@pytest.mark.parametrize("method", SAMPLERS, ids=lambda method: type(method).__name__)
def test_the_marginal_form_beside_a_scale_that_stays_is_new(method: Any) -> None:
    for form in ("marginal", "marginal_large"):
        assert raised(method, ARD_ADD, form=form) == 1
        assert raised(method, ARD, form=form) == 0
        assert raised(method, ARD_ADD, form=form, centring=None) == 0
    beside = bd.ScaleMixture(layer=RAYLEIGH, bias=NAKAGAMI)
    assert raised(method, beside, form="marginal") == 1
    apart = bd.ScaleMixture(unit=RAYLEIGH, bias=NAKAGAMI)
    assert raised(method, apart, form="marginal") == 0
    assert raised(method, ARD_ADD) == 0
    assert raised(method, ARD_ADD, form="hierarchical") == 0


@pytest.mark.parametrize("method", SAMPLERS, ids=lambda method: type(method).__name__)
def test_a_trained_start_under_a_wide_prior_of_scaled_weights_is_new(method: Any) -> None:
    trains = not isinstance(method, (bd.NUTS, bd.HMC))
    assert raised(method, wide(ARD)) == trains
    if not trains:
        method = dataclasses.replace(method, init_strategy="trained")
    for form in ("expanded", "hierarchical"):
        assert raised(method, wide(ARD), form=form) == 1
    assert raised(method, wide(ARD), centring=None) == 0
    assert raised(method, wide(ARD), form="marginal") == 0
    assert raised(method, wide(bd.ScaleMixture())) == 0
    assert raised(method, wide(ARD, bias_scale=9.0)) == 0  # no noise on the biases
    assert raised(method, wide(ARD_ADD, bias_scale=9.0)) == 1


def test_gibbs_draws_beside_scales_that_are_moved_are_new() -> None:
    assert raised(bd.GibbsHMC(), ARD_ADD) == 1
    assert raised(bd.GibbsHMC(), bd.ARDADD(NAKAGAMI, bd.noise.HalfCauchy(1.0))) == 0
    assert raised(bd.GibbsHMC(), bd.ScaleMixture(NAKAGAMI, weight=RAYLEIGH)) == 0


@pytest.mark.parametrize("method", [bd.MAP(), bd.DeepEnsemble(batch_size=5), bd.Laplace()])
def test_modes_under_wide_priors_are_new(method: Any) -> None:
    assert raised(method, wide(bd.ScaleMixture())) == 1
    assert raised(method, wide(ARD, bias_scale=9.0)) == 1
    assert raised(method, wide(ARD, base_scale=1.0)) == 0


@pytest.mark.parametrize(
    ("method", "warned"),
    [
        (bd.NUTS(form="hierarchical", centring=None), True),
        (bd.MCLMC(form="hierarchical", centring=None), True),
        (bd.ChEES(form="hierarchical", centring=None), True),
        (bd.SGHMC(form="marginal", centring=None), True),
        (bd.HMC(form="hierarchical"), False),
        (bd.HMC(centring=None), False),
    ],
    ids=lambda value: type(value).__name__,
)
def test_weights_that_are_moved_beside_their_scales_are_warned_of(
    method: Any, warned: bool, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    for room in ("hmc", "mclmc", "chees", "sghmc"):
        monkeypatch.setattr(f"bayesdrop.infer.mcmc.{room}.kernel.sample", lambda *_: [])
    data = bd.TrainingData.of(np.eye(2), np.arange(2.0), True)
    job = Job.of(method, bd.Model(bd.ResNet(3, 2), ARD_ADD), data, 0)
    with caplog.at_level(logging.WARNING, logger="bayesdrop"):
        method.sample([job], None)
    (text,) = caplog.messages or ("",)
    assert ("centring=None) moves weights beside their scales" in text) == warned
    assert ("'layer_scale_1'" in text) == warned
