"""The integral over a λ that weights share, tabulated in log M for a noise given by numbers.

The table is made once by :mod:`bayesdrop.noise.group_quadrature`, in float64 and with
two derivatives: with q = M/(2λ²) and averages over λ given the weights, d/d(log M) of the
log integral is −E q, and its second derivative var q − E q. Between the nodes it is the polynomial
of degree 5 that has them (Hermite's), beyond the table a straight line in log M.
"""

from __future__ import annotations

import math
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np
from array_api_compat import array_namespace
from numpy.typing import NDArray

from bayesdrop.arrays import constant
from bayesdrop.noise import group_quadrature

if TYPE_CHECKING:
    from bayesdrop.noise.base import Noise

Array = NDArray[np.float64]

_REACH = 60.0  # log(M/D) on either side of 0
_STEP = 2.0**-5  # a power of 2, so that every node is a number of single precision
_MANY = 25  # weights, beyond which half that step: the integral bends within 1/√count of log M
_LOGITS = np.linspace(-20.0, 20.0, 129)  # of the probabilities whose quantiles are tabulated

# value, slope and curvature at 0, then at 1 → the coefficients of 1, t, …, t⁵
_HERMITE = np.array(
    [
        [1, 0, 0, 0, 0, 0],
        [0, 1, 0, 0, 0, 0],
        [0, 0, 0.5, 0, 0, 0],
        [-10, -6, -1.5, 10, -4, 0.5],
        [15, 8, 1.5, -15, 7, -1],
        [-6, -3, -0.5, 6, -3, 0.5],
    ]
)


def log_integral(noise: Noise, log_squares: Any, count: int) -> Any:
    """log ∫ p(λ) |λ|^−count exp(−M/(2λ²)) dλ at every log M, an array of any library."""
    xp = array_namespace(log_squares)
    low, step, table, slopes = _polynomials(noise, count)
    high = low + step * len(table)
    cell, t = _cell(xp.clip(log_squares, low, high), low, step, len(table))
    rows = xp.take(constant(table, log_squares), xp.reshape(cell, (-1,)), axis=0)
    found = rows[:, 5]
    flat = xp.reshape(t, (-1,))
    for power in range(4, -1, -1):
        found = found * flat + rows[:, power]
    below = xp.clip(log_squares - low, None, 0)
    above = xp.clip(log_squares - high, 0, None)
    line = slopes[0] * below + slopes[1] * above
    return xp.reshape(found, log_squares.shape) + line


def quantile(noise: Noise, uniform: Any, log_squares: Any, count: int) -> Any:
    """λ where the CDF of its conditional is ``uniform``, bilinear in the table."""
    xp = array_namespace(log_squares)
    low, sides = _quantiles(noise, count)
    cells = len(sides[0][1]) - 1
    cell, t = _cell(xp.clip(log_squares, low, low + _STEP * cells), low, _STEP, cells)
    cell, t, u = (xp.reshape(a, (-1,)) for a in (cell, t, uniform))
    total, before = None, 0 * u
    for sign, table, shares in sides:
        share = _between(constant(shares, log_squares), cell, t, 1, 0 * cell)
        own = xp.clip((u - before) / share, 1e-9, 1 - 1e-7)
        logit = xp.clip(xp.log(own) - xp.log1p(-own), _LOGITS[0], _LOGITS[-1])
        place = (logit - _LOGITS[0]) / (_LOGITS[1] - _LOGITS[0])
        column = xp.clip(xp.astype(xp.floor(place), xp.int32), 0, len(_LOGITS) - 2)
        part = place - xp.astype(column, place.dtype)
        tabled, width = constant(table.reshape(-1), log_squares), len(_LOGITS)
        left = _between(tabled, cell, t, width, column)
        right = _between(tabled, cell, t, width, column + 1)
        found = sign * xp.exp(left + part * (right - left))
        total = found if total is None else xp.where(u > before, found, total)
        before = before + share
    return xp.reshape(total, log_squares.shape)


def _between(table: Any, cell: Any, t: Any, width: int, column: Any) -> Any:
    """The column of a flat table between rows ``cell`` and ``cell`` + 1."""
    xp = array_namespace(table)
    first = xp.take(table, cell * width + column, axis=0)
    second = xp.take(table, (cell + 1) * width + column, axis=0)
    return first + t * (second - first)


def _cell(inside: Any, low: float, step: float, cells: int) -> tuple[Any, Any]:
    """The cell of every log M, and the place in it from 0 to 1."""
    xp = array_namespace(inside)
    cell = xp.clip(xp.astype(xp.floor((inside - low) / step), xp.int32), 0, cells - 1)
    node = low + step * xp.astype(cell, inside.dtype)  # exact in single precision too
    return cell, (inside - node) / step


def _nodes(count: int, step: float) -> Array:
    steps = np.arange(round(2 * _REACH / step) + 1, dtype=np.float64)
    return step * (round((math.log(count) - _REACH) / step) + steps)


@lru_cache(maxsize=64)
def _polynomials(noise: Noise, count: int) -> tuple[float, float, Array, tuple[float, float]]:
    """The first node, the step, the coefficients in every cell, (cells, 6), and the slopes at the
    ends."""
    step = _STEP / 2 if count > _MANY else _STEP
    x = _nodes(count, step)
    sides = group_quadrature.terms_of(noise, x, count)
    terms = np.concatenate([terms for *_, terms in sides], axis=1)
    logs = np.concatenate([piece.log_scale(u) for piece, u, _ in sides], axis=1)
    with np.errstate(over="ignore"):
        q = 0.5 * np.exp(x[:, None] - 2 * logs)
    peak = terms.max(axis=1, keepdims=True)
    mass = np.exp(terms - peak)
    total = mass.sum(axis=1)
    value = peak[:, 0] + np.log(total)
    q = np.where(mass > 0, q, 0.0)
    mean = (mass * q).sum(axis=1) / total
    variance = (mass * (q - mean[:, None]) ** 2).sum(axis=1) / total
    ends = np.stack([value, -step * mean, step**2 * (variance - mean)], axis=-1)
    table = np.concatenate([ends[:-1], ends[1:]], axis=1) @ _HERMITE.T
    return float(x[0]), step, table, (-float(mean[0]), -float(mean[-1]))


@lru_cache(maxsize=64)
def _quantiles(noise: Noise, count: int) -> tuple[float, list[tuple[int, Array, Array]]]:
    """The first node, and for each sign log |λ| at every quantile, (nodes, quantiles), and the
    probability of that sign at every node."""
    x = _nodes(count, _STEP)
    levels = 1 / (1 + np.exp(-_LOGITS))
    found = []
    for piece, u, terms in group_quadrature.terms_of(noise, x, count):
        mass = np.exp(terms - terms.max(axis=1, keepdims=True))
        cdf = np.cumsum(mass, axis=1) - mass / 2
        cdf /= mass.sum(axis=1, keepdims=True)
        places = [np.interp(levels, own, at) for own, at in zip(cdf, u, strict=True)]
        log_mass = np.logaddexp.reduce(terms, axis=1)
        found.append((piece.sign, piece.log_scale(np.array(places)), log_mass))
    total = np.logaddexp.reduce([log_mass for *_, log_mass in found])
    return float(x[0]), [(sign, logs, np.exp(own - total)) for sign, logs, own in found]
