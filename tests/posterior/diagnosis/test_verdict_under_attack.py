"""Whatever the sampler and the likelihood, a fit that is spoilt is no longer called converged.

The draws are synthetic: those of chains that have mixed, with one thing made wrong. A sampler is
known here by the statistics that it reports (``tests/golden`` fits it, and compares), and a
likelihood by its variables.
"""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from sampler_statistics import FLAGS, STATISTICS

import bayesdrop as bd
from bayesdrop.posterior.diagnosis.diagnostics import Diagnostics

ROWS, CHAINS, DRAWS = 4, 4, 80
X = np.linspace(-1, 1, ROWS)[:, None]

SAMPLERS: dict[str, bd.Inference] = {
    "nuts": bd.NUTS(),
    "hmc": bd.HMC(),
    "gibbs": bd.GibbsHMC(),
    "mclmc": bd.MCLMC(),
    "chees": bd.ChEES(),
    "sghmc": bd.SGHMC(),
    "smc": bd.SMC(),
}
"""Name → method, whose statistics are those that its fits really report."""

LIKELIHOODS: dict[str, tuple[bd.Likelihood, NDArray[Any]]] = {
    "gaussian": (bd.Gaussian(), np.column_stack([X, -X])),
    "heteroscedastic": (bd.HeteroscedasticGaussian(), np.column_stack([X, -X])),
    "student_t": (bd.StudentT(df=bd.noise.HalfNormal(10.0)), np.column_stack([X, -X])),
    "bernoulli": (bd.Bernoulli(), np.column_stack([X > 0, X < 0]).astype(float)),
    "categorical": (bd.Categorical(3), np.arange(ROWS) % 3.0),
    "poisson": (bd.Poisson(), np.column_stack([np.arange(ROWS), np.arange(ROWS)[::-1]]) * 1.0),
    "negative_binomial": (bd.NegativeBinomial(), np.arange(ROWS) * 1.0),
}
"""Name → likelihood, and a target of two outputs where it may have them."""

every_pair = pytest.mark.parametrize(
    ("sampler", "likelihood"), [(s, name) for s in SAMPLERS for name in LIKELIHOODS]
)

Arrays = dict[str, NDArray[Any]]


@cache
def mixed(sampler: str, likelihood: str) -> bd.Posterior:
    """A linear network's fit whose chains have mixed."""
    method, (own, y) = SAMPLERS[sampler], LIKELIHOODS[likelihood]
    training = bd.TrainingData.of(X, y, own.standardises_target)
    bound = training.bound_to(bd.Model(bd.MLP(()), bd.ScaleMixture(), own), "expanded")
    rng = np.random.default_rng(0)
    values = {}
    for site in bound.sites:
        drawn = 0.3 * rng.normal(size=(CHAINS, DRAWS, *site.shape))
        values[site.name] = np.exp(drawn) if site.support == "positive" else drawn
    stats = {
        name: np.zeros((CHAINS, DRAWS), bool) if name in FLAGS else rng.normal(size=(CHAINS, DRAWS))
        for name in sorted(STATISTICS[type(method).__name__])
    }
    return bd.Posterior(bound, method, 0, training, bd.Fit(bd.WeightDraws(values, stats)))


def spoilt(fitted: bd.Posterior, values: Arrays, stats: Arrays, **info: Any) -> Diagnostics:
    """What is said of the fit with other draws, statistics or information."""
    result = fitted.result
    assert isinstance(result, bd.WeightDraws)
    other = bd.WeightDraws(result.values | values, (result.sample_stats or {}) | stats)
    return replace(fitted, fit=bd.Fit(other, info=info)).diagnose()


def summary_of(problems: dict[str, str]) -> str:
    """What the summary must be: a statistic of several quantities has one sentence."""
    said: dict[str, list[tuple[str, str, str]]] = {}
    for about, sentence in problems.items():
        statistic, _, name = about.partition(" of ")
        size, _, limit = sentence.removeprefix(f"{about} is ").partition(", ")
        said.setdefault(statistic, []).append((sentence, limit, f"{name} {size}"))
    words = [
        f"{statistic} is {same[0][1]} ({', '.join(own for *_, own in same)})"
        if len(same) > 1
        else same[0][0]
        for statistic, same in said.items()
    ]
    return "not converged: " + "; ".join(words)


def check_words(found: Diagnostics, *about: str) -> None:
    """The verdict is no, and the sentence, the summary and the warning say of what."""
    assert found.converged is False
    assert {name.rpartition(" of ")[2] for name in found.problems} == set(about)
    assert found.summary == summary_of(found.problems)
    assert found.warnings["convergence"].startswith(found.summary)


def moved(fitted: bd.Posterior, site: str, output: int) -> Arrays:
    """The first chain's draws of that output's ``site`` moved away from the others'."""
    assert fitted.draws is not None
    draws = fitted.draws[site].copy()
    if fitted.bound.by_name[site].support == "positive":
        draws[0, ..., output] *= 20
    else:
        draws[0, ..., output] += 3
    return {site: draws}


def quantities(fitted: bd.Posterior, output: int) -> set[str]:
    """What follows from the network's ``output``, by the names that a verdict has for it."""
    outputs = fitted.bound.by_name["bias_0"].shape[0]
    match fitted.model.likelihood:
        case bd.HeteroscedasticGaussian() if output >= outputs // 2:
            return {"scale(x)"}
        case bd.NegativeBinomial():
            return {"f(x)", "mean(x)"}
    return {"f(x)"}


@every_pair
def test_a_chain_elsewhere_in_the_last_output(sampler: str, likelihood: str) -> None:
    fitted = mixed(sampler, likelihood)
    assert fitted.diagnose().converged is True
    assert fitted.diagnose().summary == "converged"
    last = fitted.bound.by_name["bias_0"].shape[0] - 1
    found = spoilt(fitted, moved(fitted, "bias_0", last), {})
    check_words(found, *quantities(fitted, last))


@pytest.mark.parametrize("likelihood", LIKELIHOODS)
def test_a_chain_elsewhere_in_the_first_output(likelihood: str) -> None:
    fitted = mixed("nuts", likelihood)
    check_words(spoilt(fitted, moved(fitted, "bias_0", 0), {}), *quantities(fitted, 0))


@pytest.mark.parametrize("sampler", SAMPLERS)
@pytest.mark.parametrize(
    ("likelihood", "site"),
    [
        ("gaussian", "noise_scale"),
        ("student_t", "noise_scale"),
        ("student_t", "df"),
        ("negative_binomial", "dispersion"),
    ],
)
def test_a_chain_elsewhere_in_the_likelihoods_own_variables(
    sampler: str, likelihood: str, site: str
) -> None:
    fitted = mixed(sampler, likelihood)
    last = fitted.bound.by_name[site].shape[0] - 1
    check_words(spoilt(fitted, moved(fitted, site, last), {}), site)


@every_pair
def test_statistics_that_are_wrong_and_chains_that_are_gone(sampler: str, likelihood: str) -> None:
    fitted = mixed(sampler, likelihood)
    some = np.zeros((CHAINS, DRAWS), bool)
    some[3, :30] = True
    lost = np.where(some, np.nan, fitted.sample_stats.get("lp", 0.0))
    wrong: Arrays = {"lp": lost, "diverging": some, "reached_max_treedepth": some}
    words = {"lp": "lp", "diverging": "divergences", "reached_max_treedepth": "full trees"}
    own = wrong.keys() & fitted.sample_stats.keys()
    gone = [{"chain": k, "reason": "it left"} for k in (0, 5)]
    found = spoilt(fitted, {}, {name: wrong[name] for name in own}, excluded_chains=gone)
    check_words(found, "chains left out", *(words[name] for name in own))
    assert found.problems["chains left out"] == "2 of 6 chains ran away and are left out"


@pytest.mark.parametrize("spoil", ["diverging", "reached_max_treedepth", "lp", "chains"])
def test_each_of_them_is_enough(spoil: str) -> None:
    fitted, some = mixed("nuts", "poisson"), np.zeros((CHAINS, DRAWS), bool)
    some[3, :30] = True
    if spoil == "chains":
        found = spoilt(fitted, {}, {}, excluded_chains=[{"chain": 4, "reason": "it left"}])
    else:
        found = spoilt(fitted, {}, {spoil: np.where(some, np.inf, 0.0) if spoil == "lp" else some})
    assert found.converged is False


@pytest.mark.parametrize("likelihood", LIKELIHOODS)
def test_chains_that_stand_still_say_so_of_every_quantity(likelihood: str) -> None:
    fitted = mixed("nuts", likelihood)
    assert fitted.draws is not None
    still = {name: draws[:, :1].repeat(DRAWS, 1) for name, draws in fitted.draws.items()}
    own = {site.name for site in fitted.sites if site.role == "likelihood"}
    last = fitted.bound.by_name["bias_0"].shape[0] - 1
    found = spoilt(fitted, still, {})
    check_words(found, *own, *quantities(fitted, 0), *quantities(fitted, last))
