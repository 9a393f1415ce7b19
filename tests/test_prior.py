"""The prior's structure: what it accepts, and which noise goes where."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pytest

import bayesdrop as bd

A, B, C = bd.noise.Rayleigh(1.0), bd.noise.HalfCauchy(2.0), bd.noise.Bernoulli(0.5)


@pytest.mark.parametrize(
    ("built", "expected"),
    [
        (bd.ARD(A), bd.ScaleMixture(unit=A)),
        (bd.ADD(A), bd.ScaleMixture(layer=A)),
        (bd.ARDADD(A, B), bd.ScaleMixture(unit=A, layer=B)),
        (bd.DropConnect(A), bd.ScaleMixture(weight=A)),
    ],
)
def test_named_structures(built: bd.ScaleMixture, expected: bd.ScaleMixture) -> None:
    assert built == expected
    assert built.base_scale == "fan_in"
    assert built.bias_scale == 1.0


@pytest.mark.parametrize(
    ("layer", "n_layers", "expected"),
    [(0, 1, A), (0, 2, A), (1, 2, C), (0, 4, A), (1, 4, B), (2, 4, B), (3, 4, C)],
)
def test_per_layer_places(layer: int, n_layers: int, expected: bd.noise.Noise) -> None:
    prior = bd.ScaleMixture(unit=bd.PerLayer(A, B, C), weight=B)
    assert prior.noise("unit", layer, n_layers) == expected
    assert prior.noise("weight", layer, n_layers) == B
    assert prior.noise("layer", layer, n_layers) is None


def test_weight_scale() -> None:
    assert bd.ScaleMixture().weight_scale(16) == 0.25
    assert bd.ScaleMixture(base_scale=2).weight_scale(16) == 2.0
    assert isinstance(bd.ScaleMixture(base_scale=np.float32(2)).base_scale, float)


@pytest.mark.parametrize(
    ("build", "error", "words"),
    [
        (lambda: bd.ARD(0.5), TypeError, r"unit=0\.5.*a noise from bd\.noise or None or PerLayer"),
        (lambda: bd.ARD("half_cauchy"), TypeError, r"unit='half_cauchy'"),
        (lambda: bd.ARD(bd.noise.HalfCauchy), TypeError, "unit must be a noise"),
        (lambda: bd.ScaleMixture(unit=bd.Gaussian()), TypeError, "unit must be a noise"),
        (lambda: bd.ScaleMixture(unit=bd.ARD(A)), TypeError, "unit must be a noise"),
        (lambda: bd.ScaleMixture(layer=[A, B]), TypeError, "layer must be a noise"),
        (lambda: bd.DropConnect(True), TypeError, "weight must be a noise"),
        (lambda: bd.PerLayer(bd.PerLayer(A)), TypeError, "first must be a noise"),
        (lambda: bd.PerLayer(hidden=1), TypeError, r"PerLayer\(hidden=1\)"),
        (lambda: bd.ScaleMixture(base_scale="fanin"), ValueError, r"'fanin'.*'fan_in'"),
        (lambda: bd.ScaleMixture(base_scale=0), ValueError, r"base_scale must be finite and > 0"),
        (lambda: bd.ScaleMixture(base_scale=None), TypeError, r"base_scale must be a number"),
        (lambda: bd.ScaleMixture(base_scale=True), TypeError, r"base_scale must be a number"),
        (lambda: bd.ScaleMixture(bias_scale=-1), ValueError, r"bias_scale must be finite and > 0"),
        (lambda: bd.ScaleMixture(bias_scale=math.nan), ValueError, r"bias_scale must be finite"),
        (lambda: bd.ScaleMixture(bias_scale="1"), TypeError, r"bias_scale must be a number"),
    ],
)
def test_errors_name_the_field(
    build: Callable[[], object], error: type[Exception], words: str
) -> None:
    with pytest.raises(error, match=words):
        build()


ROWS = bd.PerLayer(first=A, last=C)


@pytest.mark.parametrize(
    ("prior", "structure"),
    [
        (bd.ScaleMixture(), "none"),
        (bd.ScaleMixture(unit=bd.PerLayer()), "none"),
        (bd.ARD(A), "ARD"),
        (bd.ARD(bd.PerLayer(A, B, C)), "ARD"),
        (bd.ARD(bd.PerLayer(first=A)), "ARD (first)"),
        (bd.ADD(A), "ADD"),
        (bd.ADD(bd.PerLayer(hidden=A)), "ADD"),
        (bd.ARDADD(A, B), "ARD-ADD"),
        (bd.ARDADD(A, bd.PerLayer(hidden=B)), "ARD-ADD"),
        (bd.ScaleMixture(unit=ROWS, layer=A), "ARD (first, last) + ADD"),
        (bd.DropConnect(A), "DropConnect"),
        (bd.ScaleMixture(unit=A, weight=B), "ARD-DropConnect"),
        (bd.ScaleMixture(unit=ROWS, weight=ROWS), "ARD (first, last) + DropConnect (first, last)"),
    ],
)
def test_structure_in_words(prior: bd.ScaleMixture, structure: str) -> None:
    assert prior.structure == structure
