"""Quantiles of many mixtures of a location-scale family at once, by Newton's method in a bracket.

On the scale of normal quantiles, g(x) = Φ⁻¹(F(x)), a mixture that is nearly normal is nearly a
line, in the tails too. So Newton's steps on g from the quantile that the mixture would have if it
were normal find the root in about four evaluations of F.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Components = Mapping[str, Array]

_NEAR = 1e-5  # of the narrowest scale: a step from so near ends within 1e-10 of it
_NARROW = 1e-10
_NEWTON_ALONE = 8  # steps after which every other one halves the bracket


class Standard(NamedTuple):
    """The distribution of (y − loc) / scale, as functions of it and of the components.

    ``pdf`` may be rounded: it decides how fast roots are found, and not where they are.
    """

    cdf: Callable[[Array, Components], Array]
    pdf: Callable[[Array, Components], NDArray[np.floating]]
    ppf: Callable[[float, Components], Array | float]


def roots(components: Components, level: float, standard: Standard) -> Array:
    """Where the mixtures' distribution functions are ``level``, strictly between 0 and 1.

    ``components`` are (mixtures, draws). The smallest and the largest component quantile bracket
    the mixture's, however different the scales are. A step that would leave the bracket halves it.
    """
    from scipy.special import ndtri

    loc, scale = components["loc"], components["scale"]
    reach = standard.ppf(level, components) * scale
    ends, target = loc + reach, float(ndtri(level))
    low, high = ends.min(axis=1), ends.max(axis=1)
    # so that rounding cannot spoil the signs at the ends
    margin = 0.1 * scale.max(axis=1) + 1e-9 * np.maximum(np.abs(low), np.abs(high))
    low, high = low - margin, high + margin
    spread = np.hypot(reach.mean(axis=1), target * loc.std(axis=1))
    x = np.clip(loc.mean(axis=1) + math.copysign(1.0, target) * spread, low, high)
    unit, open_, step = scale.min(axis=1), np.arange(len(x)), 0
    while len(open_):
        own = components
        if len(open_) < len(x):
            own = {name: value[open_] for name, value in components.items()}
        at, a, b = x[open_], low[open_], high[open_]
        newton, below = _newton(own, at, level, target, standard)
        a, b = np.where(below, at, a), np.where(below, b, at)
        halves = step > _NEWTON_ALONE and step % 2 == 0
        inside = (newton >= a) & (newton <= b) & (not halves)
        new = np.where(inside, newton, 0.5 * (a + b))
        rounding = 4 * np.finfo(float).eps * np.abs(new)
        near = inside & (np.abs(new - at) <= np.maximum(_NEAR * unit[open_], rounding))
        done = near | (b - a <= np.maximum(_NARROW * unit[open_], rounding))
        x[open_], low[open_], high[open_] = new, a, b
        open_, step = open_[~done], step + 1
    return x


def _newton(
    components: Components, x: Array, level: float, target: float, standard: Standard
) -> tuple[Array, NDArray[np.bool_]]:
    """Where a step from ``x`` ends, NaN where F is flat, and whether ``x`` is below the root."""
    from scipy.special import ndtri

    scale = components["scale"]
    z = (x[:, None] - components["loc"]) / scale
    mass = standard.cdf(z, components).mean(axis=1)
    with np.errstate(all="ignore"):
        density = (standard.pdf(z, components) / scale).mean(axis=1)
        g = ndtri(mass)
        slope = density * math.sqrt(2 * math.pi) * np.exp(0.5 * g * g)
        return x - (g - target) / slope, mass < level
