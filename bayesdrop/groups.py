"""Groups of a user's own: an index that says which weights share a noise variable."""

from __future__ import annotations

import numbers
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from bayesdrop.noise import Noise
from bayesdrop.sharing import Index
from bayesdrop.spec import Spec

_MOST_AXES = 4
"""Those of a convolution's weight."""


@dataclass(frozen=True)
class Groups(Spec, kind="prior"):
    """Groups have one noise variable for each group of a matrix's weights.

    They are for ``ScaleMixture(group=...)``. Features of one kind, such as the columns of a
    category or the pixels of a patch, may so share their λ. Six features in three groups are
    ``bd.Groups(bd.noise.HalfCauchy(), [0, 0, 0, 1, 2, 2])``.

    Parameters
    ----------
    noise
        The distribution of each group's λ.
    index
        The number of its group for every unit that the matrix leaves, (fan_in,); or for every
        weight, (fan_in, fan_out). Of a convolution these are channels, whose taps are all in one
        group; or every tap has a number, (kernel, kernel, fan_in, fan_out). Numbers from 0, none
        left out. A list, a tuple or an array.

    Raises
    ------
    TypeError
        ``noise`` is not one, or ``index`` has something but whole numbers.
    ValueError
        ``index`` is empty, has rows of several lengths or more than four axes, or leaves a number
        out.
    """

    noise: Noise
    index: Index

    def __post_init__(self) -> None:
        if not isinstance(self.noise, Noise):
            raise TypeError(f"Groups(noise={self.noise!r}): noise must be a noise from bd.noise")
        object.__setattr__(self, "index", _whole_numbers(_as_tuples(self.index)))

    @property
    def shape(self) -> tuple[int, ...]:
        """Return the shape of ``index``.

        It is (fan_in,), (fan_in, fan_out) or (kernel, kernel, fan_in, fan_out).
        """
        return np.shape(self.index)

    @property
    def count(self) -> int:
        """Count the groups."""
        return int(np.max(self.index)) + 1


def _as_tuples(index: Any) -> Any:
    if isinstance(index, np.ndarray):
        index = index.tolist()
    return tuple(map(_as_tuples, index)) if isinstance(index, (list, tuple)) else index


def _whole_numbers(index: Any) -> Any:
    """``index`` of ints, or an error that says what is wrong with it."""
    flat = list(_flat(index))
    if any(isinstance(n, bool) or not isinstance(n, numbers.Integral) for n in flat):
        raise TypeError(f"Groups(index={index!r}): index must hold whole numbers")
    shape = _shape(index)
    if shape is None or not 1 <= len(shape) <= _MOST_AXES:
        raise ValueError(
            f"Groups(index={index!r}): index must have one number for every unit of the matrix, "
            "or one row of numbers for every unit, all of one length"
        )
    if set(flat) != set(range(max(flat) + 1)):
        raise ValueError(
            f"Groups(index={index!r}): groups are numbered from 0, and none is left out"
        )
    return _ints(index)


def _flat(index: Any) -> Iterator[Any]:
    if isinstance(index, tuple):
        for part in index:
            yield from _flat(part)
    else:
        yield index


def _shape(index: Any) -> tuple[int, ...] | None:
    """The shape of nested tuples, or ``None`` where one is empty or rows differ in length."""
    if not isinstance(index, tuple):
        return ()
    shapes = set(map(_shape, index))
    rows = shapes.pop() if len(shapes) == 1 else None
    return None if rows is None else (len(index), *rows)


def _ints(index: Any) -> Any:
    return tuple(map(_ints, index)) if isinstance(index, tuple) else int(index)
