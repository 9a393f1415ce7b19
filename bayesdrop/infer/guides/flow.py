"""The size of the flow guide, the same in both libraries."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

LAYERS = 4
HIDDEN = 64


def permutation(layer: int, size: int) -> NDArray[np.intp]:
    """How variables are mixed after ``layer``: a fixed random permutation."""
    return np.random.default_rng(layer).permutation(size)
