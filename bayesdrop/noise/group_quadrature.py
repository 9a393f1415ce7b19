"""The integral over a λ that weights share, where its noise has parameters that are arrays.

It is the trapezoid rule in log |λ|, or in the logit of λ on an interval, over where the integrand
is within e^30 of its peak; beyond, its tails are exponentials, whose series has a sum. The range
is found on grids, without derivatives, so that NumPy, JAX and PyTorch run the same lines. For
integrands that are analytic the rule converges exponentially in the number of nodes (Trefethen &
Weideman 2014).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from array_api_compat import array_namespace

from bayesdrop.arrays import constant, without_gradient
from bayesdrop.noise.pieces import Piece

if TYPE_CHECKING:
    from bayesdrop.noise.base import Noise

_NODES = 257
_COARSE, _ZOOMS = 65, 5  # nodes, and how often, to find the range
_NEGLIGIBLE = 30.0  # nats below the peak
_LEAST_FALL = 1e-6  # of a tail, from one node to the next


class _Limits(NamedTuple):
    """What a float type can hold.

    Attributes
    ----------
    largest
        |u| at most: e^2u is a number.
    end_digits
        The share of the way to a finite end, in u, over which λ's distance to it has digits.
    exponent
        A number whose exponential is one too.
    """

    largest: float
    end_digits: float
    exponent: float


_DOUBLE, _SINGLE = _Limits(200.0, 1.0, 600.0), _Limits(40.0, 0.45, 80.0)
_UNBOUNDED = 300.0  # a piece that ends there has no finite end


def log_integral(noise: Noise, log_squares: Any, count: int) -> Any:
    """log ∫ p(λ) |λ|^−count exp(−M/(2λ²)) dλ at every log M, parameters broadcast against it."""
    xp = array_namespace(log_squares)
    total = None
    for _, _, terms in terms_of(noise, log_squares, count):
        side = _log_sum(terms)[..., 0]
        total = side if total is None else xp.logaddexp(total, side)
    return total


def quantile(noise: Noise, uniform: Any, log_squares: Any, count: int) -> Any:
    """λ where the CDF of its conditional is ``uniform``."""
    xp = array_namespace(log_squares)
    sides = terms_of(noise, log_squares, count)
    peak = xp.max(xp.concat([xp.max(t, axis=-1, keepdims=True) for *_, t in sides], -1), axis=-1)
    masses = [xp.exp(terms - peak[..., None]) for *_, terms in sides]
    sums = [xp.sum(mass, axis=-1) for mass in masses]
    left, total = uniform * sum(sums), None
    for (piece, nodes, _), mass, own in zip(sides, masses, sums, strict=True):
        found = piece.sign * xp.exp(piece.log_scale(_inverted(nodes, mass, left)))
        total = found if total is None else xp.where(left > 0, found, total)
        left = left - own
    return total


def terms_of(noise: Noise, log_squares: Any, count: int) -> list[tuple[Piece, Any, Any]]:
    """Each side of 0, its nodes u, (..., nodes), and the log of the rule's term at each."""
    t = log_squares[..., None]
    return [(piece, *_terms(piece, t, count)) for piece in _pieces(noise)]


def _inverted(nodes: Any, masses: Any, wanted: Any) -> Any:
    """u up to which the masses add up to ``wanted``, linear between the nodes."""
    xp = array_namespace(nodes)
    middle = xp.cumulative_sum(masses, axis=-1) - masses / 2
    tiny = float(np.finfo(np.float32).tiny)
    steps = middle[..., 1:] - middle[..., :-1] + tiny
    parts = xp.clip((wanted[..., None] - middle[..., :-1]) / steps, 0, 1)
    step = nodes[..., 1] - nodes[..., 0]
    return nodes[..., 0] + step * xp.sum(parts, axis=-1)


def _pieces(noise: Noise) -> tuple[Piece, ...]:
    """Those of the noise, whose array parameters get an axis of nodes."""
    values = noise.parameter_values.items()
    arrays = {f: value[..., None] for f, value in values if not isinstance(value, float)}
    return noise.bind(arrays).pieces()


def _terms(piece: Piece, log_squares: Any, count: int) -> tuple[Any, Any]:
    """Nodes u (..., nodes), and the log of the rule's term at each."""
    xp = array_namespace(log_squares)
    limits = _SINGLE if log_squares.dtype == xp.float32 else _DOUBLE

    def f(u: Any) -> Any:
        log_scale = piece.log_scale(u)
        exponent = xp.clip(log_squares - 2 * log_scale, None, limits.exponent)
        return piece.log_weight(u) - count * log_scale - 0.5 * xp.exp(exponent)

    low, high = _range(f, piece, limits, log_squares)
    nodes = low + (high - low) * _grid(log_squares, _NODES)
    values = f(nodes)
    step = (high - low) / (_NODES - 1)
    ends = [
        end - xp.log(-xp.expm1(-xp.clip(inner - end, _LEAST_FALL, None)))
        for end, inner in (
            (values[..., :1], values[..., 1:2]),
            (values[..., -1:], values[..., -2:-1]),
        )
    ]
    return nodes, xp.concat([ends[0], values[..., 1:-1], ends[1]], axis=-1) + xp.log(step)


def _ends(piece: Piece, limits: _Limits) -> tuple[float, float]:
    def end(value: float) -> float:
        far = abs(value) >= _UNBOUNDED
        return (1 if value > 0 else -1) * (
            limits.largest if far else abs(value) * limits.end_digits
        )

    return end(piece.low), end(piece.high)


def _range(f: Callable[[Any], Any], piece: Piece, limits: _Limits, like: Any) -> tuple[Any, Any]:
    """Where the integrand matters and is no straight line to the end, as constants (..., 1)."""
    xp = array_namespace(like)
    low, high = _ends(piece, limits)
    left, right = xp.full_like(like, low), xp.full_like(like, high)
    grid = _grid(like, _COARSE)
    for _ in range(_ZOOMS):
        nodes = left + (right - left) * grid
        values = without_gradient(f(nodes))
        values = xp.where(xp.isnan(values), xp.full_like(values, -np.inf), values)
        near = values >= xp.max(values, axis=-1, keepdims=True) - _NEGLIGIBLE
        if limits is _DOUBLE:  # else too few digits to tell, and ``largest`` is not as far
            bent = near & _bent(values)
            near = xp.where(xp.any(bent, axis=-1, keepdims=True), bent, near)
        step = (right - left) / (_COARSE - 1)
        first = xp.min(xp.where(near, nodes, right), axis=-1, keepdims=True)
        last = xp.max(xp.where(near, nodes, left), axis=-1, keepdims=True)
        left, right = xp.maximum(left, first - step), xp.minimum(right, last + step)
    return left, right


def _bent(values: Any) -> Any:
    """Where the values are not on a straight line with their neighbours, (..., nodes)."""
    xp = array_namespace(values)
    bend = xp.abs(values[..., 2:] - 2 * values[..., 1:-1] + values[..., :-2])
    resolved = 16 * float(xp.finfo(values.dtype).eps) * (1 + xp.abs(values[..., 1:-1]))
    inner = bend > resolved
    return xp.concat([inner[..., :1], inner, inner[..., -1:]], axis=-1)


def _grid(like: Any, nodes: int) -> Any:
    return constant(np.linspace(0.0, 1.0, nodes), like)


def _log_sum(terms: Any) -> Any:
    xp = array_namespace(terms)
    peak = without_gradient(xp.max(terms, axis=-1, keepdims=True))
    return peak + xp.log(xp.sum(xp.exp(terms - peak), axis=-1, keepdims=True))
