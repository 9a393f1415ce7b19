"""Exact numerics of equal-weight mixtures of Gaussians, one mixture for every row and output.

Every function takes the component means ``loc``, (draws, rows, outputs), and standard deviations
``scale``, of a shape that broadcasts to it, both in the units of the target. It computes in
float64, in blocks of at least one row, so that a temporary holds about 1 MiB whatever the number of
rows, and raises ``ValueError`` for a wrong shape, no draws, means that are not finite and scales
that are not positive and finite.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np
from numpy.typing import ArrayLike, NDArray

Array = NDArray[np.float64]

_BLOCK = 2**17  # entries of one float64 temporary: 1 MiB, to stay in cache
_TAIL = 8.0  # standard deviations beyond which a component is over: Φ(−8) < 1e−15
_PAIR_COST = 1.5  # time for a pair of components / time for a component at a grid point, measured


def log_prob(loc: ArrayLike, scale: ArrayLike, y: ArrayLike) -> Array:
    """Log density log (1/S) Σ_s N(y | loc_s, scale_s²) at ``y``, (rows, outputs).

    Returns
    -------
    ndarray, (rows, outputs)
        Natural logarithms, per unit of ``y``.
    """
    from scipy.special import logsumexp

    out = np.empty(np.shape(y))
    for rows, m, s, values in _blocks(loc, scale, y):
        z = (values - m) / s
        out[rows] = logsumexp(-0.5 * z * z - np.log(s), axis=-1) - math.log(m.shape[-1])
    return out - 0.5 * math.log(2 * math.pi)


def cdf(loc: ArrayLike, scale: ArrayLike, y: ArrayLike) -> Array:
    """Distribution function (1/S) Σ_s Φ((y − loc_s) / scale_s) at ``y``, both (rows, outputs)."""
    from scipy.special import ndtr

    out = np.empty(np.shape(y))
    for rows, m, s, values in _blocks(loc, scale, y):
        out[rows] = ndtr((values - m) / s).mean(axis=-1)
    return out


def quantile(loc: ArrayLike, scale: ArrayLike, q: ArrayLike) -> Array:
    """Inverse of :func:`cdf` at the probabilities ``q`` in [0, 1], an array of any shape.

    The smallest and the largest component quantile bracket the mixture's, however different the
    scales are; within them the root is found to 1e-10 of the narrowest scale (Chandrupatla, 1997).

    Returns
    -------
    ndarray, q.shape + (rows, outputs)
        In the units of ``loc``; −inf and inf at 0 and 1. Where the distribution function is
        flat to rounding at ``q``, any point of the flat stretch.

    Raises
    ------
    ValueError
        ``q`` is not within [0, 1], or as the module says.
    """
    from scipy.special import ndtri

    levels = np.asarray(q, dtype=np.float64)
    if not np.all((levels >= 0) & (levels <= 1)):
        raise ValueError(f"q must lie in [0, 1], got {q!r}")
    out = np.empty((levels.size, *np.shape(loc)[1:]))
    for rows, m, s, _ in _blocks(loc, scale, np.zeros(np.shape(loc)[1:])):
        for i, level in enumerate(levels.flat):
            normal = float(ndtri(level))
            out[i, rows] = _roots(m, s, level, normal) if math.isfinite(normal) else normal
    return out.reshape(levels.shape + out.shape[1:])


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
    for rows, m, s, values in _blocks(loc, scale, y):
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
    step, total = max(1, _BLOCK // len(loc)), 0.0
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
    for z in np.array_split(points, math.ceil(points.size * loc.size / _BLOCK)):
        signed = erf((z[:, None] - loc) * slope).mean(axis=1)  # 2 F − 1
        total += float(np.sum(1 - signed**2))
    return 0.25 * step * total


def _roots(loc: Array, scale: Array, level: float, normal: float) -> Array:
    """Where the cdf is ``level`` = Φ(normal), for components of shape (rows, outputs, draws)."""
    from scipy.optimize import elementwise
    from scipy.special import ndtr

    m, s = (a.reshape(-1, a.shape[-1]) for a in (loc, scale))
    margin = 0.1 * s.max(axis=1)  # so that rounding cannot spoil the signs at the ends
    ends = (m + normal * s).min(axis=1) - margin, (m + normal * s).max(axis=1) + margin

    def excess(z: Array, which: Array) -> Array:
        i = which.astype(int)
        return ndtr((z[:, None] - m[i]) / s[i]).mean(axis=1) - level

    near = {"xatol": 1e-10 * s.min()}
    found = elementwise.find_root(excess, ends, args=(np.arange(len(m)),), tolerances=near)
    return found.x.reshape(loc.shape[:-1])


def _blocks(
    loc: ArrayLike, scale: ArrayLike, y: ArrayLike
) -> Iterator[tuple[slice, Array, Array, Array]]:
    """Row slices, their components (rows, outputs, draws) and values (rows, outputs, 1)."""
    means, values = np.asarray(loc), np.asarray(y)
    if means.ndim != 3 or len(means) == 0:
        raise ValueError(f"loc must have shape (draws, rows, outputs), not {means.shape}")
    if values.shape != means.shape[1:]:
        raise ValueError(f"y must have shape (rows, outputs) {means.shape[1:]}, not {values.shape}")
    scales = np.broadcast_to(scale, means.shape)
    size = max(1, _BLOCK // (means[:, :1].size or 1))
    for start in range(0, len(values), size):
        rows = slice(start, start + size)
        m, s = (np.moveaxis(a[:, rows], 0, -1).astype(np.float64, "C") for a in (means, scales))
        if not np.isfinite(m).all():
            raise ValueError("loc holds NaN or infinite values")
        if not (np.isfinite(s).all() and np.all(s > 0)):
            raise ValueError("scale must be positive and finite everywhere")
        yield rows, m, s, values[rows, :, None].astype(np.float64)
