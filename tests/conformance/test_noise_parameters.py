"""Noise parameters that are learned or have a prior: the model with them fixed, and their prior."""

from __future__ import annotations

import dataclasses
import re
from itertools import product
from typing import Any, Literal

import jax
import numpy as np
import oracle
import pyro
import pytest
import torch
from cases import FORMS, N_FEATURES, Case, CustomBeta, pairwise
from noises import Exponential
from numpyro import handlers
from quick import quick

import bayesdrop as bd
from bayesdrop.model import Form
from bayesdrop.noise import Noise

_positive, _probability, _real = bd.noise.HalfCauchy(1.5), CustomBeta(), bd.noise.Gaussian(0.4, 1.0)
WITH_PRIORS: list[Noise] = [
    bd.noise.Bernoulli(_probability),
    bd.noise.Gaussian(_positive),
    bd.noise.Gaussian(_positive, mean=_real),
    bd.noise.HalfNormal(_positive),
    bd.noise.Rayleigh(_positive),
    bd.noise.HalfCauchy(_positive),
    bd.noise.InverseNakagami(_positive, 2.0),
    bd.noise.InverseNakagami(_positive, bd.noise.Rayleigh(2.0)),
]
LEARNED: list[Noise] = [
    bd.noise.Bernoulli(bd.Learned(0.5)),
    bd.noise.Beta(bd.Learned(2.0), 3.0),
    bd.noise.Gaussian(bd.Learned(0.5), mean=1.0),
    bd.noise.HalfNormal(bd.Learned(0.5)),
    bd.noise.Rayleigh(bd.Learned(0.5)),
    bd.noise.HalfCauchy(bd.Learned(0.5)),
    bd.noise.InverseNakagami(bd.Learned(2.0), 2.0),
    bd.noise.RegularizedHalfCauchy(bd.Learned(0.5), 2.0),
]
PRIORS = {
    "ard": lambda noise: (bd.MLP((4, 5)), bd.ARD(noise)),
    "add": lambda noise: (bd.ResNet(4), bd.ADD(noise)),
    "drop_connect": lambda noise: (bd.MLP((4, 5)), bd.DropConnect(noise)),
}
every_noise = pytest.mark.parametrize("noise", WITH_PRIORS, ids=repr)
BACKENDS = ("numpyro", "pyro")
every_backend = pytest.mark.parametrize("backend", BACKENDS)
Backend = Literal["numpyro", "pyro"]


def _case(noise: Noise, prior: Any, form: Form) -> Case:
    network, structure = prior(noise)
    return Case("", bd.Model(network, structure, bd.Gaussian(0.4)), form, 1)


def _fixed(case: Case, numbers: dict[str, float]) -> bd.Model:
    """The model with every matrix's noise parameters replaced by these numbers."""
    prior = case.model.prior
    (sharing,) = [s for s in ("unit", "layer", "weight") if getattr(prior, s) is not None]
    noise: Noise = getattr(prior, sharing)

    def at(layer: int) -> Noise:
        given = {f: numbers[f"{sharing}_scale_{layer}_{f}"] for f in noise.free}
        return dataclasses.replace(noise, **given)  # type: ignore[type-var]

    chosen = bd.PerLayer(hidden=at(1)) if sharing == "layer" else bd.PerLayer(at(0), at(1), at(2))
    return dataclasses.replace(case.model, prior=dataclasses.replace(prior, **{sharing: chosen}))


def combinations() -> list[Any]:
    """Quick: every noise meets every backend, and every structure every form."""
    rows = [
        (noise, prior, form, backend)
        for noise, prior, form, backend in product(WITH_PRIORS, PRIORS, FORMS, BACKENDS)
        if form == "expanded" or noise.support != "boolean"
    ]
    chosen = pairwise([((n, backend), (prior, form)) for n, prior, form, backend in rows])
    kept = [rows[index] for index in chosen]
    return quick(rows, kept.__contains__)


@pytest.mark.parametrize(("noise", "structure", "form", "backend"), combinations(), ids=str)
def test_log_joint_is_that_of_the_fixed_noise_plus_the_parameters_prior(
    noise: Noise, structure: str, form: Form, backend: Backend
) -> None:
    case = _case(noise, PRIORS[structure], form)
    X, y = case.data()
    for index in range(3):
        values = {name: stack[0] for name, stack in case.points(1, seed=index).items()}
        own = [site for site in case.sites() if site.role == "parameter"]
        numbers = {site.name: float(values.pop(site.name)) for site in own}
        expected = oracle.log_joint(_fixed(case, numbers), values, X, y, form)
        for site in own:
            expected += oracle.distribution(site.prior).logpdf(numbers[site.name])
        found = bd.log_joint(case.model, values | numbers, X, y, backend, form)
        assert found == pytest.approx(expected, rel=1e-9)


@every_noise
@every_backend
def test_a_learned_parameter_has_its_initial_value_unless_given(
    noise: Noise, backend: Backend
) -> None:
    start = {field: bd.Learned(value) for field, value in _numbers(noise).items()}
    case = _case(dataclasses.replace(noise, **start), PRIORS["ard"], "expanded")  # type: ignore[type-var]
    X, y = case.data()
    values = {name: stack[0] for name, stack in case.points(1).items()}
    initial = {name: learned.initial for name, learned in case.model.learned.items()}
    given = {name: 0.9 * number for name, number in initial.items()}
    assert len(initial) == 3 * len(noise.free)
    for numbers, extra in ((initial, {}), (given, given)):
        expected = oracle.log_joint(_fixed(case, numbers), values, X, y, "expanded")
        found = bd.log_joint(case.model, {**values, **extra}, X, y, backend)
        assert found == pytest.approx(expected, rel=1e-9)


def _numbers(noise: Noise) -> dict[str, float]:
    return dict.fromkeys(noise.free, 0.6)


@pytest.mark.slow
@pytest.mark.usefixtures("programs_of_its_own")
@pytest.mark.parametrize(
    "noise", quick(WITH_PRIORS, lambda noise: noise == WITH_PRIORS[-1]), ids=repr
)
def test_prior_draws_of_the_program(noise: Noise) -> None:
    case = Case("", bd.Model(bd.MLP(()), bd.ARD(noise), bd.Gaussian(0.4)), "expanded", 1)
    program = bd.numpyro_model(case.model)

    @jax.jit
    def draw(key: jax.Array) -> dict[str, jax.Array]:
        trace = handlers.trace(handlers.seed(program, key)).get_trace(case.data()[0])
        return {site.name: trace[site.name]["value"] for site in case.sites()}

    drawn = draw(jax.random.key(0))
    for site in case.sites():
        value = np.asarray(drawn[site.name])
        assert value.shape == site.shape
        assert np.isfinite(value).all()


@pytest.mark.parametrize(
    ("noise", "moment", "bias"),
    [
        (bd.noise.Bernoulli(bd.Learned(0.3)), lambda p: p, 0.1),
        (bd.noise.Bernoulli(bd.Learned(0.85)), lambda p: p, 0.1),
        (bd.noise.Gaussian(bd.Learned(0.5), mean=1.0), lambda p: 1 + p**2, 0.02),
        (bd.noise.Rayleigh(bd.Learned(0.5)), lambda p: 2 * p**2, 0.02),
        (bd.noise.InverseNakagami(6.0, bd.Learned(2.0)), lambda p: p / 5, 0.02),
        (bd.noise.HalfNormal(bd.Learned(0.5)), lambda p: p**2, 0.02),
    ],
    ids=lambda value: repr(value) if isinstance(value, bd.noise.Noise) else None,
)
def test_torch_noise_is_differentiable_in_its_parameters(
    noise: Noise, moment: Any, bias: float
) -> None:
    """The gradient of the mean of λ² over draws is that of E λ²; a relaxed λ² is a little less."""
    torch.manual_seed(0)
    (learned,) = noise.free.values()
    module = bd.torch_module(bd.Model(bd.MLP(()), bd.ARD(noise)), N_FEATURES).double()
    (name,) = module.noise_parameters()
    value = getattr(module, name)
    drawn = module.draw_noise(100_000)["unit_scale_0"].square().mean()
    (raw,) = [p for n, p in module.named_parameters() if name in n.split(".")]
    (slope,) = torch.autograd.grad(drawn, raw)
    (chain,) = torch.autograd.grad(value, raw)
    step = 1e-5
    initial = learned.initial  # type: ignore[union-attr]
    expected = (moment(initial + step) - moment(initial - step)) / (2 * step)
    assert value.item() == pytest.approx(initial, rel=1e-6)
    assert drawn.item() == pytest.approx(moment(initial), rel=bias)
    assert (slope / chain).item() == pytest.approx(expected, rel=bias)


def test_torch_log_prior_is_that_of_the_fixed_noise_plus_the_parameters_prior() -> None:
    model = bd.Model(bd.MLP((4,)), bd.ARD(bd.noise.Rayleigh(_positive)), bd.Gaussian(0.4))
    module = bd.torch_module(model, N_FEATURES).double()
    values = {name: value.detach().numpy() for name, value in module.values().items()}
    expected = sum(
        np.sum(oracle.distribution(site.prior).logpdf(values[site.name]))
        for site in module.sites
        if site.role != "scale"
    )
    assert module.log_prior().item() == pytest.approx(expected, rel=1e-6)


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (np.full(3, 0.5), r"'unit_scale_0_keep' is a single number, its value has shape \(3,\)"),
        (2.0, "'unit_scale_0_keep' is unit_interval, its value is not"),
    ],
)
@every_backend
def test_values_of_learned_parameters_are_checked(
    value: Any, message: str, backend: Backend
) -> None:
    noise = bd.noise.Bernoulli(bd.Learned(0.5))
    case = Case("", bd.Model(bd.MLP(()), bd.ARD(noise)), "expanded", 1)
    values = {name: stack[0] for name, stack in case.points(1).items()}
    with pytest.raises(ValueError, match=message):
        bd.log_joint(case.model, values | {"unit_scale_0_keep": value}, *case.data(), backend)


def test_every_shipped_noise_with_parameters_is_learned_here() -> None:
    shipped = {getattr(bd.noise, name) for name in bd.noise.__all__} - {Noise, bd.Learned}
    assert {type(noise) for noise in LEARNED} == {kind for kind in shipped if kind.parameters}


class TestANoiseOfOnesOwn:
    """Known by its density alone, with a parameter that is learned."""

    model = bd.Model(bd.MLP(()), bd.ARD(Exponential(bd.Learned(2.0))))
    X = np.random.default_rng(0).normal(size=(20, N_FEATURES))

    def test_both_programs_sample_it(self) -> None:
        program = handlers.seed(bd.numpyro_model(self.model), jax.random.key(0))
        in_numpyro = handlers.trace(program).get_trace(jax.numpy.asarray(self.X))
        in_pyro = pyro.poutine.trace(bd.pyro_model(self.model)).get_trace(torch.as_tensor(self.X))
        assert np.all(np.asarray(in_numpyro["unit_scale_0"]["value"]) > 0)
        assert bool((in_pyro.nodes["unit_scale_0"]["value"] > 0).all())
        pyro.clear_param_store()

    @every_backend
    def test_svi_learns_it(self, backend: Backend) -> None:
        method = bd.SVI(num_steps=50, num_samples=10, backend=backend)
        post = bd.fit(self.model, self.X, self.X[:, 0], method, progress=False)
        assert post.learned["unit_scale_0_mean_"] > 0

    @pytest.mark.parametrize("free", [bd.Learned(2.0), bd.noise.HalfNormal(1.0)], ids=str)
    def test_mc_dropout_says_that_it_cannot_and_what_can(self, free: Any) -> None:
        model = bd.Model(bd.MLP(()), bd.ARD(Exponential(free)))
        said = bd.MCDropout().supports(model)
        assert said is not None
        assert re.search(r"density alone.*Use bd\.SVI, or", said)
        assert bd.SVI().supports(model) is None
        assert bd.MCDropout().supports(bd.Model(bd.MLP(()), bd.ARD(Exponential(2.0)))) is None
        assert "bd.MCDropout" not in (bd.NUTS().supports(model) or "")

    @pytest.mark.parametrize("noise", LEARNED, ids=lambda noise: type(noise).__name__)
    def test_mc_dropout_trains_shipped_ones(self, noise: Noise) -> None:
        model = bd.Model(bd.MLP(()), bd.ARD(noise))
        assert bd.torch_module(model, N_FEATURES).noise_parameters()
        assert "density alone" not in (bd.MCDropout().supports(model) or "")

    def test_the_torch_module_says_that_it_cannot(self) -> None:
        with pytest.raises(ValueError, match=r"density alone.*Use bd\.SVI"):
            bd.torch_module(self.model, N_FEATURES)
