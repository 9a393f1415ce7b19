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

_REACH = 60.0  # e^±60: no noise has weight to speak of beyond
_NODES = 12_001
_NEGLIGIBLE = 745.0  # e^-745 is 0 in float64
_CHUNK = 256


@lru_cache(maxsize=64)
def nodes(noise: Noise) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Increasing nodes λ_i and log weights: ∫ g(λ) p(λ) dλ ≈ Σ exp(log weight_i) g(λ_i).

    Raises
    ------
    ValueError
        The density has a feature too narrow to integrate over.
    """
    match noise.support:
        case "boolean":
            return np.array([0.0, 1.0]), noise.log_prob([0.0, 1.0])
        case "real":
            (below, log_below), (above, log_above) = _branch(noise, -1), _branch(noise, 1)
            x = np.concatenate([below[::-1], above])
            log_weight = np.concatenate([log_below[::-1], log_above])
        case _:
            x, log_weight = _branch(noise, 1)
    every, half = np.exp(log_weight).sum(), 2 * np.exp(log_weight[::2]).sum()
    if not abs(every - half) < 1e-3 * every:
        raise ValueError(
            f"the density of {noise} has a feature too narrow to integrate over; "
            "override mean, second_moment, draw and log_marginal"
        )
    return x, log_weight


def _branch(noise: Noise, sign: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Nodes of one sign and their log weights, on the range of u that has any weight."""
    low, high = -_REACH, _REACH
    while True:
        u = np.linspace(low, high, _NODES)
        if noise.support == "unit_interval":
            x = 1 / (1 + np.exp(-u))
            log_jacobian = -np.logaddexp(0, u) - np.logaddexp(0, -u)
        else:
            x, log_jacobian = sign * np.exp(u), u
        with np.errstate(over="ignore", divide="ignore", invalid="ignore"):
            log_weight = noise.log_prob(x) + log_jacobian + np.log(u[1] - u[0])
        log_weight = np.where(np.isnan(log_weight), -np.inf, log_weight)
        matters = np.flatnonzero(log_weight > log_weight.max() - _NEGLIGIBLE)
        if matters.size == 0 or matters[-1] - matters[0] > _NODES // 4 or high - low < 1e-10:
            return x, log_weight
        low, high = u[max(matters[0] - 1, 0)], u[min(matters[-1] + 1, _NODES - 1)]


def moment(noise: Noise, order: int) -> float:
    """E λ^order, ``inf`` where the integral of |λ|^order does not converge."""
    x, log_weight = nodes(noise)
    total = 0.0
    for sign in (-1, 1):
        side = x * sign > 0
        log_x = np.log(sign * x[side])
        terms = np.exp(log_weight[side] + order * log_x)
        inner = terms[(log_x > 0.5 * _REACH) & (log_x <= 0.75 * _REACH)].sum()
        outer = terms[log_x > 0.75 * _REACH].sum()
        if outer > 0 and outer > (1 - 1e-6) * inner:
            return float("inf")
        beyond = outer**2 / (inner - outer) if outer > 0 else 0.0  # a power law goes on
        total += sign**order * (terms.sum() + beyond)
    return float(total)


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
