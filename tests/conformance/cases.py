"""The models that the conformance tests compare, random points of them, and the native densities.

Every noise × prior structure × network × form, with widths just large enough to tell rows from
columns. Some noises are a user's own, given as a density alone; those on bounded intervals, which
came later, are crossed with two structures on one network each. The whole product is slow to test.
The quick suite has a set of cases in which every noise occurs, and every two values meet of
structure, class of network and form; of network and form; and of likelihood scale, number of
outputs and form. Programs loop over sites and look at the noise of each alone, so a noise need not
meet every structure there, nor a structure every width and activation.
"""

from __future__ import annotations

import functools
import itertools
import math
import zlib
from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import pyro
import pytest
import torch
from array_api_compat import array_namespace
from noises import Arcsine, Logistic
from numpy.typing import NDArray
from numpyro.infer.util import log_density

import bayesdrop as bd
from bayesdrop.model import Form
from bayesdrop.noise.base import Noise
from bayesdrop.noise.support import Support

N_ROWS, N_FEATURES = 7, 3
Values = Mapping[str, NDArray[np.float64]]
Groups = Sequence[tuple[Hashable, ...]]
"""What a row of a table combines, in groups: the values of a group are to meet in pairs."""


@dataclass(frozen=True)
class CustomLogNormal(Noise):
    """log λ ~ N(mu, sigma²)."""

    mu: float = -0.2
    sigma: float = 0.6
    support: ClassVar[Support] = "positive"

    def log_density(self, x: Any) -> Any:
        log = array_namespace(x).log(x)
        constant = -0.5 * math.log(2 * math.pi) - math.log(self.sigma)
        return constant - log - 0.5 * ((log - self.mu) / self.sigma) ** 2


@dataclass(frozen=True)
class CustomBeta(Noise):
    """p(λ) ∝ λ^(a−1) (1−λ)^(b−1)."""

    a: float = 2.0
    b: float = 3.0
    support: ClassVar[Support] = "unit_interval"

    def log_density(self, x: Any) -> Any:
        xp = array_namespace(x)
        constant = math.lgamma(self.a + self.b) - math.lgamma(self.a) - math.lgamma(self.b)
        return constant + (self.a - 1) * xp.log(x) + (self.b - 1) * xp.log1p(-x)


BOUNDED: dict[str, Noise] = {
    "beta": bd.noise.Beta(2.0, 1.5),
    "uniform": bd.noise.Uniform(-0.4, 1.7),
    "log_uniform": bd.noise.LogUniform(0.1, 2.0),
    "regularized_half_cauchy": bd.noise.RegularizedHalfCauchy(0.6, 1.5),
    "custom_arcsine": Arcsine(0.5, 1.4),
}
CROSSED: dict[str, Noise] = {
    "bernoulli": bd.noise.Bernoulli(0.7),
    "gaussian": bd.noise.Gaussian(0.8),
    "gaussian_mean_one": bd.noise.Gaussian(0.5, mean=1.0),
    "rayleigh": bd.noise.Rayleigh(0.7),
    "inverse_nakagami": bd.noise.InverseNakagami(3.0, 2.0),
    "half_cauchy": bd.noise.HalfCauchy(0.8),
    "half_normal": bd.noise.HalfNormal(1.3),
    "custom_log_normal": CustomLogNormal(),
    "custom_logistic": Logistic(0.5, 0.6),
    "custom_beta": CustomBeta(),
}
NOISES = CROSSED | BOUNDED
DENSITIES = {name: noise for name, noise in NOISES.items() if noise.support != "boolean"}

MLPS: dict[str, bd.MLP] = {
    "linear": bd.MLP(()),
    "mlp_relu": bd.MLP((4,), "relu"),
    "mlp_tanh": bd.MLP((4,), "tanh"),
    "mlp2_relu": bd.MLP((4, 5), "relu"),
    "mlp2_tanh": bd.MLP((4, 5), "tanh"),
}
RESNETS: dict[str, bd.ResNet] = {
    "resnet2_relu": bd.ResNet(4, 2, "relu"),
    "resnet3_tanh": bd.ResNet(4, 3, "tanh"),
}

_rayleigh, _nakagami = bd.noise.Rayleigh(0.6), bd.noise.InverseNakagami(2.5, 1.5)
STRUCTURES: dict[str, Callable[[Noise], bd.ScaleMixture]] = {
    "ard": bd.ARD,
    "drop_connect": bd.DropConnect,
    "ard_drop_connect": lambda n: bd.ScaleMixture(_rayleigh, None, n, base_scale=0.8),
}
DEEP_STRUCTURES: dict[str, Callable[[Noise], bd.ScaleMixture]] = {
    "per_layer": lambda n: bd.ScaleMixture(
        unit=bd.PerLayer(first=n, last=_rayleigh),
        weight=bd.PerLayer(hidden=n, last=_nakagami),
        bias_scale=0.6,
    ),
}
BLOCK_STRUCTURES: dict[str, Callable[[Noise], bd.ScaleMixture]] = {
    "add": bd.ADD,
    "ard_add": lambda n: bd.ARDADD(_nakagami, n),
    "all_three": lambda n: bd.ScaleMixture(n, _rayleigh, _nakagami, base_scale=0.8, bias_scale=0.6),
    "per_layer_blocks": lambda n: bd.ScaleMixture(
        unit=bd.PerLayer(last=n),
        layer=bd.PerLayer(hidden=n),
        weight=bd.PerLayer(first=_rayleigh, hidden=n),
        bias_scale=0.6,
    ),
}
LIKELIHOODS = {"fixed": bd.Gaussian(0.4), "learned": bd.Gaussian(bd.noise.HalfNormal(0.8))}
OTHER_LIKELIHOODS = {
    "heteroscedastic": bd.HeteroscedasticGaussian(),
    "student_t": bd.StudentT(3.5, 0.4),
    "student_t_learned": bd.StudentT(bd.noise.HalfNormal(5.0), bd.noise.HalfNormal(0.8)),
    "bernoulli": bd.Bernoulli(),
    "categorical": bd.Categorical(3),
    "poisson": bd.Poisson(),
    "negative_binomial": bd.NegativeBinomial(0.4),
    "negative_binomial_learned": bd.NegativeBinomial(bd.noise.HalfNormal(0.8)),
}
FORMS: tuple[Form, ...] = ("expanded", "hierarchical")


class Case(NamedTuple):
    """One model in one form, with a number of outputs.

    ``factors`` say what it combines.
    """

    name: str
    model: bd.Model
    form: Form
    n_outputs: int
    factors: Groups = ()
    input_shape: tuple[int, ...] = (N_FEATURES,)

    @property
    def bound(self) -> bd.BoundModel:
        return self.model.bind(self.input_shape, self.n_outputs, self.form)

    def sites(self) -> tuple[bd.Site, ...]:
        return self.bound.sites

    def data(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        rng = np.random.default_rng(1)
        X, shape = rng.normal(size=(N_ROWS, *self.input_shape)), (N_ROWS, self.n_outputs)
        match self.model.likelihood:
            case bd.Bernoulli():
                return X, rng.integers(0, 2, shape).astype(np.float64)
            case bd.Categorical(n_classes):
                return X, rng.integers(0, n_classes, shape).astype(np.float64)
            case bd.Poisson() | bd.NegativeBinomial():
                return X, rng.poisson(3.0, shape).astype(np.float64)
        return X, rng.normal(size=shape)

    def points(self, n: int, seed: int = 0) -> dict[str, NDArray[np.float64]]:
        """``n`` random points inside every site's support, stacked along a first axis."""
        rng = np.random.default_rng(seed)
        draw: dict[str, Callable[[tuple[int, ...]], NDArray[np.float64]]] = {
            "real": rng.standard_normal,
            "positive": lambda shape: np.exp(0.5 * rng.standard_normal(shape)),
            "unit_interval": lambda shape: rng.uniform(0.02, 0.98, shape),
            "boolean": lambda shape: rng.integers(0, 2, shape).astype(np.float64),
        }
        points = {}
        for site in self.sites():
            if site.support == "interval":
                low, high = site.prior.bounds
                points[site.name] = low + (high - low) * draw["unit_interval"]((n, *site.shape))
            else:
                points[site.name] = draw[site.support]((n, *site.shape))
        return points


def pairs_of(row: Groups) -> frozenset[Hashable]:
    """Which values of which two columns meet in a group of the row."""
    return frozenset(
        (number, pair)
        for number, group in enumerate(row)
        for pair in itertools.combinations(enumerate(group), 2)
    )


def pairwise(rows: Sequence[Groups]) -> list[int]:
    """Some of the rows, in which every two values of a group meet that meet in any row.

    Greedily: each time the row with most pairs that are still missing, the first of equals.
    """
    pairs = [pairs_of(row) for row in rows]
    missing, chosen = frozenset().union(*pairs), []
    while missing:
        best = max(range(len(rows)), key=lambda index: len(pairs[index] & missing))
        chosen.append(best)
        missing -= pairs[best]
    return sorted(chosen)


def quick_pairs(
    every: Sequence[Case], groups: Callable[[Case], Groups] = lambda case: case.factors
) -> list[Any]:
    """Test parameters: every case, all slow but a pairwise set of their factors, or of others."""
    quick = set(pairwise([groups(case) for case in every]))
    return [
        pytest.param(case, id=case.name, marks=() if index in quick else pytest.mark.slow)
        for index, case in enumerate(every)
    ]


def quick_combinations(*factors: Mapping[str, Any] | Sequence[Any]) -> list[Any]:
    """Test parameters: the product of the factors, all slow but a pairwise set of it."""
    named = [f if isinstance(f, Mapping) else {str(value): value for value in f} for f in factors]
    rows = list(itertools.product(*named))
    quick = set(pairwise([[row] for row in rows]))
    return [
        pytest.param(
            *(factor[name] for factor, name in zip(named, row, strict=True)),
            id="-".join(row),
            marks=() if index in quick else pytest.mark.slow,
        )
        for index, row in enumerate(rows)
    ]


def one_with_each(first: Mapping[str, Any], second: Sequence[Any]) -> list[Any]:
    """Test parameters: the product of two factors, all slow but one row with every value."""
    return [
        pytest.param(
            value,
            other,
            id=f"{name}-{other}",
            marks=() if column == row % len(second) else pytest.mark.slow,
        )
        for row, (name, value) in enumerate(first.items())
        for column, other in enumerate(second)
    ]


def priors() -> Iterator[tuple[str, str, Noise | None, bd.ScaleMixture, dict[str, Any]]]:
    """Every structure with every noise (``None``: none), and the networks it can go on."""
    every_network = {**MLPS, **RESNETS}
    yield "none", "", None, bd.ScaleMixture(base_scale=0.8, bias_scale=0.6), every_network
    deep = {name: net for name, net in every_network.items() if len(net.residual) >= 3}
    for structures, networks in (
        (STRUCTURES, every_network),
        (DEEP_STRUCTURES, deep),
        (BLOCK_STRUCTURES, RESNETS),
    ):
        for (name, structure), (noise_name, noise) in itertools.product(
            structures.items(), CROSSED.items()
        ):
            yield name, noise_name, noise, structure(noise), networks
    for name, noise in BOUNDED.items():
        yield "ard", name, noise, bd.ARD(noise), {"mlp2_relu": MLPS["mlp2_relu"]}
        yield "add", name, noise, bd.ADD(noise), {"resnet3_tanh": RESNETS["resnet3_tanh"]}


@functools.cache
def cases() -> list[Case]:
    """Noise × structure × network × form; outputs and likelihood scale vary between them."""
    variants = list(itertools.product(LIKELIHOODS, (1, 2)))
    result = []
    for structure, noise_name, noise, prior, networks in priors():
        for (network_name, network), form in itertools.product(networks.items(), FORMS):
            if form == "hierarchical" and noise and noise.support == "boolean":
                continue  # refused: test_log_joint.py
            name = "-".join(filter(None, (structure, noise_name, network_name, form)))
            scale, n_outputs = variants[zlib.crc32(name.encode()) % len(variants)]
            model = bd.Model(network, prior, LIKELIHOODS[scale])
            factors = (
                (structure, type(network).__name__, form),
                (network_name, form),
                (scale, n_outputs, form),
                (noise_name, "noise"),
            )
            result.append(Case(name, model, form, n_outputs, factors))
    return result


@functools.cache
def likelihood_cases() -> list[Case]:
    """The other likelihoods on a few structures and networks in both forms, 1 and 2 outputs."""
    noise = DENSITIES["inverse_nakagami"]
    chosen = [
        ("none", bd.ScaleMixture(base_scale=0.8), ("mlp_tanh", "resnet2_relu")),
        ("ard", bd.ARD(noise), ("mlp_tanh", "resnet2_relu")),
        ("ard_add", bd.ARDADD(_nakagami, noise), ("resnet2_relu",)),
    ]
    networks = {**MLPS, **RESNETS}
    result = []
    for name, likelihood in OTHER_LIKELIHOODS.items():
        for prior_name, prior, on in chosen:
            for index, (network, form) in enumerate(itertools.product(on, FORMS)):
                n_outputs = 1 if isinstance(likelihood, bd.Categorical) else 2 - index % 2
                model = bd.Model(networks[network], prior, likelihood)
                label = f"{name}-{prior_name}-{network}-{form}"
                factors = ((name, form), (prior_name, network), (prior_name, form))
                result.append(Case(label, model, form, n_outputs, (*factors, (name, n_outputs))))
                if n_outputs == 2 and prior_name == "ard":
                    label += "-one_output"
                    result.append(Case(label, model, form, 1, (*factors, (name, 1))))
    return result


def likelihood_alone(case: Case) -> Groups:
    """For :func:`quick_pairs` of likelihood cases: every likelihood once."""
    (likelihood, _), *_ = case.factors
    return ((likelihood, "alone"),)


def at(points: Values, index: int) -> dict[str, NDArray[np.float64]]:
    """One of the stacked points."""
    return {name: stack[index] for name, stack in points.items()}


def numpyro_density(case: Case, n_rows: int | None = None) -> Callable[[Any], Any]:
    """NumPyro's own log density at every stacked point. Call it under ``jax.enable_x64``."""
    X, y = map(jnp.asarray, case.data())
    program = bd.numpyro_model(case.model, case.form, case.n_outputs)

    def native(values: Mapping[str, Any]) -> Any:
        return log_density(program, (X, y), {"n_rows": n_rows}, dict(values))[0]

    return jax.vmap(native)


def numpyro_log_joint(case: Case, points: Values, n_rows: int | None = None) -> Any:
    """:func:`numpyro_density` at these points, float64. Call it under ``jax.enable_x64``."""
    return jax.jit(numpyro_density(case, n_rows))(dict(points))


def pyro_log_joint(
    case: Case, values: Mapping[str, torch.Tensor], n_rows: int | None = None
) -> torch.Tensor:
    """Pyro's own log density at one point (or, under ``torch.vmap``, at many)."""
    X, y = map(torch.as_tensor, case.data())
    program = pyro.condition(
        bd.pyro_model(case.model, case.form, case.n_outputs), data=dict(values)
    )
    return pyro.poutine.trace(program).get_trace(X, y, n_rows).log_prob_sum()


def tensors(points: Values) -> dict[str, torch.Tensor]:
    return {name: torch.as_tensor(stack) for name, stack in points.items()}
