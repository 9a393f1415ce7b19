"""Integrals against a noise density, by the trapezoid rule after a change of variable.

On λ = e^u (positive), λ = ±e^u (real) or λ = 1/(1 + e^-u) (unit interval) a smooth density decays
fast at both ends, where the trapezoid rule converges exponentially (Trefethen & Weideman 2014).
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from bayesdrop.noise.base import Noise

_STEP = 0.01
_REACH = 60.0  # e^±60: no noise has weight to speak of beyond
_CHUNK = 256


@lru_cache(maxsize=64)
def nodes(noise: Noise) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Increasing nodes λ_i and log weights: ∫ g(λ) p(λ) dλ ≈ Σ exp(log weight_i) g(λ_i)."""
    u = np.arange(-_REACH, _REACH + _STEP / 2, _STEP)
    match noise.support:
        case "positive":
            x, log_jacobian = np.exp(u), u
        case "real":
            x = np.concatenate([-np.exp(u[::-1]), np.exp(u)])
            log_jacobian = np.concatenate([u[::-1], u])
        case "unit_interval":
            x = 1 / (1 + np.exp(-u))
            log_jacobian = -np.logaddexp(0, u) - np.logaddexp(0, -u)
            x, log_jacobian = x[x < 1], log_jacobian[x < 1]
        case "boolean":
            return np.array([0.0, 1.0]), noise.log_prob([0.0, 1.0])
    with np.errstate(over="ignore", divide="ignore", invalid="ignore"):
        log_weight = noise.log_prob(x) + log_jacobian + np.log(_STEP)
    return x, np.where(np.isnan(log_weight), -np.inf, log_weight)


def moment(noise: Noise, order: int) -> float:
    """E λ^order, ``inf`` where the integral of |λ|^order does not converge."""
    x, log_weight = nodes(noise)
    terms = np.exp(
        log_weight + order * np.log(np.abs(x), where=x != 0, out=np.full_like(x, -np.inf))
    )
    edge = np.abs(x) > np.exp(0.75 * _REACH)
    if terms[edge].sum() > 1e-10 * terms.sum():
        return float("inf")
    return float(np.sum(terms * np.sign(x) ** order))


@lru_cache(maxsize=64)
def quantile_table(noise: Noise) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """CDF values and the λ they belong to, both increasing, for sampling by inversion."""
    x, log_weight = nodes(noise)
    mass = np.exp(log_weight)
    cdf = np.cumsum(mass) - mass / 2
    keep = mass > 0
    return cdf[keep] / mass.sum(), x[keep]


def log_marginal(noise: Noise, w: NDArray[np.float64]) -> NDArray[np.float64]:
    """Log density of λ z at ``w`` with z ~ N(0, 1)."""
    from scipy.special import logsumexp

    x, log_weight = nodes(noise)
    spread = x != 0
    scale, log_weight = np.abs(x[spread]), log_weight[spread]
    log_weight = log_weight - np.log(scale) - 0.5 * np.log(2 * np.pi)
    flat = w.reshape(-1)
    out = np.empty_like(flat)
    for i in range(0, flat.size, _CHUNK):
        with np.errstate(over="ignore"):
            exponent = -0.5 * (flat[i : i + _CHUNK, None] / scale) ** 2
        out[i : i + _CHUNK] = logsumexp(log_weight + exponent, axis=1)
    return out.reshape(w.shape)
