"""The marginal form of a model: its log joint, its draws of scales, and what it refuses."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

import jax
import numpy as np
import oracle
import pyro
import pytest
import torch
from agreement import assert_agrees
from cases import (
    DENSITIES,
    MLPS,
    N_FEATURES,
    NOISES,
    RESNETS,
    Case,
    at,
    numpyro_log_joint,
    one_with_each,
    pyro_log_joint,
    tensors,
)
from numpyro.infer import Predictive
from quick import quick
from scipy import stats

import bayesdrop as bd
from bayesdrop.noise import Noise

N_POINTS = 8
_rayleigh, _nakagami = bd.noise.Rayleigh(0.6), bd.noise.InverseNakagami(2.5, 1.5)
_RESNET = RESNETS["resnet3_tanh"]
_FEATURES = (0, 1, 0)
_WEIGHTS = ((0, 1, 2, 0), (1, 1, 2, 0), (2, 0, 1, 1))
STRUCTURES: dict[str, Callable[[Noise], bd.Model]] = {
    "ard": lambda n: bd.Model(MLPS["mlp2_tanh"], bd.ARD(n)),
    "drop_connect": lambda n: bd.Model(MLPS["mlp_relu"], bd.DropConnect(n)),
    "add": lambda n: bd.Model(_RESNET, bd.ADD(n)),
    "ard_add": lambda n: bd.Model(_RESNET, bd.ARDADD(n, _rayleigh)),
    "add_ard": lambda n: bd.Model(_RESNET, bd.ARDADD(_nakagami, n)),
    "all": lambda n: bd.Model(
        _RESNET,
        bd.ScaleMixture(
            unit=_rayleigh, layer=n, weight=_nakagami, bias=n, base_scale=0.8, bias_scale=0.6
        ),
    ),
    "bias": lambda n: bd.Model(MLPS["mlp_tanh"], bd.ScaleMixture(bias=n, bias_scale=0.7)),
    "groups": lambda n: bd.Model(
        MLPS["mlp_tanh"],
        bd.ScaleMixture(unit=_rayleigh, group=bd.PerLayer(first=bd.Groups(n, _FEATURES))),
    ),
    "groups_of_weights": lambda n: bd.Model(
        MLPS["mlp_tanh"],
        bd.ScaleMixture(group=bd.PerLayer(first=bd.Groups(n, _WEIGHTS)), bias=n),
    ),
}
FORMS = ("marginal", "marginal_large")
OTHER_FORMS = ("expanded", "hierarchical")


def every_combination() -> list[Any]:
    """Noise × structure × form.

    Quick: every structure in one form with a closed form, and three noises that are integrated
    numerically, whose densities :file:`tests/noise/test_group.py` compares with mpmath.
    """
    in_turn = zip(STRUCTURES, itertools.cycle(FORMS), strict=False)
    quick = {("inverse_nakagami", structure, form) for structure, form in in_turn}
    quick |= {("half_cauchy", "ard_add", "marginal_large"), ("uniform", "bias", "marginal")}
    quick |= {("custom_logistic", "add_ard", "marginal")}
    return [
        pytest.param(
            STRUCTURES[structure],
            noise,
            form,
            id=f"{structure}-{name}-{form}",
            marks=() if (name, structure, form) in quick else pytest.mark.slow,
        )
        for name, noise in DENSITIES.items()
        for structure in STRUCTURES
        for form in FORMS
    ]


@pytest.mark.parametrize(("structure", "noise", "form"), every_combination())
def test_log_joint(structure: Callable[[Noise], bd.Model], noise: Noise, form: Any) -> None:
    assert_agrees(Case("", structure(noise), form, 1), N_POINTS, rtol=1e-8)


@pytest.mark.parametrize(
    ("name", "form"),
    one_with_each({n: n for n in ("all", "groups", "groups_of_weights")}, OTHER_FORMS),
)
def test_biases_and_groups_in_the_other_forms(name: str, form: Any) -> None:
    model = STRUCTURES[name](NOISES["inverse_nakagami"])
    assert_agrees(Case("", model, form, 2), N_POINTS, rtol=1e-8)


FREE = {
    "half_cauchy": bd.noise.HalfCauchy(bd.noise.HalfNormal(0.7)),
    "inverse_nakagami": bd.noise.InverseNakagami(bd.noise.HalfNormal(3.0), bd.noise.Rayleigh(0.6)),
    "beta": bd.noise.Beta(bd.noise.HalfNormal(2.0), 1.5),
    "gaussian": bd.noise.Gaussian(0.5, mean=bd.noise.Gaussian(0.4, mean=0.9)),
    "regularized": bd.noise.RegularizedHalfCauchy(bd.noise.HalfNormal(0.7), 1.5),
}


@pytest.mark.parametrize("name", quick(FREE, lambda name: name != "gaussian"))
def test_parameters_with_a_prior_stay_sites(name: str) -> None:
    """At fixed values of the parameters, they are those of the noise with these numbers."""
    noise = FREE[name]
    model = bd.Model(MLPS["mlp_tanh"], bd.ScaleMixture(unit=bd.PerLayer(first=noise)))
    case = Case("", model, "marginal", 1)
    names = dict(case.bound.integrated[0].parameters)
    points, (X, y) = case.points(1), case.data()
    point = at(points, 0)
    numbers = noise.bind({f: float(point[site]) for f, site in names.items()})
    fixed = bd.Model(model.network, bd.ScaleMixture(unit=bd.PerLayer(first=numbers)))
    rest = {site: value for site, value in point.items() if site not in names.values()}
    expected = oracle.log_joint(fixed, rest, X, y, "marginal")
    for field, site in names.items():
        expected = expected + oracle.distribution(noise.free[field]).logpdf(point[site])
    with jax.enable_x64(True):
        in_numpyro = float(numpyro_log_joint(case, points)[0])
    in_pyro = pyro_log_joint(case, tensors(point)).item()
    np.testing.assert_allclose([in_numpyro, in_pyro], expected, rtol=1e-8)


@pytest.mark.slow
def test_a_learned_parameter_may_be_given() -> None:
    noise = bd.noise.InverseNakagami(2.0, bd.Learned(0.5))
    model = bd.Model(_RESNET, bd.ADD(noise))
    case = Case("", model, "marginal", 1)
    point, (X, y) = at(case.points(1), 0), case.data()
    for given, rate in (({}, 0.5), ({f"layer_scale_{i}_rate": 0.8 for i in (1, 2)}, 0.8)):
        fixed = bd.Model(_RESNET, bd.ADD(bd.noise.InverseNakagami(2.0, rate)))
        expected = oracle.log_joint(fixed, point, X, y, "marginal")
        for backend in ("numpyro", "pyro"):
            found = bd.log_joint(model, point | given, X, y, backend, "marginal")
            np.testing.assert_allclose(found, expected, rtol=1e-8)


@pytest.mark.slow
@pytest.mark.parametrize("backend", ["numpyro", "pyro"])
def test_programs_draw_from_the_prior(backend: str) -> None:
    """Block and bias share τ: the share of |b| and |W| that are large together says so."""
    model = bd.Model(RESNETS["resnet2_relu"], bd.ADD(bd.noise.InverseNakagami(1.5, 1.5)))
    draws, X = 4000, np.zeros((1, N_FEATURES), np.float32)
    if backend == "numpyro":
        predictive = Predictive(bd.numpyro_model(model, "marginal"), num_samples=draws)
        values = predictive(jax.random.key(0), jax.numpy.asarray(X))
        found = {name: np.asarray(values[name]) for name in ("weight_1", "bias_1")}
    else:
        program = pyro.poutine.trace(bd.pyro_model(model, "marginal"))
        traces = [program.get_trace(torch.as_tensor(X)) for _ in range(draws // 12)]
        found = {
            name: np.stack([trace.nodes[name]["value"].numpy() for trace in traces])
            for name in ("weight_1", "bias_1")
        }
    scale = stats.gengamma(1.5, -2, scale=1.5**0.5).rvs(
        (draws, 1), random_state=np.random.default_rng(0)
    )
    normal = np.random.default_rng(1).standard_normal((draws, 20)) * scale
    weight, bias = normal[:, :16] / 2, normal[:, 16:]  # base scales 1/√4 and 1
    for ours, theirs in (
        (found["weight_1"][:, 0, 0], weight[:, 0]),
        (found["bias_1"][:, 0], bias[:, 0]),
        (
            np.abs(found["bias_1"]).sum(1) * np.abs(found["weight_1"]).sum((1, 2)),
            np.abs(bias).sum(1) * np.abs(weight).sum(1),
        ),
    ):
        assert stats.ks_2samp(ours, theirs).pvalue > 1e-3
