"""Draws in chunks that bound the memory a prediction takes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np
from numpy.typing import NDArray

from bayesdrop.bound import BoundModel

CHUNK_BYTES = 2**26


def chunks(count: int, elements_per_draw: int) -> Iterator[NDArray[np.intp]]:
    """The numbers 0 to ``count`` in order, so many at a time that float32 arrays fit a chunk."""
    step = max(1, CHUNK_BYTES // (4 * max(1, elements_per_draw)))
    for start in range(0, count, step):
        yield np.arange(start, min(start + step, count))


def elements_per_row(bound: BoundModel, noisy: Iterable[int] | None = None) -> int:
    """How many numbers the forward pass of one row and one draw holds at a time.

    Where draws differ in noise alone, and ``noisy`` are the layers that have it, what comes before
    the first of them is the same in all draws. It is computed once for a chunk, and not counted.
    """
    layers = [use.layer for use in bound.uses]
    first = min((layers.index(layer) for layer in noisy or ()), default=0)
    return 3 * max(use.size for use in bound.uses[first:])
