"""Equal-weight mixtures over draws of any family, known by its log density and its cdf alone.

These are the defaults of :class:`~bayesdrop.Family`: float64, in blocks of rows. Quantiles are
those of :mod:`bayesdrop.family.roots`, scores and moments integrals of
:mod:`bayesdrop.family.tails`.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike, NDArray

from bayesdrop.family import blocks, roots, tails

if TYPE_CHECKING:
    from bayesdrop.family.base import Family, Parameters

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Mixtures:
    """Mixture i of (draws, mixtures, *own axes) parameters; ``whole``: of whole numbers."""

    family: Family
    parameters: dict[str, Array]
    draws: int
    count: int

    @property
    def whole(self) -> bool:
        return self.family.kind != "continuous"

    def cdf(self, which: NDArray[np.int64], x: Array) -> Array:
        """P(Y ≤ x) of the mixtures ``which`` (k,) at ``x`` (k, n), by as many at once as fit."""
        out = np.empty(x.shape)
        size = max(1, blocks.BLOCK // (self.draws * x.shape[1]))
        for start in range(0, len(x), size):
            at, points = which[start : start + size], x[start : start + size]
            found = np.asarray(self.family.cdf(self._spread(at, points.shape), points))
            if found.shape != (self.draws, *points.shape):
                raise ValueError(
                    f"{self.family}.cdf returned shape {found.shape} for {self.draws} draws of "
                    f"{points.shape} rows and outputs: it must be {(self.draws, *points.shape)}"
                )
            mean = found.mean(axis=0)
            if not np.all(((mean >= 0) & (mean <= 1 + 1e-12)) | np.isnan(points)):
                raise ValueError(f"{self.family}.cdf returned NaN, or values outside [0, 1]")
            out[start : start + size] = np.where(points < 0, 0.0, mean) if self.whole else mean
        return out

    def _spread(self, at: NDArray[np.int64], shape: tuple[int, ...]) -> dict[str, Array]:
        found = {name: value[:, at][:, :, None] for name, value in self.parameters.items()}
        return {k: np.broadcast_to(v, (self.draws, *shape, *v.shape[3:])) for k, v in found.items()}


def row_blocks(family: Family, parameters: Parameters) -> Iterator[tuple[slice, Mixtures]]:
    """Row slices and their mixtures, (rows, outputs) flattened.

    Raises
    ------
    ValueError
        A wrong shape, no draws, or numbers as :func:`bayesdrop.family.blocks.row_blocks` refuses.
    """
    shape = _shape(parameters)
    own = max(math.prod(np.shape(value)[3:]) for value in parameters.values())
    size = max(1, blocks.BLOCK // (shape[0] * shape[2] * own or 1))
    for start in range(0, shape[1], size):
        rows = slice(start, start + size)
        flat = {}
        for name, value in parameters.items():
            own = np.shape(value)[3:]
            full = np.broadcast_to(value, shape + own)[:, rows].astype(np.float64)
            flat[name] = full.reshape(shape[0], -1, *own)
        blocks.check_numbers(flat)
        count = min(size, shape[1] - start) * shape[2]
        yield rows, Mixtures(family, flat, shape[0], count)


def log_prob(family: Family, parameters: Parameters, y: ArrayLike) -> Array:
    """Log density of the mixture at ``y``, (rows, outputs)."""
    values = np.asarray(y, dtype=np.float64)
    out = np.empty(_checked(parameters, values))
    for rows, mixtures in row_blocks(family, parameters):
        shape = out[rows].shape
        p = {k: v.reshape(v.shape[0], *shape, *v.shape[2:]) for k, v in mixtures.parameters.items()}
        out[rows] = blocks.log_mean_exp(np.asarray(family.log_prob(p, values[rows])), axis=0)
    return out


def cdf(family: Family, parameters: Parameters, y: ArrayLike) -> Array:
    """P(Y ≤ y) of the mixture, (rows, outputs)."""
    values = np.asarray(y, dtype=np.float64)
    out = np.empty(_checked(parameters, values))
    for rows, mixtures in row_blocks(family, parameters):
        points = values[rows].reshape(-1, 1)
        found = mixtures.cdf(np.arange(mixtures.count), points)
        out[rows] = found.reshape(out[rows].shape)
    return out


def quantile(family: Family, parameters: Parameters, q: ArrayLike) -> Array:
    """The smallest y with P(Y ≤ y) ≥ q, (*q.shape, rows, outputs); infinite at 0 and 1."""
    levels = blocks.checked_levels(q)
    shape = _shape(parameters)[1:]
    out = np.empty((levels.size, *shape))
    for rows, mixtures in row_blocks(family, parameters):
        find = roots.whole if mixtures.whole else roots.root
        for i, level in enumerate(levels.flat):
            out[i, rows] = find(mixtures, float(level)).reshape(out[i, rows].shape)
    return out.reshape(levels.shape + shape)


def crps(family: Family, parameters: Parameters, y: ArrayLike) -> Array:
    """``∫ (F(x) − 1{x ≥ y})² dx``, (rows, outputs), to a relative 1e-8; infinite if it diverges."""
    values = np.asarray(y, dtype=np.float64)
    out = np.empty(_checked(parameters, values))
    for rows, mixtures in row_blocks(family, parameters):
        upper, lower = tails.integrals(mixtures, values[rows].ravel(), power=2)
        out[rows] = (upper + lower).reshape(out[rows].shape)
    return out


def mean(family: Family, parameters: Parameters) -> Array:
    """Mean of every component, (draws, rows, outputs), to a relative 1e-8 of its spread.

    It is the median where the expectation does not exist.
    """
    shape, each = _components(parameters)
    out = np.empty((shape[0] * shape[1], shape[2]))
    for rows, mixtures in row_blocks(family, each):
        centre = _median(mixtures)
        out[rows] = (centre + _shift(mixtures, centre)).reshape(out[rows].shape)
    return out.reshape(shape)


def variance(family: Family, parameters: Parameters) -> Array:
    """Variance of every component, (draws, rows, outputs), to a relative 1e-8, or infinite."""
    shape, each = _components(parameters)
    out = np.empty((shape[0] * shape[1], shape[2]))
    for rows, mixtures in row_blocks(family, each):
        centre = _median(mixtures)
        above, below = tails.integrals(mixtures, centre, moment=1)
        square = _shift(mixtures, centre) ** 2
        out[rows] = np.maximum(above + below - square, 0.0).reshape(out[rows].shape)
    return out.reshape(shape)


def _components(parameters: Parameters) -> tuple[tuple[int, int, int], Parameters]:
    """Every component as a mixture of its own: (1, draws · rows, outputs)."""
    shape = _shape(parameters)
    lead = (1, shape[0] * shape[1], shape[2])
    return shape, {
        name: np.broadcast_to(v, shape + np.shape(v)[3:]).reshape(lead + np.shape(v)[3:])
        for name, v in parameters.items()
    }


def _shift(mixtures: Mixtures, centre: Array) -> Array:
    """The mean less ``centre``; 0 where there is no mean."""
    above, below = tails.integrals(mixtures, centre)
    exists = np.isfinite(above + below)
    return np.where(exists, above, 0.0) - np.where(exists, below, 0.0)


def _median(mixtures: Mixtures) -> Array:
    return roots.whole(mixtures, 0.5) if mixtures.whole else roots.root(mixtures, 0.5)


def _shape(parameters: Parameters) -> tuple[int, int, int]:
    shape = np.broadcast_shapes(*(np.shape(value)[:3] for value in parameters.values()))
    if len(shape) != 3 or shape[0] == 0:
        raise ValueError(f"parameters must have shape (draws, rows, outputs), not {shape}")
    return shape


def _checked(parameters: Parameters, y: Array) -> tuple[int, int]:
    """The shape of ``y``, which must be that of the rows and outputs."""
    if y.shape != (expected := _shape(parameters)[1:]):
        raise ValueError(f"y must have shape (rows, outputs) {expected}, not {y.shape}")
    return expected
