"""Which weights share a scale: a scale spread over its weights, and sums over those that share it.

Written against the Array API: NumPy, JAX and PyTorch run the same lines.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
from array_api_compat import array_namespace
from numpy.typing import NDArray

from bayesdrop.arrays import constant

Index: TypeAlias = "tuple[int, ...] | tuple[Index, ...]"
"""Numbers of groups, in nested tuples."""


@dataclass(frozen=True)
class Grouped:
    """A scale with one value a group.

    Attributes
    ----------
    index
        The group of every row of the weight, (fan_in,), or of every element, (fan_in, fan_out);
        of a convolution, of every tap too, (kernel, kernel, fan_in, fan_out).
    first
        The axis of the weight that is the first of ``index``. Default 0.
    """

    index: Index
    first: int = 0

    @property
    def array(self) -> NDArray[np.int32]:
        """``index`` as an array."""
        return np.asarray(self.index, dtype=np.int32)

    @property
    def axes(self) -> tuple[int, ...]:
        """The axes of the weight that ``index`` has."""
        return tuple(range(self.first, self.first + self.array.ndim))


Where = tuple[int, ...] | Grouped
"""The axes of a weight along which a scale varies, or the groups that it is of."""


def axes_of(where: Where) -> tuple[int, ...]:
    """The axes of the weight along which the scale, spread over its groups, varies."""
    return where.axes if isinstance(where, Grouped) else where


def spread(scale: Any, where: Where) -> Any:
    """``scale``, (..., *its shape), for each place along its axes of the weight."""
    if not isinstance(where, Grouped):
        return scale
    index = constant(where.array.reshape(-1), scale)
    chosen = array_namespace(scale).take(scale, index, axis=-1)
    return chosen.reshape((*scale.shape[:-1], *where.array.shape))


def along(scale: Any, where: Where, n_axes: int) -> Any:
    """``scale`` reshaped to broadcast against a weight with ``n_axes`` axes; leading axes stay."""
    scale, axes = spread(scale, where), axes_of(where)
    batch = scale.shape[: scale.ndim - len(axes)]
    own = scale.shape[scale.ndim - len(axes) :]
    ones = [1] * n_axes
    for axis, size in zip(axes, own, strict=True):
        ones[axis] = size
    return scale.reshape((*batch, *ones))


def totals(value: Any, where: Where, n_axes: int) -> Any:
    """Sums of ``value``, (..., *the weight's shape), over those that share a scale: (..., *its)."""
    axes = axes_of(where)
    rest = tuple(axis - n_axes for axis in range(n_axes) if axis not in axes)
    summed = array_namespace(value).sum(value, axis=rest) if rest else value
    if not isinstance(where, Grouped):
        return summed
    flat = summed.reshape((*summed.shape[: summed.ndim - len(axes)], -1))
    index = where.array.reshape(-1)
    members = (index[:, None] == np.arange(index.max() + 1)).astype(np.float64)
    return flat @ constant(members, flat)


def sizes(shape: tuple[int, ...], where: Where) -> NDArray[np.int64]:
    """How many elements of a weight of that shape each value of the scale belongs to."""
    return totals(np.ones(shape, dtype=np.int64), where, len(shape)).astype(np.int64)


def one_size(sizes: NDArray[np.int64]) -> Any:
    """The size that all groups have, a number, or their sizes as numbers of single precision."""
    found = set(sizes.flat)
    return int(found.pop()) if len(found) == 1 else sizes.astype(np.float32)
