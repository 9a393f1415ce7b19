"""The axes of sites by name: features, units of a layer, outputs."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import bayesdrop as bd
from bayesdrop.posterior.export.named_axes import axes_of_sites

NOISE = bd.noise.InverseNakagami(3.0, 3.0)
MLP = bd.MLP((4, 5))


def axes(
    network: bd.Network,
    prior: Any = None,
    shape: Any = (3,),
    likelihood: Any = None,
    outputs: int = 1,
    form: Any = "expanded",
    n_classes: int | None = None,
) -> dict[str, tuple[str, ...]]:
    """Those of the sites, each as many as the site's shape has."""
    model = bd.Model(network, prior or bd.ScaleMixture(), likelihood or bd.Gaussian())
    bound = model.bind(shape, outputs, form)
    found = axes_of_sites(bound, n_classes)
    sizes: dict[str, int] = {}
    for site in (*bound.integrated, *bound.sites):
        assert len(found[site.name]) == len(site.shape), site.name
        assert len(set(found[site.name])) == len(site.shape), site.name
        for name, size in zip(found[site.name], site.shape, strict=True):
            assert sizes.setdefault(name, size) == size, name
    return found


def test_of_a_multilayer_perceptron() -> None:
    assert axes(MLP) == {
        "weight_0": ("feature", "unit_1"),
        "bias_0": ("unit_1",),
        "weight_1": ("unit_1", "unit_2"),
        "bias_1": ("unit_2",),
        "weight_2": ("unit_2", "output"),
        "bias_2": ("output",),
        "noise_scale": ("output",),
    }


@pytest.mark.parametrize("form", ["expanded", "hierarchical", "marginal", "marginal_large"])
def test_scales_have_the_axes_of_what_they_scale(form: str) -> None:
    found = axes(bd.ResNet(hidden=4, depth=2), bd.ARDADD(NOISE, NOISE), form=form)
    assert found["unit_scale_0"] == ("feature",)
    assert found["unit_scale_1"] == ("unit_1",)
    assert found["unit_scale_2"] == ("unit_2",)
    assert found["layer_scale_1"] == ()
    every = axes(MLP, bd.ScaleMixture(weight=NOISE, bias=NOISE), form=form)
    assert every["weight_scale_1"] == ("unit_1", "unit_2")
    assert every["bias_scale_2"] == ("output",)


def test_groups_and_parameters() -> None:
    groups = bd.PerLayer(first=bd.Groups(NOISE, (0, 0, 1)))
    assert axes(MLP, bd.ScaleMixture(group=groups))["group_scale_0"] == ("group_0",)
    learned = bd.ARD(bd.noise.Bernoulli(bd.noise.Beta(2.0, 2.0)))
    assert axes(MLP, learned)["unit_scale_0_keep"] == ()


def test_outputs_of_the_network_that_are_no_targets() -> None:
    several = axes(MLP, outputs=3)
    assert several["weight_2"] == ("unit_2", "output")
    assert several["noise_scale"] == ("output",)
    classes = axes(MLP, likelihood=bd.Categorical(3), n_classes=3)
    assert classes["weight_2"] == ("unit_2", "class")
    assert axes(MLP, likelihood=bd.Bernoulli(), n_classes=2)["weight_2"] == ("unit_2", "output")
    both = axes(MLP, likelihood=bd.HeteroscedasticGaussian())
    assert both["bias_2"] == ("network_output",)


def test_of_networks_that_share_weights() -> None:
    conv = bd.ConvNet(channels=(2, 3), kernel=3, pool=2, hidden=(4,))
    found = axes(conv, bd.ARD(NOISE), shape=(16, 16, 2), form="hierarchical")
    assert found["weight_0"] == ("window_0_0", "window_0_1", "feature", "unit_1")
    assert found["weight_1"] == ("window_1_0", "window_1_1", "unit_1", "unit_1_out")
    assert found["unit_scale_1"] == ("unit_1",)
    gated = axes(bd.Recurrent(hidden=4, cell="gru"), shape=(7, 2))
    assert gated["weight_0"] == ("feature", "unit_0_out")
    assert gated["weight_1"] == ("unit_1", "unit_1_out")
    assert gated["bias_2"] == ("output",)


def test_a_network_whose_first_matrix_takes_no_features() -> None:
    class Pairs(bd.MLP):
        """Products of all features and the first one."""

        def layers(self, input_shape: Any, n_outputs: int) -> tuple[bd.Layer, ...]:
            return (bd.Layer(2 * input_shape[0], n_outputs),)

        def forward(self, x: Any, linear: Any) -> Any:
            return linear(0, np.concatenate([x, x * x[..., :1]], axis=-1))

    assert axes(Pairs(()))["weight_0"] == ("unit_0", "output")
