"""The size of the flow guide and the order of its variables, the same in both libraries."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

LAYERS = 4
HIDDEN = 64


def reversal(size: int) -> NDArray[np.intp]:
    """The last variable first: the next coupling transforms those that the last one left alone.

    A random permutation may leave a variable alone in every layer: of eight of them, on a posterior
    of 11 variables, the losses ended between 53.1 and 55.0, with this one between 53.0 and 53.2.
    """
    return np.arange(size)[::-1].copy()
