"""Moments, quantiles and the marginal of a noise, by integrals against its density."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from bayesdrop.noise.pieces import Piece
from bayesdrop.noise.trapezoid import Line, log_integral, log_masses

if TYPE_CHECKING:
    from bayesdrop.noise.base import Noise

Array = NDArray[np.float64]

_CHUNK = 64
_TABLE = 8_200  # nodes on either side of 0
_LOG_0 = -np.inf


def moment(noise: Noise, order: int) -> float:
    """E λ^order, ``inf`` where the integral of |λ|^order does not converge."""
    if noise.support == "boolean":
        return float(np.exp(noise.log_prob(1.0)))
    _check(noise)
    sides = [(p.sign, _log_integral(noise, p, order, _LOG_0)) for p in noise.pieces()]
    if any(log == np.inf for _, log in sides):
        return float("inf")
    return float(sum(sign**order * np.exp(log) for sign, log in sides))


def log_marginal(noise: Noise, w: Array) -> Array:
    """Log density of λ z at ``w`` with z ~ N(0, 1)."""
    if noise.support == "boolean":
        with np.errstate(over="ignore"):
            return noise.log_prob(1.0) - 0.5 * w**2 - 0.5 * np.log(2 * np.pi)
    _check(noise)
    with np.errstate(divide="ignore"):
        log_w = np.log(np.abs(w.reshape(-1)))
    out = np.full(log_w.shape, np.nan)
    known = np.flatnonzero(~np.isnan(log_w))
    for i in range(0, known.size, _CHUNK):
        rows = known[i : i + _CHUNK]
        sides = [_log_integral(noise, piece, -1, log_w[rows]) for piece in noise.pieces()]
        out[rows] = np.logaddexp.reduce(sides) - 0.5 * np.log(2 * np.pi)
    return out.reshape(w.shape)


def nodes(noise: Noise, count: int) -> tuple[Array, Array]:
    """``count`` increasing nodes λ on either side of 0 and the log of the mass at each."""
    _check(noise)
    values, logs = [], []
    for piece in sorted(noise.pieces(), key=lambda piece: piece.sign):
        u, log_mass = log_masses(_line(piece, 0), _LOG_0, count)
        values.append(piece.sign * np.exp(piece.log_scale(u))[:: piece.sign])
        logs.append(log_mass[:: piece.sign])
    return np.concatenate(values), np.concatenate(logs)


@lru_cache(maxsize=64)
def quantile_table(noise: Noise) -> tuple[Array, Array]:
    """CDF values and the λ they belong to, both increasing, for sampling by inversion."""
    if noise.support == "boolean":
        dropped = 1 - moment(noise, 1)
        return np.array([0.0, dropped, dropped, 1.0]), np.array([0.0, 0.0, 1.0, 1.0])
    values, log_mass = nodes(noise, _TABLE)
    mass = np.exp(log_mass)
    if not abs(mass.sum() - 1) < 1e-4:
        raise _too_narrow(noise)
    return (np.cumsum(mass) - mass / 2) / mass.sum(), values


@lru_cache(maxsize=64)
def _check(noise: Noise) -> None:
    """Refuse a density that does not integrate to 1."""
    total = sum(np.exp(_log_integral(noise, piece, 0, _LOG_0)) for piece in noise.pieces())
    if not abs(total - 1) < 1e-6:
        raise ValueError(
            f"the density of {noise} integrates to {total:.9g}, not to 1: normalise log_density; "
            "if it is right but has a feature too narrow to integrate over, override mean, "
            "second_moment, draw and log_weight_density"
        )


def _log_integral(noise: Noise, piece: Piece, order: int, log_w: float | Array) -> Array:
    """log ∫ |λ|^order exp(−w²/2λ²) p(λ) dλ over ``piece``, for log |w| of any shape."""
    log_w = np.asarray(log_w)
    result = log_integral(_line(piece, order), log_w.reshape(-1))
    if np.isnan(result).any():
        raise _too_narrow(noise)
    return result.reshape(log_w.shape)


def _line(piece: Piece, order: int) -> Line:
    def without_w(u: Array) -> Array:
        return piece.log_weight(u) + order * piece.log_scale(u)

    def f(u: Array, log_w: Array) -> Array:
        with np.errstate(all="ignore"):
            exponent = -0.5 * np.exp(2 * (log_w - piece.log_scale(u)))
            value = without_w(u) + exponent
        return np.where(np.isnan(value), -np.inf, value)

    with np.errstate(all="ignore"):
        low = without_w(piece.low + np.array([0.0, 2.0]))
        high = without_w(piece.high - np.array([0.0, 2.0]))
        rates = ((low[1] - low[0]) / 2, (high[1] - high[0]) / 2)
    return Line(f, piece.low, piece.high, rates)


def _too_narrow(noise: Noise) -> ValueError:
    return ValueError(
        f"the density of {noise} has a feature too narrow to integrate over; "
        "override mean, second_moment, draw and log_weight_density"
    )
