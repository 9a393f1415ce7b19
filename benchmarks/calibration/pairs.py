"""The pairs of method and model that ``sbc.py`` checks.

The choices are the method, the noise, the structure of the prior and the likelihood. Every two
choices meet in some pair, of the methods :data:`FOUR`, the first four noises, all structures and
all likelihoods. Rows of an orthogonal array have each two of them together with few pairs: noise,
structure and likelihood are sums in the field of four elements, where addition is ``^``. SMC,
Gibbs-HMC and the enumeration of masks each meet every structure and every likelihood. Every
other noise of bayesdrop is in one of their pairs at least. Half-Cauchy noise is with SMC, since the
chains of Gibbs-HMC do not mix with it in so few draws: R-hat is above 1.05 in half the fits.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import bayesdrop as bd


class Pair(NamedTuple):
    """A method and a model, and the choices they stand for."""

    method: str
    noise: str
    structure: str
    likelihood: str
    inference: bd.Inference
    model: bd.Model


CHAINS: dict[str, Any] = {"num_warmup": 400, "num_samples": 1000, "num_chains": 2}
ENOUGH: dict[str, Any] = {**CHAINS, "target_accept_prob": 0.9}
TOGETHER: dict[str, Any] = {**ENOUGH, "chain_method": "vectorized"}  # 25 data sets a program
METHODS: dict[str, bd.Inference] = {
    "nuts": bd.NUTS(**TOGETHER, max_tree_depth=7),
    "hmc": bd.HMC(**TOGETHER, num_steps=16, form="hierarchical"),
    "chees": bd.ChEES(num_warmup=400, num_samples=250, num_chains=8, training_steps=200),
    "mclmc_adjusted": bd.MCLMC(
        num_warmup=4000, num_samples=500, num_chains=4, adjusted=True, training_steps=200
    ),
    "smc": bd.SMC(num_particles=256, num_runs=2, target_ess=0.8),
    "gibbs_hmc": bd.GibbsHMC(**ENOUGH, max_tree_depth=7),
    "enumeration": bd.NUTS(**ENOUGH, max_tree_depth=7, discrete="enumerate"),
    "mask_gibbs": bd.NUTS(**ENOUGH, max_tree_depth=7, discrete="gibbs"),
}
FOUR = ("nuts", "hmc", "chees", "mclmc_adjusted")

NOISES: dict[str, bd.Noise] = {
    "inverse_nakagami": bd.noise.InverseNakagami(5.0, 5.0),
    "regularized_half_cauchy": bd.noise.RegularizedHalfCauchy(0.5, 2.0),
    "rayleigh": bd.noise.Rayleigh(0.7),
    "gaussian": bd.noise.Gaussian(0.8),
    "half_cauchy": bd.noise.HalfCauchy(0.5),
    "beta": bd.noise.Beta(2.0, 2.0),
    "uniform": bd.noise.Uniform(0.2, 1.5),
    "log_uniform": bd.noise.LogUniform(0.1, 1.5),
    "half_normal": bd.noise.HalfNormal(0.7),
    "bernoulli": bd.noise.Bernoulli(0.6),
}
STRUCTURES = ("ARD", "ADD", "ARD-ADD", "DropConnect")
LIKELIHOODS: dict[str, bd.Likelihood] = {
    "gaussian": bd.Gaussian(bd.noise.InverseNakagami(4.0, 2.0)),
    "heteroscedastic": bd.HeteroscedasticGaussian(),
    "bernoulli": bd.Bernoulli(),
    "poisson": bd.Poisson(),
}


def prior(structure: str, noise: bd.Noise) -> bd.ScaleMixture:
    """The prior, narrow enough for counts; of single weights, the first matrix's alone."""
    where: dict[str, Any] = {
        "ARD": {"unit": noise},
        "ADD": {"layer": noise},
        "ARD-ADD": {"unit": noise, "layer": noise},
        "DropConnect": {"weight": bd.PerLayer(first=noise)},
    }[structure]
    return bd.ScaleMixture(**where, bias_scale=0.5)


def pair(method: str, noise: str, structure: str, likelihood: str) -> Pair:
    """Those choices, with a residual network of two layers of two units."""
    model = bd.Model(
        bd.ResNet(hidden=2, depth=2, activation="tanh"),
        prior(structure, NOISES[noise]),
        LIKELIHOODS[likelihood],
    )
    return Pair(method, noise, structure, likelihood, METHODS[method], model)


def _times_two(k: int) -> int:
    """Multiplication by the element 2 in the field of four elements."""
    return (0, 2, 3, 1)[k]


def _covering() -> list[Pair]:
    noises, likelihoods = list(NOISES), list(LIKELIHOODS)
    chosen = [
        (method, noises[k], STRUCTURES[k ^ m], likelihoods[k ^ _times_two(m)])
        for m, method in enumerate(FOUR)
        for k in range(4)
    ]
    chosen += [
        ("smc", "beta", "ARD", "heteroscedastic"),
        ("smc", "uniform", "ADD", "gaussian"),
        ("smc", "half_cauchy", "ADD", "gaussian"),
        ("smc", "log_uniform", "ARD-ADD", "poisson"),
        ("smc", "half_normal", "DropConnect", "bernoulli"),
    ]
    chosen += [
        ("gibbs_hmc", "inverse_nakagami", "ARD", "poisson"),
        ("gibbs_hmc", "inverse_nakagami", "ADD", "gaussian"),
        ("gibbs_hmc", "inverse_nakagami", "ARD-ADD", "heteroscedastic"),
        ("gibbs_hmc", "rayleigh", "DropConnect", "bernoulli"),
    ]
    chosen += [
        ("enumeration", "bernoulli", structure, likelihood)
        for structure, likelihood in zip(STRUCTURES, likelihoods, strict=True)
    ]
    chosen += [("mask_gibbs", "bernoulli", "ARD", "heteroscedastic")]
    return [pair(*choices) for choices in chosen]


def _named(pairs: list[Pair]) -> dict[str, Pair]:
    return {"-".join(one[:4]): one for one in pairs}


EXACT: dict[str, Pair] = _named(_covering())
"""Name → a pair whose ranks must be uniform."""

CHEAPEST = tuple(
    "-".join(choices)
    for choices in (
        ("nuts", "inverse_nakagami", "ARD", "gaussian"),
        ("hmc", "inverse_nakagami", "ADD", "bernoulli"),
        ("gibbs_hmc", "inverse_nakagami", "ADD", "gaussian"),
        ("enumeration", "bernoulli", "ADD", "heteroscedastic"),
        ("smc", "beta", "ARD", "heteroscedastic"),
    )
)
"""Five pairs that the slow tests check on few data sets."""

_MODEL = pair("nuts", "inverse_nakagami", "ARD", "gaussian").model
APPROXIMATE: dict[str, Pair] = {
    name: Pair(name, "inverse_nakagami", "ARD", "gaussian", method, _MODEL)
    for name, method in {
        "mc_dropout": bd.MCDropout(num_epochs=300, num_passes=400),
        "svi": bd.SVI(num_steps=2000, num_samples=400),
        "laplace": bd.Laplace(),
        "em": bd.VariationalEM(num_epochs=1000, num_samples=400),
        "mclmc": bd.MCLMC(num_warmup=2000, num_samples=200, num_chains=4, training_steps=200),
    }.items()
}
"""Name → a method that is no sampler of the posterior, shown beside the others."""
