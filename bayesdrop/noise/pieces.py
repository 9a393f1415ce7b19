"""A noise as weights on a line, one for each side of 0, for the trapezoid rule to integrate.

|λ| = e^u where the support is unbounded, |λ| = a + (b − a)/(1 + e^−u) where it is not.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from bayesdrop.noise.base import Noise

Array = NDArray[np.float64]


class Piece(NamedTuple):
    """The noise on one side of 0: |λ| = e^log_scale(u), with weight e^log_weight(u) du.

    From ``low`` and ``high`` on both are straight lines, or float64 resolves no more.
    """

    sign: int
    log_scale: Callable[[Array], Array]
    log_weight: Callable[[Array], Array]
    low: float = -700.0
    high: float = 700.0


def log_expit(u: Array) -> Array:
    """log 1/(1 + e^−u)."""
    return -np.logaddexp(0, -u)


def pieces(noise: Noise) -> tuple[Piece, ...]:
    """The support of ``noise`` on either side of 0, weighted by its ``log_density``."""
    low, high = noise.bounds
    sides = ((1, max(low, 0.0), high), (-1, max(-high, 0.0), -low))
    return tuple(_piece(noise, sign, a, b) for sign, a, b in sides if b > a)


def _piece(noise: Noise, sign: int, a: float, b: float) -> Piece:
    if b == np.inf:
        return _unbounded(noise, sign)

    def scale(u: Array) -> Array:
        near_a = a + (b - a) * np.exp(log_expit(u))
        return np.where(u < 0, near_a, b - (b - a) * np.exp(log_expit(-u)))

    def log_scale(u: Array) -> Array:
        return np.log(np.where(u < reach(b), scale(u), b))

    def bounded(u: Array) -> Array:
        log_jacobian = np.log(b - a) + log_expit(u) + log_expit(-u)
        return noise.log_density(sign * scale(u)) + log_jacobian

    def reach(end: float) -> float:  # to where e^16 float64 numbers are left before the end
        return max(5.0, 20.0 + np.log((b - a) / end)) if end > 0 else 700.0

    return Piece(sign, log_scale, bounded, -reach(a), reach(b))


def _unbounded(noise: Noise, sign: int) -> Piece:
    far = 300.0  # densities square λ, and e^700 is too large for that
    with np.errstate(all="ignore"):
        tail = noise.log_density(sign * np.exp(far - np.array([2.0, 0.0])))
        slope = (tail[1] - tail[0]) / 2 if np.isfinite(tail).all() else 0.0

    def log_weight(u: Array) -> Array:
        beyond = np.maximum(u - far, 0)
        return noise.log_density(sign * np.exp(u - beyond)) + u + slope * beyond

    return Piece(sign, lambda u: u, log_weight)
