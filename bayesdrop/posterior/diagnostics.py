"""Diagnostics of a fit: R-hat and ESS of the function f(x), divergences, convergence.

Weights of a network have symmetries, so their own R-hat says little; f(x) and the noise scale
are identified (Izmailov et al. 2021, "What are Bayesian neural network posteriors really like?").
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from bayesdrop.posterior.arviz import import_arviz
from bayesdrop.posterior.optimum import of_info

if TYPE_CHECKING:
    from bayesdrop.posterior.posterior import Posterior

RHAT_LIMIT = 1.05
_MIN_DRAWS = 4  # R-hat splits each chain in two


@dataclass(frozen=True)
class Diagnostics:
    """What is known of how well a fit went; ``None`` where it does not apply to the method.

    Attributes
    ----------
    num_chains, num_draws
        Chains, and draws (or stochastic passes) per chain.
    max_rhat_f
        Largest rank-normalised split R-hat of f(x) over rows and outputs (Vehtari et al. 2021).
    share_rhat_f_above_1_05
        Share of rows (times outputs) whose R-hat of f(x) exceeds 1.05.
    min_ess_f
        Smallest bulk effective sample size of f(x).
    max_rhat_noise_scale
        Largest R-hat of the likelihood's own parameters.
    divergences
        Number of divergent transitions kept.
    share_at_max_tree_depth
        Share of NUTS draws that used every leapfrog step they were allowed.
    final_loss
        Mean objective over the last twentieth of training, for methods that optimise.
    loss_change
        That minus the mean over the twentieth before, relative to the latter: negative while the
        loss still falls. Near 0 it says little: an optimiser whose steps are too small is there,
        too.
    max_location_error
        :class:`bayesdrop.SVI`: how far a site's location is from the guide's optimum, in standard
        deviations of the guide, root mean square over its elements; of the worst site.
    max_scale_error
        The same of the standard deviations, relative.
    converged
        Samplers: every R-hat of f(x) is at most 1.05. :class:`bayesdrop.SVI`: neither error is
        above 0.1 by more than chance explains, and they were measured to 0.2 at least. ``None``
        for other methods.
    summary
        The same in words.
    """

    num_chains: int
    num_draws: int
    max_rhat_f: float | None = None
    share_rhat_f_above_1_05: float | None = None
    min_ess_f: float | None = None
    max_rhat_noise_scale: float | None = None
    divergences: int | None = None
    share_at_max_tree_depth: float | None = None
    final_loss: float | None = None
    loss_change: float | None = None
    max_location_error: float | None = None
    max_scale_error: float | None = None
    converged: bool | None = None
    summary: str = ""

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON types."""
        return asdict(self)


def diagnose(posterior: Posterior, X: ArrayLike) -> Diagnostics:
    """Diagnostics of ``posterior``, with f at the rows ``X`` (rows, features)."""
    chains = posterior.result.num_chains
    if chains is None:
        final, change = _of_losses(posterior.fit.losses)
        optimum = of_info(posterior.fit.info)
        draws = posterior.predict(posterior.training.X_original[:1]).n_draws
        return Diagnostics(
            num_chains=1,
            num_draws=draws,
            final_loss=final,
            loss_change=change,
            max_location_error=optimum.location if optimum else None,
            max_scale_error=optimum.scale if optimum else None,
            converged=optimum.converged if optimum else None,
            summary=optimum.summary if optimum else "not a sampler: no R-hat",
        )
    predictive = posterior.predict(X)
    location = predictive.likelihood.family.location(predictive.parameters)
    f = _by_chain(location, chains)
    stats, values = posterior.sample_stats, posterior.draws or {}
    known = Diagnostics(
        num_chains=f.shape[0],
        num_draws=f.shape[1],
        divergences=int(stats["diverging"].sum()) if "diverging" in stats else None,
        share_at_max_tree_depth=_share(stats.get("reached_max_treedepth")),
        converged=False,
        summary=f"too few draws for R-hat: give at least {_MIN_DRAWS}",
    )
    if f.shape[1] < _MIN_DRAWS:
        return known
    rhat = rhat_of_draws(f)
    likelihood = [site.name for site in posterior.sites if site.role == "likelihood"]
    own = [values[name] for name in likelihood if name in values]
    converged = bool(np.all(rhat <= RHAT_LIMIT))
    excluded = len(posterior.fit.info.get("excluded_chains", ()))
    left_out = f"; {excluded} of {excluded + f.shape[0]} chains ran away, left out"
    return replace(
        known,
        max_rhat_f=float(np.max(rhat)),
        share_rhat_f_above_1_05=float(np.mean(rhat > RHAT_LIMIT)),
        min_ess_f=float(np.min(ess_of_draws(f))),
        max_rhat_noise_scale=float(max(np.max(rhat_of_draws(v)) for v in own)) if own else None,
        converged=converged,
        summary=("converged" if converged else "short chains, not converged")
        + (left_out if excluded else ""),
    )


def _of_losses(losses: NDArray) -> tuple[float | None, float | None]:
    """The mean of the last twentieth, and its relative change from the one before."""
    part = max(1, len(losses) // 20)
    if not len(losses):
        return None, None
    final = float(np.mean(losses[-part:]))
    before = float(np.mean(losses[-2 * part : -part])) if len(losses) >= 2 * part else 0.0
    return final, (final - before) / abs(before) if before else None


def _share(flags: NDArray | None) -> float | None:
    return None if flags is None else float(np.mean(flags))


def _by_chain(draws: NDArray, num_chains: int) -> NDArray:
    return draws.reshape(num_chains, -1, *draws.shape[1:])


def rhat_of_draws(draws: NDArray) -> NDArray[np.float64]:
    """Rank-normalised split R-hat of (chain, draw, ...) arrays; of a lone chain, between halves.

    Infinite where no chain moves, as where they stand still at different values.
    """
    if draws.shape[0] == 1:
        draws = _by_chain(draws[0, draws.shape[1] % 2 :], 2)
    return np.nan_to_num(_over_draws(import_arviz().rhat, draws), nan=np.inf, posinf=np.inf)


def ess_of_draws(draws: NDArray) -> NDArray[np.float64]:
    """Bulk effective sample size of (chain, draw, ...) arrays."""
    return _over_draws(import_arviz().ess, draws)


def _over_draws(function: Any, draws: NDArray) -> NDArray[np.float64]:
    import xarray as xr

    flat = draws.reshape(*draws.shape[:2], -1)
    data = xr.Dataset({"x": (("chain", "draw", "element"), flat.astype(np.float64))})
    with np.errstate(divide="ignore", invalid="ignore"):  # stuck chains: inf, and NaN if all agree
        return function(data)["x"].to_numpy()
