"""Data of every scale, dtype, memory order and container, for the tests of numbers at the edge."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
from hypothesis import strategies as st
from numpy.typing import NDArray

Array = NDArray[Any]


def backwards(array: Array) -> Array:
    """The same numbers, in memory from the last to the first."""
    return array[::-1].copy()[::-1]


def every_other(array: Array) -> Array:
    """The same numbers, as a view of an array twice as long."""
    return np.repeat(array, 2, axis=0)[::2]


def frozen(array: Array) -> Array:
    """The same numbers, which can't be written to."""
    array = array.copy()
    array.flags.writeable = False
    return array


HOLDERS: dict[str, Callable[[Array], Any]] = {
    "C order": np.ascontiguousarray,
    "Fortran order": np.asfortranarray,
    "backwards": backwards,
    "every other row": every_other,
    "read-only": frozen,
    "big-endian": lambda array: array.astype(array.dtype.newbyteorder(">")),
    "lists": lambda array: array.tolist(),
    "tuples": lambda array: tuple(map(tuple, array.tolist())) if array.ndim > 1 else tuple(array),
    "pandas": lambda array: pd.DataFrame(array) if array.ndim > 1 else pd.Series(array, name="t"),
    "polars": lambda array: pl.DataFrame(array) if array.ndim > 1 else pl.Series("t", array),
}
DTYPES = (*4 * ("float64",), "float32", "float16", "int64", "int8", "uint8", "bool")
OFFSETS = (0.0, 0.0, 1.0, -1e3, 1e6, 1e9, -1e14, 1e17)


@dataclass(frozen=True)
class Case:
    """Training rows as numbers, and as a user holds them.

    ``X`` (rows, features) and ``y`` (rows,) or (rows, outputs) are NumPy arrays of their own
    dtypes. ``held_X`` and ``held_y`` are the same numbers in another container.
    """

    X: Array
    y: Array
    held_X: Any
    held_y: Any
    standardize: Any


@st.composite
def cases(draw: st.DrawFn) -> Case:
    """Data sets whose columns have scales from 3e-308 to 3e307, at any distance from 0."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    rows, features = draw(st.integers(2, 20)), draw(st.integers(1, 5))
    X = _columns(draw, rng, rows, features)
    y = _columns(draw, rng, rows, draw(st.integers(1, 2)), target=True)
    if y.shape[1] == 1 and draw(st.booleans()):
        y = y[:, 0]
    holders = [HOLDERS[draw(st.sampled_from(sorted(HOLDERS)))] for _ in range(2)]
    units = draw(st.sampled_from([True, True, False, "X", "y"]))
    return Case(X, y, holders[0](X), holders[1](y), units)


def _columns(
    draw: st.DrawFn, rng: np.random.Generator, rows: int, count: int, target: bool = False
) -> Array:
    """Columns of one dtype: of real numbers each with its own scale and offset."""
    dtype = np.dtype(draw(st.sampled_from(DTYPES)))
    if dtype.kind == "b":
        return rng.random((rows, count)) < 0.5
    if dtype.kind in "iu":
        low, high = max(np.iinfo(dtype).min, -(2**53)), min(np.iinfo(dtype).max, 2**53)
        return rng.integers(low, high, (rows, count)).astype(dtype)
    reach = 307.5 if dtype == np.float64 else 0.7 * np.log10(float(np.finfo(dtype).max))
    if target and draw(st.booleans()):
        reach = min(reach, 90.0)  # beyond 100 a target is refused
    columns = []
    for _ in range(count):
        scale = 10.0 ** draw(st.floats(-reach, reach))
        offset = draw(st.sampled_from(OFFSETS)) if dtype == np.float64 else 0.0
        if abs(offset) > 1e307 / scale:
            offset = 0.0
        columns.append(scale * (rng.normal(size=rows) + offset))
    return np.column_stack(columns).astype(dtype)
