"""A model, its identity, and the table of its random variables."""

from __future__ import annotations

import math
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import bayesdrop as bd
from bayesdrop import spec
from bayesdrop.forward import effective
from bayesdrop.sharing import along

NAKAGAMI = bd.noise.InverseNakagami(3.0, 3.0)
ARD_ADD = bd.Model(bd.ResNet(), bd.ARDADD(NAKAGAMI, NAKAGAMI))


def model(**changes: Any) -> bd.Model:
    return bd.Model(
        **{"network": bd.ResNet(4, 3), "prior": bd.ARDADD(NAKAGAMI, NAKAGAMI), **changes}
    )


def test_the_number_of_scalars() -> None:
    assert sum(math.prod(site.shape) for site in bd.sites(ARD_ADD, 13)) == 3416


def test_the_table_in_expanded_form() -> None:
    table = {s.name: s for s in bd.sites(model(), 3, 2)}
    assert {name: (s.shape, s.support, s.role, s.layer) for name, s in table.items()} == {
        "unit_scale_0": ((3,), "positive", "scale", 0),
        "weight_0_base": ((3, 4), "real", "weight", 0),
        "bias_0": ((4,), "real", "bias", 0),
        "unit_scale_1": ((4,), "positive", "scale", 1),
        "layer_scale_1": ((), "positive", "scale", 1),
        "weight_1_base": ((4, 4), "real", "weight", 1),
        "bias_1_base": ((4,), "real", "bias", 1),
        "unit_scale_2": ((4,), "positive", "scale", 2),
        "layer_scale_2": ((), "positive", "scale", 2),
        "weight_2_base": ((4, 4), "real", "weight", 2),
        "bias_2_base": ((4,), "real", "bias", 2),
        "unit_scale_3": ((4,), "positive", "scale", 3),
        "weight_3_base": ((4, 2), "real", "weight", 3),
        "bias_3": ((2,), "real", "bias", 3),
        "noise_scale": ((2,), "positive", "likelihood", None),
    }
    assert table["unit_scale_0"].scales == (("weight_0_base", (0,)),)
    assert table["layer_scale_1"].scales == (("weight_1_base", ()), ("bias_1_base", ()))
    both = (("unit_scale_1", (0,)), ("layer_scale_1", ()))
    assert table["weight_1_base"].multiplied_by == both
    assert table["bias_1_base"].multiplied_by == (("layer_scale_1", ()),)
    assert table["bias_0"].multiplied_by == table["weight_1_base"].scaled_by == ()


def test_the_table_in_hierarchical_form() -> None:
    table = {s.name: s for s in bd.sites(model(), 3, 2, form="hierarchical")}
    expanded = bd.sites(model(), 3, 2)
    assert [s.shape for s in table.values()] == [s.shape for s in expanded]
    assert list(table) == [s.name.removesuffix("_base") for s in expanded]
    assert table["layer_scale_2"].scales == (("weight_2", ()), ("bias_2", ()))
    assert table["weight_2"].scaled_by == (("unit_scale_2", (0,)), ("layer_scale_2", ()))
    assert table["weight_2"].multiplied_by == table["bias_0"].scaled_by == ()


@pytest.mark.parametrize("form", ["expanded", "hierarchical"])
def test_scales_come_before_what_they_scale(form: Any) -> None:
    prior = bd.ScaleMixture(unit=NAKAGAMI, layer=NAKAGAMI, weight=NAKAGAMI)
    seen: set[str] = set()
    for site in bd.sites(model(prior=prior), 3, form=form):
        assert {name for name, _ in site.multiplied_by + site.scaled_by} <= seen
        assert not {name for name, _ in site.scales} & seen
        seen.add(site.name)


def test_a_fixed_noise_scale_and_a_plain_prior_have_no_scales() -> None:
    plain = bd.sites(bd.Model(bd.MLP((4,)), likelihood=bd.Gaussian(0.1)), 3)
    assert [site.name for site in plain] == ["weight_0", "bias_0", "weight_1", "bias_1"]
    assert {site.prior.scale for site in plain if site.role == "bias"} == {1.0}  # type: ignore
    weights = [site.prior.scale for site in plain if site.role == "weight"]  # type: ignore
    np.testing.assert_allclose(weights, [1 / math.sqrt(3), 0.5])


def test_layer_noise_only_acts_inside_blocks() -> None:
    names = {site.name for site in bd.sites(model(prior=bd.ADD(NAKAGAMI)), 3)}
    assert {name for name in names if "scale_" in name} == {"layer_scale_1", "layer_scale_2"}
    assert {name for name in names if "_base" in name} == {
        "weight_1_base", "weight_2_base", "bias_1_base", "bias_2_base",
    }  # fmt: skip


def test_effective_weights_with_leading_axes() -> None:
    prior = bd.ScaleMixture(unit=NAKAGAMI, layer=NAKAGAMI, weight=NAKAGAMI)
    table = bd.sites(model(prior=prior), 3)
    rng = np.random.default_rng(0)
    values = {s.name: rng.uniform(0.5, 2, (6, 5, *s.shape)) for s in table}
    used = effective(table, values)
    unit, layer = values["unit_scale_1"], values["layer_scale_1"][..., None, None]
    each, base = values["weight_scale_1"], values["weight_1_base"]
    np.testing.assert_allclose(used["weight", 1], unit[..., :, None] * layer * each * base)
    np.testing.assert_allclose(used["bias", 1], layer[..., 0] * values["bias_1_base"])
    np.testing.assert_array_equal(used["bias", 0], values["bias_0"])


@pytest.mark.parametrize(
    ("shape", "axes", "n_axes", "expected"),
    [
        ((3,), (0,), 2, (3, 1)),
        ((4,), (1,), 2, (1, 4)),
        ((), (), 2, (1, 1)),
        ((), (), 1, (1,)),
        ((3, 4), (0, 1), 2, (3, 4)),
        ((7, 2, 3), (0,), 2, (7, 2, 3, 1)),
        ((7,), (), 2, (7, 1, 1)),
        ((7, 3, 4), (0, 1), 2, (7, 3, 4)),
    ],
)
def test_along(
    shape: tuple[int, ...], axes: tuple[int, ...], n_axes: int, expected: tuple[int, ...]
) -> None:
    assert along(np.zeros(shape), axes, n_axes).shape == expected


BERNOULLI = bd.noise.Bernoulli(0.5)


@pytest.mark.parametrize(
    ("build", "error", "words"),
    [
        (lambda: bd.Model("mlp"), TypeError, r"network='mlp'.*must be a bd\.Network"),
        (lambda: bd.Model(bd.MLP), TypeError, r"must be a bd\.Network"),
        (lambda: bd.Model(bd.MLP(), NAKAGAMI), TypeError, r"prior must be a bd\.ScaleMixture"),
        (lambda: bd.Model(bd.MLP(), None), TypeError, r"prior must be a bd\.ScaleMixture"),
        (lambda: bd.Model(bd.MLP(), likelihood=0.1), TypeError, r"must be a bd\.Likelihood"),
        (
            lambda: bd.Model(bd.MLP(), likelihood=bd.noise.Gaussian()),
            TypeError,
            r"must be a bd\.Likelihood",
        ),
        (lambda: bd.Gaussian(scale=0), ValueError, r"Gaussian\(scale=0\).*> 0"),
        (lambda: bd.Gaussian(scale="1"), TypeError, r"scale must be a number"),
        (lambda: bd.Gaussian(bd.noise.Gaussian()), ValueError, r"must be positive, not real"),
        (lambda: bd.Gaussian(BERNOULLI), ValueError, r"must be positive, not boolean"),
        (lambda: model(network=bd.MLP()), ValueError, r"residual blocks.*bd\.ResNet.*depth >= 2"),
        (lambda: model(network=bd.ResNet(4, 1)), ValueError, r"residual blocks.*depth=1"),
        (lambda: model(network=bd.ResNet(activation="sigmoid")), ValueError, r"f\(0\) is not 0"),
        (lambda: model(network=bd.ResNet(activation="softplus")), ValueError, r"'softplus'"),
        (
            lambda: model(prior=bd.ADD(bd.PerLayer(first=NAKAGAMI))),
            ValueError,
            r"hidden-to-hidden.*give only hidden",
        ),
        (
            lambda: model(prior=bd.ADD(bd.PerLayer(hidden=NAKAGAMI, last=NAKAGAMI))),
            ValueError,
            r"hidden-to-hidden.*give only hidden",
        ),
    ],
)
def test_errors_are_readable(
    build: Callable[[], object], error: type[Exception], words: str
) -> None:
    with pytest.raises(error, match=words):
        build()


def test_sites_check_their_arguments() -> None:
    with pytest.raises(ValueError, match="did you mean 'expanded'"):
        bd.sites(ARD_ADD, 3, form="expand")  # type: ignore[arg-type]
    for sizes in ((0, 1), (3, 0), (-1, 1)):
        with pytest.raises(ValueError, match="at least one feature and one output"):
            bd.sites(ARD_ADD, *sizes)
    dropout = bd.Model(bd.ResNet(), bd.ARDADD(NAKAGAMI, BERNOULLI))
    with pytest.raises(ValueError, match=r'layer_scale_1 is Bernoulli.*form="expanded"'):
        bd.sites(dropout, 3, form="hierarchical")
    assert bd.sites(dropout, 3)[4].support == "boolean"


def test_equal_models_have_one_digest() -> None:
    same = [
        bd.Model(bd.MLP((8,)), bd.ARD(bd.noise.InverseNakagami(3, 3)), bd.Gaussian(1)),
        bd.Model(bd.MLP([8]), bd.ARD(bd.noise.InverseNakagami(3.0, 3.0)), bd.Gaussian(1.0)),  # type: ignore[arg-type]
        bd.Model(
            bd.MLP((np.int64(8),)),  # type: ignore[arg-type]
            bd.ScaleMixture(unit=bd.noise.InverseNakagami(np.float32(3), rate=np.int32(3))),  # type: ignore[arg-type]
            bd.Gaussian(np.float64(1)),
        ),
    ]
    assert len(set(same)) == 1
    assert len({m.digest for m in same}) == 1


def test_different_models_have_different_digests() -> None:
    half = bd.noise.HalfNormal(3.0)
    models = [
        model(),
        model(network=bd.ResNet(5, 3)),
        model(network=bd.ResNet(4, 2)),
        model(network=bd.ResNet(4, 3, "tanh")),
        model(prior=bd.ScaleMixture()),
        model(prior=bd.ARD(NAKAGAMI)),
        model(prior=bd.ADD(NAKAGAMI)),
        model(prior=bd.DropConnect(NAKAGAMI)),
        model(prior=bd.ARD(half)),
        model(prior=bd.ARD(bd.noise.HalfCauchy(3.0))),
        model(prior=bd.ARD(bd.noise.HalfNormal(math.nextafter(3.0, 4.0)))),
        model(prior=bd.ARD(bd.PerLayer(first=half))),
        model(prior=bd.ARD(bd.PerLayer(last=half))),
        model(prior=bd.ScaleMixture(unit=half, base_scale=1.0)),
        model(prior=bd.ScaleMixture(unit=half, bias_scale=2.0)),
        model(likelihood=bd.Gaussian(1.0)),
        model(likelihood=bd.Gaussian(half)),
        model(network=bd.MLP((4, 4)), prior=bd.ARD(NAKAGAMI)),
    ]
    assert len({m.digest for m in models}) == len(models)


def test_the_digest_is_the_same_in_another_process() -> None:
    source = (
        "import bayesdrop as bd, sys; n = bd.noise.InverseNakagami(3, 3);"
        "print(bd.Model(bd.ResNet(), bd.ARDADD(n, n)).digest);"
        "assert not {'jax', 'torch', 'numpyro', 'pyro'} & set(sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", source], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == ARD_ADD.digest


def test_models_survive_json() -> None:
    models = [
        ARD_ADD,
        bd.Model(bd.MLP(())),
        bd.Model(bd.MLP((3, 4), "silu"), bd.ScaleMixture(base_scale=0.5), bd.Gaussian(2)),
        bd.Model(bd.MLP((50, 50)), bd.ARD(bd.PerLayer(BERNOULLI, bd.noise.Gaussian(0.1, 1)))),
    ]
    for original in models:
        restored = spec.from_dict(spec.to_dict(original))
        assert restored == original
        assert restored.digest == original.digest


def test_models_are_immutable_and_hashable() -> None:
    with pytest.raises(AttributeError):
        ARD_ADD.network = bd.MLP()  # type: ignore[misc]
    assert hash(ARD_ADD) == hash(bd.Model(bd.ResNet(), bd.ARDADD(NAKAGAMI, NAKAGAMI)))


@pytest.mark.parametrize(
    ("network", "name"), [(bd.MLP(()), "last"), (bd.MLP(()), "hidden"), (bd.MLP((5,)), "hidden")]
)
def test_a_noise_on_matrices_that_do_not_exist_is_refused(network: bd.MLP, name: str) -> None:
    noise = bd.PerLayer(**{name: bd.noise.Rayleigh()})
    with pytest.raises(ValueError, match=f"PerLayer\\({name}=...\\) has no weight matrix"):
        bd.Model(network, bd.ARD(noise))
