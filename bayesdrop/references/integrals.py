"""The distance between two distributions of y at every row: integrals of cdfs and densities."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from bayesdrop.posterior.prediction.predictive import Predictive
from bayesdrop.references.given import TargetDraws

Array = NDArray[np.float64]
Distribution = Predictive | TargetDraws

_SAMPLES, _KNOTS = 4096, 400
_STEPS = np.geomspace(1e-4, 1e5, 120)  # beyond the samples, in interquartile ranges
_GAPS, _HALVED = 12, 0.5 ** np.arange(1, 13)
_SHARES = np.concatenate([_HALVED, 1 - _HALVED])  # of a gap, ever denser towards both ends
MOST = 10_000
"""Counts above this can't be compared: a distance looks at every count up to twice the largest."""


def between(given: Distribution, exact: Predictive) -> tuple[Array, Array | None]:
    """Return 1-Wasserstein distance and total variation at every row, each (rows,).

    Draws of numbers have no total variation.
    """
    if exact.kind == "class":
        theirs = exact.probabilities
        return between_classes(probabilities(given, theirs.shape[-1]), theirs)
    if exact.kind == "count":
        return between_counts(given, exact)
    return between_numbers(given, exact)


def between_numbers(p: Distribution, q: Distribution) -> tuple[Array, Array | None]:
    """Return 1-Wasserstein distance and total variation of continuous targets, each (rows,).

    They are ∫ |P − Q| of the distribution functions, and half the sum of |ΔP − ΔQ| over small
    intervals. Both functions are taken as straight between points that lie as dense as the mass,
    denser at the ends of gaps, and whose distances grow in the tails. The error of either is about
    1 %. Total variation does not see what is finer than 1/400 of the mass, and is too small there.
    Draws have no density, and so no total variation.
    """
    none = np.empty((0, len(p.mean)))
    knots = [_knots(one) if isinstance(one, Predictive) else none for one in (p, q)]
    at = np.sort(np.concatenate(knots), axis=0)
    pairs = [_row(*curves) for curves in zip(*_curve(p, at), *_curve(q, at), strict=True)]
    wasserstein, total = (np.array(values) for values in zip(*pairs, strict=True))
    has_density = isinstance(p, Predictive) and isinstance(q, Predictive)
    return wasserstein, total if has_density else None


def between_counts(p: Distribution, q: Distribution) -> tuple[Array, Array]:
    """Return 1-Wasserstein distance and total variation of counts, each (rows,).

    Raises
    ------
    ValueError
        A count is above :data:`MOST`.
    """
    most = max(int(np.max(_samples(one))) for one in (p, q))
    if most > MOST:
        raise ValueError(
            f"a count of {most:,} is predicted: distances look at every count, and at {MOST:,} at "
            "most. Look for draws that ran away"
        )
    at = np.arange(2.0 * most + 10)[:, None] * np.ones(len(p.mean))
    ours, theirs = _cdf(p, at), _cdf(q, at)
    masses = [np.diff(values, axis=0, prepend=0.0) for values in (ours, theirs)]
    return np.abs(ours - theirs).sum(0), 0.5 * np.abs(masses[0] - masses[1]).sum(0)


def between_classes(p: Array, q: Array) -> tuple[Array, Array]:
    """Return the distances of probabilities (rows, classes), of which any two are 1 apart.

    Both are the total variation then.
    """
    found = 0.5 * np.abs(p - q).sum(-1)
    return found, found


def probabilities(one: Distribution, count: int) -> Array:
    """The probabilities of ``count`` classes, (rows, classes)."""
    if isinstance(one, Predictive):
        return one.probabilities
    return np.stack([(one.values == k).mean(0) for k in range(count)], axis=-1)


def _samples(one: Distribution) -> Array:
    if isinstance(one, TargetDraws):
        return one.values
    return np.asarray(one.sample(_SAMPLES, seed=0), dtype=np.float64)


def _knots(one: Predictive) -> Array:
    """Points between which its distribution function is nearly straight, (points, rows)."""
    inner = np.quantile(_samples(one), np.linspace(0, 1, _KNOTS), axis=0)
    low, high = np.quantile(inner, [0.25, 0.75], axis=0)
    steps = (high - low) * _STEPS[:, None]
    return np.concatenate([inner[0] - steps, inner, _in_gaps(inner), inner[-1] + steps])


def _in_gaps(knots: Array) -> Array:
    """Points in the widest intervals between sorted ``knots`` (knots, rows): (points, rows).

    Between modes that lie apart the function is flat, and straight nowhere near the modes.
    """
    widths = np.diff(knots, axis=0)
    wide = np.argsort(widths, axis=0)[-_GAPS:]
    begin, width = (np.take_along_axis(one, wide, axis=0) for one in (knots[:-1], widths))
    return (begin + _SHARES[:, None, None] * width).reshape(-1, knots.shape[1])


def _curve(one: Distribution, at: Array) -> tuple[Array, Array, Array]:
    """Points of the distribution function, and its values before and after: (rows, points).

    Draws have points of their own in place of ``at`` (points, rows).
    """
    if isinstance(one, TargetDraws):
        own = np.sort(one.values, axis=0).T
        steps = np.arange(own.shape[1] + 1) / own.shape[1]
        return own, np.broadcast_to(steps[:-1], own.shape), np.broadcast_to(steps[1:], own.shape)
    values = _cdf(one, at).T
    return at.T, values, values


def _row(
    at: Array, before: Array, after: Array, other: Array, other_before: Array, other_after: Array
) -> tuple[float, float]:
    """The two distances of one row, whose curves have these points and values."""
    points = np.sort(np.concatenate([at, other]))
    start = _right(points, at, before, after) - _right(points, other, other_before, other_after)
    end = _left(points, at, before, after) - _left(points, other, other_before, other_after)
    wasserstein = 0.5 * (np.diff(points) * (np.abs(start[:-1]) + np.abs(end[1:]))).sum()
    return float(wasserstein), float(min(1.0, 0.5 * np.abs(np.diff(start)).sum()))


def _right(points: Array, at: Array, before: Array, after: Array) -> Array:
    """The distribution function at ``points``, as limit from the right."""
    which = np.searchsorted(at, points, side="right") - 1
    return _between(points, which, at, before, after)


def _left(points: Array, at: Array, before: Array, after: Array) -> Array:
    """The distribution function at ``points``, as limit from the left."""
    which = np.searchsorted(at, points, side="left") - 1
    return _between(points, which, at, before, after)


def _between(
    points: Array, which: NDArray[np.intp], at: Array, before: Array, after: Array
) -> Array:
    """The straight line from ``after`` a point to ``before`` the next; 0 and 1 beyond the ends."""
    here = np.clip(which, 0, len(at) - 2)
    low, high = after[here], before[here + 1]
    width = at[here + 1] - at[here]
    share = np.divide(points - at[here], width, out=np.zeros(len(points)), where=width > 0)
    line = low + (high - low) * np.clip(share, 0.0, 1.0)
    return np.where(which < 0, 0.0, np.where(which >= len(at) - 1, 1.0, line))


def _cdf(one: Distribution, at: Array) -> Array:
    """The distribution function at ``at``, (points, rows)."""
    if isinstance(one, TargetDraws):
        return np.stack([one.share_up_to(y) for y in at])
    return np.stack([one.cdf(y) for y in at])
