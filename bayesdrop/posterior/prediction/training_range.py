"""Warnings of rows to predict that are far outside the range of the training rows."""

from __future__ import annotations

import logging
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from bayesdrop.data.standardization import LARGEST
from bayesdrop.data.training import TrainingData
from bayesdrop.wording import some

_log = logging.getLogger("bayesdrop")


class TrainingRange:
    """The range that each feature had in training.

    Parameters
    ----------
    training
        The training rows. The features of sequences and the channels of images have one range over
        all places.
    names
        The features' names.
    """

    def __init__(self, training: TrainingData, names: Sequence[str]) -> None:
        columns = training.X_original.reshape(-1, len(names))
        low, high = columns.min(0), columns.max(0)
        with np.errstate(over="ignore"):
            self._lowest, self._highest = low - (high - low), high + (high - low)
        self._scaling = training.scaling
        self._names = names
        self._has_warned = False

    def warn_of(self, inputs: NDArray[np.float64]) -> None:
        """Log what predictions at these rows, (rows, *input_shape), can't be trusted for.

        A feature is outside by more than its whole range; or so far outside that methods take a
        nearer value; or it has another value than the one that it had in all training rows, which
        predictions leave out. The warnings name the features and say how many rows they are about.
        Only the first rows of an instance that need warnings get them.
        """
        if self._has_warned:
            return
        outside = (inputs < self._lowest) | (inputs > self._highest)
        if not outside.any():
            return
        self._has_warned = True
        left_out = np.zeros(len(self._names), dtype=bool)
        left_out[self._scaling.left_out] = True
        self._warn(
            outside & ~left_out,
            "are far outside the training rows, beyond the smallest or largest value of %s by more "
            "than its whole range: there the prediction says more of the prior than of the data",
        )
        self._warn(
            np.abs(self._scaling.inputs(inputs)) >= LARGEST,
            f"have %s beyond {LARGEST:g} standard deviations of the training rows, and are "
            "predicted as if they were that far",
        )
        self._warn(
            outside & left_out,
            "have another value of %s than all training rows: the fit knows nothing of what "
            "that changes, and predictions leave it out",
        )

    def _warn(self, which: NDArray[np.bool_], words: str) -> None:
        """Log a warning of the rows and features that are marked, (rows, *input_shape)."""
        if not which.any():
            return
        rows = int(which.reshape(len(which), -1).any(1).sum())
        features = np.flatnonzero(which.reshape(-1, which.shape[-1]).any(0))
        named = some([self._names[int(feature)] for feature in features])
        _log.warning(f"%d of %d rows to predict {words}", rows, len(which), named)
