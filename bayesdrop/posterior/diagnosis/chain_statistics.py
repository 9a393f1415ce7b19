"""R-hat and effective sample size of draws of Markov chains, by ArviZ.

Every function takes draws (chain, draw, ...) and returns a number for each of the other elements.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

_TAIL = (0.05, 0.95)

MIN_DRAWS = 4
"""Draws per chain that R-hat needs at least: it splits each chain in two."""


def rhat_of_draws(draws: NDArray) -> NDArray[np.float64]:
    """Rank-normalised split R-hat (Vehtari et al. 2021); of a lone chain, between halves.

    Infinite where no chain moves, as where they stand still at different values, and where a draw
    is not finite.
    """
    if draws.shape[0] == 1:
        halves = draws[0, draws.shape[1] % 2 :]
        draws = halves.reshape(2, -1, *halves.shape[1:])
    return _of_each(_array_stats().rhat, draws, np.inf)


def nested_rhat_of_draws(draws: NDArray, superchains: NDArray[np.intp]) -> NDArray[np.float64]:
    """Rank-normalised split nested R-hat (Margossian et al. 2024, "Nested R-hat").

    ``superchains`` has the number of each chain's superchain, from 0. Every superchain has equally
    many chains, and there are at least two. Infinite as :func:`rhat_of_draws` is.
    """
    return _of_each(_array_stats().rhat_nested, draws, np.inf, superchain_ids=superchains)


def ess_of_draws(draws: NDArray) -> NDArray[np.float64]:
    """Bulk effective sample size (Vehtari et al. 2021); 0 where a draw is not finite."""
    return _of_each(_array_stats().ess, draws, 0.0, method="bulk")


def mean_ess_of_draws(draws: NDArray) -> NDArray[np.float64]:
    """Effective sample size of the mean, without ranks; 0 where a draw is not finite."""
    return _of_each(_array_stats().ess, draws, 0.0, method="mean")


def tail_ess_of_draws(draws: NDArray) -> NDArray[np.float64]:
    """The smaller effective sample size of the 5 % and 95 % quantiles (Vehtari et al. 2021).

    0 where a draw is not finite.
    """
    return _of_each(_array_stats().ess, draws, 0.0, method="tail", prob=_TAIL)


def mcse_of_draws(
    draws: NDArray, method: Literal["mean", "sd", "quantile"], prob: float | None = None
) -> NDArray[np.float64]:
    """Monte Carlo standard error of the mean, the standard deviation or the quantile ``prob``.

    Infinite where it is not a number (Vehtari et al. 2021).
    """
    return _of_each(_array_stats().mcse, draws, np.inf, method=method, prob=prob)


def _array_stats() -> Any:
    from arviz_stats.base.array import array_stats

    return array_stats


def _of_each(
    function: Callable[..., Any], draws: NDArray, otherwise: float, **settings: Any
) -> NDArray[np.float64]:
    """``function`` of every element, or ``otherwise`` where it is not a number."""
    flat = draws.reshape(*draws.shape[:2], -1).astype(np.float64)
    finite = np.where(np.isfinite(flat), flat, np.nan)
    with np.errstate(divide="ignore", invalid="ignore"):  # chains that stand still
        found = function(finite, chain_axis=0, draw_axis=1, **settings)
    return np.nan_to_num(np.asarray(found, dtype=np.float64), nan=otherwise, posinf=np.inf)
