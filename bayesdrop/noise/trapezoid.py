"""The trapezoid rule on the line, in logarithms and for many integrands at a time.

For a smooth integrand that decays at both ends the rule converges exponentially (Trefethen &
Weideman 2014). Every integrand has a grid of its own: where it is within e^50 of its peak.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

_NEGLIGIBLE = 50.0  # nats below the peak
_COARSE, _FINE, _FINEST = 257, 1_025, 1 << 17  # nodes: to find the peak; at first; at most
_TOLERANCE = 1e-10  # between all nodes and half of them; the error left is about its square
_FLAT = 1e-10  # a tail that decays more slowly has no integral


class Line(NamedTuple):
    """Integrands e^f(u, t), one for each t, on −∞ < u < ∞.

    ``f(u, t)`` takes u (rows, nodes) and t (rows, 1). Below ``low`` and above ``high`` it is
    continued as a straight line that falls at ``rates``; if one is not positive the integral of
    an integrand that reaches so far is infinite.
    """

    f: Callable[[Array, Array], Array]
    low: float
    high: float
    rates: tuple[float, float]


def log_integral(line: Line, t: Array) -> Array:
    """log ∫ e^f(u, t) du for each ``t`` (rows,); NaN where it could not be resolved."""
    out = np.full(t.shape, np.nan)
    low, high, rates = _range(line, t)
    todo, nodes = np.arange(t.size), _FINE
    while todo.size and nodes < _FINEST:
        values = line.f(_grid(low[todo], high[todo], nodes), t[todo, None])
        step = (high - low)[todo] / (nodes - 1)
        every = _log_sum(_log_terms(values, step, rates[todo]))
        half = _log_sum(_log_terms(values[:, ::2], 2 * step, rates[todo]))
        with np.errstate(invalid="ignore"):
            close = np.abs(every - half) <= _TOLERANCE * np.maximum(1, np.abs(every))
        done = close | (every == half)
        out[todo[done]] = every[done]
        todo, nodes = todo[~done], 4 * (nodes - 1) + 1
    return out


def log_masses(line: Line, t: float, nodes: int) -> tuple[Array, Array]:
    """Increasing nodes u of one integrand and the log of its mass at each."""
    low, high, rates = _range(line, np.array([t]))
    u = _grid(low, high, nodes)
    terms = _log_terms(line.f(u, np.array([[t]])), (high - low) / (nodes - 1), rates)
    return u[0], terms[0]


def _grid(low: Array, high: Array, nodes: int) -> Array:
    return low[:, None] + (high - low)[:, None] * np.linspace(0, 1, nodes)


def _range(line: Line, t: Array) -> tuple[Array, Array, Array]:
    """Where each integrand matters, (rows,) and (rows,), and how it falls beyond, (rows, 2)."""
    low, high = np.full(t.shape, line.low), np.full(t.shape, line.high)
    falls = np.where(np.array(line.rates) > _FLAT, line.rates, 0.0)
    rates = np.tile(falls, (t.size, 1))
    for _ in range(64):
        values = line.f(_grid(low, high, _COARSE), t[:, None])
        near = values >= values.max(axis=1, keepdims=True) - _NEGLIGIBLE
        first = near.argmax(axis=1)
        last = _COARSE - 1 - near[:, ::-1].argmax(axis=1)
        rates[first > 0, 0] = np.inf
        rates[last < _COARSE - 1, 1] = np.inf
        shrink = last - first < _COARSE // 2
        if not shrink.any():
            break
        step = (high - low) / (_COARSE - 1)
        start = low
        low = np.where(shrink & (first > 0), start + (first - 1) * step, low)
        high = np.where(shrink & (last < _COARSE - 1), start + (last + 1) * step, high)
    return low, high, rates


def _log_terms(values: Array, step: Array, rates: Array) -> Array:
    """Log terms of the rule, the first and the last with the geometric series beyond them."""
    terms = values + np.log(step)[:, None]
    with np.errstate(divide="ignore", invalid="ignore"):
        terms[:, [0, -1]] -= np.log(-np.expm1(-rates * step[:, None]))
    return np.where(np.isnan(terms), -np.inf, terms)


def _log_sum(terms: Array) -> Array:
    peak = terms.max(axis=1, keepdims=True)
    peak[~np.isfinite(peak)] = 0
    with np.errstate(divide="ignore", over="ignore"):
        return peak[:, 0] + np.log(np.exp(terms - peak).sum(axis=1))
