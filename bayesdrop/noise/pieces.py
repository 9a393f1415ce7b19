"""A noise as weights on a line, one for each side of 0, for the trapezoid rule to integrate.

|λ| = e^u where the support is unbounded, |λ| = a + (b − a)/(1 + e^−u) where it is not. The lines
are written against the Array API: parameters that are arrays of a library make u one of it too.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from array_api_compat import array_namespace

if TYPE_CHECKING:
    from bayesdrop.noise.base import Noise


class Piece(NamedTuple):
    """The noise on one side of 0: |λ| = e^log_scale(u), with weight e^log_weight(u) du.

    From ``low`` and ``high`` on both are straight lines, or float64 resolves no more.
    """

    sign: int
    log_scale: Callable[[Any], Any]
    log_weight: Callable[[Any], Any]
    low: float = -700.0
    high: float = 700.0


def log_expit(u: Any) -> Any:
    """log 1/(1 + e^−u)."""
    xp = array_namespace(u)
    return -xp.logaddexp(xp.zeros_like(u), -u)


def pieces(noise: Noise) -> tuple[Piece, ...]:
    """The support of ``noise`` on either side of 0, weighted by its ``log_density``."""
    low, high = noise.bounds
    sides = ((1, max(low, 0.0), high), (-1, max(-high, 0.0), -low))
    return tuple(_piece(noise, sign, a, b) for sign, a, b in sides if b > a)


def _piece(noise: Noise, sign: int, a: float, b: float) -> Piece:
    if b == np.inf:
        return _unbounded(noise, sign)

    def log_scale(u: Any) -> Any:
        xp = array_namespace(u)
        below, above = xp.clip(u, None, 0), xp.clip(u, 0, None)
        near_a = xp.log(a + (b - a) * xp.exp(log_expit(below))) if a else log_expit(below)
        near_b = xp.log1p(-(b - a) / b * xp.exp(log_expit(-above)))
        return xp.where(u < 0, near_a + (0.0 if a else math.log(b)), near_b + math.log(b))

    def scale(u: Any) -> Any:
        xp = array_namespace(u)
        near_a = a + (b - a) * xp.exp(log_expit(u))
        return xp.where(u < 0, near_a, b - (b - a) * xp.exp(log_expit(-u)))

    def reach(end: float) -> float:  # to where e^16 float64 numbers are left before the end
        return max(5.0, 20.0 + np.log((b - a) / end)) if end > 0 else 700.0

    def log_density(u: Any) -> Any:
        return noise.log_density(sign * scale(u))

    low, high, everywhere = -reach(a), reach(b), log_density
    if noise.has_numbers:
        slopes = _slope(log_density, low, 2.0), _slope(log_density, high, -2.0)
        everywhere = _continued(log_density, low, high, slopes)
        low, high = -700.0, 700.0

    def bounded(u: Any) -> Any:
        return everywhere(u) + math.log(b - a) + log_expit(u) + log_expit(-u)

    return Piece(sign, log_scale, bounded, low, high)


def _slope(f: Callable[[Any], Any], end: float, inwards: float) -> float:
    """That of ``f`` at ``end``, where a power of the distance to an end of λ's is a line; 0 where
    ``f`` is infinite."""
    with np.errstate(all="ignore"):
        at, inner = f(np.array([end, end + inwards]))
    return float((inner - at) / inwards) if np.isfinite(at) and np.isfinite(inner) else 0.0


def _continued(
    f: Callable[[Any], Any], low: float, high: float, slopes: tuple[float, float]
) -> Callable[[Any], Any]:
    """``f`` up to the ends, straight lines beyond."""

    def everywhere(u: Any) -> Any:
        inside = array_namespace(u).clip(u, low, high)
        below = array_namespace(u).clip(u - low, None, 0)
        above = array_namespace(u).clip(u - high, 0, None)
        return f(inside) + slopes[0] * below + slopes[1] * above

    return everywhere


def _unbounded(noise: Noise, sign: int) -> Piece:
    def log_density(u: Any) -> Any:
        return noise.log_density(sign * array_namespace(u).exp(u))

    far = 300.0  # densities square λ, and e^700 is too large for that
    low, everywhere = -far, log_density
    if noise.has_numbers:
        low, slope = -700.0, _slope(log_density, far, -2.0)
        everywhere = _continued(log_density, low, far, (0.0, slope))
    return Piece(sign, lambda u: u, lambda u: everywhere(u) + u, low, -low)
