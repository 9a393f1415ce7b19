"""A warning of rows to predict that are far outside the range of the training rows."""

from __future__ import annotations

import logging
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from bayesdrop.data.frames import some

_log = logging.getLogger("bayesdrop")


class TrainingRange:
    """The range that each feature had in training.

    Parameters
    ----------
    X
        The standardised training rows, (rows, *input_shape). The features of sequences and the
        channels of images have one range over all places.
    names
        The features' names.
    """

    def __init__(self, X: NDArray[np.float32], names: Sequence[str]) -> None:
        columns = X.reshape(-1, X.shape[-1])
        low, high = columns.min(0), columns.max(0)
        self._lowest, self._highest = low - (high - low), high + (high - low)
        self._names = names
        self._has_warned = False

    def warn_of(self, inputs: NDArray[np.float32]) -> None:
        """Log a warning if a feature of ``inputs`` is outside by more than its whole range.

        They are standardised rows, (rows, *input_shape). The warning names
        the features and says how many rows it is about. Only the first one of an instance is
        logged.
        """
        if self._has_warned:
            return
        outside = (inputs < self._lowest) | (inputs > self._highest)
        if not outside.any():
            return
        self._has_warned = True
        rows = int(outside.reshape(len(inputs), -1).any(1).sum())
        features = np.flatnonzero(outside.reshape(-1, inputs.shape[-1]).any(0))
        _log.warning(
            "%d of %d rows to predict are far outside the training rows, beyond the smallest or "
            "largest value of %s by more than its whole range: there the prediction says more of "
            "the prior than of the data",
            rows,
            len(inputs),
            some([self._names[int(feature)] for feature in features]),
        )
