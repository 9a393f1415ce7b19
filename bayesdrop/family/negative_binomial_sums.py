"""Scores and quantiles of mixtures of negative binomials, by sums over the counts.

``P(Y = k + 1) / P(Y = k)`` is ``(k + r) q / (k + 1)``, with r = 1/dispersion and
q = mean/(mean + r): so blocks of probabilities are products, of which only the first factor needs
log Γ. Beyond the first few thousand counts F is smooth, and a sum over counts is the integral over
the line, by Gauss-Legendre quadrature on panels that double.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
LogProb = Callable[[Array, Array, float], Array]
"""log P(Y = k) of components with (mean, dispersion)."""

_BLOCK = 64  # counts at once
_SUMMED = 4096  # counts that are summed one by one
_NOTHING = 1e-13  # of the mass


def cdf_blocks(log_prob: LogProb, mean: Array, dispersion: Array) -> Iterator[tuple[Array, Array]]:
    """Blocks of counts from 0, and P(Y ≤ k) of the mixture of components (draws,) there."""
    r, odds = 1 / dispersion, dispersion * mean
    q, below, start = odds / (1 + odds), 0.0, 0
    while True:
        k = np.arange(start, start + _BLOCK, dtype=np.float64)
        factors = np.empty((len(mean), _BLOCK))
        factors[:, 0] = np.exp(log_prob(mean, dispersion, float(start)))
        factors[:, 1:] = (k[:-1] + r[:, None]) * q[:, None] / k[1:]
        cdf = below + np.cumsum(np.cumprod(factors, axis=1).mean(axis=0))
        yield k, cdf
        below, start = cdf[-1], start + _BLOCK


def crps(log_prob: LogProb, mean: Array, dispersion: Array, y: float) -> float:
    """``Σ_k (F(k) − 1{k ≥ y})²`` of one mixture of components (draws,)."""
    total = 0.0
    for k, cdf in cdf_blocks(log_prob, mean, dispersion):
        total += float(np.sum((cdf - (k >= y)) ** 2))
        if k[-1] >= y and 1 - cdf[-1] < _NOTHING:
            return total
        if k[-1] >= max(y, _SUMMED):
            return total + _tail(mean, dispersion, k[-1] + 1)
    raise AssertionError("the blocks do not end")


def _tail(mean: Array, dispersion: Array, start: float) -> float:
    """``Σ_{k ≥ start} (1 − F(k))²`` as the integral from start − ½, to 1/(24 start²)."""
    from scipy.special import betainc

    odds = dispersion * mean
    nodes, weights = np.polynomial.legendre.leggauss(20)
    a, width, total, above = start - 0.5, start, 0.0, 1.0
    while above > _NOTHING:
        t = a + width / 2 * (1 + nodes)
        mass = betainc(t[:, None] + 1, 1 / dispersion, odds / (1 + odds)).mean(axis=1)
        total += float(width / 2 * (weights @ mass**2))
        a, width, above = a + width, 2 * width, mass[-1]
    return total


def quantiles(log_prob: LogProb, mean: Array, dispersion: Array, levels: Array) -> Array | None:
    """The least count whose F is at least each level in (0, 1); ``None`` if one is far out."""
    found = np.full(levels.shape, np.nan)
    for k, cdf in cdf_blocks(log_prob, mean, dispersion):
        here = np.isnan(found) & (cdf[-1] >= levels)
        found[here] = k[np.searchsorted(cdf, levels[here])]
        if not np.isnan(found).any():
            return found
        if k[-1] >= _SUMMED:
            return None
    raise AssertionError("the blocks do not end")
