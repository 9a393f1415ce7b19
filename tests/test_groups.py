"""Groups of a user's own, and noise on biases: what they are, everywhere."""

from __future__ import annotations

from typing import Any

import jax
import numpy as np
import pytest
import torch

import bayesdrop as bd
from bayesdrop import spec
from bayesdrop.sharing import Grouped, along, sizes, totals

NAKAGAMI = bd.noise.InverseNakagami(3.0, 3.0)
UNITS, WEIGHTS = (0, 1, 0), ((0, 1, 2, 0), (1, 1, 2, 0), (2, 0, 1, 1))


def prior(index: Any) -> bd.ScaleMixture:
    return bd.ScaleMixture(group=bd.PerLayer(first=bd.Groups(NAKAGAMI, index)), bias=NAKAGAMI)


@pytest.mark.parametrize("index", [[0, 1, 0], np.array([0, 1, 0]), (0, np.int64(1), 0)])
def test_an_index_of_any_kind_is_the_same_prior(index: Any) -> None:
    built = prior(index)
    assert built == prior(UNITS)
    assert spec.digest(built) == spec.digest(prior(UNITS))
    assert spec.from_dict(spec.to_dict(built)) == built


def test_priors_without_them_keep_their_json() -> None:
    text = spec.canonical_json(bd.ARD(NAKAGAMI))
    assert '"bias":' not in text
    assert '"group":' not in text


@pytest.mark.parametrize(
    ("index", "error", "words"),
    [
        ([0, 2], ValueError, "numbered from 0, and none is left out"),
        ([0.0, 1.0], TypeError, "whole numbers"),
        ([True, False], TypeError, "whole numbers"),
        ([], ValueError, "one number for every unit"),
        ([[0, 1], [0]], ValueError, "all of one length"),
        ([[0, 1], 0], ValueError, "all of one length"),
        ([[[0, 1]], [[0, 1], [0, 1]]], ValueError, "all of one length"),
        ([[[[0, 1.5]]]], TypeError, "whole numbers"),
        (3, ValueError, "one number for every unit"),
        ([[[[[0, 1]]]]], ValueError, "one number for every unit"),
    ],
)
def test_bad_indices_are_refused(index: Any, error: type[Exception], words: str) -> None:
    with pytest.raises(error, match=words):
        bd.Groups(NAKAGAMI, index)


def test_what_is_no_group_is_refused() -> None:
    groups = bd.Groups(NAKAGAMI, UNITS)
    with pytest.raises(TypeError, match="noise must be a noise"):
        bd.Groups(1.0, UNITS)  # type: ignore[arg-type]
    for wrong in (NAKAGAMI, bd.PerLayer(first=NAKAGAMI)):
        with pytest.raises(TypeError, match=r"bd\.Groups\(noise, index\)"):
            bd.ScaleMixture(group=wrong)  # type: ignore[arg-type]
    for wrong in (groups, bd.PerLayer(first=groups)):
        with pytest.raises(TypeError, match="unit"):
            bd.ScaleMixture(unit=wrong)  # type: ignore[arg-type]


def test_an_index_of_another_size_is_refused_with_the_data() -> None:
    model = bd.Model(bd.MLP((4,)), prior(UNITS))
    with pytest.raises(ValueError, match=r"group_scale_0.*\(3,\).*\(5, 4\).*its 5 rows"):
        bd.sites(model, 5)
    images = bd.Model(bd.ConvNet((4,), 3, 2), prior(UNITS))
    with pytest.raises(ValueError, match=r"\(3, 3, 2, 4\).*its 2 channels.*pair.*\(2, 4\), or"):
        bd.sites(images, (6, 6, 2))
    with pytest.raises(ValueError, match="hidden"):
        bd.Model(
            bd.MLP((4,)), bd.ScaleMixture(group=bd.PerLayer(hidden=bd.Groups(NAKAGAMI, UNITS)))
        )


def test_the_sites() -> None:
    table = {s.name: s for s in bd.sites(bd.Model(bd.MLP((4,)), prior(UNITS)), 3)}
    assert table["group_scale_0"].shape == (2,)
    assert table["group_scale_0"].scales == (("weight_0_base", Grouped(UNITS)),)
    assert table["bias_scale_1"].shape == (1,)
    assert table["bias_1_base"].multiplied_by == (("bias_scale_1", (0,)),)
    assert "weight_1" in table, "biases alone have noise there"
    marginal = {
        s.name: s for s in bd.sites(bd.Model(bd.MLP((4,)), prior(UNITS)), 3, form="marginal")
    }
    integrated = marginal["weight_0"].integrated
    assert integrated is not None
    assert integrated.name == "group_scale_0"
    assert prior(UNITS).structure == "groups (first) + bias noise"


@pytest.mark.parametrize("index", [UNITS, WEIGHTS])
@pytest.mark.parametrize("convert", [np.asarray, jax.numpy.asarray, torch.as_tensor])
def test_spread_and_sums(index: Any, convert: Any) -> None:
    where, rng = Grouped(index), np.random.default_rng(0)
    array = np.asarray(index) if np.ndim(index) == 2 else np.asarray(index)[:, None]
    array = np.broadcast_to(array, (3, 4))
    count = array.max() + 1
    scale, weight = rng.normal(size=(2, count)), rng.normal(size=(2, 3, 4))
    with jax.enable_x64(True):
        found = np.broadcast_to(np.asarray(along(convert(scale), where, 2)), (2, 3, 4))
        np.testing.assert_array_equal(found, scale[:, array])
        expected = np.stack([weight[:, array == g].sum(-1) for g in range(count)], -1)
        np.testing.assert_allclose(np.asarray(totals(convert(weight), where, 2)), expected)
    np.testing.assert_array_equal(sizes((3, 4), where), np.bincount(array.ravel()))


TAPS = np.arange(48).reshape(2, 2, 3, 4) % 5
IMAGES = bd.ConvNet((4,), 2, 2, (), "tanh")


@pytest.mark.parametrize(
    ("index", "network", "shape"),
    [
        (UNITS, bd.MLP((4,), "tanh"), (3,)),
        (WEIGHTS, bd.MLP((4,), "tanh"), (3,)),
        (UNITS, IMAGES, (5, 5, 3)),
        (WEIGHTS, IMAGES, (5, 5, 3)),
        (TAPS, IMAGES, (5, 5, 3)),
    ],
    ids=["units", "weights", "channels", "pairs of channels", "taps"],
)
def test_dropout_of_groups_and_biases_in_the_module(
    index: Any, network: bd.Network, shape: tuple[int, ...]
) -> None:
    """A pass with a noise of its own for every row is each row's pass with that noise for all."""
    keep = bd.noise.Bernoulli(0.5)
    groups = bd.Groups(keep, index)
    mixture = bd.ScaleMixture(group=bd.PerLayer(first=groups), bias=keep)
    module = bd.torch_module(bd.Model(network, mixture), shape)
    for value in module.values().values():
        value.data += torch.randn_like(value)
    X = torch.randn(6, *shape)
    noise = module.draw_noise(6)
    out = module(X, noise).detach()
    for row in range(6):
        values = {n: v.detach() for n, v in module.values().items()}
        values |= {name: drawn[row] for name, drawn in noise.items()}
        weights = module.bound.weights(values)
        base = values["weight_0_base"]
        window = base.ndim - max(2, len(groups.shape))
        scale = along(values["group_scale_0"], Grouped(groups.index, window), base.ndim)
        weight = base * scale
        torch.testing.assert_close(weights["weight", 0], weight)
        torch.testing.assert_close(module.bound.output(values, X)[row], out[row])


@pytest.mark.slow
def test_mc_dropout_and_em_run_them() -> None:
    rng = np.random.default_rng(0)
    X = rng.normal(size=(20, 3))
    keep = bd.noise.Bernoulli(0.8)
    mixture = bd.ScaleMixture(group=bd.PerLayer(first=bd.Groups(keep, UNITS)), bias=keep)
    model = bd.Model(bd.MLP((4,), "tanh"), mixture)
    fitted = bd.fit(model, X, X[:, 0], bd.MCDropout(num_epochs=2, num_passes=5), progress=False)
    assert np.isfinite(fitted.predict(X).std).all()
    assert bd.MCDropout(weight_decay="gal_2018", length_scale=0.1, precision=1.0).supports(model)
    continuous = bd.Model(bd.MLP((4,), "tanh"), prior(WEIGHTS))
    em = bd.fit(
        continuous, X, X[:, 0], bd.VariationalEM(num_epochs=2, num_samples=4), progress=False
    )
    assert em.draws is not None
    assert em.draws["group_scale_0"].shape == (1, 4, 3)
