"""The Poisson distribution."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np
from array_api_compat import array_namespace
from numpy.typing import NDArray

from bayesdrop.arrays import gammaln
from bayesdrop.family.base import Array, Family, Kind, Parameters
from bayesdrop.family.blocks import BLOCK, row_blocks

_POINTS = 256  # whole numbers whose F is computed at once
_COMPONENTS = BLOCK // _POINTS  # components at once


class Poisson(Family):
    """A count is k with probability ``rate^k exp(−rate) / k!``."""

    kind: ClassVar[Kind] = "count"

    def log_prob(self, parameters: Parameters, y: Any) -> Any:
        rate = parameters["rate"]
        return y * array_namespace(rate).log(rate) - rate - gammaln(y + 1.0)

    def cdf(self, parameters: Parameters, y: NDArray) -> Array:
        return _cdf(np.floor(y), parameters["rate"])

    def fisher_information(self, parameters: Parameters) -> Mapping[str, Any]:
        return {"rate": 1 / parameters["rate"]}

    def location(self, parameters: Parameters) -> NDArray[np.floating]:
        return np.log(parameters["rate"])

    def mean(self, parameters: Parameters) -> NDArray[np.floating]:
        return parameters["rate"]

    def variance(self, parameters: Parameters) -> NDArray[np.floating]:
        return parameters["rate"]

    def sample(self, parameters: Parameters, rng: np.random.Generator) -> NDArray[np.int64]:
        return rng.poisson(parameters["rate"])

    def mixture_crps(self, parameters: Parameters, y: NDArray) -> Array:
        """Return ``Σ_k (F(k) − 1{k ≥ y})²`` at whole ``y``.

        It is computed as ``E|X − y| − Σ_k F(k) (1 − F(k))``.

        The first term is that of Wei & Held (2014, TEST 23, 787-805).
        """
        out = np.empty(np.shape(y))
        for rows, p, values in row_blocks(parameters, y):
            rate = p["rate"]
            below, up_to = _cdf(values - 1, rate), _cdf(values, rate)
            # E|X − y| = (y − rate) (2 F(y) − 1) + 2 rate (F(y) − F(y − 1))
            distance = (values - rate) * (2 * up_to - 1) + 2 * rate * (up_to - below)
            out[rows] = distance.mean(axis=-1)
            for i, j in np.ndindex(rate.shape[:2]):
                out[rows][i, j] -= _half_difference(np.sort(rate[i, j]))
        return out


def _cdf(k: Array, rate: Array) -> Array:
    """P(X ≤ k) at whole ``k``, 0 below 0."""
    from scipy.special import pdtr

    return np.where(k < 0, 0.0, pdtr(np.maximum(k, 0.0), rate))


def _ends(rate: Array) -> tuple[Array, Array]:
    """Whole numbers that hold all but 1e-18 of the mass on either side."""
    reach = 9 * np.sqrt(rate)
    return np.maximum(np.floor(rate - reach), 0), np.ceil(rate + reach + 25)


def _half_difference(rate: Array) -> float:
    """½ E|X − X'| = ``Σ_k F(k) (1 − F(k))`` of one mixture with sorted rates.

    Components fall into clusters that do not overlap. Two draws from different clusters a < b
    differ by rate_b − rate_a on average, which leaves the clusters' own terms.
    """
    lower, upper = _ends(rate)
    cuts = np.flatnonzero(lower[1:] > upper[:-1]) + 1
    offset, below, total = rate.mean(), 0.0, 0.0
    for own in np.split(rate, cuts):
        weight = len(own) / len(rate)
        above = 1 - below - weight
        total += weight * (own - offset).mean() * (below - above) + weight**2 * _cluster(own)
        below += weight
    return total


def _cluster(rate: Array) -> float:
    """``Σ_k F(k) (1 − F(k))`` of components that overlap, every ``step``-th term ``step`` times.

    That is exact but for the sequence's discrete Fourier transform at the multiples of 2π/step.
    With a step of at most half of the least standard deviation it is of order
    exp(−(4π)²/4) = 7e−18 there, as for normal components.
    """
    lower, upper = _ends(rate)
    step = max(1.0, math.floor(0.5 * math.sqrt(rate[0])))
    points = np.arange(lower[0], upper[-1] + 1, step)
    total = 0.0
    for k in np.array_split(points, math.ceil(len(points) / _POINTS)):
        # of the sorted components, the first ``done`` have F = 1 here, those from ``end`` on F = 0
        done, end = int(np.sum(upper < k[0])), int(np.sum(lower <= k[-1]))
        parts = [rate[i : min(i + _COMPONENTS, end)] for i in range(done, end, _COMPONENTS)]
        started = sum((_cdf(k[:, None], part).sum(axis=1) for part in parts), np.zeros(len(k)))
        cdf = (done + started) / len(rate)
        total += float(np.sum(cdf * (1 - cdf)))
    return step * total
