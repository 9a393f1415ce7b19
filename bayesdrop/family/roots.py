"""Quantiles of mixtures known by their cdf: of numbers, and of whole numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from bayesdrop.family.mixtures import Mixtures

Array = NDArray[np.float64]

_FARTHEST = 2.0**1000


def root(mixtures: Mixtures, level: float) -> Array:
    """The roots of F − level to rounding (Chandrupatla, 1997), between powers of two."""
    from scipy.optimize import elementwise

    every = np.arange(mixtures.count)
    if level in (0.0, 1.0):
        return np.full(mixtures.count, -np.inf if level == 0 else np.inf)

    def excess(x: Array, which: Array) -> Array:
        found = mixtures.cdf(which.astype(np.int64), x[:, None])[:, 0]
        return (found - level) / min(level, 1 - level)

    ends = [_bracket(mixtures, every, level, sign) for sign in (-1.0, 1.0)]
    return elementwise.find_root(
        excess, (ends[0], ends[1]), args=(every,), tolerances={"fatol": 1e-15}
    ).x


def _bracket(mixtures: Mixtures, every: NDArray[np.int64], level: float, sign: float) -> Array:
    """A power of two times ``sign`` beyond the quantile."""
    end = np.full(mixtures.count, sign)
    open_ = every
    while len(open_):
        found = mixtures.cdf(open_, end[open_, None])[:, 0]
        open_ = open_[found < level if sign > 0 else found > level]
        end[open_] *= 2
        if len(open_) and abs(end[open_]).max() > _FARTHEST:
            raise ValueError(
                f"{mixtures.family}.cdf does not go from 0 to 1: it never reaches {level:g}"
            )
    return end


def whole(mixtures: Mixtures, level: float) -> Array:
    """Bisect whole numbers for the smallest with F ≥ level."""
    every = np.arange(mixtures.count)
    if level == 1:
        return np.full(mixtures.count, np.inf)
    low, high = np.full(mixtures.count, -1.0), _bracket(mixtures, every, level, 1.0)
    middle = np.floor((low + high) / 2)
    # beyond 2**53 the numbers of float64 are more than 1 apart
    while len(open_ := np.flatnonzero((low < middle) & (middle < high))):
        enough = mixtures.cdf(open_, middle[open_, None])[:, 0] >= level
        high[open_[enough]], low[open_[~enough]] = middle[open_[enough]], middle[open_[~enough]]
        middle = np.floor((low + high) / 2)
    return high
