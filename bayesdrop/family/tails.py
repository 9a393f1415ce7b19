"""Integrals of a mixture's tails on either side of a point: scores and moments.

With ``G(t) = P(Y > c + t)`` above a point c, and ``P(Y < c − t)`` below it, they are
``∫₀^∞ w(t) G(t)^p dt``: the CRPS at c for p = 2 and w = 1, and for p = 1 the moments E(Y − c)± by
w = 1 and E(Y − c)² by w = 2t; of whole numbers, sums over t = 0, 1, … with w = 2t + 1.

G falls from at most 1 to 0, and may do so anywhere and over any width. Intervals double outwards
from a first one until G is below half of any component's weight and what remains is negligible, or
is known as that of a power law; they are halved wherever a rule and a part of it disagree.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from bayesdrop.family.mixtures import Mixtures

Array = NDArray[np.float64]
Index = NDArray[np.int64]

_ERROR = 1e-9  # of all intervals, relative to the integral
_ROUNDING = 16 * np.finfo(float).eps  # of a cdf
_TAIL = 1e-9  # share of the integral that a power law may continue
_HEAVY = 8.0  # exponents below this are those of power laws
_FLOOR, _NOTHING = 1e-11, 1e-15  # below which 1 − F has few digits, and none
_LEAST_EXPONENT = 1.01  # of a power law whose integral is finite
_FARTHEST = 2.0**900
_SPLIT = 0.47  # off the middle, where a jump could hide from a symmetric rule
_EXACT = 64  # terms of a sum that are added one by one
_NODES = 17


def integrals(
    mixtures: Mixtures, centre: Array, power: int = 1, moment: int = 0
) -> tuple[Array, Array]:
    """The integrals above and below ``centre`` (mixtures,), infinite where they diverge."""
    sides = _Sides(mixtures, centre, power, moment)
    every = np.arange(2 * mixtures.count)
    end, total = _first(sides), np.zeros(len(every))
    start = np.zeros(len(every))
    rough = np.maximum(sides.rule(every, start, end)[0], 0.0)
    which, a, b, tail = _outwards(sides, every, end, rough + rough[sides.other(every)])
    finite = np.isfinite(tail)
    pending = [np.concatenate([every, which]), np.append(start, a), np.append(end, b)]
    pending = [part[finite[pending[0]]] for part in pending]
    while len(pending[0]):
        which, a, b = pending
        value, error = sides.rule(which, a, b)
        estimate = total + np.bincount(which, value, len(every))
        whole = estimate + estimate[sides.other(every)]
        share = _ERROR * whole / np.maximum(np.bincount(which, minlength=len(every)), 1)
        wrong = np.bincount(which, error, len(every)) > _ERROR * whole
        split = wrong[which] & (error > share[which]) & sides.divisible(which, a, b)
        total += np.bincount(which[~split], value[~split], len(every))
        which, a, b = which[split], a[split], b[split]
        middle = sides.between(a, b)
        pending = [np.tile(which, 2), np.append(a, middle), np.append(middle, b)]
    return (total + tail)[: mixtures.count], (total + tail)[mixtures.count :]


class _Sides(NamedTuple):
    """Side i of mixture i is above its centre, side count + i below."""

    mixtures: Mixtures
    centre: Array
    power: int
    moment: int

    def other(self, which: Index) -> Index:
        return (which + self.mixtures.count) % (2 * self.mixtures.count)

    def mass(self, which: Index, t: Array) -> Array:
        """G(t), for sides (k,) and t (k, n)."""
        mixture, below = which % self.mixtures.count, (which >= self.mixtures.count)[:, None]
        centre = self.centre[mixture][:, None]
        low = centre - t - 1 if self.mixtures.whole else centre - t
        found = self.mixtures.cdf(mixture, np.where(below, low, centre + t))
        return np.where(below, found, np.maximum(1 - found, 0.0))

    def term(self, t: Array, mass: Array) -> Array:
        weight = (2 * t + 1 if self.mixtures.whole else 2 * t) if self.moment else 1.0
        return weight * mass**self.power

    def slope(self, t: Array, mass: Array) -> Array:
        """The derivative of :meth:`term` by the mass."""
        return self.power * self.term(t, mass ** ((self.power - 1) / self.power))

    def rule(self, which: Index, a: Array, b: Array) -> tuple[Array, Array]:
        """Integral over every (a, b) and its error."""
        return (_sums if self.mixtures.whole else _quadrature)(self, which, a, b)

    def divisible(self, which: Index, a: Array, b: Array) -> NDArray[np.bool_]:
        if self.mixtures.whole:
            return b - a > _EXACT
        size = np.abs(self.centre[which % self.mixtures.count]) + b
        return b - a > 16 * np.finfo(float).eps * size

    def between(self, a: Array, b: Array) -> Array:
        if self.mixtures.whole:
            return np.floor((a + b) / 2)
        return a + _SPLIT * (b - a)


def _first(sides: _Sides) -> Array:
    """A power of two, of both sides of a mixture, beyond which either holds at most 1/100."""
    count = sides.mixtures.count
    every = np.arange(count)

    def covers(which: Index, t: Array) -> NDArray[np.bool_]:
        both = np.append(which, which + count)
        found = sides.mass(both, np.tile(t, 2)[:, None])[:, 0].reshape(2, -1)
        return np.all(found <= 0.01, axis=0)

    end, open_ = np.ones(count), every
    while len(open_ := open_[~covers(open_, end[open_])]):
        end[open_] *= 2
    open_ = every[end == 1] if not sides.mixtures.whole else every[:0]
    while len(open_ := open_[covers(open_, end[open_] / 2)]):
        end[open_] /= 2
    return np.tile(end, 2)


def _outwards(
    sides: _Sides, every: Index, first: Array, rough: Array
) -> tuple[Index, Array, Array, Array]:
    """Sides and ends of intervals beyond the ``first`` ones, and what is left beyond them all."""
    end, tail, open_ = first.copy(), np.zeros(len(every)), every
    found: list[tuple[Index, Array, Array]] = []
    least = 0.5 / sides.mixtures.draws
    while len(open_):
        far = end[open_]
        t = np.stack([np.floor(far / 2) if sides.mixtures.whole else far / 2, far], axis=1)
        mass = sides.mass(open_, t)
        near, last = sides.term(t, mass).T
        with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
            exponent = np.where(last > 0, np.log2(near / last), np.inf)
            left = far * last / (exponent - 1)
        left = np.where(last == 0, 0.0, np.where(exponent > _LEAST_EXPONENT, left, np.inf))
        beyond = mass[:, 1]
        small = (beyond < least) & (left <= _TAIL * rough[open_])
        heavy = (beyond < np.minimum(_FLOOR, least)) & (exponent < _HEAVY)
        nothing = beyond <= _NOTHING
        left = np.where(nothing, 0.0, left)
        stopped = small | heavy | nothing | (far > _FARTHEST)
        tail[open_[stopped]] = np.where(far > _FARTHEST, np.inf, left)[stopped]
        open_, far = open_[~stopped], far[~stopped]
        found.append((open_, far, 2 * far))
        end[open_] = 2 * far
    which, a, b = (np.concatenate(parts) for parts in zip(*found, strict=True))
    return which, a, b, tail


def _quadrature(sides: _Sides, which: Index, a: Array, b: Array) -> tuple[Array, Array]:
    """The rule of Clenshaw & Curtis (1960); its error, beyond rounding, by every other node."""
    nodes, weights, part = _rules()
    half = 0.5 * (b - a)
    t = a[:, None] + half[:, None] * (1 + nodes)
    mass = sides.mass(which, t)
    terms = sides.term(t, mass)
    value = half * (terms @ weights)
    error = np.abs(value - half * (terms[:, ::2] @ part))
    rounding = half * (sides.slope(t, mass) @ weights) * _ROUNDING
    return value, np.maximum(error - rounding, 0.0)


@lru_cache(maxsize=1)
def _rules() -> tuple[Array, Array, Array]:
    """Nodes and weights on (−1, 1), and the weights of every other node alone.

    The ends are nodes of both, so that no jump is between an end and the nodes of either.
    """
    nodes = -np.cos(np.pi * np.arange(_NODES) / (_NODES - 1))

    def weights(x: Array) -> Array:
        basis = np.polynomial.legendre.legvander(x, len(x) - 1)
        moments = np.append(2.0, np.zeros(len(x) - 1))
        return np.asarray(np.linalg.solve(basis.T, moments), dtype=np.float64)

    return nodes, weights(nodes), weights(nodes[::2])


def _sums(sides: _Sides, which: Index, a: Array, b: Array) -> tuple[Array, Array]:
    """Σ over t = a, …, b − 1: term by term, or of many between G at the ends, as G falls."""
    value, error = np.empty(len(a)), np.zeros(len(a))
    few = b - a <= _EXACT
    t = a[few, None] + np.arange(_EXACT)
    inside = t < b[few, None]
    terms = sides.term(t, sides.mass(which[few], np.minimum(t, b[few, None] - 1)))
    value[few] = np.where(inside, terms, 0.0).sum(axis=1)
    a, b = a[~few], b[~few]
    ends = sides.mass(which[~few], np.stack([a, b - 1], axis=1)) ** sides.power
    weight = b**2 - a**2 if sides.moment else b - a
    value[~few] = weight * ends.mean(axis=1)
    error[~few] = weight * (ends[:, 0] - ends[:, 1]) / 2
    return value, error
