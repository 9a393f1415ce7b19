"""A test that ranks are uniform: simultaneous bands of their distribution, and a p-value.

Säilynoja, Bürkner & Vehtari (2022), "Graphical test for discrete uniformity and its applications in
goodness-of-fit evaluation and multiple sample comparison". At each of K points the number of values
below it is binomial, and γ is twice its smallest tail probability over the points. The band at
level 1 - α has in it every distribution whose γ is not below the α quantile of γ under uniformity.
ArviZ draws the same bands, of one level; a correction for many tests needs the p-value.
"""

from __future__ import annotations

from functools import lru_cache
from numbers import Real
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

_MOST_POINTS = 100
_SIMULATIONS = 20_000
_AT_ONCE = 2000

Array = NDArray[np.float64]


class Band(NamedTuple):
    """The empirical distribution of values in (0, 1), and where it may be if they are uniform.

    Attributes
    ----------
    points
        Where it is looked at, (K,).
    ecdf
        The share of values up to each point.
    low, high
        The ends of the simultaneous band.
    """

    points: Array
    ecdf: Array
    low: Array
    high: Array


def p_value(values: Array) -> float:
    """The probability of a smaller γ than that of ``values`` (n,) if they were uniform on (0, 1).

    It is from simulations, and at least 1 / 20,001.
    """
    null = _null(len(values))
    seen = _gamma(len(values), _counts(values)[None])[0]
    return float((1 + np.searchsorted(null, seen * (1 + 1e-9), side="right")) / (1 + len(null)))


def band(values: Array, level: float = 0.95) -> Band:
    """Return the band that contains the whole ECDF of uniform values with probability ``level``.

    Raises
    ------
    ValueError
        ``level`` is not between 0 and 1.
    """
    from scipy.stats import binom

    if not isinstance(level, Real) or not 0 < level < 1:
        raise ValueError(f"level={level!r}: give a probability between 0 and 1, such as 0.95")
    n, points = len(values), _points(len(values))
    gamma = float(np.quantile(_null(n), 1 - level))
    low, high = binom.ppf(gamma / 2, n, points), binom.isf(gamma / 2, n, points)
    return Band(points, _counts(values) / n, low / n, high / n)


def _points(n: int) -> Array:
    count = min(n, _MOST_POINTS)
    return np.arange(1, count + 1) / (count + 1)


def _counts(values: Array) -> NDArray[np.intp]:
    return np.searchsorted(np.sort(values), _points(len(values)), side="right")


def _gamma(n: int, counts: NDArray[np.intp]) -> Array:
    """γ of each row of ``counts`` (rows, K)."""
    tails = _tails(n)
    return tails[np.arange(tails.shape[0]), counts].min(1)


@lru_cache
def _tails(n: int) -> Array:
    """Twice the smaller tail probability of every count at every point: (K, n + 1)."""
    from scipy.stats import binom

    points, counts = _points(n)[:, None], np.arange(n + 1)
    return 2 * np.minimum(binom.cdf(counts, n, points), binom.sf(counts - 1, n, points))


@lru_cache
def _null(n: int) -> Array:
    """γ of sets of ``n`` uniform values, sorted."""
    rng = np.random.default_rng(0)
    cells = len(_points(n)) + 1
    found = []
    for _ in range(_SIMULATIONS // _AT_ONCE):
        drawn = rng.multinomial(n, np.full(cells, 1 / cells), _AT_ONCE)
        found.append(_gamma(n, np.cumsum(drawn, axis=1)[:, :-1]))
    return np.sort(np.concatenate(found))
