"""When draws are good enough to be a reference: chains that have mixed, and samplers that agree."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bayesdrop.posterior.diagnosis.chain_statistics import (
    ess_of_draws,
    mcse_of_draws,
    rhat_of_draws,
    tail_ess_of_draws,
)
from bayesdrop.posterior.posterior import Posterior
from bayesdrop.references.quantities import Draws, Quantities

MAX_RHAT, MIN_ESS, MAX_MCSE = 1.01, 1000.0, 4.0
"""The limits of R-hat, of bulk and tail effective sample sizes, and of disagreement in MCSEs."""

_QUANTILES = {"q05": 0.05, "q95": 0.95}
_STATISTICS = ("mean", "sd", *_QUANTILES)
"""What two samplers must agree in."""


@dataclass(frozen=True)
class Mixed:
    """How well one sampler's chains have mixed, at their worst over all quantities.

    Attributes
    ----------
    num_chains, num_draws
        Chains, and draws per chain.
    max_rhat, max_rhat_f
        The largest rank-normalised split R-hat, of all quantities and of f(x) alone.
    min_bulk_ess, min_tail_ess
        The smallest effective sample sizes.
    divergences, left_out
        Divergent draws, and chains that ran away.
    """

    num_chains: int
    num_draws: int
    max_rhat: float
    max_rhat_f: float
    min_bulk_ess: float
    min_tail_ess: float
    divergences: int
    left_out: int

    @property
    def faults(self) -> tuple[str, ...]:
        """What is not good enough, in words; empty if all checks hold."""
        found = {
            f"R-hat is {self.max_rhat:.3f}": self.max_rhat >= MAX_RHAT,
            f"bulk ESS is {self.min_bulk_ess:.0f}": self.min_bulk_ess <= MIN_ESS,
            f"tail ESS is {self.min_tail_ess:.0f}": self.min_tail_ess <= MIN_ESS,
            f"{self.divergences} draws diverged": self.divergences > 0,
            f"{self.left_out} chains ran away": self.left_out > 0,
        }
        return tuple(words for words, wrong in found.items() if wrong)


def mixed(posterior: Posterior, found: Quantities) -> Mixed:
    """Return how well the chains of ``posterior``, whose quantities are ``found``, have mixed."""
    chains = found.by_chain(posterior.num_chains)
    location = "loc" if "loc" in found.parameters else next(iter(found.parameters))
    rhat = {name: float(rhat_of_draws(draws).max()) for name, draws in chains.items()}
    stats = posterior.sample_stats
    return Mixed(
        num_chains=posterior.num_chains,
        num_draws=next(iter(chains.values())).shape[1],
        max_rhat=max(rhat.values()),
        max_rhat_f=rhat[location],
        min_bulk_ess=min(float(ess_of_draws(draws).min()) for draws in chains.values()),
        min_tail_ess=min(float(tail_ess_of_draws(draws).min()) for draws in chains.values()),
        divergences=int(stats["diverging"].sum()) if "diverging" in stats else 0,
        left_out=len(posterior.fit.excluded_chains),
    )


def disagreement(first: Draws, second: Draws) -> dict[str, float]:
    """Return how far two samplers are apart: statistic → the largest difference in MCSEs.

    The statistics are ``"mean"``, ``"sd"``, ``"q05"`` and ``"q95"``. A difference is divided by the
    root of the sum of both squared Monte Carlo standard errors. It is infinite where that is not
    known, and for a quantity that one of the samplers has no draws of. Draws are
    (chain, draw, elements).
    """
    if first.keys() != second.keys():
        return dict.fromkeys(_STATISTICS, np.inf)
    worst = dict.fromkeys(_STATISTICS, 0.0)
    for name in first:
        ours, theirs = _statistics(first[name]), _statistics(second[name])
        for statistic, (value, error) in ours.items():
            other, other_error = theirs[statistic]
            ratio = _ratio(np.abs(value - other), np.hypot(error, other_error))
            worst[statistic] = max(worst[statistic], float(ratio.max()))
    return worst


def _ratio(difference: NDArray[np.float64], error: NDArray[np.float64]) -> NDArray[np.float64]:
    """The difference in errors: infinite where the error is not known, 0 where there is none."""
    found = np.full(difference.shape, np.inf)
    np.divide(difference, error, out=found, where=np.isfinite(error) & (error > 0))
    return np.where(difference == 0, 0.0, found)


Estimate = tuple[NDArray[np.float64], NDArray[np.float64]]


def _statistics(draws: NDArray[np.float32]) -> dict[str, Estimate]:
    """Name → the estimate for each element, and its Monte Carlo standard error."""
    values = draws.astype(np.float64)
    flat = values.reshape(-1, values.shape[-1])
    found: dict[str, Estimate] = {
        "mean": (flat.mean(0), mcse_of_draws(values, "mean")),
        "sd": (flat.std(0), mcse_of_draws(values, "sd")),
    }
    for name, level in _QUANTILES.items():
        error = mcse_of_draws(values, "quantile", prob=level)
        found[name] = (np.quantile(flat, level, axis=0), error)
    return found
