"""Columns in which a few rows are so far out that all others look alike to the model."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from bayesdrop.data.standardization import is_constant, mean_and_std

_FEW = 0.01  # the share of the rows that may be far out; one row at least
_ALIKE = 0.05  # the spread of the others, as a share of that of all


def squeezed_columns(X: NDArray[np.float64]) -> dict[int, int]:
    """Column of ``X`` (rows, …, features) → its number farthest from the median, by its row.

    Without 1 % of the rows, those farthest from the median, the column's standard deviation is at
    most 5 % of what it is with them. So in standardised units the other rows hardly differ. A
    column in which they do not differ at all, as an indicator of a rare level, is not one of these.
    """
    columns = X.reshape(-1, X.shape[-1])
    columns = np.ldexp(columns, -np.frexp(np.abs(columns).max(0))[1])  # so that nothing overflows
    distance = np.abs(columns - np.median(columns, axis=0))
    kept = len(columns) - max(1, int(_FEW * len(columns)))
    order = np.argsort(distance, axis=0, kind="stable")
    others = np.take_along_axis(columns, order[:kept], axis=0)
    if not len(others):
        return {}
    spread, whole = mean_and_std(others)[1], mean_and_std(columns)[1]
    squeezed = (spread <= _ALIKE * whole) & ~is_constant(others) & ~is_constant(columns)
    places = len(columns) // len(X)
    return {int(k): int(order[-1, k]) // places for k in np.flatnonzero(squeezed)}
