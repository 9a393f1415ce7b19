"""Orders in which equal values have no order."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


def tied_means(values: Array, by: Array) -> Array:
    """``values`` by rising ``by``; each of those that tie is their mean, its expectation."""
    order = np.argsort(by, kind="stable")
    ends = tie_ends(by)
    first = np.concatenate([[0], ends[:-1]])
    count = ends - first
    return np.repeat(np.add.reduceat(values[order], first) / count, count)


def tie_ends(by: Array) -> NDArray[np.int64]:
    """How many values lie up to the end of each set that ties, by rising ``by``."""
    _, count = np.unique(by, return_counts=True)
    return np.cumsum(count)
