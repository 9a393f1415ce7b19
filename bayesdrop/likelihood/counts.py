"""Which targets are counts that a likelihood takes."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from bayesdrop.wording import some

_LARGEST_COUNT = 10_000


def check_counts(y: NDArray[np.float64], taker: str) -> None:
    """Raise a ``ValueError`` unless ``y`` holds whole numbers from 0 to 10,000.

    ``taker`` is the likelihood, for the message.
    """
    wrong = y[~((y >= 0) & (y == np.floor(y)))]
    if wrong.size:
        raise ValueError(
            f"y has {wrong.size} values that are no counts ({some(np.unique(wrong).tolist())}), "
            f"and {taker} takes whole numbers from 0: use bd.Gaussian() or bd.StudentT() for real "
            "numbers"
        )
    if y.size and y.max() > _LARGEST_COUNT:
        raise ValueError(
            f"y has counts up to {y.max():.0f}, and of counts above {_LARGEST_COUNT:,} {taker}'s "
            "log density is too coarse in float32: use bd.Gaussian() for their logarithms or "
            "square roots"
        )
