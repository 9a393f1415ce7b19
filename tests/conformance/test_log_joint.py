"""``log p(y, sites | X)`` of the NumPyro and the Pyro program equals the NumPy oracle's."""

from __future__ import annotations

import itertools
from collections.abc import Callable

import numpy as np
import oracle
import pytest
from agreement import assert_agrees
from cases import (
    BLOCK_STRUCTURES,
    DEEP_STRUCTURES,
    DENSITIES,
    FORMS,
    LIKELIHOODS,
    MLPS,
    N_FEATURES,
    NOISES,
    RESNETS,
    STRUCTURES,
    Case,
    Groups,
    at,
    cases,
    likelihood_alone,
    likelihood_cases,
    one_with_each,
    quick_combinations,
    quick_pairs,
)
from oracle_networks import ACTIVATIONS
from quick import quick

import bayesdrop as bd
from bayesdrop.model import Form

N_POINTS = 100
EVERY = quick_pairs(cases()) + quick_pairs(likelihood_cases())
DEEPEST = [case for case in cases() if "resnet3_tanh" in case.name][::3]
NOISE_SCALES = {name: noise for name, noise in DENSITIES.items() if noise.support == "positive"}


def form_alone(case: Case) -> Groups:
    """Where the programs themselves are compared with the oracle elsewhere."""
    (_, _, form), *_ = case.factors
    return ((form, "form"),)


def classes_alone(case: Case) -> Groups:
    """The target of classes: other likelihoods take the same way."""
    return likelihood_alone(case) if isinstance(case.model.likelihood, bd.Categorical) else ()


@pytest.mark.parametrize("case", EVERY)
def test_every_noise_structure_network_and_form(case: Case) -> None:
    assert_agrees(case, N_POINTS, rtol=1e-9)


@pytest.mark.parametrize("backend", ["numpyro", "pyro"])
@pytest.mark.parametrize(
    "case",
    quick_pairs(DEEPEST, form_alone) + quick_pairs(likelihood_cases()[::4], classes_alone),
)
def test_log_joint_itself(case: Case, backend: str) -> None:
    X, y = case.data()
    points = case.points(3, seed=1)
    expected = oracle.log_joint(case.model, points, X, y, case.form)
    actual = [bd.log_joint(case.model, at(points, i), X, y, backend, case.form) for i in range(3)]
    np.testing.assert_allclose(actual, expected, rtol=1e-9)


@pytest.mark.parametrize(
    ("scale", "outputs_and_form"),
    one_with_each({"fixed": 0.3} | NOISE_SCALES, list(itertools.product([1, 2], FORMS))),
)
def test_every_noise_scale_prior_and_number_of_outputs(
    scale: float | bd.noise.Noise, outputs_and_form: tuple[int, Form]
) -> None:
    n_outputs, form = outputs_and_form
    prior = bd.ARDADD(bd.noise.InverseNakagami(3, 2), bd.noise.Rayleigh(0.6))
    model = bd.Model(RESNETS["resnet2_relu"], prior, bd.Gaussian(scale))
    assert_agrees(Case("", model, form, n_outputs), N_POINTS, rtol=1e-9)


@pytest.mark.parametrize(
    "activation",
    quick(sorted(ACTIVATIONS), lambda name: name in ("erf", "leaky_relu")),
)
def test_every_activation(activation: str) -> None:
    model = bd.Model(bd.MLP((4, 5), activation), bd.ARD(bd.noise.HalfCauchy(0.8)))
    assert_agrees(Case("", model, "expanded", 1), N_POINTS, rtol=1e-9)


@pytest.mark.parametrize("backend", ["numpyro", "pyro"])
def test_a_flat_target_is_a_column(backend: str) -> None:
    case = Case("", bd.Model(bd.MLP((4,)), likelihood=LIKELIHOODS["learned"]), "expanded", 1)
    X, y = case.data()
    values = at(case.points(1), 0)
    flat, column = (bd.log_joint(case.model, values, X, target, backend) for target in (y[:, 0], y))
    assert flat == column


@pytest.mark.parametrize("backend", ["numpyro", "pyro"])
@pytest.mark.parametrize(
    ("site", "value"),
    [
        ("unit_scale_0", -np.ones(3)),
        ("layer_scale_1", -1.0),
        ("noise_scale", np.zeros(1)),
        ("bias_2", np.full(1, np.nan)),
    ],
)
def test_a_point_outside_the_support_is_refused(
    backend: str, site: str, value: float | np.ndarray
) -> None:
    noise = bd.noise.InverseNakagami(3, 2)
    case = Case("", bd.Model(bd.ResNet(4, 2), bd.ARDADD(noise, noise)), "expanded", 1)
    values = at(case.points(1), 0) | {site: np.asarray(value)}
    with pytest.raises(ValueError, match=rf"site '{site}' is (positive|real), its value is not"):
        bd.log_joint(case.model, values, *case.data(), backend)


@pytest.mark.parametrize("value", [-0.4, 1.7, 1.9, np.nan])
def test_a_point_outside_the_priors_interval_is_refused(value: float) -> None:
    case = Case("", bd.Model(bd.MLP((4,)), bd.ARD(NOISES["uniform"])), "expanded", 1)
    values = at(case.points(1), 0) | {"unit_scale_0": np.full(3, value)}
    with pytest.raises(ValueError, match=r"'unit_scale_0' is in \(-0\.4, 1\.7\), its value is not"):
        bd.log_joint(case.model, values, *case.data())


@pytest.mark.parametrize(
    ("structure", "noise", "network"), quick_combinations(BLOCK_STRUCTURES, NOISES, MLPS)
)
def test_layer_noise_without_a_skip_is_refused(
    structure: Callable[[bd.noise.Noise], bd.ScaleMixture],
    noise: bd.noise.Noise,
    network: bd.MLP,
) -> None:
    with pytest.raises(ValueError, match=r"residual blocks.*MLP.*bd\.ResNet"):
        bd.Model(network, structure(noise))


@pytest.mark.parametrize("name", [*STRUCTURES, *DEEP_STRUCTURES, *BLOCK_STRUCTURES])
def test_bernoulli_noise_in_the_hierarchical_form_is_refused(name: str) -> None:
    prior = (STRUCTURES | DEEP_STRUCTURES | BLOCK_STRUCTURES)[name](NOISES["bernoulli"])
    case = Case("", bd.Model(RESNETS["resnet3_tanh"], prior), "hierarchical", 1)
    expanded = Case("", case.model, "expanded", 1)
    reason = r'Bernoulli\(keep=0\.7\).*hierarchical.*point mass.*form="expanded"'
    with pytest.raises(ValueError, match=reason):
        bd.sites(case.model, N_FEATURES, form="hierarchical")
    for program in (bd.numpyro_model, bd.pyro_model):
        with pytest.raises(ValueError, match=reason):
            program(case.model, "hierarchical")
    for backend in ("numpyro", "pyro"):
        with pytest.raises(ValueError, match=reason):
            bd.log_joint(
                case.model, at(expanded.points(1), 0), *case.data(), backend, "hierarchical"
            )


class TestWrongArguments:
    """``bd.log_joint`` says what is wrong with what it was given."""

    case = Case("", bd.Model(bd.MLP((4,)), bd.ARD(bd.noise.HalfNormal())), "expanded", 1)

    def call(self, changed: dict, backend: str = "numpyro", form: str = "expanded") -> float:
        values = at(self.case.points(1), 0) | changed
        kept = {name: value for name, value in values.items() if value is not None}
        return bd.log_joint(self.case.model, kept, *self.case.data(), backend, form)  # type: ignore

    def test_unknown_site(self) -> None:
        with pytest.raises(ValueError, match=r"'weight_0_bas'.*did you mean 'weight_0_base'"):
            self.call({"weight_0_bas": np.ones((3, 4))})

    def test_missing_site(self) -> None:
        with pytest.raises(ValueError, match=r"no value for site 'bias_1' of shape \(1,\)"):
            self.call({"bias_1": None})

    def test_wrong_shape(self) -> None:
        with pytest.raises(ValueError, match=r"'weight_0_base' has shape \(3, 4\).*\(4, 3\)"):
            self.call({"weight_0_base": np.ones((4, 3))})

    def test_unknown_backend(self) -> None:
        with pytest.raises(ValueError, match="did you mean 'numpyro'"):
            self.call({}, backend="nympyro")

    def test_unknown_form(self) -> None:
        with pytest.raises(ValueError, match="did you mean 'hierarchical'"):
            self.call({}, form="hierarchic")
