"""Exact numerics of equal-weight mixtures of Gaussians, one mixture for every row and output.

Every function takes the component means ``loc``, (draws, rows, outputs), and standard deviations
``scale``, of a shape that broadcasts to it, both in the units of the target. It computes in
float64, in blocks of at least one row, so that a temporary holds about 1 MiB whatever the number of
rows, and raises ``ValueError`` for a wrong shape, no draws, means that are not finite and scales
that are not positive and finite.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike, NDArray

from bayesdrop.family import blocks
from bayesdrop.family.quantiles import Standard

Array = NDArray[np.float64]

_TAIL = 8.0  # standard deviations beyond which a component is over: Φ(−8) < 1e−15
_PAIR_COST = 1.5  # time for a pair of components / time for a component at a grid point, measured


def quantile(loc: ArrayLike, scale: ArrayLike, q: ArrayLike) -> Array:
    """Quantiles at the probabilities ``q``, by :func:`bayesdrop.family.blocks.quantile`.

    Returns
    -------
    ndarray, q.shape + (rows, outputs)
        In the units of ``loc``; −inf and inf at 0 and 1.
    """
    from scipy.special import ndtr, ndtri

    standard = Standard(
        cdf=lambda z, _: ndtr(z),
        pdf=lambda z, _: _density(z.astype(np.float32)),
        ppf=lambda p, _: float(ndtri(p)),
    )
    return blocks.quantile({"loc": loc, "scale": scale}, q, standard)


def _density(z: NDArray[np.floating]) -> NDArray[np.floating]:
    return np.exp(-0.5 * z * z) / math.sqrt(2 * math.pi)


def crps(loc: ArrayLike, scale: ArrayLike, y: ArrayLike) -> Array:
    """Continuous ranked probability score E|X − y| − ½ E|X − X'| at ``y``; lower is better.

    Exact to rounding. The first term is that of Grimit et al. (2006); the second, there a sum
    over all pairs of components, is an integral wherever that is less work.

    Parameters
    ----------
    loc, scale : array_like, (draws, rows, outputs)
        Means and standard deviations of the components.
    y : array_like, (rows, outputs)
        Observations.

    Returns
    -------
    ndarray, (rows, outputs)
        In the units of ``y``.

    References
    ----------
    Gneiting & Raftery (2007), JASA 102, equation 21. Grimit, Gneiting, Berrocal & Johnson (2006),
    QJRMS 132, 2925-2942.
    """
    out = np.empty(np.shape(y))
    for rows, p, values in blocks.row_blocks({"loc": loc, "scale": scale}, y):
        m, s = p["loc"], p["scale"]
        out[rows] = _mean_absolute(values - m, s).mean(axis=-1)
        for i, j in np.ndindex(m.shape[:2]):
            out[rows][i, j] -= _half_difference(m[i, j], s[i, j])
    return out


def _mean_absolute(mean: Array, scale: Array) -> Array:
    """E|Z| for Z ~ N(mean, scale²)."""
    from scipy.special import erf

    z = mean / scale * math.sqrt(0.5)
    return mean * erf(z) + math.sqrt(2 / math.pi) * scale * np.exp(-z * z)


def _half_difference(loc: Array, scale: Array) -> float:
    """½ E|X − X'| of one mixture, its components of shape (draws,).

    Components fall into clusters that do not overlap (runaway chains, say). Two draws from
    different clusters a < b differ by μ_b − μ_a on average, which leaves the clusters' own terms.
    """
    order = np.argsort(loc - _TAIL * scale)
    loc, scale = loc[order] - loc.mean(), scale[order]
    reach = np.maximum.accumulate(loc + _TAIL * scale)
    cuts = np.flatnonzero(loc[1:] - _TAIL * scale[1:] > reach[:-1]) + 1
    total, below = 0.0, 0.0
    for m, s in zip(np.split(loc, cuts), np.split(scale, cuts), strict=True):
        weight = len(m) / len(loc)
        above = 1 - below - weight
        total += weight * m.mean() * (below - above) + weight**2 * _cluster_half_difference(m, s)
        below += weight
    return total


def _cluster_half_difference(loc: Array, scale: Array) -> float:
    """½ E|X − X'|: pairs that hold one of the k narrowest components by formula, the rest by grid.

    The narrowest component on the grid sets its step, so k minimises the work: 0 when the scales
    are alike, few when few are narrow, all when no grid is cheaper than all the pairs.
    """
    order = np.argsort(scale)
    loc, scale, n = loc[order], scale[order], len(loc)
    width = np.max(loc + _TAIL * scale) - np.min(loc - _TAIL * scale)
    k = np.arange(n + 1)
    work = _PAIR_COST * k * (2 * n - k + 1) / 2
    work[:-1] += (n - k[:-1]) * (2 * width / scale)
    split = int(np.argmin(work))
    grid = _integral(loc[split:], scale[split:]) * (n - split) ** 2 if split < n else 0.0
    return (grid + _half_sum_over_pairs(loc, scale, split)) / n**2


def _half_sum_over_pairs(loc: Array, scale: Array, k: int) -> float:
    """½ Σ E|X_i − X_j| over the ordered pairs with i or j among the first ``k`` components."""
    step, total = max(1, blocks.BLOCK // len(loc)), 0.0
    for start in range(0, k, step):
        stop = min(start + step, k)
        spread = np.sqrt(scale[start:stop, None] ** 2 + scale[start:] ** 2)
        pairs = _mean_absolute(loc[start:stop, None] - loc[start:], spread)
        total += float(pairs.sum() - 0.5 * pairs[:, : stop - start].sum())
    return total


def _integral(loc: Array, scale: Array) -> float:
    """½ E|X − X'| = ∫ F (1 − F) dz by the trapezoid rule, with a step of half the least scale σ.

    F is entire and the integrand g vanishes at both ends, so by Poisson summation the rule with
    step h errs by Σ_{k≠0} ĝ(2πk/h). As iω ĝ is the transform of f (1 − 2F), whose terms
    φ_i Φ_j have one of magnitude at most exp(−ω² v/2), v = σ_i² σ_j² / (σ_i² + σ_j²) ≥ σ²/2,
    the error at h = σ/2 is of order exp(−(4π)²/4) = 7e−18.
    """
    from scipy.special import erf

    step = 0.5 * scale.min()
    low, high = np.min(loc - _TAIL * scale), np.max(loc + _TAIL * scale)
    points = low + step * np.arange(math.ceil((high - low) / step) + 1)
    slope, total = math.sqrt(0.5) / scale, 0.0
    for z in np.array_split(points, math.ceil(points.size * loc.size / blocks.BLOCK)):
        signed = erf((z[:, None] - loc) * slope).mean(axis=1)  # 2 F − 1
        total += float(np.sum(1 - signed**2))
    return 0.25 * step * total
