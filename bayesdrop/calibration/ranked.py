"""The ranks of one data set's prior draw among the draws of the fit to it."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from bayesdrop.bound import BoundModel
from bayesdrop.calibration.quantities import Quantities, of_draws, of_truth
from bayesdrop.calibration.simulate import Simulated
from bayesdrop.posterior.diagnosis.chain_statistics import MIN_DRAWS, ess_of_draws, rhat_of_draws
from bayesdrop.posterior.posterior import Posterior


class Ranked(NamedTuple):
    """The ranks of one data set, by quantity, and how the chains mixed."""

    ranks: dict[str, int]
    rhat: float
    ess: float


def ranked(bound: BoundModel, drawn: Simulated, num_draws: int, post: Posterior) -> Ranked:
    """Return the ranks among ``num_draws`` draws of a fit, evenly spaced.

    Raises
    ------
    ValueError
        The fit has fewer draws.
    """
    truth, draws = of_truth(bound, drawn), of_draws(post)
    rng = np.random.default_rng(drawn.seed)
    ranks = {
        name: _rank(float(truth[name][0, 0]), value, num_draws, rng)
        for name, value in draws.items()
    }
    if post.result.num_chains is None:
        return Ranked(ranks, np.nan, np.nan)
    return Ranked(ranks, *_mixing(draws))


def _rank(truth: float, draws: NDArray, num_draws: int, rng: np.random.Generator) -> int:
    """How many of the evenly spaced draws (chain, draw) are below; of ties a random number."""
    flat = draws.reshape(-1)
    if len(flat) < num_draws:
        raise ValueError(
            f"a fit has {len(flat)} draw{'s' * (len(flat) != 1)}, and ranks are among "
            f"num_draws={num_draws} of them: let the method draw more if it can, or give a smaller "
            "num_draws"
        )
    kept = flat[np.linspace(0, len(flat) - 1, num_draws).round().astype(int)]
    value = kept.dtype.type(truth)
    return int(np.sum(kept < value) + rng.integers(np.sum(kept == value) + 1))


def _mixing(draws: Quantities) -> tuple[float, float]:
    """The largest R-hat and the smallest effective sample size of the quantities that vary."""
    varying = [value for value in draws.values() if np.ptp(value) > 0]
    if not varying or varying[0].shape[1] < MIN_DRAWS:
        return np.nan, np.nan
    each = np.stack(varying, axis=-1)
    return float(rhat_of_draws(each).max()), float(ess_of_draws(each).min())
