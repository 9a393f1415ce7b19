"""Networks of convolutions and recurrence: both programs have the oracle's log joint.

What noises, structures and forms do together is tested on dense networks. The quick suite has
every one of them once here; the product is slow.
"""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import pytest
from agreement import assert_agrees
from cases import DENSITIES, NOISES, OTHER_LIKELIHOODS, Case, likelihood_alone, quick_pairs

import bayesdrop as bd
from bayesdrop.sites import FORMS

IMAGE, SEQUENCE = (8, 7, 2), (4, 3)
NETWORKS: dict[str, tuple[bd.Network, tuple[int, ...]]] = {
    "convolutions": (bd.ConvNet((3, 4), 2, 2, (5,), "tanh"), IMAGE),
    "no_pooling": (bd.ConvNet((3,), 3, 1, ()), IMAGE),
    "conv_resnet": (bd.ConvResNet(3, 3, 3, 2, "tanh"), IMAGE),
    "elman": (bd.Recurrent(4, "elman"), SEQUENCE),
    "gru": (bd.Recurrent(4, "gru"), SEQUENCE),
    "lstm": (bd.Recurrent(4, "lstm"), SEQUENCE),
}
USE = {
    "add": ("conv_resnet",),
    "ard_add": ("conv_resnet",),
    "groups": ("elman", "gru", "lstm"),
    "channel_groups": ("convolutions", "conv_resnet"),
    "tap_groups": ("convolutions",),
}
"""The networks that a structure fits. The others fit all."""


def of_groups(noise: bd.noise.Noise, index: Any) -> bd.ScaleMixture:
    return bd.ScaleMixture(group=bd.PerLayer(first=bd.Groups(noise, index)))


OTHER = bd.noise.Rayleigh(0.6)
STRUCTURES = {
    "ard": bd.ARD,
    "drop_connect": bd.DropConnect,
    "unit_weight_bias": lambda noise: bd.ScaleMixture(
        unit=OTHER, weight=noise, bias=OTHER, base_scale=0.8
    ),
    "first_and_last": lambda noise: bd.ScaleMixture(
        unit=bd.PerLayer(first=noise, last=OTHER), bias_scale=0.6
    ),
    "groups": lambda noise: of_groups(noise, [0, 1, 1]),
    "channel_groups": lambda noise: of_groups(noise, [[0, 1, 0], [1, 1, 2]]),
    "tap_groups": lambda noise: of_groups(noise, np.arange(24).reshape(2, 2, 2, 3) % 5),
    "add": bd.ADD,
    "ard_add": lambda noise: bd.ARDADD(OTHER, noise),
}


def fits(structure: str, network: str, form: str, noise: str) -> bool:
    """Whether there is such a model."""
    if network not in USE.get(structure, NETWORKS):
        return False
    return form == "expanded" or noise in DENSITIES


def cases() -> list[Case]:
    found = []
    product: Any = itertools.product(STRUCTURES, NETWORKS, FORMS, NOISES)
    for index, names in enumerate(product):
        structure, network, form, noise = names
        if fits(*names):
            model = bd.Model(NETWORKS[network][0], STRUCTURES[structure](NOISES[noise]))
            in_closed_form = structure == "ard" and noise == "inverse_nakagami"
            cheap = in_closed_form or not form.startswith("marginal")
            factors = tuple((name, "alone") for name in names if cheap)
            shape = NETWORKS[network][1]
            found.append(Case("-".join(names), model, form, 1 + index % 2, factors, shape))
    return found


@pytest.mark.parametrize("case", quick_pairs(cases()))
def test_the_log_joint_is_the_oracles(case: Case) -> None:
    assert_agrees(case, 20, rtol=1e-9)


def likelihood_cases() -> list[Case]:
    """Every other likelihood on every network, in two forms."""
    found = []
    prior, forms = bd.ARD(DENSITIES["inverse_nakagami"]), ("expanded", "hierarchical")
    product: Any = itertools.product(OTHER_LIKELIHOODS, NETWORKS, forms)
    for index, (likelihood, network, form) in enumerate(product):
        outputs = 1 if likelihood == "categorical" else 1 + index % 2
        model = bd.Model(NETWORKS[network][0], prior, OTHER_LIKELIHOODS[likelihood])
        name = f"{likelihood}-{network}-{form}"
        factors = ((likelihood, form), (network, form))
        found.append(Case(name, model, form, outputs, factors, NETWORKS[network][1]))
    return found


@pytest.mark.parametrize("case", quick_pairs(likelihood_cases(), likelihood_alone))
def test_the_log_joint_with_another_likelihood_is_the_oracles(case: Case) -> None:
    assert_agrees(case, 20, rtol=1e-9)
